/* A whole set into the tables of a store, as a rebuild leaves it. */
#include <stdlib.h>
#include <string.h>

#include "evidence/series/pack.h"
#include "evidence/series/series_private.h"
#include "ground/base/array.h"
#include "ground/base/clean.h"

enum { DAY_MS = 86400000 };

/* One row: the samples of a day. */
struct day {
    struct row_sample *items;
    size_t count, capacity;
    int64_t from_ms, to_ms;
};

static int add_chunk(struct day *day, const struct series *series, const struct chunk *chunk)
{
    CLEAN(clean_memory) int64_t *times = malloc((chunk->count + 1) * sizeof *times);
    CLEAN(clean_memory) double *values = malloc((chunk->count + 1) * sizeof *values);
    if (!times || !values)
        return ERROR_MEMORY;
    chunk_decode(chunk, times, values);
    for (size_t i = 0; i < chunk->count; i++) {
        if (times[i] < day->from_ms || times[i] >= day->to_ms)
            continue;
        if (array_reserve(&day->items, &day->capacity, day->count, sizeof *day->items))
            return ERROR_MEMORY;
        struct row_sample *sample = &day->items[day->count++];
        *sample = (struct row_sample){.id = series->id, .time_ms = times[i]};
        memcpy(&sample->bits, &values[i], sizeof sample->bits);
    }
    return 0;
}

/* Where the first sample behind this time is; false when there is none. */
static bool next_day(const struct series_set *set, int64_t after_ms, int64_t *ret_ms)
{
    bool found = false;
    for (size_t i = 0; i < set->count; i++)
        for (const struct chunk *chunk = set->all[i]->first; chunk; chunk = chunk->next) {
            int64_t first_ms = chunk->first_ms < after_ms ? after_ms : chunk->first_ms;
            if (chunk->last_ms < after_ms || (found && first_ms >= *ret_ms))
                continue;
            *ret_ms = first_ms;
            found = true;
        }
    return found;
}

static int write_row(struct store *store, struct day *day, struct error *error)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    int64_t newest_ms = day->from_ms;
    for (size_t i = 0; i < day->count; i++)
        if (day->items[i].time_ms > newest_ms)
            newest_ms = day->items[i].time_ms;
    if (row_encode(day->items, day->count, &body))
        return error_set(error, ERROR_MEMORY, "no memory for a row of samples");
    struct store_query *query =
        store_query(store, "INSERT INTO samples(time_ms, body) VALUES(?1, ?2)");
    store_bind_integer(query, 1, newest_ms);
    store_bind_bytes(query, 2, body.data, body.length);
    return store_run(query, error);
}

static int write_day(struct series_set *set, struct store *store, struct day *day,
                     struct error *error)
{
    int code = 0;
    day->count = 0;
    for (size_t i = 0; !code && i < set->count; i++)
        for (const struct chunk *chunk = set->all[i]->first; !code && chunk; chunk = chunk->next)
            if (chunk->last_ms >= day->from_ms && chunk->first_ms < day->to_ms)
                code = add_chunk(day, set->all[i], chunk);
    return code || !day->count ? code : write_row(store, day, error);
}

int series_write(struct series_set *set, struct store *store, struct error *error)
{
    struct day day = {0};
    int64_t from_ms = INT64_MIN;
    struct store *own = set->store;
    int code = 0;
    set->store = store;
    for (size_t i = 0; !code && i < set->count; i++)
        code = series_save_one(set, set->all[i], error);
    while (!code && next_day(set, from_ms, &from_ms)) {
        day.from_ms = from_ms;
        day.to_ms = from_ms = from_ms + DAY_MS;
        code = write_day(set, store, &day, error);
    }
    set->store = own;
    free(day.items);
    return code;
}
