/* The compressed form: token = folded(difference of steps) * 2 + (value changed), then the changed
 * bits; a token of 0 is followed by how often the last step and value came again. */
#include "evidence/series/chunk.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/series/varint.h"

enum { SAMPLE_BYTES = 2 * VARINT_SIZE + 1 + VARINT_SIZE }; /* repeats, token, value */

struct chunk *chunk_new(int64_t time_ms, uint64_t bits)
{
    struct chunk *chunk = calloc(1, sizeof *chunk);
    if (!chunk)
        return NULL;
    chunk->first_ms = chunk->last_ms = time_ms;
    chunk->first_bits = chunk->last_bits = bits;
    chunk->count = 1;
    return chunk;
}

void chunk_free(struct chunk *chunk)
{
    if (!chunk)
        return;
    free(chunk->bytes);
    free(chunk);
}

bool chunk_is_full(const struct chunk *chunk)
{
    return chunk->count >= CHUNK_SAMPLES || chunk->length + SAMPLE_BYTES > CHUNK_BYTES;
}

static int reserve(struct chunk *chunk, size_t more)
{
    if (chunk->length + more <= chunk->capacity)
        return 0;
    size_t capacity = chunk->capacity ? 2 * (size_t)chunk->capacity : 8;
    while (capacity < chunk->length + more)
        capacity *= 2;
    uint8_t *bytes = realloc(chunk->bytes, capacity);
    if (!bytes)
        return ERROR_MEMORY;
    chunk->bytes = bytes;
    chunk->capacity = (uint32_t)capacity;
    return 0;
}

/* The bits that change are the upper ones; turned round they make a short integer. */
static uint64_t turn(uint64_t bits)
{
    return __builtin_bswap64(bits);
}

static size_t encode(const struct chunk *chunk, uint64_t token, uint64_t bits, uint8_t *to)
{
    size_t length = 0;
    if (chunk->repeats) {
        to[length++] = 0;
        length += varint_put(to + length, chunk->repeats);
    }
    length += varint_put(to + length, token);
    if (token & 1)
        length += varint_put(to + length, turn(bits ^ chunk->last_bits));
    return length;
}

int chunk_append(struct chunk *chunk, int64_t time_ms, uint64_t bits)
{
    int64_t step = varint_difference(time_ms, chunk->last_ms);
    /* The lowest bit of the token is the value's, so the highest of the difference is lost: no
     * two times that a clock tells are 2^62 ms apart. */
    uint64_t token =
        varint_fold(varint_difference(step, chunk->step_ms)) << 1 | (bits != chunk->last_bits);
    if (token) {
        uint8_t encoded[SAMPLE_BYTES + VARINT_SIZE];
        size_t length = encode(chunk, token, bits, encoded);
        if (reserve(chunk, length))
            return ERROR_MEMORY;
        memcpy(chunk->bytes + chunk->length, encoded, length);
        chunk->length += (uint32_t)length;
        chunk->repeats = 0;
    } else {
        chunk->repeats++;
    }
    chunk->count++;
    chunk->step_ms = step;
    chunk->last_ms = time_ms;
    chunk->last_bits = bits;
    return 0;
}

void chunk_seal(struct chunk *chunk)
{
    if (!chunk->length || chunk->length == chunk->capacity)
        return;
    uint8_t *bytes = realloc(chunk->bytes, chunk->length);
    if (!bytes)
        return;
    chunk->bytes = bytes;
    chunk->capacity = chunk->length;
}

struct decoding {
    int64_t time_ms;
    int64_t step_ms;
    uint64_t bits;
    size_t count;
    int64_t *times;
    double *values;
};

static void put(struct decoding *decoding)
{
    decoding->times[decoding->count] = decoding->time_ms;
    memcpy(&decoding->values[decoding->count], &decoding->bits, sizeof decoding->bits);
    decoding->count++;
}

static void put_repeats(struct decoding *decoding, uint64_t repeats)
{
    for (; repeats; repeats--) {
        decoding->time_ms = varint_sum(decoding->time_ms, decoding->step_ms);
        put(decoding);
    }
}

void chunk_decode(const struct chunk *chunk, int64_t *ret_times, double *ret_values)
{
    /* A chunk of one sample has no bytes at all. */
    struct varint_source source = {chunk->bytes,
                                   chunk->length ? chunk->bytes + chunk->length : NULL};
    struct decoding decoding = {.time_ms = chunk->first_ms,
                                .bits = chunk->first_bits,
                                .times = ret_times,
                                .values = ret_values};
    uint64_t token, more = 0;
    put(&decoding);
    while (varint_get(&source, &token)) {
        if ((token == 0 || token & 1) && !varint_get(&source, &more))
            break;
        if (token == 0) {
            put_repeats(&decoding, more);
            continue;
        }
        decoding.step_ms = varint_sum(decoding.step_ms, varint_unfold(token >> 1));
        decoding.time_ms = varint_sum(decoding.time_ms, decoding.step_ms);
        if (token & 1)
            decoding.bits ^= turn(more);
        put(&decoding);
    }
    put_repeats(&decoding, chunk->repeats);
}

size_t chunk_memory(const struct chunk *chunk)
{
    return sizeof *chunk + chunk->capacity;
}
