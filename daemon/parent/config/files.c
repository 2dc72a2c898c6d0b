/* Finds and reads the files of a configuration, in byte order, and puts them together. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "parent/config/config_inner.h"
#include "parent/config/structure.h"

static const struct folder {
    const char *name;
    int kind;
} folders[] = {
    {"conf.d", SOURCE_ANY},
    {"measures.d", SOURCE_MEASURES},
    {"rules.d", SOURCE_RULES},
};
enum { FOLDERS = sizeof folders / sizeof *folders };

/* A sentence for whoever must make the file readable. */
static void tell_unread(struct config *config, const char *path, bool is_main, int code)
{
    CLEAN(clean_text) char *place = text_format("%s:1", path);
    CLEAN(clean_text) char *sentence = NULL;
    if (errno == ENOENT && is_main)
        sentence = text_format("found no configuration file \"%s\": install one, or name another "
                               "with --config FILE",
                               path);
    else if (code == ERROR_LIMIT)
        sentence = text_format("found more than %d KiB, allowed are at most %d KiB a file: split "
                               "it into files in conf.d",
                               SCAN_FILE_LIMIT / 1024, SCAN_FILE_LIMIT / 1024);
    else if (code == ERROR_FORMAT)
        sentence = strdup("found something other than a regular file, allowed are regular files");
    else
        sentence = text_format("found a file that cannot be read (%s): give the user that runs "
                               "conformd the right to read it, or take it away",
                               strerror(errno));
    config->is_broken = true;
    config_fault_tell(config, place, false, sentence);
}

/* ERROR_FORMAT for what is no regular file: opening a pipe would wait for ever. */
static int read_regular(const char *path, struct buffer *ret_text)
{
    struct stat status;
    CLEAN(clean_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &status))
        return ERROR_IO;
    errno = 0;
    if (!S_ISREG(status.st_mode))
        return ERROR_FORMAT;
    return file_read_fd(fd, SCAN_FILE_LIMIT, ret_text);
}

static int load_file(struct config *config, const char *path, bool is_main, int kind)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    int error = read_regular(path, &text);
    if (error == ERROR_MEMORY)
        return error;
    if (error) {
        tell_unread(config, path, is_main, error);
        return 0;
    }
    const char *slash = strrchr(path, '/');
    CLEAN(clean_text) char *set = strdup(slash ? slash + 1 : path);
    if (!set)
        return ERROR_MEMORY;
    if (text_ends(set, ".conf"))
        set[strlen(set) - strlen(".conf")] = '\0';
    struct source source = {.path = path, .set = set, .kind = kind};
    return config_merge_text(config, &source, text.data ? text.data : "", text.length);
}

static int is_configuration(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && text_ends(entry->d_name, ".conf");
}

/* Byte order, whatever the locale. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* The folder beside the main file, shown as the caller gave that. */
static char *path_beside(const char *main_path, const char *name)
{
    const char *slash = strrchr(main_path, '/');
    int length = slash ? (int)(slash + 1 - main_path) : 0;
    return text_format("%.*s%s", length, main_path, name);
}

/* All files of a folder; is_optional: it need not be there. */
static int load_files(struct config *config, const char *path, int kind, bool is_optional)
{
    struct dirent **entries = NULL;
    int error = 0;
    int count = scandir(path, &entries, is_configuration, compare_names);
    if (count < 0) {
        if (errno != ENOENT || !is_optional)
            tell_unread(config, path, false, ERROR_IO);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        CLEAN(clean_text)
        char *file = error ? NULL : text_format("%s/%s", path, entries[i]->d_name);
        if (!error)
            error = file ? load_file(config, file, false, kind) : ERROR_MEMORY;
        free(entries[i]);
    }
    free(entries);
    return error;
}

static int load_folder(struct config *config, const struct folder *folder)
{
    CLEAN(clean_text) char *path = path_beside(config->path, folder->name);
    return path ? load_files(config, path, folder->kind, true) : ERROR_MEMORY;
}

static int hash_whole(struct config *config)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    CLEAN(clean_text) char *text = json_canonical(config->whole);
    if (!text || !EVP_Digest(text, strlen(text), digest, &length, EVP_sha256(), NULL))
        return ERROR_MEMORY;
    config->hash = malloc(2 * (size_t)length + 1);
    if (!config->hash)
        return ERROR_MEMORY;
    text_from_bytes(digest, length, config->hash);
    return 0;
}

static struct config *new_config(const char *path)
{
    struct config *config = calloc(1, sizeof *config);
    if (!config)
        return NULL;
    config->path = strdup(path);
    config->places = json_object();
    config->raw = json_object();
    if (config->path && config->places && config->raw)
        return config;
    config_free(config);
    return NULL;
}

/* The files are in; error is what came of it. */
static int finish_load(struct config *config, int error, struct config **ret)
{
    if (!error)
        error = config_canonical_make(config);
    if (!error)
        error = config_check_whole(config);
    if (!error)
        error = hash_whole(config);
    if (error || config->failed) {
        config_free(config);
        return ERROR_MEMORY;
    }
    *ret = config;
    return 0;
}

int config_load(const char *path, struct config **ret)
{
    struct config *config = new_config(path);
    if (!config)
        return ERROR_MEMORY;
    int error = load_file(config, path, true, SOURCE_ANY);
    for (int i = 0; i < FOLDERS && !error; i++)
        error = load_folder(config, &folders[i]);
    return finish_load(config, error, ret);
}

int config_load_rules(const char *path, struct config **ret)
{
    struct stat status;
    struct config *config = new_config(path);
    if (!config)
        return ERROR_MEMORY;
    int error = !stat(path, &status) && S_ISDIR(status.st_mode)
                    ? load_files(config, path, SOURCE_RULES, false)
                    : load_file(config, path, false, SOURCE_RULES);
    if (!error && !config->fault_count && !json_array_size(json_object_get(config->raw, "rules")))
        config_fault_setting(
            config, "rules",
            "found none, allowed is a folder with *.conf files of rules, or one such file");
    return finish_load(config, error, ret);
}

int config_load_text(const char *name, const char *text, size_t length, struct config **ret)
{
    struct config *config = new_config(name);
    if (!config)
        return ERROR_MEMORY;
    struct source source = {.path = name, .set = "local", .kind = SOURCE_ANY};
    int error = config_merge_text(config, &source, text, length);
    return finish_load(config, error, ret);
}
