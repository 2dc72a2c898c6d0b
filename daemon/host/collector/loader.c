/* Loads a collector's file: only one that nobody else could have written, of our ABI, whole. */
#include "host/collector/plugin.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/text.h"

enum { FILE_MOST = 64 << 20, ROW_MOST = 65536 };

static int check_owner(const char *path, const struct stat *status, const char *what,
                       struct error *error)
{
    if (status->st_uid != 0 && status->st_uid != geteuid())
        return error_set(error, ERROR_DENIED,
                         "%s: %s is owned by user %u; only root or user %u is trusted", path, what,
                         (unsigned)status->st_uid, (unsigned)geteuid());
    if (status->st_mode & (S_IWGRP | S_IWOTH))
        return error_set(error, ERROR_DENIED,
                         "%s: %s is writable by %s (mode %04o); only its owner may write it", path,
                         what, status->st_mode & S_IWOTH ? "everyone" : "its group",
                         (unsigned)(status->st_mode & 07777));
    return 0;
}

/* The file that the path leads to, which may be a link only to one beside it. */
static int resolve(const char *path, char **ret_path, char **ret_folder, struct error *error)
{
    CLEAN(clean_text) char *copy = strdup(path);
    CLEAN(clean_text) char *file = realpath(path, NULL);
    if (!file)
        return error_set(error, errno == ENOENT ? ERROR_MISSING : ERROR_IO, "%s: %s", path,
                         strerror(errno));
    CLEAN(clean_text) char *folder = copy ? realpath(dirname(copy), NULL) : NULL;
    if (!folder)
        return error_set(error, ERROR_IO, "%s: %s", path, strerror(errno));
    size_t length = strcmp(folder, "/") ? strlen(folder) : 0;
    if (strncmp(file, folder, length) != 0 || file[length] != '/' || strchr(file + length + 1, '/'))
        return error_set(error, ERROR_DENIED, "%s: it is a symbolic link out of its folder, to %s",
                         path, file);
    *ret_path = file;
    *ret_folder = folder;
    file = folder = NULL;
    return 0;
}

static int check_file(const char *file, const char *folder, struct error *error)
{
    struct stat status;
    assert(file && folder);
    if (stat(folder, &status))
        return error_set(error, ERROR_IO, "%s: %s", folder, strerror(errno));
    int code = check_owner(file, &status, "its folder", error);
    if (code)
        return code;
    if (stat(file, &status))
        return error_set(error, ERROR_IO, "%s: %s", file, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, ERROR_FORMAT, "%s: it is not a regular file", file);
    return check_owner(file, &status, "it", error);
}

static int hash_file(const char *file, char ret_text[65], struct error *error)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    uint8_t digest[32];
    int code = file_read(file, FILE_MOST, &bytes);
    if (code)
        return error_set(error, code, "%s: it cannot be read: %s", file, error_text(code));
    if (!EVP_Digest(bytes.data, bytes.length, digest, NULL, EVP_sha256(), NULL))
        return error_set(error, ERROR_MEMORY, "%s: it cannot be hashed", file);
    text_from_bytes(digest, sizeof digest, ret_text);
    return 0;
}

static int check_row_size(const char *what, uint32_t size, size_t least, struct error *error)
{
    if (size >= least && size <= ROW_MOST && size % _Alignof(void *) == 0)
        return 0;
    return error_set(error, ERROR_FORMAT, "%s has %u bytes; at least %zu are needed, at most %d",
                     what, size, least, ROW_MOST);
}

/* Nothing of the head is read before abi and size allow it. */
static int copy_head(const struct cfd_collector *head, struct plugin *plugin, struct error *error)
{
    if (head->abi != CFD_ABI)
        return error_set(error, ERROR_VERSION, "it was built for ABI %u; this conformd has ABI %d",
                         head->abi, CFD_ABI);
    int code = check_row_size("its head", head->size, offsetof(struct cfd_collector, close), error);
    if (code)
        return code;
    memcpy(&plugin->head, head, head->size < sizeof *head ? head->size : sizeof *head);
    head = &plugin->head;
    if (head->options)
        code = check_row_size("a row of its options", head->option_size,
                              offsetof(struct cfd_option, members), error);
    /* Also of a plugin that declares all of them in open. */
    if (!code)
        code = check_row_size("a row of its attributes", head->attribute_size,
                              offsetof(struct cfd_attribute, labels), error);
    if (!code && head->needs)
        code = check_row_size("a row of its needs", head->need_size,
                              offsetof(struct cfd_need, setting), error);
    return code;
}

static int check_names(const struct cfd_collector *head, const char *name, struct error *error)
{
    if (!head->name || strcmp(head->name, name) != 0)
        return error_set(error, ERROR_FORMAT, "it calls itself %s; its file says %s",
                         head->name ? head->name : "nothing", name);
    if (!head->version || !text_is_utf8(head->version, strlen(head->version)) || !head->summary ||
        !text_is_utf8(head->summary, strlen(head->summary)))
        return error_set(error, ERROR_FORMAT, "its version or summary is missing or not UTF-8");
    const char *family = head->family ? head->family : head->name;
    size_t length = strspn(family, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (!*family || family[length] || family[0] < 'a' || length > PLUGIN_NAME_LENGTH)
        return error_set(error, ERROR_FORMAT, "its family %s is not [a-z][a-z0-9_]*", family);
    return 0;
}

static int check_callbacks(const struct cfd_collector *head, struct error *error)
{
    const char *missing = NULL;
    if (!head->open)
        missing = "open";
    else if (!head->collect)
        missing = "collect";
    else if ((head->flags & CFD_STREAM) && !head->start)
        missing = "start, which a stream must have";
    else if ((head->flags & CFD_PUSHED) && !(head->flags & CFD_STREAM))
        return error_set(error, ERROR_FORMAT, "it is pushed (CFD_PUSHED) and no stream");
    if (missing)
        return error_set(error, ERROR_FORMAT, "it lacks the callback %s", missing);
    return 0;
}

static int take_into(struct plugin *plugin, const struct cfd_collector *head, const char *name,
                     struct error *error)
{
    int code = copy_head(head, plugin, error);
    if (!code)
        code = check_names(&plugin->head, name, error);
    if (!code)
        code = check_callbacks(&plugin->head, error);
    if (!code)
        code = plugin_copy_rows(plugin, error);
    return code;
}

int plugin_take(const struct cfd_collector *head, const char *name, struct plugin **ret,
                struct error *error)
{
    struct plugin *plugin = calloc(1, sizeof *plugin);
    if (!plugin)
        return error_set(error, ERROR_MEMORY, "%s: out of memory", name);
    int code = take_into(plugin, head, name, error);
    if (code) {
        error_prefix(error, "%s", name);
        plugin_free(plugin);
        return code;
    }
    *ret = plugin;
    return 0;
}

static int open_library(struct plugin *plugin, struct error *error)
{
    char name[NAME_MAX + 1];
    const char *base = strrchr(plugin->path, '/') + 1;
    size_t length = strlen(base);
    if (!text_ends(base, ".so") || length >= sizeof name)
        return error_set(error, ERROR_FORMAT, "a collector's file is called NAME.so");
    memcpy(name, base, length - 3);
    name[length - 3] = '\0';
    plugin->library = dlopen(plugin->path, RTLD_NOW | RTLD_LOCAL);
    if (!plugin->library)
        return error_set(error, ERROR_FORMAT, "it cannot be loaded: %s", dlerror());
    const struct cfd_collector *head = dlsym(plugin->library, "cfd_collector_plugin");
    if (!head)
        return error_set(error, ERROR_FORMAT, "it has no symbol cfd_collector_plugin");
    return take_into(plugin, head, name, error);
}

int plugin_load(const char *path, struct plugin **ret, struct error *error)
{
    CLEAN(clean_text) char *folder = NULL;
    struct plugin *plugin = calloc(1, sizeof *plugin);
    if (!plugin)
        return error_set(error, ERROR_MEMORY, "%s: out of memory", path);
    int code = resolve(path, &plugin->path, &folder, error);
    if (!code)
        code = check_file(plugin->path, folder, error);
    if (!code)
        code = hash_file(plugin->path, plugin->sha256, error);
    if (!code) {
        code = open_library(plugin, error);
        if (code)
            error_prefix(error, "%s", path);
    }
    if (code) {
        plugin_free(plugin);
        return code;
    }
    *ret = plugin;
    return 0;
}

void plugin_free(struct plugin *plugin)
{
    if (!plugin)
        return;
    for (size_t i = 0; i < plugin->block_count; i++)
        free(plugin->blocks[i]);
    free(plugin->blocks);
    if (plugin->library)
        dlclose(plugin->library);
    free(plugin->path);
    free(plugin);
}

const char *plugin_family(const struct plugin *plugin)
{
    return plugin->head.family ? plugin->head.family : plugin->head.name;
}

bool plugin_is_stream(const struct plugin *plugin)
{
    return plugin->head.flags & CFD_STREAM;
}

bool plugin_is_pushed(const struct plugin *plugin)
{
    return plugin->head.flags & CFD_PUSHED;
}
