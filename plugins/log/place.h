/* Where reading is in a file, and how that file is recognised. */
#ifndef LOG_PLACE_H
#define LOG_PLACE_H

#include "ground/base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define PLACE_SEEN_MOST 256 /* bytes at a file's front that distinguish it from another */

struct place {
    uint64_t device;
    uint64_t inode;
    uint64_t offset; /* of the next line */
    uint64_t seen;   /* bytes of the fingerprint: min(offset, PLACE_SEEN_MOST) */
    uint64_t print;  /* FNV-1a of those */
};

/* "device:inode:offset:seen:print", all hexadecimal. The caller frees; NULL without memory. */
char *place_text(const struct place *place);
int place_read(const char *text, struct place *ret_place) MUST_CHECK;

bool place_is_of(const struct place *place, const struct stat *status);

/* Does the file behind fd begin as the place's file did? */
bool place_begins_same(const struct place *place, int fd);

/* Moves to an offset of the file behind fd, with the fingerprint that belongs to it. */
int place_move(struct place *place, int fd, uint64_t offset) MUST_CHECK;

#endif
