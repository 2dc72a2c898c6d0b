/* Any bytes as a file of lines and as text: each line once, in order, with no byte lost. */
/* links: conformd_kit */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <conformd/kit/lines.h>

#define LINE_MOST 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t size;
    size_t reasons;
};

static int on_open_file(const struct cfd_host *host, const char *path)
{
    const struct input *input = host->context;
    int fd = memfd_create(path, MFD_CLOEXEC);
    if (fd < 0 || write(fd, input->data, input->size) != (ssize_t)input->size ||
        lseek(fd, 0, SEEK_SET) != 0)
        abort();
    return fd;
}

static int on_missing(const struct cfd_host *host, uint32_t attribute, const char *why)
{
    struct input *input = host->context;
    if (attribute != 0 || !*why || strlen(why) > KIT_WHY_MOST + 64)
        abort();
    input->reasons++;
    return CFD_OK;
}

static void on_log(const struct cfd_host *host, int level, const char *message)
{
    (void)host;
    (void)level;
    if (!*message)
        abort();
}

/* Whole, within its limit, and where the file has it. */
static void check_line(const struct kit_lines *lines, const char *behind)
{
    const struct kit_file *file = lines->file;
    if (lines->text < behind || lines->text + lines->length > file->bytes + file->length ||
        lines->text[lines->length] != '\0')
        abort();
    if (!lines->fault && (lines->length > LINE_MOST || strlen(lines->text) != lines->length))
        abort();
}

/* What is not given was dropped, and without an item everything is given. */
static void read_lines(struct kit_run *run, const struct input *input, const struct kit_item *item)
{
    struct kit_file file = {0};
    if (kit_file_read(run, "/f", input->size, item, &file) != CFD_OK ||
        file.length != input->size || memcmp(file.bytes, input->data, input->size) != 0)
        abort();
    struct kit_lines lines = {
        .run = run, .file = &file, .item = item, .limit_bytes = LINE_MOST, .limit_lines = 100};
    const char *behind = file.bytes;
    bool left_out = false;
    while (kit_lines_next(&lines)) {
        check_line(&lines, behind);
        left_out = left_out || lines.text > behind;
        behind = lines.text + lines.length + 1;
    }
    left_out = left_out || behind < file.bytes + file.length;
    if (left_out && (!item || !run->dropped))
        abort();
    kit_file_finish(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct kit_item item = {.attribute = 0};
    struct input input = {.data = data, .size = size};
    const struct cfd_host host = {.size = sizeof host,
                                  .context = &input,
                                  .missing = on_missing,
                                  .log = on_log,
                                  .open_file = on_open_file};
    struct kit_run run = {.host = &host};
    read_lines(&run, &input, NULL);
    if (kit_run_finish(&run) != CFD_OK)
        abort();
    read_lines(&run, &input, &item);
    uint64_t dropped = run.dropped;
    if (kit_run_finish(&run) != (dropped ? CFD_PARTIAL : CFD_OK) || !input.reasons != !dropped)
        abort();
    char *shown = kit_printable((const char *)data, size);
    char *again = shown ? kit_printable(shown, strlen(shown)) : NULL;
    /* What is printable stays as it is. */
    if (!again || strcmp(shown, again) != 0)
        abort();
    kit_cut(shown, size / 2);
    free(shown);
    free(again);
    return 0;
}
