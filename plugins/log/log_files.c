/* Globs to followed paths, and what wakes the collector. */
#include "log_files.h"

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/inotify.h>

static const struct kit_option members[] = {
    {"files", KIT_TEXTS, offsetof(struct files, globs), NULL, 0}, {0}};

int files_open(struct files *files, const struct cfd_host *host)
{
    files->watch = -1;
    int status = kit_options_read(host, "", members, files);
    if (status < 0 || files->globs.count)
        return status;
    host->fault(host, "files", "files names no file; write files = [\"/var/log/auth.log\"]");
    return CFD_INVALID;
}

void files_finish(struct files *files)
{
    for (size_t i = 0; i < files->count; i++)
        follow_free(files->follows[i]);
    if (files->watch >= 0)
        close(files->watch);
    free(files->follows);
    kit_options_finish(members, files);
    *files = (struct files){.watch = -1};
}

static bool is_followed(const struct files *files, const char *path)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->follows[i]->path, path) == 0)
            return true;
    }
    return false;
}

/* A wildcard finds rotated files as well; they are read from their path's own follow. */
static bool is_rotated_of_another(const glob_t *found, const char *path)
{
    static const char *const packed[] = {".gz", ".xz", ".zst", ".bz2", ".lz4"};
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
        if (text_ends(path, packed[i]))
            return true;
    }
    for (size_t i = 0; i < found->gl_pathc; i++) {
        if (strcmp(found->gl_pathv[i], path) != 0 && rotate_is_rotated(path, found->gl_pathv[i]))
            return true;
    }
    return false;
}

/* The same file under another name: a link, or a rotation that names freely. */
static bool is_open_elsewhere(const struct files *files, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return false;
    for (size_t i = 0; i < files->count; i++) {
        if (files->follows[i]->placed && place_is_of(&files->follows[i]->at, &status))
            return true;
    }
    return false;
}

/* Positions of paths that are new in the list, then which of them are read already. */
static void load_new(struct files *files, size_t first, const struct cfd_host *host)
{
    for (size_t i = first; i < files->count; i++)
        follow_load(files->follows[i], host);
    for (size_t i = first; i < files->count; i++) {
        struct follow *follow = files->follows[i];
        if (!follow->literal && !follow->placed && is_open_elsewhere(files, follow->path))
            follow->ignored = follow->moved = true;
    }
}

static int add(struct files *files, const char *path, bool literal)
{
    if (files->count >= FILES_MOST) {
        files->too_many = true;
        return CFD_OK;
    }
    if (array_reserve(&files->follows, &files->capacity, files->count, sizeof *files->follows))
        return CFD_ERROR;
    struct follow *follow = follow_new(path, literal);
    if (!follow)
        return CFD_ERROR;
    files->follows[files->count++] = follow;
    return CFD_OK;
}

static int add_found(struct files *files, const char *pattern)
{
    glob_t found = {0};
    int status = CFD_OK;
    bool literal = !strpbrk(pattern, "*?[");
    if (literal)
        return is_followed(files, pattern) ? CFD_OK : add(files, pattern, true);
    int answer = glob(pattern, 0, NULL, &found);
    for (size_t i = 0; answer == 0 && status == CFD_OK && i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        if (!is_followed(files, path) && !is_rotated_of_another(&found, path))
            status = add(files, path, false);
    }
    globfree(&found);
    return answer == GLOB_NOSPACE ? CFD_ERROR : status;
}

/* Notes how long a path has been away; one that a wildcard found is dropped then. */
static bool is_gone(struct follow *follow, int64_t now_ms)
{
    struct stat status;
    if (stat(follow->path, &status) == 0 || errno != ENOENT) {
        follow->gone_ms = 0;
        return false;
    }
    if (!follow->gone_ms)
        follow->gone_ms = now_ms;
    return !follow->literal && now_ms - follow->gone_ms >= FILES_GRACE_MS;
}

static void drop_gone(struct files *files, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < files->count; i++) {
        if (is_gone(files->follows[i], now_ms))
            follow_free(files->follows[i]);
        else
            files->follows[kept++] = files->follows[i];
    }
    files->count = kept;
}

static void watch_one(const struct files *files, const char *path)
{
    CLEAN(clean_text) char *folder = strdup(path);
    char *slash = folder ? strrchr(folder, '/') : NULL;
    /* A path is watched for its bytes, its folder for names that come and go. Both are only hints:
     * the interval looks anyway. */
    (void)inotify_add_watch(files->watch, path, IN_MODIFY);
    if (!slash)
        return;
    slash[slash == folder ? 1 : 0] = '\0';
    (void)inotify_add_watch(files->watch, folder, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
}

int files_refresh(struct files *files, const struct cfd_host *host)
{
    int status = CFD_OK;
    drop_gone(files, host->now_ms(host));
    files->too_many = false;
    size_t known = files->count;
    for (size_t i = 0; status == CFD_OK && i < files->globs.count; i++) {
        status = add_found(files, files->globs.text[i]);
        if (files->watch >= 0 && strpbrk(files->globs.text[i], "*?["))
            watch_one(files, files->globs.text[i]);
    }
    load_new(files, known, host);
    for (size_t i = 0; files->watch >= 0 && i < files->count; i++)
        watch_one(files, files->follows[i]->path);
    return status;
}

int files_watch(struct files *files)
{
    files->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return files->watch;
}

void files_drain(const struct files *files)
{
    char events[4096] __attribute__((aligned(8)));
    while (files->watch >= 0 && read(files->watch, events, sizeof events) > 0)
        continue;
}
