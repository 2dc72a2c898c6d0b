/* The series of a set: found by labels, by name and by instance; taking samples. */
#include "evidence/series/series_private.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"
#include "ground/base/hash.h"
#include "ground/base/text.h"

double series_stale(void)
{
    const uint64_t bits = SERIES_STALE_BITS;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

bool series_is_stale(double value)
{
    return bits_of(value) == SERIES_STALE_BITS;
}

bool series_is_overflow(const struct series *series)
{
    return *labels_get(series->labels, "overflow") != '\0';
}

bool series_labels_fit(const struct labels *labels)
{
    for (size_t i = 0; i < labels->count; i++) {
        const struct label *label = &labels->pair[i];
        if (!labels_is_label_name(label->name) || !text_is_utf8(label->value, strlen(label->value)))
            return false;
        if (strcmp(label->name, LABELS_NAME) != 0 && text_begins(label->name, "__"))
            return false;
    }
    return labels_is_metric_name(labels_name(labels));
}

static bool has_labels(const void *item, const void *key)
{
    return labels_equal(((const struct series *)item)->labels, key);
}

static bool family_has_name(const void *item, const void *key)
{
    return strcmp(((const struct family *)item)->name, key) == 0;
}

static bool source_has_name(const void *item, const void *key)
{
    return strcmp(((const struct source *)item)->instance, key) == 0;
}

static bool feed_has_name(const void *item, const void *key)
{
    return strcmp(((const struct feed *)item)->name, key) == 0;
}

struct series *series_set_find(const struct series_set *set, const struct labels *labels)
{
    return table_find(&set->by_labels, labels_hash(labels), has_labels, labels);
}

struct family *series_set_family(const struct series_set *set, const char *name)
{
    return table_find(&set->families, hash_text(HASH_START, name), family_has_name, name);
}

struct source *series_set_source(struct series_set *set, const char *instance)
{
    return table_find(&set->sources, hash_text(HASH_START, instance), source_has_name, instance);
}

/* A zeroed item whose first member is a copy of the name, put into the table. */
static void *add_named(struct table *table, const char *name, size_t size)
{
    char *copy = strdup(name);
    void *item = calloc(1, size);
    if (item && copy) {
        memcpy(item, &copy, sizeof copy);
        if (table_add(table, hash_text(HASH_START, name), item) == 0)
            return item;
    }
    free(copy);
    free(item);
    return NULL;
}

int series_set_obtain_source(struct series_set *set, const char *instance, struct source **ret)
{
    struct source *source = series_set_source(set, instance);
    if (!source)
        source = add_named(&set->sources, instance, sizeof *source);
    if (!source)
        return ERROR_MEMORY;
    *ret = source;
    return 0;
}

int series_source_obtain_feed(struct source *source, const char *name, struct feed **ret)
{
    struct feed *feed =
        table_find(&source->feeds, hash_text(HASH_START, name), feed_has_name, name);
    if (!feed)
        feed = add_named(&source->feeds, name, sizeof *feed);
    if (!feed)
        return ERROR_MEMORY;
    *ret = feed;
    return 0;
}

static void free_series(struct series *series)
{
    if (!series)
        return;
    while (series->first) {
        struct chunk *next = series->first->next;
        chunk_free(series->first);
        series->first = next;
    }
    labels_free(series->labels);
    free(series);
}

static int join_family(struct series_set *set, struct series *series)
{
    const char *name = labels_name(series->labels);
    struct family *family = series_set_family(set, name);
    if (!family)
        family = add_named(&set->families, name, sizeof *family);
    if (!family || array_reserve(&family->members, &family->capacity, family->count, sizeof series))
        return ERROR_MEMORY;
    family->members[family->count++] = series;
    family->sorted = family->count == 1;
    series->family = family;
    return 0;
}

static int join_source(struct series_set *set, struct series *series)
{
    struct source *source;
    struct feed *feed;
    if (series->kind == KIND_OWN)
        return 0;
    if (series_set_obtain_source(set, labels_get(series->labels, "instance"), &source) ||
        series_source_obtain_feed(source, series->family->name, &feed) ||
        array_reserve(&source->members, &source->capacity, source->count, sizeof series))
        return ERROR_MEMORY;
    source->members[source->count++] = series;
    feed->known++;
    feed->aside += series->kind == KIND_IDLE || series_is_overflow(series);
    series->source = source;
    return 0;
}

static void take_out(struct series **members, size_t *count, const struct series *series)
{
    for (size_t i = 0; i < *count; i++)
        if (members[i] == series) {
            memmove(&members[i], &members[i + 1], (*count - i - 1) * sizeof *members);
            *count -= 1;
            return;
        }
}

static void leave_source(struct series *series)
{
    struct source *source = series->source;
    struct feed *feed = NULL;
    if (!source)
        return;
    take_out(source->members, &source->count, series);
    series_set_wake(series);
    if (series_source_obtain_feed(source, series->family->name, &feed) == 0 && feed->known) {
        feed->known--;
        feed->aside -= feed->aside && series_is_overflow(series);
    }
    for (size_t i = 0; i < source->count; i++)
        if (source->members[i]->total == series)
            source->members[i]->total = NULL;
}

void series_set_remove(struct series_set *set, struct series *series)
{
    leave_source(series);
    if (series->family)
        take_out(series->family->members, &series->family->count, series);
    table_remove(&set->by_labels, series->hash, series);
    take_out(set->all, &set->count, series);
    if (series->dirty)
        take_out(set->dirty, &set->dirty_count, series);
    while (series->first)
        series_set_drop_chunk(set, series);
    free_series(series);
}

int series_set_insert(struct series_set *set, struct series *series)
{
    series->hash = labels_hash(series->labels);
    if (array_reserve(&set->all, &set->capacity, set->count, sizeof series) ||
        table_add(&set->by_labels, series->hash, series)) {
        free_series(series);
        return ERROR_MEMORY;
    }
    set->all[set->count++] = series;
    if (join_family(set, series) || join_source(set, series)) {
        series_set_remove(set, series);
        return ERROR_MEMORY;
    }
    return 0;
}

int series_set_mark_dirty(struct series_set *set, struct series *series)
{
    if (series->dirty)
        return 0;
    if (array_reserve(&set->dirty, &set->dirty_capacity, set->dirty_count, sizeof series))
        return ERROR_MEMORY;
    set->dirty[set->dirty_count++] = series;
    series->dirty = true;
    return 0;
}

int series_set_lookback(struct series_set *set, struct series *series, int64_t lookback_ms)
{
    if (series->lookback_ms == lookback_ms)
        return 0;
    series->lookback_ms = lookback_ms;
    series->told_day = 0;
    return series_set_mark_dirty(set, series);
}

/* An upgraded plugin may say otherwise what its attribute is. */
static int change_kind(struct series_set *set, struct series *series, int kind)
{
    if (series->kind == kind || series->kind == KIND_OWN || kind == KIND_OWN)
        return series->kind == kind ? 0 : ERROR_RANGE;
    series_set_wake(series);
    if (series->kind == kind)
        return series_set_mark_dirty(set, series);
    if (series->kind == SERIES_EVENT && series->total) {
        /* Without its event the sum ends as any counter that is not given again. */
        series->total->kind = SERIES_COUNTER;
        series->total->told_day = 0;
        if (series_set_mark_dirty(set, series->total))
            return ERROR_MEMORY;
        series->total = NULL;
    }
    series->kind = kind;
    series->told_day = 0;
    return series_set_mark_dirty(set, series);
}

int series_set_obtain(struct series_set *set, struct labels *labels, int kind, struct series **ret)
{
    struct series *series = series_set_find(set, labels);
    if (series) {
        labels_free(labels);
        int code = change_kind(set, series, kind);
        if (!code)
            *ret = series;
        return code;
    }
    series = calloc(1, sizeof *series);
    if (!series) {
        labels_free(labels);
        return ERROR_MEMORY;
    }
    series->labels = labels;
    series->kind = kind;
    series->id = set->next_id;
    if (series_set_insert(set, series) || series_set_mark_dirty(set, series))
        return ERROR_MEMORY;
    set->next_id++;
    *ret = series;
    return 0;
}

/* The chunk that takes the next sample begins with it when there is none or the last is full. */
static int put_into_chunk(struct series_set *set, struct series *series, int64_t time_ms,
                          uint64_t bits)
{
    struct chunk *last = series->last;
    size_t before = last ? chunk_memory(last) : 0;
    if (last && !chunk_is_full(last)) {
        int code = chunk_append(last, time_ms, bits);
        set->bytes += chunk_memory(last) - before;
        return code;
    }
    struct chunk *chunk = chunk_new(time_ms, bits);
    if (!chunk)
        return ERROR_MEMORY;
    if (last) {
        chunk_seal(last);
        set->bytes -= before - chunk_memory(last);
        last->next = chunk;
    } else {
        series->first = chunk;
    }
    series->last = chunk;
    set->bytes += chunk_memory(chunk);
    return 0;
}

int series_set_sample(struct series_set *set, struct series *series, int64_t time_ms, double value)
{
    if ((series->last && time_ms <= series->last->last_ms) || time_ms <= -TIME_LIMIT_MS ||
        time_ms >= TIME_LIMIT_MS) {
        set->dropped_late += !set->loading;
        return 0;
    }
    if (!set->loading && array_reserve(&set->pending, &set->pending_capacity, set->pending_count,
                                       sizeof *set->pending))
        return ERROR_MEMORY;
    if (put_into_chunk(set, series, time_ms, bits_of(value)))
        return ERROR_MEMORY;
    if (!set->loading)
        set->pending[set->pending_count++] =
            (struct row_sample){series->id, time_ms, bits_of(value)};
    if (!series_is_stale(value))
        series->held = value;
    if (series->kind == SERIES_EVENT && (!series->event_ms || value > 0))
        series->event_ms = time_ms;
    set->samples++;
    return 1;
}

int series_set_stale(struct series_set *set, struct series *series, int64_t time_ms)
{
    if (!series->last || series->last->last_bits == SERIES_STALE_BITS)
        return 0;
    return series_set_sample(set, series, time_ms, series_stale());
}

void series_set_drop_chunk(struct series_set *set, struct series *series)
{
    struct chunk *chunk = series->first;
    series->first = chunk->next;
    if (!series->first)
        series->last = NULL;
    set->bytes -= chunk_memory(chunk);
    set->samples -= chunk->count;
    chunk_free(chunk);
}

static void free_family(void *item)
{
    struct family *family = item;
    free(family->members);
    free(family->name);
    free(family);
}

static void free_feed(void *item)
{
    struct feed *feed = item;
    free(feed->name);
    free(feed);
}

static void free_source(void *item)
{
    struct source *source = item;
    table_finish(&source->feeds, free_feed);
    free(source->members);
    free(source->instance);
    free(source);
}

static void free_item(void *item)
{
    free_series(item);
}

void series_set_empty(struct series_set *set)
{
    series_release(set);
    table_finish(&set->by_labels, free_item);
    table_finish(&set->families, free_family);
    table_finish(&set->sources, free_source);
    free(set->all);
    free(set->pending);
    free(set->dirty);
    set->all = NULL;
    set->pending = NULL;
    set->dirty = NULL;
    set->count = set->capacity = 0;
    set->pending_count = set->pending_capacity = 0;
    set->dirty_count = set->dirty_capacity = 0;
    set->next_id = 1;
    set->last_series = set->last_row = set->last_row_ms = 0;
    set->trim_at = 0;
    set->samples = 0;
    set->bytes = 0;
}
