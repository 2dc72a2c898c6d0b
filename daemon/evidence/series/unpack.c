/* Packed samples read back into a set, from bytes that may be damaged. */
#include <stdlib.h>
#include <string.h>

#include "evidence/series/pack.h"
#include "evidence/series/series_private.h"
#include "evidence/series/varint.h"
#include "ground/base/clean.h"

enum { PACK_VERSION = 1, HEAD_SKIP = 4, HEAD_SHIFT = 3, LABELS_LIMIT = 128, KIND_MOST = KIND_IDLE };

/* Which series a number stands for; the set may give it another. */
struct numbered {
    int64_t id;
    struct series *series;
};

struct series_unpacker {
    struct series_set *set;
    struct table by_id;
};

/* One body that is read. */
struct reading {
    struct series_unpacker *unpacker;
    struct varint_source source;
    int64_t *times;
    size_t time_count;
    int64_t id; /* of the series before */
    bool lacks; /* labels of a series were not stated */
};

int series_open_empty(struct store *store, struct series_set **ret)
{
    struct series_set *set = calloc(1, sizeof *set);
    if (!set)
        return ERROR_MEMORY;
    set->store = store;
    set->limits = (struct series_limits){INT64_MAX, SIZE_MAX, 300000};
    set->floor_ms = INT64_MIN;
    set->loading = true;
    series_set_empty(set);
    *ret = set;
    return 0;
}

int series_unpacker_new(struct series_set *set, struct series_unpacker **ret)
{
    struct series_unpacker *unpacker = calloc(1, sizeof *unpacker);
    if (!unpacker)
        return ERROR_MEMORY;
    unpacker->set = set;
    *ret = unpacker;
    return 0;
}

void series_unpacker_free(struct series_unpacker *unpacker)
{
    if (!unpacker)
        return;
    table_finish(&unpacker->by_id, free);
    free(unpacker);
}

static bool has_id(const void *item, const void *key)
{
    return ((const struct numbered *)item)->id == *(const int64_t *)key;
}

static uint64_t hash_id(int64_t id)
{
    return (uint64_t)id * 0x9e3779b97f4a7c15ULL;
}

static int number(struct series_unpacker *unpacker, int64_t id, struct series *series)
{
    struct numbered *known = table_find(&unpacker->by_id, hash_id(id), has_id, &id);
    if (!known) {
        known = malloc(sizeof *known);
        if (!known || table_add(&unpacker->by_id, hash_id(id), known)) {
            free(known);
            return ERROR_MEMORY;
        }
    }
    *known = (struct numbered){id, series};
    return 0;
}

static int get_text(struct varint_source *source, char **ret)
{
    uint64_t length;
    if (!varint_get(source, &length) || length > (uint64_t)(source->end - source->at))
        return ERROR_FORMAT;
    *ret = strndup((const char *)source->at, (size_t)length);
    source->at += length;
    return *ret ? 0 : ERROR_MEMORY;
}

static int get_pairs(struct varint_source *source, char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int code = get_text(source, &texts[i]);
        if (code)
            return code;
    }
    return 0;
}

static int make_labels(char *const *texts, size_t count, struct labels **ret)
{
    struct label pairs[LABELS_LIMIT];
    struct labels *labels;
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct label){texts[2 * i], texts[2 * i + 1]};
    int code = labels_new(pairs, count, &labels);
    if (code)
        return code == ERROR_MEMORY ? code : ERROR_FORMAT;
    if (!series_labels_fit(labels)) {
        labels_free(labels);
        return ERROR_FORMAT;
    }
    *ret = labels;
    return 0;
}

/* Kind, look-back and labels; the series is found, or made. */
static int get_series(struct reading *reading)
{
    uint64_t kind, lookback, count;
    struct varint_source *source = &reading->source;
    struct series_set *set = reading->unpacker->set;
    struct labels *labels;
    struct series *series;
    if (!varint_get(source, &kind) || !varint_get(source, &lookback) ||
        !varint_get(source, &count) || kind > KIND_MOST || count > LABELS_LIMIT)
        return ERROR_FORMAT;
    char **texts = calloc(2 * count + 1, sizeof *texts);
    if (!texts)
        return ERROR_MEMORY;
    int code = get_pairs(source, texts, 2 * (size_t)count);
    if (!code)
        code = make_labels(texts, (size_t)count, &labels);
    for (size_t i = 0; i < 2 * count; i++)
        free(texts[i]);
    free(texts);
    if (code)
        return code;
    /* Whether an event rests is no matter of its samples. */
    code = series_set_obtain(set, labels, kind == KIND_IDLE ? SERIES_EVENT : (int)kind, &series);
    if (!code)
        code = series_set_lookback(set, series, varint_unfold(lookback));
    if (code)
        return code == ERROR_MEMORY ? code : ERROR_FORMAT;
    return number(reading->unpacker, reading->id, series);
}

static int take_run(struct reading *reading, struct series *series, size_t *place)
{
    uint64_t head, skip = 0, bits;
    struct varint_source *source = &reading->source;
    if (!varint_get(source, &head) || ((head & HEAD_SKIP) && !varint_get(source, &skip)) ||
        !row_get_value(source, (unsigned)(head & 3), &bits))
        return ERROR_FORMAT;
    uint64_t count = (head >> HEAD_SHIFT) + 1;
    size_t left = reading->time_count - *place;
    if (skip > left || count > left - skip)
        return ERROR_FORMAT;
    *place += (size_t)skip;
    double value;
    memcpy(&value, &bits, sizeof value);
    if (!series)
        *place += (size_t)count;
    for (; series && count; count--) {
        int code = series_set_sample(reading->unpacker->set, series, reading->times[*place], value);
        if (code < 0)
            return code;
        *place += 1;
    }
    return 0;
}

static int take_column(struct reading *reading)
{
    uint64_t head, runs;
    size_t place = 0;
    if (!varint_get(&reading->source, &head))
        return ERROR_FORMAT;
    reading->id = varint_sum(reading->id, varint_unfold(head >> 1));
    int code = head & 1 ? get_series(reading) : 0;
    if (code)
        return code;
    const struct numbered *known =
        table_find(&reading->unpacker->by_id, hash_id(reading->id), has_id, &reading->id);
    reading->lacks = reading->lacks || !known;
    if (!varint_get(&reading->source, &runs))
        return ERROR_FORMAT;
    for (; !code && runs; runs--)
        code = take_run(reading, known ? known->series : NULL, &place);
    return code;
}

static int take_times(struct reading *reading)
{
    uint64_t count, difference;
    int64_t time_ms = 0;
    if (!varint_get(&reading->source, &count) ||
        count > (uint64_t)(reading->source.end - reading->source.at))
        return ERROR_FORMAT;
    reading->times = malloc(((size_t)count + 1) * sizeof *reading->times);
    if (!reading->times)
        return ERROR_MEMORY;
    for (; reading->time_count < count; reading->time_count++) {
        if (!varint_get(&reading->source, &difference))
            return ERROR_FORMAT;
        time_ms = varint_sum(time_ms, varint_unfold(difference));
        reading->times[reading->time_count] = time_ms;
    }
    return 0;
}

static int take_body(struct reading *reading)
{
    uint64_t count = 0;
    if (reading->source.at == reading->source.end)
        return ERROR_FORMAT;
    if (*reading->source.at++ != PACK_VERSION)
        return ERROR_VERSION;
    int code = take_times(reading);
    if (!code && !varint_get(&reading->source, &count))
        code = ERROR_FORMAT;
    for (; !code && count; count--)
        code = take_column(reading);
    if (!code && reading->source.at != reading->source.end)
        code = ERROR_FORMAT;
    return code;
}

int series_unpack(struct series_unpacker *unpacker, const void *bytes, size_t length)
{
    struct reading reading = {.unpacker = unpacker,
                              .source = {bytes, (const uint8_t *)bytes + length}};
    int code = take_body(&reading);
    free(reading.times);
    return code ? code : reading.lacks ? ERROR_MISSING : 0;
}
