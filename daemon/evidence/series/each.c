/* Visits: choosing series, and their samples decoded for as long as the visitor needs them. */
#include "evidence/series/series_private.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"

enum { BLOCK_BYTES = 32768 };

/* Views live in blocks that are all given back at once. */
struct arena_block {
    struct arena_block *next;
    size_t used, capacity;
    max_align_t bytes[];
};

static void *lend(struct series_set *set, size_t bytes)
{
    size_t rounded = (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    struct arena_block *block = set->views;
    if (!block || block->capacity - block->used < rounded) {
        size_t capacity = rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES;
        block = malloc(sizeof *block + capacity);
        if (!block)
            return NULL;
        *block = (struct arena_block){.next = set->views, .capacity = capacity};
        set->views = block;
    }
    void *lent = (char *)block->bytes + block->used;
    block->used += rounded;
    return lent;
}

void series_release(struct series_set *set)
{
    while (set->views) {
        struct arena_block *next = set->views->next;
        free(set->views);
        set->views = next;
    }
}

static int by_labels(const void *a, const void *b)
{
    return labels_compare((*(struct series *const *)a)->labels,
                          (*(struct series *const *)b)->labels);
}

/* The series to choose from, sorted; *ret_own: the caller frees them. */
static int candidates(struct series_set *set, const char *name, struct series ***ret,
                      size_t *ret_count, struct series ***ret_own)
{
    if (name) {
        struct family *family = series_set_family(set, name);
        *ret_count = family ? family->count : 0;
        *ret = family ? family->members : NULL;
        if (family && !family->sorted)
            qsort(family->members, family->count, sizeof(struct series *), by_labels);
        if (family)
            family->sorted = true;
        return 0;
    }
    *ret_count = set->count;
    *ret = *ret_own = malloc((set->count + 1) * sizeof **ret);
    if (!*ret)
        return ERROR_MEMORY;
    if (set->count) {
        memcpy(*ret, set->all, set->count * sizeof **ret);
        qsort(*ret, set->count, sizeof **ret, by_labels);
    }
    return 0;
}

/* Most formulas ask for the newest sample alone, which needs no decoding. */
static int view_last(struct series_set *set, const struct chunk *last, struct series_view *view)
{
    int64_t *time = lend(set, sizeof *time + sizeof(double));
    if (!time)
        return ERROR_MEMORY;
    double *value = (double *)(void *)(time + 1);
    *time = last->last_ms;
    memcpy(value, &last->last_bits, sizeof *value);
    view->times = time;
    view->values = value;
    view->count = 1;
    return 0;
}

static int view_chunks(struct series_set *set, const struct series *series,
                       const struct series_window *window, struct series_view *view)
{
    const struct chunk *first = series->first;
    while (first && first->last_ms < window->from_ms)
        first = first->next;
    size_t room = 0;
    const struct chunk *end = first;
    for (; end && end->first_ms <= window->to_ms; end = end->next)
        room += end->count;
    if (!room)
        return 0;
    int64_t *times = lend(set, room * sizeof *times);
    double *values = lend(set, room * sizeof *values);
    if (!times || !values)
        return ERROR_MEMORY;
    size_t at = 0;
    for (const struct chunk *chunk = first; chunk != end; chunk = chunk->next) {
        chunk_decode(chunk, times + at, values + at);
        at += chunk->count;
    }
    size_t from = 0;
    while (from < room && times[from] < window->from_ms)
        from++;
    while (room > from && times[room - 1] > window->to_ms)
        room--;
    view->times = times + from;
    view->values = values + from;
    view->count = room - from;
    return 0;
}

static int make_view(struct series_set *set, const struct series *series,
                     const struct series_window *window, struct series_view *view)
{
    const struct chunk *last = series->last;
    view->labels = series->labels;
    view->lookback_ms = series->lookback_ms > 0 ? series->lookback_ms : set->limits.lookback_ms;
    bool is_alone =
        last->count == 1 ? last == series->first : window->from_ms > last->last_ms - last->step_ms;
    if ((is_alone || window->newest) && window->from_ms <= last->last_ms &&
        window->to_ms >= last->last_ms)
        return view_last(set, last, view);
    return view_chunks(set, series, window, view);
}

static bool may_have(const struct series *series, const struct series_window *window)
{
    return series->last && series->last->last_ms >= window->from_ms &&
           series->first->first_ms <= window->to_ms;
}

int series_each(struct series_set *set, const struct series_window *window,
                int (*on_series)(void *context, const struct series_view *view), void *context)
{
    CLEAN(clean_memory) struct series **own = NULL;
    struct series **series = NULL;
    struct series_window shown = *window;
    size_t count;
    if (shown.from_ms < set->floor_ms)
        shown.from_ms = set->floor_ms;
    int code = candidates(set, window->name, &series, &count, &own);
    for (size_t i = 0; code >= 0 && i < count; i++) {
        if (!may_have(series[i], &shown) ||
            (shown.wants && !shown.wants(shown.wants_context, series[i]->labels)))
            continue;
        struct series_view *view = lend(set, sizeof *view);
        if (!view)
            return ERROR_MEMORY;
        *view = (struct series_view){0};
        code = make_view(set, series[i], &shown, view);
        if (!code && view->count)
            code = on_series(context, view);
    }
    return code < 0 ? code : 0;
}
