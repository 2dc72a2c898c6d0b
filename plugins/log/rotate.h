/* What rotation leaves beside a log file, and in which order it was written. */
#ifndef LOG_ROTATE_H
#define LOG_ROTATE_H

#include "place.h"

#include <conformd/collector.h>

/* A file found beside the path, opened. The caller closes fd and frees path. */
struct found {
    int fd; /* -1: none */
    char *path;
};

void found_finish(struct found *found);

/* Is this name one that rotation gives to the file of that name ("x.log.1", "x.log-20261122",
 * compressed or not)? */
bool rotate_is_rotated(const char *name, const char *of);

/* The file of the place under another name in the path's folder: by its inode, or (copytruncate)
 * by a front that is the same. CFD_ABSENT where there is none. */
int rotate_find(const struct cfd_host *host, const char *path, const struct place *place,
                struct found *ret_found) MUST_CHECK;

/* What was written next after the file of the place: a file that was rotated later, or the path.
 * Where the place's own file has no name any more, later is what was written after written_ms.
 * CFD_CHANGED where the path still is that file, is gone, is empty, or names change just now. */
int rotate_next(const struct cfd_host *host, const char *path, const struct place *place,
                int64_t written_ms, struct found *ret_found) MUST_CHECK;

#endif
