/* The patterns of Include, expanded through the host so that only declared folders are read. */
#include "sshd.h"

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <dirent.h>
#include <fnmatch.h>
#include <string.h>

#define PATTERN_DEPTH 8
#define PATHS_MOST    1024

struct paths {
    char **path;
    size_t count, capacity;
};

static void clean_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int keep(struct paths *paths, char *path)
{
    if (!path || paths->count >= PATHS_MOST ||
        array_reserve(&paths->path, &paths->capacity, paths->count + 1, sizeof(path)) != 0) {
        free(path);
        return CFD_LIMIT;
    }
    paths->path[paths->count++] = path;
    return CFD_OK;
}

/* Replaces the first part of the pattern that has a wildcard by each name that fits it. */
static int expand_part(struct kit_run *run, const char *pattern, struct paths *paths)
{
    size_t wild = strcspn(pattern, "*?["), begin = wild;
    CLEAN(clean_folder) DIR *folder = NULL;
    CLEAN(clean_text) char *parent = NULL;
    CLEAN(clean_text) char *part = NULL;
    const char *rest = pattern + wild + strcspn(pattern + wild, "/");
    struct dirent *item;
    int fd, status = CFD_OK;

    while (pattern[begin - 1] != '/')
        begin--;
    parent = strndup(pattern, begin);
    part = strndup(pattern + begin, (size_t)(rest - pattern) - begin);
    if (!parent || !part)
        return CFD_ERROR;
    fd = run->host->open_file(run->host, parent);
    if (fd == CFD_DENIED)
        kit_drop(run, &sshd_settings, "%s may not be read", parent);
    folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (fd >= 0 && !folder)
        close(fd);
    while (folder && status == CFD_OK && (item = readdir(folder))) {
        if (fnmatch(part, item->d_name, FNM_PERIOD) == 0)
            status = keep(paths, text_format("%s%s%s", parent, item->d_name, rest));
    }
    return status;
}

char **include_expand(struct kit_run *run, const char *pattern)
{
    struct paths paths = {0};
    size_t at = 0;
    int status = keep(&paths, strdup(pattern));

    for (int depth = 0; at < paths.count && status == CFD_OK;) {
        char *path = paths.path[at];

        if (!path[strcspn(path, "*?[")]) {
            at++;
            continue;
        }
        paths.path[at] = paths.path[--paths.count];
        status = ++depth > PATTERN_DEPTH ? CFD_LIMIT : expand_part(run, path, &paths);
        free(path);
    }
    if (status != CFD_OK)
        kit_drop(run, &sshd_settings, "Include %s names more than can be followed", pattern);
    if (paths.count > 1)
        qsort(paths.path, paths.count, sizeof(*paths.path), compare_paths);
    if (paths.path)
        paths.path[paths.count] = NULL;
    return paths.path;
}
