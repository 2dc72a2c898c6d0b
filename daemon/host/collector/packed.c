/* Packing readings: behind one another, and events on top of the same event. */
#include "host/collector/packed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/hash.h"
#include "ground/channel/wire.h"
#include "host/collector/plugin.h"

enum {
    SLOTS = 8192, /* more than readings fit into a message */
    VALUE_AT = sizeof(uint32_t),
    LABELS_AT = VALUE_AT + sizeof(double),
};

_Static_assert(PACKED_MOST <= UINT16_MAX, "a slot holds any place in the body");
_Static_assert(PACKED_MOST / (LABELS_AT + sizeof(uint16_t)) < SLOTS, "some slot is free");

static void pack(struct buffer *one, uint32_t number, const struct cfd_attribute *attribute,
                 const struct cfd_reading *reading)
{
    size_t labels = reading->labels ? plugin_attribute_label_count(attribute) : 0;
    buffer_reset(one);
    wire_put_u32(one, number);
    wire_put_double(one, attribute->kind == CFD_TEXT ? 1 : reading->value);
    if (attribute->kind == CFD_TEXT)
        wire_put_text(one, reading->text);
    wire_put_u16(one, (uint16_t)labels);
    for (size_t i = 0; i < labels; i++)
        wire_put_text(one, reading->labels[i]);
}

/* By number and labels; the value lies between them. */
static size_t slot_of(const struct buffer *one)
{
    uint64_t hash = hash_bytes(HASH_START, one->data, VALUE_AT);
    return hash_bytes(hash, one->data + LABELS_AT, one->length - LABELS_AT) % SLOTS;
}

/* What is packed says where it ends, so that equal beginnings are equal readings. */
static bool is_same(const struct packed *packed, size_t at)
{
    const struct buffer *one = &packed->one;
    const char *there = packed->body.data + at;
    return packed->body.length - at >= one->length && !memcmp(there, one->data, VALUE_AT) &&
           !memcmp(there + LABELS_AT, one->data + LABELS_AT, one->length - LABELS_AT);
}

static bool add_up(struct packed *packed, size_t at, double value)
{
    double sum;
    char *there = packed->body.data + at + VALUE_AT;
    memcpy(&sum, there, sizeof sum);
    sum += value;
    if (!isfinite(sum))
        return false;
    memcpy(there, &sum, sizeof sum);
    return true;
}

static int append(struct packed *packed)
{
    struct buffer *body = &packed->body;
    if ((body->length ? body->length : sizeof packed->count) + packed->one.length > PACKED_MOST)
        return body->length ? ERROR_AGAIN : ERROR_LIMIT;
    if (!body->length)
        wire_put_u32(body, 0);
    buffer_append(body, packed->one.data, packed->one.length);
    packed->count++;
    return body->failed ? ERROR_MEMORY : 0;
}

static int add_event(struct packed *packed, double value)
{
    if (!packed->slots && !(packed->slots = calloc(SLOTS, sizeof *packed->slots)))
        return ERROR_MEMORY;
    size_t slot = slot_of(&packed->one);
    for (; packed->slots[slot]; slot = (slot + 1) % SLOTS)
        if (is_same(packed, packed->slots[slot]) && add_up(packed, packed->slots[slot], value))
            return 0;
    size_t at = packed->body.length ? packed->body.length : sizeof packed->count;
    int code = append(packed);
    if (!code) {
        packed->slots[slot] = (uint16_t)at;
        packed->merged++;
    }
    return code;
}

int packed_add(struct packed *packed, uint32_t number, const struct cfd_attribute *attribute,
               const struct cfd_reading *reading)
{
    pack(&packed->one, number, attribute, reading);
    if (packed->one.failed)
        return ERROR_MEMORY;
    return attribute->kind == CFD_EVENT ? add_event(packed, reading->value) : append(packed);
}

const struct buffer *packed_seal(struct packed *packed)
{
    if (!packed->count)
        return NULL;
    memcpy(packed->body.data, &packed->count, sizeof packed->count);
    return &packed->body;
}

void packed_reset(struct packed *packed)
{
    buffer_reset(&packed->body);
    packed->count = 0;
    if (packed->merged)
        memset(packed->slots, 0, SLOTS * sizeof *packed->slots);
    packed->merged = 0;
}

void packed_finish(struct packed *packed)
{
    buffer_finish(&packed->body);
    buffer_finish(&packed->one);
    free(packed->slots);
    *packed = (struct packed){0};
}
