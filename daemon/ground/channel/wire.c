/* Writing and reading the values in a message's body. */
#include "ground/channel/wire.h"

#include <string.h>

void wire_put_u16(struct buffer *body, uint16_t value)
{
    buffer_append(body, &value, sizeof value);
}

void wire_put_u32(struct buffer *body, uint32_t value)
{
    buffer_append(body, &value, sizeof value);
}

void wire_put_u64(struct buffer *body, uint64_t value)
{
    buffer_append(body, &value, sizeof value);
}

void wire_put_i64(struct buffer *body, int64_t value)
{
    buffer_append(body, &value, sizeof value);
}

void wire_put_double(struct buffer *body, double value)
{
    buffer_append(body, &value, sizeof value);
}

void wire_put_bytes(struct buffer *body, const void *bytes, size_t length)
{
    if (length > UINT32_MAX) {
        body->failed = true;
        return;
    }
    wire_put_u32(body, (uint32_t)length);
    buffer_append(body, bytes, length);
    buffer_byte(body, '\0');
}

void wire_put_text(struct buffer *body, const char *text)
{
    wire_put_bytes(body, text ? text : "", text ? strlen(text) : 0);
}

struct wire wire_over(const void *body, size_t length)
{
    /* No arithmetic on NULL, which an empty body may be. */
    static const uint8_t nothing[1];
    const uint8_t *at = length ? body : nothing;
    return (struct wire){.at = at, .end = at + length};
}

/* The body bears no alignment, so values are copied out. */
static void take(struct wire *wire, void *value, size_t size)
{
    if (wire->failed || (size_t)(wire->end - wire->at) < size) {
        wire->failed = true;
        memset(value, 0, size);
        return;
    }
    memcpy(value, wire->at, size);
    wire->at += size;
}

uint16_t wire_u16(struct wire *wire)
{
    uint16_t value;
    take(wire, &value, sizeof value);
    return value;
}

uint32_t wire_u32(struct wire *wire)
{
    uint32_t value;
    take(wire, &value, sizeof value);
    return value;
}

uint64_t wire_u64(struct wire *wire)
{
    uint64_t value;
    take(wire, &value, sizeof value);
    return value;
}

int64_t wire_i64(struct wire *wire)
{
    int64_t value;
    take(wire, &value, sizeof value);
    return value;
}

double wire_double(struct wire *wire)
{
    double value;
    take(wire, &value, sizeof value);
    return value;
}

const char *wire_bytes(struct wire *wire, size_t *ret_length)
{
    size_t length = wire_u32(wire);
    size_t left = (size_t)(wire->end - wire->at);
    *ret_length = 0;
    /* One more than length must be there: the NUL. */
    if (wire->failed || left <= length || wire->at[length] != '\0') {
        wire->failed = true;
        return "";
    }
    const char *bytes = (const char *)wire->at;
    wire->at += length + 1;
    *ret_length = length;
    return bytes;
}

const char *wire_text(struct wire *wire)
{
    size_t length;
    const char *text = wire_bytes(wire, &length);
    if (memchr(text, '\0', length)) {
        wire->failed = true;
        return "";
    }
    return text;
}

bool wire_ended_well(const struct wire *wire)
{
    return !wire->failed && wire->at == wire->end;
}
