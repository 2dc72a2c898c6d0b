/* Opens files for a collector: no link is followed that anyone but root could have put there. */
#include "host/collector/lend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "ground/channel/wire.h"

enum { LINKS_MOST = 40 };

/* A walk along a path, from folder to folder. */
struct walk {
    int root; /* where "/" is */
    int folder;
    char rest[PATH_MAX]; /* what is still to walk */
    int links;
};

static int status_of(int number)
{
    if (number == ENOENT || number == ENOTDIR)
        return CFD_ABSENT;
    if (number == EACCES || number == EPERM || number == ELOOP)
        return CFD_DENIED;
    return CFD_ERROR;
}

static int enter(struct walk *walk, int folder)
{
    if (folder < 0)
        return status_of(errno);
    close(walk->folder);
    walk->folder = folder;
    return CFD_OK;
}

/* Only a link's target may climb, and not above the root. */
static int climb(struct walk *walk)
{
    struct stat here, top;
    if (fstat(walk->folder, &here) || fstat(walk->root, &top))
        return CFD_ERROR;
    if (here.st_dev == top.st_dev && here.st_ino == top.st_ino)
        return CFD_OK;
    return enter(walk, openat(walk->folder, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static bool is_roots_alone(int folder)
{
    struct stat status;
    return !fstat(folder, &status) && status.st_uid == 0 && !(status.st_mode & (S_IWGRP | S_IWOTH));
}

/* Puts the link's target before what is still to walk. */
static int follow(struct walk *walk, const char *name, const char *rest)
{
    char target[PATH_MAX];
    if (!is_roots_alone(walk->folder) || ++walk->links > LINKS_MOST)
        return CFD_DENIED;
    ssize_t length = readlinkat(walk->folder, name, target, sizeof target - 1);
    if (length < 0)
        return status_of(errno);
    target[length] = '\0';
    CLEAN(clean_text) char *joined = text_format("%s/%s", target, rest);
    if (!joined || strlen(joined) >= sizeof walk->rest)
        return CFD_DENIED;
    /* No "/" at the end of what was a file's name. */
    size_t end = strlen(joined) - (*rest == '\0');
    memcpy(walk->rest, joined, end);
    walk->rest[end] = '\0';
    if (target[0] == '/')
        return enter(walk, openat(walk->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    return CFD_OK;
}

static int open_last(const struct walk *walk, const char *name, const struct stat *status)
{
    if (!S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode))
        return CFD_DENIED;
    int fd = openat(walk->folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd < 0 ? status_of(errno) : fd;
}

/* One name of the path. CFD_OK: go on; above 0: the file; below 0: why not. The descriptor 0 is
 * never given, for standard input is open. */
static int step(struct walk *walk)
{
    char name[NAME_MAX + 1];
    struct stat status;
    const char *at = walk->rest + strspn(walk->rest, "/");
    size_t length = strcspn(at, "/");
    if (length > NAME_MAX)
        return CFD_ABSENT;
    memcpy(name, at, length);
    name[length] = '\0';
    const char *rest = at + length + strspn(at + length, "/");
    bool last = *rest == '\0';
    if (!strcmp(name, "..") || !strcmp(name, ".") || !*name) {
        int code = !strcmp(name, "..") ? climb(walk) : CFD_OK;
        if (!code && last)
            return open_last(walk, ".", &(struct stat){.st_mode = S_IFDIR});
        memmove(walk->rest, rest, strlen(rest) + 1);
        return code;
    }
    if (fstatat(walk->folder, name, &status, AT_SYMLINK_NOFOLLOW))
        return status_of(errno);
    if (S_ISLNK(status.st_mode))
        return follow(walk, name, rest);
    if (last)
        return open_last(walk, name, &status);
    int code =
        enter(walk, openat(walk->folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    memmove(walk->rest, rest, strlen(rest) + 1);
    return code;
}

static int walk_to(const char *root, const char *path)
{
    struct walk walk = {.folder = -1};
    if (strlen(path) >= sizeof walk.rest)
        return CFD_ABSENT;
    memcpy(walk.rest, path, strlen(path) + 1);
    walk.root = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (walk.root < 0)
        return status_of(errno);
    walk.folder = openat(walk.root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int result = walk.folder < 0 ? status_of(errno) : CFD_OK;
    while (result == CFD_OK)
        result = step(&walk);
    if (walk.folder >= 0)
        close(walk.folder);
    close(walk.root);
    return result;
}

static int record(struct lender *lender, const char *path, int fd)
{
    struct stat status;
    if (fstat(fd, &status))
        return CFD_ERROR;
    if (lender->phase == LEND_SELFTEST)
        return CFD_OK;
    buffer_reset(&lender->message);
    wire_put_text(&lender->message, path);
    wire_put_u64(&lender->message, (uint64_t)status.st_dev);
    wire_put_u64(&lender->message, (uint64_t)status.st_ino);
    wire_put_u64(&lender->message, (uint64_t)status.st_size);
    wire_put_i64(&lender->message,
                 (int64_t)status.st_mtim.tv_sec * 1000 + (int64_t)status.st_mtim.tv_nsec / 1000000);
    return lend_status(emit_part(lender->emitter, MESSAGE_OPENED, &lender->message));
}

static bool climbs(const char *path)
{
    return strstr(path, "/../") || text_ends(path, "/..");
}

int lend_open_file(const struct cfd_host *host, const char *path)
{
    struct lender *lender = host->context;
    if (lender->phase != LEND_SELFTEST && (lender->phase != LEND_COLLECT || !lender->emitter))
        return lend_refuse(lender, "a file opened outside of collect");
    if (!path || path[0] != '/' || climbs(path))
        return lend_refuse(lender, "a file's path that is not absolute or holds \"..\"");
    int fd = walk_to(lender->root, path);
    if (fd < 0)
        return fd;
    int status = record(lender, path, fd);
    if (status < 0) {
        close(fd);
        return status;
    }
    return fd;
}
