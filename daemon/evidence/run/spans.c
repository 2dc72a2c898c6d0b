/* Merges spans of watched time and measures how much of a window they cover. */
#include "evidence/run/spans.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"

int spans_add(struct spans *spans, int64_t from_ms, int64_t to_ms)
{
    if (to_ms < from_ms)
        return ERROR_RANGE;
    struct span *last = spans->count ? &spans->items[spans->count - 1] : NULL;
    if (last && from_ms <= last->to_ms) {
        if (to_ms > last->to_ms)
            last->to_ms = to_ms;
        return 0;
    }
    int error = array_reserve(&spans->items, &spans->capacity, spans->count, sizeof *spans->items);
    if (error)
        return error;
    spans->items[spans->count++] = (struct span){from_ms, to_ms};
    return 0;
}

int64_t spans_covered(const struct spans *spans, int64_t from_ms, int64_t to_ms)
{
    int64_t covered = 0;
    for (size_t i = spans->count; i-- > 0;) {
        const struct span *span = &spans->items[i];
        if (span->to_ms <= from_ms)
            break;
        int64_t low = span->from_ms > from_ms ? span->from_ms : from_ms;
        int64_t high = span->to_ms < to_ms ? span->to_ms : to_ms;
        if (high > low)
            covered += high - low;
    }
    return covered;
}

int64_t spans_covered_but(const struct spans *spans, const struct spans *but, int64_t from_ms,
                          int64_t to_ms)
{
    int64_t covered = 0;
    for (size_t i = spans->count; i-- > 0;) {
        const struct span *span = &spans->items[i];
        if (span->to_ms <= from_ms)
            break;
        int64_t low = span->from_ms > from_ms ? span->from_ms : from_ms;
        int64_t high = span->to_ms < to_ms ? span->to_ms : to_ms;
        if (high > low)
            covered += high - low - spans_covered(but, low, high);
    }
    return covered;
}

bool spans_hold(const struct spans *spans, int64_t at_ms)
{
    for (size_t i = spans->count; i-- > 0;) {
        const struct span *span = &spans->items[i];
        if (span->to_ms < at_ms)
            return false;
        if (span->from_ms <= at_ms)
            return true;
    }
    return false;
}

void spans_trim(struct spans *spans, int64_t before_ms)
{
    size_t gone = 0;
    while (gone < spans->count && spans->items[gone].to_ms < before_ms)
        gone++;
    if (!gone)
        return;
    memmove(spans->items, spans->items + gone, (spans->count - gone) * sizeof *spans->items);
    spans->count -= gone;
}

void spans_cut(struct spans *spans, int64_t after_ms)
{
    while (spans->count && spans->items[spans->count - 1].from_ms > after_ms)
        spans->count--;
    if (spans->count && spans->items[spans->count - 1].to_ms > after_ms)
        spans->items[spans->count - 1].to_ms = after_ms;
}

json_t *spans_to_json(const struct spans *spans)
{
    json_t *json = json_array();
    for (size_t i = 0; i < spans->count; i++)
        json_array_append_new(json, json_pack("[I, I]", (json_int_t)spans->items[i].from_ms,
                                              (json_int_t)spans->items[i].to_ms));
    return json;
}

int spans_from_json(const json_t *json, struct spans *ret)
{
    size_t index;
    json_t *pair;
    json_array_foreach (json, index, pair) {
        int error = spans_add(ret, json_integer_value(json_array_get(pair, 0)),
                              json_integer_value(json_array_get(pair, 1)));
        if (error)
            return error;
    }
    return 0;
}

void spans_finish(struct spans *spans)
{
    free(spans->items);
    *spans = (struct spans){0};
}
