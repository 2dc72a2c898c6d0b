/* Bytes that grow up to a limit. Once an append fails the buffer stays failed until reset. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "ground/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed is an empty buffer without a limit (size_t's own). data has a NUL behind length. */
struct buffer {
    char *data;
    size_t length;
    size_t capacity;
    size_t limit; /* bytes at most; 0 = none */
    bool failed;  /* an append found no memory or passed the limit */
};

void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_byte(struct buffer *buffer, char byte);
void buffer_print(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Drops the first `length` bytes (all where there are fewer) and moves the rest to the front. */
void buffer_consume(struct buffer *buffer, size_t length);

/* Empties it, keeping its memory, and forgives a failure. */
void buffer_reset(struct buffer *buffer);

/* Gives the memory (NUL-terminated, the caller frees) and leaves it empty; NULL if it failed. */
char *buffer_take(struct buffer *buffer);

/* Fit for CLEAN(buffer_finish). */
void buffer_finish(struct buffer *buffer);

#endif
