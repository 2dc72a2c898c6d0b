/* conformd/kit/lines.h: whole files and their lines, each with a limit, and nothing left out
 * silently. */
#ifndef CONFORMD_KIT_LINES_H
#define CONFORMD_KIT_LINES_H

#include <conformd/kit/run.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A file in memory. Zeroed is an empty one. */
struct kit_file {
    const char *path; /* borrowed from the caller */
    char *bytes;      /* NUL behind them; NULL where none were read */
    size_t length;
    size_t lines; /* line feeds in it */
};

/* Opens through the host and reads to the end. CFD_LIMIT where the file has more than limit_bytes:
 * nothing of it is kept then. Else what open_file returned, or CFD_ERROR. Where it could not be
 * read and item is not NULL, the item is dropped, with the path as its source. kit_watched reports
 * how much was read: (run->host, file->path, file->length, file->lines). */
int kit_file_read(struct kit_run *run, const char *path, size_t limit_bytes,
                  const struct kit_item *item, struct kit_file *ret_file) KIT_MUST_CHECK;

/* Overwrites what was read, and frees it. Takes a zeroed one. */
void kit_file_finish(struct kit_file *file);

/* The lines of a file, one after another. Set the first five; zero: there is none. */
struct kit_lines {
    struct kit_run *run;
    struct kit_file *file;
    const struct kit_item *item; /* dropped with a line that cannot be used; NULL: see fault */
    size_t limit_bytes;          /* of a line without its end */
    uint64_t limit_lines;

    /* The present line. */
    char *text; /* NUL in place of its end */
    size_t length;
    uint64_t number;   /* from 1 */
    const char *fault; /* why it cannot be used, or NULL; set only where item is NULL */

    size_t offset; /* of the next line */
};

/* Moves on to the next line, written into the file's bytes: 1, or 0 behind the last one. A last
 * line without its end is a line. One that is longer than the limit or holds a NUL is dropped, and
 * the next one is given; without an item it is given with its fault. Behind the last permitted line
 * the rest is dropped as one. */
int kit_lines_next(struct kit_lines *lines);

#ifdef __cplusplus
}
#endif

#endif
