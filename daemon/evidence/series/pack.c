/* The samples of one instance's series since a time, packed for the leaf that tells of them.
 * Body: version (1), number of times, first time (folded) and the differences; number of series;
 * for each folded(id - the last id) * 2 + 1 where its labels follow (kind, look-back folded, number
 * of labels, each name and value with its length before it), number of runs, and for each run
 * (count - 1) * 8 + 4 where a skip of times follows + the form of the value that all of it has. */
#include "evidence/series/pack.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/series/series_private.h"
#include "evidence/series/varint.h"
#include "ground/base/array.h"
#include "ground/base/clean.h"

enum { PACK_VERSION = 1, DAY_MS = 86400000, HEAD_SKIP = 4, HEAD_SHIFT = 3 };

/* One series with what of it is to be told. */
struct column {
    struct series *series;
    int64_t *times; /* one block with the values behind them */
    double *values;
    size_t from, count; /* of the block */
};

struct columns {
    struct column *items;
    size_t count, capacity;
    int64_t *times; /* of all, rising, each once */
    size_t time_count;
};

static void columns_finish(struct columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        free(columns->items[i].times);
    free(columns->items);
    free(columns->times);
}

int series_decode(const struct series *series, int64_t **ret_times, double **ret_values,
                  size_t *ret_count)
{
    size_t room = 0, at = 0;
    for (const struct chunk *chunk = series->first; chunk; chunk = chunk->next)
        room += chunk->count;
    int64_t *times = malloc((room + 1) * (sizeof *times + sizeof(double)));
    if (!times)
        return ERROR_MEMORY;
    double *values = (double *)(void *)(times + room + 1);
    for (const struct chunk *chunk = series->first; chunk; chunk = chunk->next) {
        chunk_decode(chunk, times + at, values + at);
        at += chunk->count;
    }
    *ret_times = times;
    *ret_values = values;
    *ret_count = at;
    return 0;
}

/* The chunks that reach behind after_ms. A new sum begins with a zero at the time of the run
 * before, which may have been told already: it is told with the sample behind it. */
static int decode_after(struct column *column, int64_t after_ms)
{
    struct series whole = *column->series;
    bool is_begun = false;
    while (whole.first->last_ms <= after_ms) {
        is_begun = true;
        whole.first = whole.first->next;
    }
    int code = series_decode(&whole, &column->times, &column->values, &column->count);
    if (code)
        return code;
    while (column->times[column->from] <= after_ms)
        column->from++;
    if (column->from == 1 && !is_begun && whole.kind == KIND_TOTAL)
        column->from = 0;
    return 0;
}

static int add_column(struct columns *columns, struct series *series, int64_t after_ms)
{
    if (!series->last || series->last->last_ms <= after_ms)
        return 0;
    if (array_reserve(&columns->items, &columns->capacity, columns->count, sizeof *columns->items))
        return ERROR_MEMORY;
    struct column *column = &columns->items[columns->count];
    *column = (struct column){.series = series};
    columns->count++;
    return decode_after(column, after_ms);
}

static int by_id(const void *a, const void *b)
{
    const struct column *left = a, *right = b;
    return (left->series->id > right->series->id) - (left->series->id < right->series->id);
}

static int by_time(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static int gather(struct series_set *set, const char *instance, int64_t after_ms,
                  struct columns *ret)
{
    struct source *source = instance ? series_set_source(set, instance) : NULL;
    size_t count = instance ? (source ? source->count : 0) : set->count;
    struct series **from = source ? source->members : set->all;
    for (size_t i = 0; i < count; i++) {
        if (!instance && from[i]->kind != KIND_OWN)
            continue;
        int code = add_column(ret, from[i], after_ms);
        if (code)
            return code;
    }
    if (ret->count > 1)
        qsort(ret->items, ret->count, sizeof *ret->items, by_id);
    return 0;
}

static int gather_times(struct columns *columns)
{
    size_t room = 0, at = 0;
    for (size_t i = 0; i < columns->count; i++)
        room += columns->items[i].count - columns->items[i].from;
    columns->times = malloc((room + 1) * sizeof *columns->times);
    if (!columns->times)
        return ERROR_MEMORY;
    for (size_t i = 0; i < columns->count; i++) {
        const struct column *column = &columns->items[i];
        size_t count = column->count - column->from;
        memcpy(columns->times + at, column->times + column->from, count * sizeof(int64_t));
        at += count;
    }
    if (at > 1)
        qsort(columns->times, at, sizeof(int64_t), by_time);
    for (size_t i = 0; i < at; i++)
        if (!columns->time_count || columns->times[i] != columns->times[columns->time_count - 1])
            columns->times[columns->time_count++] = columns->times[i];
    return 0;
}

static void put_varint(struct buffer *body, uint64_t value)
{
    uint8_t bytes[VARINT_SIZE];
    buffer_append(body, bytes, varint_put(bytes, value));
}

static void put_text(struct buffer *body, const char *text)
{
    put_varint(body, strlen(text));
    buffer_text(body, text);
}

static void put_labels(struct buffer *body, const struct series *series)
{
    put_varint(body, (uint64_t)series->kind);
    put_varint(body, varint_fold(series->lookback_ms));
    put_varint(body, series->labels->count);
    for (size_t i = 0; i < series->labels->count; i++) {
        put_text(body, series->labels->pair[i].name);
        put_text(body, series->labels->pair[i].value);
    }
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static size_t place_of(const struct columns *columns, size_t from, int64_t time_ms)
{
    size_t low = from, high = columns->time_count;
    if (low < high && columns->times[low] == time_ms)
        return low;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (columns->times[middle] < time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Samples of one value at times that follow each other. Returns where the next run begins. */
static size_t put_run(const struct columns *columns, const struct column *column, size_t at,
                      size_t *place, struct buffer *body)
{
    uint64_t bits = bits_of(column->values[at]);
    size_t first = place_of(columns, *place, column->times[at]), end = at + 1;
    size_t skip = first - *place;
    int64_t integer = 0;
    enum row_form form = row_form_of(bits, &integer);
    while (end < column->count && bits_of(column->values[end]) == bits &&
           column->times[end] == columns->times[first + (end - at)])
        end++;
    put_varint(body, (uint64_t)(end - at - 1) << HEAD_SHIFT | (skip ? HEAD_SKIP : 0) | form);
    if (skip)
        put_varint(body, skip);
    row_put_value(body, form, integer, bits);
    *place = first + (end - at);
    return end;
}

static void put_column(const struct columns *columns, const struct column *column, int64_t *last_id,
                       int64_t day, struct buffer *body)
{
    struct series *series = column->series;
    bool states = series->told_day != day;
    CLEAN(buffer_finish) struct buffer runs = {0};
    size_t place = 0;
    uint64_t count = 0;
    put_varint(body, varint_fold(series->id - *last_id) << 1 | states);
    if (states)
        put_labels(body, series);
    series->told_day = day;
    *last_id = series->id;
    for (size_t at = column->from; at < column->count; count++)
        at = put_run(columns, column, at, &place, &runs);
    put_varint(body, count);
    buffer_append(body, runs.data, runs.length);
    body->failed = body->failed || runs.failed;
}

int series_pack(struct series_set *set, const char *instance, int64_t after_ms, int64_t now_ms,
                struct buffer *ret_body)
{
    CLEAN(columns_finish) struct columns columns = {0};
    int64_t last_id = 0, last_ms = 0;
    int code = gather(set, instance, after_ms, &columns);
    if (!code)
        code = gather_times(&columns);
    if (code || !columns.count)
        return code;
    buffer_byte(ret_body, PACK_VERSION);
    put_varint(ret_body, columns.time_count);
    for (size_t i = 0; i < columns.time_count; i++) {
        put_varint(ret_body, varint_fold(columns.times[i] - last_ms));
        last_ms = columns.times[i];
    }
    put_varint(ret_body, columns.count);
    for (size_t i = 0; i < columns.count; i++)
        put_column(&columns, &columns.items[i], &last_id, now_ms / DAY_MS + 1, ret_body);
    return ret_body->failed ? ERROR_MEMORY : 0;
}
