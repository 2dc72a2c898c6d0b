/* Reading and writing integers of variable length. */
#include "series/varint.h"

bool varint_get(struct varint_source *source, uint64_t *ret_value)
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

size_t varint_put(uint8_t to[VARINT_SIZE], uint64_t value)
{
    size_t length = 0;
    for (; value >= 0x80; value >>= 7)
        to[length++] = (uint8_t)(value | 0x80);
    to[length++] = (uint8_t)value;
    return length;
}
