/* Values in a message's body: fixed-size numbers in host order, texts and bytes with a length. */
#ifndef CHANNEL_WIRE_H
#define CHANNEL_WIRE_H

#include "ground/base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void wire_put_u16(struct buffer *body, uint16_t value);
void wire_put_u32(struct buffer *body, uint32_t value);
void wire_put_u64(struct buffer *body, uint64_t value);
void wire_put_i64(struct buffer *body, int64_t value);
void wire_put_double(struct buffer *body, double value);
/* u32 length, bytes, NUL. NULL is written as "". */
void wire_put_text(struct buffer *body, const char *text);
void wire_put_bytes(struct buffer *body, const void *bytes, size_t length);

/* A walk over a body. The first read beyond its end, or of a text without its NUL or with one
 * inside, makes it fail; all later reads answer 0 and "". Ask once, at the end. */
struct wire {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};
struct wire wire_over(const void *body, size_t length);
uint16_t wire_u16(struct wire *wire);
uint32_t wire_u32(struct wire *wire);
uint64_t wire_u64(struct wire *wire);
int64_t wire_i64(struct wire *wire);
double wire_double(struct wire *wire);
const char *wire_text(struct wire *wire); /* borrowed from the body; UTF-8 is not checked */
const char *wire_bytes(struct wire *wire, size_t *ret_length);
bool wire_ended_well(const struct wire *wire); /* nothing failed and nothing is left */

#endif
