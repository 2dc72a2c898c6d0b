/* Runs a fuzz target over files and folders of files, and over inputs made from them: cut short,
 * with one byte changed, empty. What a fuzzer does at length an ordinary test does in short. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MOST ((size_t)1 << 20)
#define VARIANTS  64 /* of each kind, spread over the input */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* An exact copy, so that a sanitizer sees a read past its end. */
static void run_bytes(const uint8_t *bytes, size_t length)
{
    uint8_t *copy = calloc(1, length ? length : 1);

    if (!copy)
        abort();
    if (length)
        memcpy(copy, bytes, length);
    LLVMFuzzerTestOneInput(copy, length);
    free(copy);
}

static void run_variants(uint8_t *bytes, size_t length)
{
    static const uint8_t others[] = {0x00, 0xff, '"', '\n', '9'};
    size_t step = length / VARIANTS + 1;

    for (size_t at = 0; at < length; at += step) {
        uint8_t kept = bytes[at];

        run_bytes(bytes, at);
        bytes[at] = others[at / step % sizeof(others)];
        run_bytes(bytes, length);
        bytes[at] = kept;
    }
}

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(FILE_MOST);
    size_t length;

    if (!file || !bytes) {
        fprintf(stderr, "%s cannot be read\n", path);
        if (file)
            fclose(file);
        free(bytes);
        return 0;
    }
    length = fread(bytes, 1, FILE_MOST, file);
    fclose(file);
    run_bytes(bytes, length);
    run_variants(bytes, length);
    free(bytes);
    return 1;
}

static int run_path(const char *path)
{
    struct stat state;
    struct dirent *item;
    DIR *folder;
    int count = 0;

    if (stat(path, &state) == 0 && !S_ISDIR(state.st_mode))
        return run_file(path);
    folder = opendir(path);
    while (folder && (item = readdir(folder))) {
        char *below;

        if (item->d_name[0] == '.')
            continue;
        if (asprintf(&below, "%s/%s", path, item->d_name) < 0)
            abort();
        count += run_file(below);
        free(below);
    }
    if (folder)
        closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;

    run_bytes((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++)
        count += run_path(argv[i]);
    printf("%d inputs\n", count);
    if (count == 0)
        fprintf(stderr, "no input: the target was not tried\n");
    return count == 0;
}
