/* A run of samples of one series, compressed as they come: times as differences of differences,
 * values as what changed of their bits, repetitions counted. Every bit of a double comes back. */
#ifndef SERIES_CHUNK_H
#define SERIES_CHUNK_H

#include "ground/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CHUNK_SAMPLES = 1024, /* a chunk is full at so many, which bounds what a read decodes ... */
    CHUNK_BYTES = 1024,   /* ... or when it might pass so many bytes */
};

struct chunk {
    struct chunk *next;
    int64_t first_ms;
    int64_t last_ms;
    int64_t step_ms; /* between the last two */
    uint64_t first_bits;
    uint64_t last_bits;
    uint32_t count;
    uint32_t repeats; /* of the last step and value, counted and not yet written */
    uint32_t length;  /* of bytes */
    uint32_t capacity;
    uint8_t *bytes; /* what follows the first sample */
};

/* A chunk that begins with this sample; NULL without memory. */
struct chunk *chunk_new(int64_t time_ms, uint64_t bits);
void chunk_free(struct chunk *chunk);

bool chunk_is_full(const struct chunk *chunk);
/* time_ms is after last_ms; the chunk is not full. */
int chunk_append(struct chunk *chunk, int64_t time_ms, uint64_t bits) MUST_CHECK;
/* Gives back what is not used, of a chunk that takes no more. */
void chunk_seal(struct chunk *chunk);

/* All samples; both have room for count. */
void chunk_decode(const struct chunk *chunk, int64_t *ret_times, double *ret_values);

size_t chunk_memory(const struct chunk *chunk);

#endif
