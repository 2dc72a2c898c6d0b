/* Packing a commit's samples, and reading them back from bytes that may be damaged. */
#include "evidence/series/row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/series/varint.h"

enum { ROW_VERSION = 1 };

#define STALE_BITS  0x7ff0000000000002ULL
#define EXACT_LIMIT 9007199254740992.0 /* 2^53 */

static int by_series_and_time(const void *a, const void *b)
{
    const struct row_sample *left = a, *right = b;
    if (left->id != right->id)
        return left->id < right->id ? -1 : 1;
    return (left->time_ms > right->time_ms) - (left->time_ms < right->time_ms);
}

enum row_form row_form_of(uint64_t bits, int64_t *ret_integer)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    if (bits == STALE_BITS)
        return FORM_STALE;
    if (!(fabs(value) < EXACT_LIMIT) || value != trunc(value) || (value == 0 && signbit(value)))
        return FORM_BITS;
    *ret_integer = (int64_t)value;
    return FORM_INTEGER;
}

static void put_varint(struct buffer *body, uint64_t value)
{
    uint8_t bytes[VARINT_SIZE];
    buffer_append(body, bytes, varint_put(bytes, value));
}

void row_put_value(struct buffer *body, enum row_form form, int64_t integer, uint64_t bits)
{
    if (form == FORM_INTEGER)
        put_varint(body, varint_fold(integer));
    for (unsigned i = 0; form == FORM_BITS && i < 8; i++)
        buffer_byte(body, (char)(bits >> (8 * i) & 0xff));
}

int row_encode(struct row_sample *samples, size_t count, struct buffer *ret_body)
{
    if (count > 1)
        qsort(samples, count, sizeof *samples, by_series_and_time);
    int64_t id = 0, time_ms = count ? samples[0].time_ms : 0;
    buffer_byte(ret_body, ROW_VERSION);
    put_varint(ret_body, count);
    put_varint(ret_body, varint_fold(time_ms));
    for (size_t i = 0; i < count; i++) {
        int64_t integer = 0;
        enum row_form form = row_form_of(samples[i].bits, &integer);
        put_varint(ret_body, varint_fold(samples[i].id - id) << 2 | form);
        put_varint(ret_body, varint_fold(varint_difference(samples[i].time_ms, time_ms)));
        row_put_value(ret_body, form, integer, samples[i].bits);
        id = samples[i].id;
        time_ms = samples[i].time_ms;
    }
    return ret_body->failed ? ERROR_MEMORY : 0;
}

static bool get_bits(struct varint_source *source, uint64_t *ret_bits)
{
    if (source->end - source->at < 8)
        return false;
    uint64_t bits = 0;
    for (unsigned i = 0; i < 8; i++)
        bits |= (uint64_t)*source->at++ << (8 * i);
    *ret_bits = bits;
    return true;
}

static bool get_integer(struct varint_source *source, uint64_t *ret_bits)
{
    uint64_t folded;
    if (!varint_get(source, &folded))
        return false;
    double value = (double)varint_unfold(folded);
    memcpy(ret_bits, &value, sizeof value);
    return true;
}

bool row_get_value(struct varint_source *source, unsigned form, uint64_t *ret_bits)
{
    if (form == FORM_INTEGER)
        return get_integer(source, ret_bits);
    if (form == FORM_BITS)
        return get_bits(source, ret_bits);
    *ret_bits = STALE_BITS;
    return form == FORM_STALE;
}

static bool get_sample(struct varint_source *source, struct row_sample *sample)
{
    uint64_t head, time;
    if (!varint_get(source, &head) || !varint_get(source, &time))
        return false;
    sample->id = varint_sum(sample->id, varint_unfold(head >> 2));
    sample->time_ms = varint_sum(sample->time_ms, varint_unfold(time));
    return row_get_value(source, (unsigned)(head & 3), &sample->bits);
}

int row_decode(const void *bytes, size_t length,
               int (*on_sample)(void *context, const struct row_sample *sample), void *context)
{
    if (!length)
        return ERROR_FORMAT;
    struct varint_source source = {bytes, (const uint8_t *)bytes + length};
    uint64_t count, time;
    if (*source.at++ != ROW_VERSION)
        return ERROR_VERSION;
    if (!varint_get(&source, &count) || !varint_get(&source, &time))
        return ERROR_FORMAT;
    struct row_sample sample = {.time_ms = varint_unfold(time)};
    for (; count; count--) {
        if (!get_sample(&source, &sample))
            return ERROR_FORMAT;
        int code = on_sample(context, &sample);
        if (code < 0)
            return code;
    }
    return source.at == source.end ? 0 : ERROR_FORMAT;
}
