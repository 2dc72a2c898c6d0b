/* Finds rotated files by inode or content, and orders them by the names that logrotate gives. */
#include "rotate.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

void found_finish(struct found *found)
{
    if (found->fd >= 0)
        close(found->fd);
    free(found->path);
    *found = (struct found){.fd = -1};
}

static void clean_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static char *beside(const char *path, const char *name)
{
    return text_format("%.*s%s", (int)(name_of(path) - path), path, name);
}

static bool is_compressed(const char *name)
{
    static const char *const ends[] = {".gz", ".xz", ".zst", ".bz2", ".lz4"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (text_ends(name, ends[i]))
            return true;
    }
    return false;
}

bool rotate_is_rotated(const char *name, const char *of)
{
    size_t length = strlen(of);
    return strncmp(name, of, length) == 0 && (name[length] == '.' || name[length] == '-') &&
           isdigit((unsigned char)name[length + 1]);
}

/* What logrotate puts behind a name, as something that can be compared. */
struct suffix {
    bool known;
    int64_t number; /* of ".1", ".2": the higher, the older; -1: a date, the higher, the newer */
    const char *date;
};

static struct suffix suffix_of(const char *name, const char *of)
{
    struct suffix suffix = {.number = -1, .date = ""};
    if (!rotate_is_rotated(name, of) || is_compressed(name))
        return suffix;
    suffix.known = true;
    suffix.date = name + strlen(of) + 1;
    int64_t number = 0;
    if (strlen(suffix.date) < 7 && text_to_integer(suffix.date, &number) == 0)
        suffix.number = number;
    return suffix;
}

/* Was a written after b? Names of two styles cannot be compared. */
static bool is_newer(const struct suffix *a, const struct suffix *b)
{
    if (!a->known || !b->known || (a->number < 0) != (b->number < 0))
        return false;
    return a->number < 0 ? strcmp(a->date, b->date) > 0 : a->number < b->number;
}

/* Calls for each regular file beside the path until one is taken. */
struct visitor {
    bool (*take)(void *context, const char *name, const struct stat *status);
    void *context;
};

static int visit(const char *path, const struct visitor *visitor)
{
    CLEAN(clean_text) char *here = beside(path, ".");
    CLEAN(clean_folder) DIR *folder = here ? opendir(here) : NULL;
    if (!folder)
        return CFD_ERROR;
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        struct stat status;
        if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(status.st_mode))
            continue;
        if (visitor->take(visitor->context, entry->d_name, &status))
            return CFD_OK;
    }
    return CFD_ABSENT;
}

static int open_beside(const struct cfd_host *host, const char *path, const char *name,
                       struct found *ret_found)
{
    char *whole = beside(path, name);
    int fd = whole ? host->open_file(host, whole) : CFD_ERROR;
    if (fd < 0) {
        free(whole);
        return fd;
    }
    *ret_found = (struct found){fd, whole};
    return CFD_OK;
}

struct search {
    const struct cfd_host *host;
    const char *path;
    const struct place *place;
    bool by_inode;
    struct found found;
};

static bool take_same(void *context, const char *name, const struct stat *status)
{
    struct search *search = context;
    const struct place *place = search->place;
    if (search->by_inode != place_is_of(place, status) || strcmp(name, name_of(search->path)) == 0)
        return false;
    /* Of a copy that front is all that tells; it must be long enough to tell. */
    if (!search->by_inode && (!place->seen || !rotate_is_rotated(name, name_of(search->path))))
        return false;
    if (open_beside(search->host, search->path, name, &search->found) < 0)
        return false;
    if (place_begins_same(place, search->found.fd))
        return true;
    found_finish(&search->found);
    return false;
}

int rotate_find(const struct cfd_host *host, const char *path, const struct place *place,
                struct found *ret_found)
{
    struct search search = {host, path, place, true, {-1, NULL}};
    struct visitor visitor = {take_same, &search};
    int status = visit(path, &visitor);
    if (status == CFD_ABSENT) {
        search.by_inode = false;
        status = visit(path, &visitor);
    }
    if (status == CFD_OK)
        *ret_found = search.found;
    return status;
}

struct chain {
    const char *path;
    const struct place *place;
    int64_t written_ms;
    char *own;  /* the name of the place's file now; NULL: it was deleted */
    char *next; /* of the oldest one that is newer */
};

static void chain_finish(struct chain *chain)
{
    free(chain->own);
    free(chain->next);
}

static bool take_own(void *context, const char *name, const struct stat *status)
{
    struct chain *chain = context;
    if (!place_is_of(chain->place, status))
        return false;
    chain->own = strdup(name);
    return true;
}

static bool take_newer(void *context, const char *name, const struct stat *status)
{
    struct chain *chain = context;
    const char *of = name_of(chain->path);
    struct suffix own = suffix_of(chain->own ? chain->own : "", of);
    struct suffix other = suffix_of(name, of);
    int64_t written_ms = status->st_mtim.tv_sec * 1000 + status->st_mtim.tv_nsec / 1000000;
    if (chain->own ? !is_newer(&other, &own) : !other.known || written_ms <= chain->written_ms)
        return false;
    struct suffix best = chain->next ? suffix_of(chain->next, of) : other;
    if (!chain->next || is_newer(&best, &other)) {
        free(chain->next);
        chain->next = strdup(name);
    }
    return false;
}

/* Names as they are now. CFD_CHANGED where the place's file still has the path's name. */
static int read_chain(struct chain *chain)
{
    struct visitor visitor = {take_own, chain};
    int status = visit(chain->path, &visitor);
    if (status == CFD_OK && !chain->own)
        return CFD_ERROR;
    if (status == CFD_OK && strcmp(chain->own, name_of(chain->path)) == 0)
        return CFD_CHANGED;
    if (status == CFD_OK || status == CFD_ABSENT) {
        visitor.take = take_newer;
        status = visit(chain->path, &visitor);
    }
    if (status != CFD_ABSENT)
        return status;
    if (!chain->next)
        chain->next = strdup(name_of(chain->path));
    return chain->next ? CFD_OK : CFD_ERROR;
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

int rotate_next(const struct cfd_host *host, const char *path, const struct place *place,
                int64_t written_ms, struct found *ret_found)
{
    const struct chain empty_chain = {.path = path, .place = place, .written_ms = written_ms};
    CLEAN(chain_finish) struct chain before = empty_chain;
    CLEAN(chain_finish) struct chain behind = empty_chain;
    struct stat opened, named;
    int status = read_chain(&before);
    if (status != CFD_OK)
        return status;
    struct found found = {-1, NULL};
    status = open_beside(host, path, before.next, &found);
    if (status < 0)
        return status == CFD_ABSENT ? CFD_CHANGED : status;
    bool empty = strcmp(before.next, name_of(path)) == 0;
    /* A rotation may have gone on meanwhile: names must still mean what they meant. */
    bool settled = fstat(found.fd, &opened) == 0 && stat(found.path, &named) == 0 &&
                   opened.st_ino == named.st_ino && opened.st_dev == named.st_dev &&
                   read_chain(&behind) == CFD_OK && is_same(before.own, behind.own) &&
                   is_same(before.next, behind.next);
    /* While the new file is empty the writer may still hold the old one. */
    empty = empty && settled && opened.st_size == 0;
    if (!settled || empty || place_is_of(place, &opened)) {
        found_finish(&found);
        return CFD_CHANGED;
    }
    *ret_found = found;
    return CFD_OK;
}
