/* When a source was observed: spans of wall time that touch or overlap become one. */
#ifndef RUN_SPANS_H
#define RUN_SPANS_H

#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    int64_t from_ms;
    int64_t to_ms;
};

/* Zeroed is empty. In rising order, none touching another. */
struct spans {
    struct span *items;
    size_t count;
    size_t capacity;
};

/* Adds from_ms < t <= to_ms; from_ms must not be before the last span's beginning. */
int spans_add(struct spans *spans, int64_t from_ms, int64_t to_ms) MUST_CHECK;
/* Milliseconds of from_ms .. to_ms that were observed. */
int64_t spans_covered(const struct spans *spans, int64_t from_ms, int64_t to_ms);
/* The same, without what `but` covers too. */
int64_t spans_covered_but(const struct spans *spans, const struct spans *but, int64_t from_ms,
                          int64_t to_ms);
/* True when this moment lies in a span, its ends included. */
bool spans_hold(const struct spans *spans, int64_t at_ms);
/* Forgets what ended before. */
void spans_trim(struct spans *spans, int64_t before_ms);
/* Forgets what lies after: the clock stepped back. */
void spans_cut(struct spans *spans, int64_t after_ms);
json_t *spans_to_json(const struct spans *spans);
int spans_from_json(const json_t *json, struct spans *ret) MUST_CHECK;
void spans_finish(struct spans *spans);

#endif
