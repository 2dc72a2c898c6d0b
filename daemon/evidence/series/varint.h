/* Integers of seven bits a byte, low bits first (as in protocol buffers), read with bounds. */
#ifndef SERIES_VARINT_H
#define SERIES_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VARINT_SIZE 10 /* bytes that hold any */

/* Bytes not yet read. */
struct varint_source {
    const uint8_t *at;
    const uint8_t *end;
};

/* False when the bytes end within it or it has more than 64 bits. */
static inline bool varint_get(struct varint_source *source, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && source->at < source->end; shift += 7) {
        uint64_t byte = *source->at++;
        if (shift == 63 && byte > 1)
            return false;
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static inline size_t varint_put(uint8_t to[VARINT_SIZE], uint64_t value)
{
    size_t length = 0;
    for (; value >= 0x80; value >>= 7)
        to[length++] = (uint8_t)(value | 0x80);
    to[length++] = (uint8_t)value;
    return length;
}

/* Small numbers of either sign as small numbers without one. */
static inline uint64_t varint_fold(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static inline int64_t varint_unfold(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* Times come from bytes that may say anything: they wrap round instead of overflowing. */
static inline int64_t varint_sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t varint_difference(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

#endif
