/* passwd(5) alone: the services of nsswitch.conf would bring libraries and sockets into a process
 * that shall have none. Names that they know are given by known_accounts, or as a file. */
#include "host/scan/accounts.h"

#include "ground/base/array.h"
#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/text.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES = 64 << 20, NAME_MOST = 256 };

/* By what a file is known to be the same as it was. */
struct stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct texts {
    char **items;
    size_t count;
};

/* Sorted; they stand in bytes. */
struct names {
    char **items;
    size_t count;
    size_t capacity;
    struct buffer bytes;
};

struct accounts {
    struct texts files;
    struct texts patterns;
    struct stamp *stamps; /* one a file */
    struct names names;
    bool read; /* all files, once at least */
    char *why; /* not read: why */
};

static void texts_finish(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i]);
    free(texts->items);
}

static void names_finish(struct names *names)
{
    free(names->items);
    buffer_finish(&names->bytes);
    *names = (struct names){0};
}

static int read_texts(const struct cfd_host *host, const char *setting, struct texts *ret)
{
    struct cfd_value value = {.size = sizeof value};
    size_t count = host->setting(host, setting, &value) < 0 ? 0 : value.count;
    ret->items = calloc(count + 1, sizeof *ret->items);
    for (size_t i = 0; ret->items && i < count; i++) {
        CLEAN(clean_text) char *path = text_format("%s[%zu]", setting, i);
        value = (struct cfd_value){.size = sizeof value};
        if (!path || host->setting(host, path, &value) < 0 || !value.text)
            return ERROR_MEMORY;
        ret->items[i] = strdup(value.text);
        if (!ret->items[i])
            return ERROR_MEMORY;
        ret->count++;
    }
    return ret->items ? 0 : ERROR_MEMORY;
}

int accounts_new(const struct cfd_host *host, struct accounts **ret)
{
    struct accounts *accounts = calloc(1, sizeof *accounts);
    if (!accounts)
        return ERROR_MEMORY;
    int code = read_texts(host, "account_files", &accounts->files);
    if (!code)
        code = read_texts(host, "known_accounts", &accounts->patterns);
    accounts->stamps = calloc(accounts->files.count + 1, sizeof *accounts->stamps);
    if (code || !accounts->stamps) {
        accounts_free(accounts);
        return ERROR_MEMORY;
    }
    *ret = accounts;
    return 0;
}

void accounts_free(struct accounts *accounts)
{
    if (!accounts)
        return;
    texts_finish(&accounts->files);
    texts_finish(&accounts->patterns);
    names_finish(&accounts->names);
    free(accounts->stamps);
    free(accounts->why);
    free(accounts);
}

/* Notes how the files are now; true where one is not as it was. */
static bool note_stamps(struct accounts *accounts)
{
    bool changed = false;
    for (size_t i = 0; i < accounts->files.count; i++) {
        struct stat status;
        struct stamp now = {0}, *known = &accounts->stamps[i];
        if (stat(accounts->files.items[i], &status) == 0)
            now = (struct stamp){status.st_dev, status.st_ino, status.st_size, status.st_mtim};
        changed = changed || now.device != known->device || now.inode != known->inode ||
                  now.size != known->size || now.changed.tv_sec != known->changed.tv_sec ||
                  now.changed.tv_nsec != known->changed.tv_nsec;
        *known = now;
    }
    return changed;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_file(const struct cfd_host *host, const char *path, struct buffer *bytes)
{
    CLEAN(buffer_finish) struct buffer file = {0};
    CLEAN(clean_fd) int fd = host->open_file(host, path);
    if (fd < 0)
        return fd;
    if (file_read_fd(fd, FILE_BYTES, &file))
        return CFD_ERROR;
    buffer_append(bytes, file.data ? file.data : "", file.length);
    buffer_byte(bytes, '\n');
    return bytes->failed ? CFD_ERROR : CFD_OK;
}

/* Names end at the first colon; NIS' lines with + and - name none. */
static int cut_names(struct names *names)
{
    for (char *at = names->bytes.data; at && *at;) {
        char *end = strchr(at, '\n'), *colon = strchr(at, ':');
        if (!end)
            break;
        *end = '\0';
        if (colon && colon < end && colon > at && !strchr("+-#", *at)) {
            *colon = '\0';
            if (array_reserve(&names->items, &names->capacity, names->count, sizeof(char *)))
                return ERROR_MEMORY;
            names->items[names->count++] = at;
        }
        at = end + 1;
    }
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, compare_names);
    return 0;
}

void accounts_refresh(struct accounts *accounts, const struct cfd_host *host)
{
    struct names fresh = {0};
    int status = CFD_OK;
    size_t i = 0;
    if (!note_stamps(accounts) && (accounts->read || accounts->why))
        return;
    for (; status == CFD_OK && i < accounts->files.count; i++)
        status = read_file(host, accounts->files.items[i], &fresh.bytes);
    if (status == CFD_OK && cut_names(&fresh))
        status = CFD_ERROR;
    if (status < 0) {
        names_finish(&fresh);
        free(accounts->why);
        accounts->why = text_format("%s, which names the accounts, %s",
                                    i ? accounts->files.items[i - 1] : "a file",
                                    status == CFD_ABSENT   ? "is not there"
                                    : status == CFD_DENIED ? "may not be read"
                                                           : "could not be read");
        return;
    }
    names_finish(&accounts->names);
    accounts->names = fresh;
    accounts->read = true;
}

const char *accounts_unread(const struct accounts *accounts)
{
    return accounts->read ? NULL : accounts->why ? accounts->why : "the accounts were not read";
}

bool accounts_know(const struct accounts *accounts, const char *name, size_t length)
{
    char text[NAME_MOST + 1];
    const char *key = text;
    if (length > NAME_MOST || memchr(name, '\0', length))
        return false;
    memcpy(text, name, length);
    text[length] = '\0';
    if (accounts->names.count && bsearch(&key, accounts->names.items, accounts->names.count,
                                         sizeof *accounts->names.items, compare_names))
        return true;
    for (size_t i = 0; i < accounts->patterns.count; i++)
        if (fnmatch(accounts->patterns.items[i], text, 0) == 0)
            return true;
    return false;
}
