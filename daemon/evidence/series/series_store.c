/* Series and samples in the store: loading, saving, trimming. */
#include "evidence/series/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"

enum {
    TRIM_ROWS = 500,    /* of samples, deleted in one call */
    TRIM_SERIES = 1000, /* looked at in one call */
    LABELS_LIMIT = 128, /* of one series */
    SERIES_PAGE = 1024, /* rows, read at one time */
};

/* A series' labels stand in its row as a canonical JSON object. */
static char *labels_to_json(const struct labels *labels)
{
    CLEAN(clean_json) json_t *object = json_object();
    for (size_t i = 0; i < labels->count; i++)
        if (json_object_set_new(object, labels->pair[i].name, json_string(labels->pair[i].value)))
            return NULL;
    return json_canonical(object);
}

static int labels_from_json(const char *text, struct labels **ret, struct error *error)
{
    CLEAN(clean_json) json_t *object = NULL;
    struct label pairs[LABELS_LIMIT];
    size_t count = 0;
    const char *name;
    json_t *value;
    if (!text)
        return error_set(error, ERROR_FORMAT, "no labels");
    int code = json_read(text, strlen(text), &object, error);
    if (code)
        return code;
    if (!json_is_object(object) || json_object_size(object) > LABELS_LIMIT)
        return error_set(error, ERROR_FORMAT, "labels that are not an object of at most %d members",
                         LABELS_LIMIT);
    json_object_foreach (object, name, value) {
        if (!json_is_string(value))
            return error_set(error, ERROR_FORMAT, "a label that is not text");
        pairs[count++] = (struct label){name, json_string_value(value)};
    }
    code = labels_new(pairs, count, ret);
    return code ? error_set(error, code, "labels that cannot be read") : 0;
}

static int load_one(struct series_set *set, struct store_query *row, struct error *error)
{
    struct labels *labels = NULL;
    int code = labels_from_json(store_text(row, 1), &labels, error);
    if (code)
        return code;
    struct series *series = calloc(1, sizeof *series);
    if (!series) {
        labels_free(labels);
        return error_set(error, ERROR_MEMORY, "out of memory");
    }
    series->id = store_integer(row, 0);
    series->labels = labels;
    series->lookback_ms = store_integer(row, 2);
    series->kind = (int)store_integer(row, 3);
    series->stored = true;
    /* One that was trimmed away, and came again under another number. */
    struct series *before = series_set_find(set, labels);
    if (before)
        series_set_remove(set, before);
    if (series->id >= set->next_id)
        set->next_id = series->id + 1;
    if (series_set_insert(set, series))
        return error_set(error, ERROR_MEMORY, "out of memory");
    return 0;
}

static int load_some_series(struct series_set *set, size_t *ret_rows, struct error *error)
{
    struct store_query *rows =
        store_query(set->store, "SELECT id, labels, lookback_ms, kind FROM series WHERE id > ?1"
                                " ORDER BY id LIMIT ?2");
    store_bind_integer(rows, 1, set->last_series);
    store_bind_integer(rows, 2, SERIES_PAGE);
    int code;
    *ret_rows = 0;
    while ((code = store_step(rows, error)) == 1) {
        *ret_rows += 1;
        set->last_series = store_integer(rows, 0);
        code = load_one(set, rows, error);
        if (!code)
            continue;
        error_prefix(error, "series %lld of the store", (long long)set->last_series);
        store_reset(rows);
        return code;
    }
    return code;
}

int pages_load_series(struct series_set *set, struct error *error)
{
    size_t rows = SERIES_PAGE;
    int code = 0;
    while (!code && rows == SERIES_PAGE)
        code = load_some_series(set, &rows, error);
    return code;
}

/* The sorted `all` and where the last sample was: rows rise by id. */
struct replay {
    struct series_set *set;
    size_t at;
};

static struct series *find_id(struct replay *replay, int64_t id)
{
    const struct series_set *set = replay->set;
    if (replay->at < set->count && set->all[replay->at]->id == id)
        return set->all[replay->at];
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->all[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    replay->at = low;
    return low < set->count && set->all[low]->id == id ? set->all[low] : NULL;
}

static int on_row_sample(void *context, const struct row_sample *sample)
{
    struct replay *replay = context;
    struct series *series = find_id(replay, sample->id);
    double value;
    memcpy(&value, &sample->bits, sizeof value);
    replay->at++;
    /* A series that was trimmed away; its number is not given to another. */
    if (!series) {
        if (sample->id >= replay->set->next_id && sample->id < INT64_MAX)
            replay->set->next_id = sample->id + 1;
        return 0;
    }
    int code = series_set_sample(replay->set, series, sample->time_ms, value);
    return code < 0 ? code : 0;
}

int pages_open(struct series_set *set, struct store_query **ret, struct error *error)
{
    struct store_query *rows = store_query(
        set->store, "SELECT id, body, time_ms FROM samples WHERE id > ?1 ORDER BY id LIMIT ?2");
    store_bind_integer(rows, 1, set->last_row);
    store_bind_integer(rows, 2, SET_PAGE);
    *ret = rows;
    return store_step(rows, error);
}

int pages_take(struct series_set *set, struct store_query *rows, size_t *ret_rows,
               struct error *error)
{
    struct replay replay = {.set = set};
    int code;
    do {
        size_t length;
        const void *body = store_bytes(rows, 1, &length);
        code = row_decode(body, length, on_row_sample, &replay);
        if (code) {
            error_set(error, code, "row %lld of the store's samples: %s",
                      (long long)store_integer(rows, 0), error_text(code));
            store_reset(rows);
            return code;
        }
        set->last_row = store_integer(rows, 0);
        set->last_row_ms = store_integer(rows, 2);
        *ret_rows += 1;
    } while ((code = store_step(rows, error)) == 1);
    return code;
}

int pages_load(struct series_set *set, struct error *error)
{
    size_t rows = SET_PAGE;
    int code = pages_load_series(set, error);
    while (!code && rows == SET_PAGE) {
        struct store_query *page = NULL;
        rows = 0;
        code = pages_open(set, &page, error);
        if (code == 1)
            code = pages_take(set, page, &rows, error);
    }
    return code;
}

int series_save_one(struct series_set *set, const struct series *series, struct error *error)
{
    CLEAN(clean_text) char *labels = labels_to_json(series->labels);
    if (!labels)
        return error_set(error, ERROR_MEMORY, "no memory for the labels of a series");
    struct store_query *query = store_query(
        set->store, "INSERT INTO series(id, labels, lookback_ms, kind) VALUES(?1, ?2, ?3, ?4)"
                    " ON CONFLICT(id) DO UPDATE SET lookback_ms = excluded.lookback_ms,"
                    " kind = excluded.kind");
    store_bind_integer(query, 1, series->id);
    store_bind_text(query, 2, labels);
    store_bind_integer(query, 3, series->lookback_ms);
    store_bind_integer(query, 4, series->kind);
    return store_run(query, error);
}

/* A row is trimmed by its time, so that must not be before any of its samples. */
static int64_t newest_of(const struct series_set *set, int64_t time_ms)
{
    for (size_t i = 0; i < set->pending_count; i++)
        if (set->pending[i].time_ms > time_ms)
            time_ms = set->pending[i].time_ms;
    return time_ms;
}

static int save_samples(struct series_set *set, int64_t time_ms, struct error *error)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    int64_t newest = newest_of(set, time_ms);
    if (row_encode(set->pending, set->pending_count, &body))
        return error_set(error, ERROR_MEMORY, "no memory for a row of samples");
    struct store_query *query =
        store_query(set->store, "INSERT INTO samples(time_ms, body) VALUES(?1, ?2)");
    store_bind_integer(query, 1, newest);
    store_bind_bytes(query, 2, body.data, body.length);
    return store_run(query, error);
}

/* Those who follow the table know new rows by their numbers; of others they must be told. */
static int note_change(struct series_set *set, int64_t time_ms, struct error *error)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)time_ms);
    return store_meta_set(set->store, SERIES_CHANGED, text, error);
}

/* What of a row is kept. */
struct kept_samples {
    struct row_sample *items;
    size_t count, capacity;
    int64_t to_ms;
};

static int keep_sample(void *context, const struct row_sample *sample)
{
    struct kept_samples *kept = context;
    if (sample->time_ms > kept->to_ms)
        return 0;
    if (array_reserve(&kept->items, &kept->capacity, kept->count, sizeof *kept->items))
        return ERROR_MEMORY;
    kept->items[kept->count++] = *sample;
    return 0;
}

static int replace_row(struct series_set *set, int64_t id, struct kept_samples *kept,
                       struct error *error)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    if (row_encode(kept->items, kept->count, &body))
        return error_set(error, ERROR_MEMORY, "no memory for a row of samples");
    struct store_query *query =
        store_query(set->store, "UPDATE samples SET time_ms = ?2, body = ?3 WHERE id = ?1");
    store_bind_integer(query, 1, id);
    store_bind_integer(query, 2, kept->to_ms);
    store_bind_bytes(query, 3, body.data, body.length);
    return store_run(query, error);
}

/* One row that ends behind to_ms; 0 when there is none. */
static int cut_row(struct series_set *set, int64_t to_ms, struct error *error)
{
    struct kept_samples kept = {.to_ms = to_ms};
    struct store_query *row =
        store_query(set->store, "SELECT id, body FROM samples WHERE time_ms > ?1 LIMIT 1");
    store_bind_integer(row, 1, to_ms);
    int code = store_step(row, error);
    if (code <= 0)
        return code;
    size_t length;
    int64_t id = store_integer(row, 0);
    const void *body = store_bytes(row, 1, &length);
    code = row_decode(body, length, keep_sample, &kept);
    store_reset(row);
    if (code)
        error_set(error, code, "row %lld of the store's samples: %s", (long long)id,
                  error_text(code));
    else
        code = replace_row(set, id, &kept, error);
    free(kept.items);
    return code ? code : 1;
}

int series_drop_after(struct series_set *set, int64_t to_ms, struct error *error)
{
    int code;
    do
        code = cut_row(set, to_ms, error);
    while (code > 0);
    code = code ? code : note_change(set, to_ms, error);
    return code ? code : series_reload(set, error);
}

int series_save(struct series_set *set, int64_t time_ms, struct error *error)
{
    int code = 0;
    bool changed = false;
    for (size_t i = 0; !code && i < set->dirty_count; i++) {
        changed |= set->dirty[i]->stored;
        code = series_save_one(set, set->dirty[i], error);
    }
    if (!code && changed)
        code = note_change(set, time_ms, error);
    if (!code && set->pending_count)
        code = save_samples(set, time_ms, error);
    if (code)
        return code;
    for (size_t i = 0; i < set->dirty_count; i++) {
        set->dirty[i]->dirty = false;
        set->dirty[i]->stored = true;
    }
    set->dirty_count = 0;
    set->pending_count = 0;
    return 0;
}

static int trim_rows(struct series_set *set, int64_t floor_ms, struct error *error)
{
    struct store_query *query =
        store_query(set->store, "DELETE FROM samples WHERE id IN (SELECT id FROM samples"
                                " WHERE time_ms < ?1 ORDER BY time_ms LIMIT ?2)");
    store_bind_integer(query, 1, floor_ms);
    store_bind_integer(query, 2, TRIM_ROWS);
    return store_run(query, error);
}

static int trim_one(struct series_set *set, struct series *series, int64_t floor_ms,
                    struct error *error)
{
    while (series->first && series->first->last_ms < floor_ms)
        series_set_drop_chunk(set, series);
    if (series->first || series->dirty) {
        set->trim_at++;
        return 0;
    }
    struct store_query *query = store_query(set->store, "DELETE FROM series WHERE id = ?1");
    store_bind_integer(query, 1, series->id);
    int code = store_run(query, error);
    if (!code)
        series_set_remove(set, series);
    return code;
}

static int trim_all(struct series_set *set, int64_t floor_ms, struct error *error)
{
    int code = trim_rows(set, floor_ms, error);
    if (set->trim_at >= set->count)
        set->trim_at = 0;
    for (size_t i = 0; !code && i < TRIM_SERIES && set->trim_at < set->count; i++)
        code = trim_one(set, set->all[set->trim_at], floor_ms, error);
    return code;
}

int series_trim(struct series_set *set, int64_t now_ms, struct error *error)
{
    bool mine = !store_in_transaction(set->store);
    series_release(set);
    set->floor_ms = now_ms - set->limits.keep_ms;
    int code = mine ? store_begin(set->store, error) : 0;
    if (!code)
        code = trim_all(set, set->floor_ms, error);
    if (!code && mine)
        code = store_commit(set->store, error);
    if (code && mine)
        store_rollback(set->store);
    return code;
}
