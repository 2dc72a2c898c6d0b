/* PromQL: parse a formula, evaluate it over samples that come through an interface.
 * The language is that of Prometheus 2.42 without native histograms
 * (https://prometheus.io/docs/prometheus/latest/querying/basics/). Times are milliseconds. */
#ifndef PROMQL_PROMQL_H
#define PROMQL_PROMQL_H

#include "ground/base/error.h"
#include "ground/base/labels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The NaN that marks a series as gone (Prometheus' value). Compared bit by bit. */
#define PROMQL_STALE_BITS 0x7ff0000000000002ULL
bool promql_is_stale(double value);
double promql_stale(void);

enum promql_match { MATCH_EQUAL, MATCH_NOT_EQUAL, MATCH_REGEX, MATCH_NOT_REGEX };

/* One condition on a label. The regular expression is anchored at both ends. */
struct promql_matcher {
    char *name;
    enum promql_match match;
    char *value;
    void *regex; /* compiled at parse time; NULL for (not) equal */
};

bool promql_matcher_wants(const struct promql_matcher *matcher, const char *value);
/* True once matching the regular expression has passed its limits of work: the answers "no" of
 * this matcher then say nothing. promql_evaluate begins with a clean slate and checks it itself. */
bool promql_matcher_is_exhausted(const struct promql_matcher *matcher);
/* True when all matchers accept the labels (an absent label reads as ""). */
bool promql_wants(const struct promql_matcher *matchers, size_t count, const struct labels *labels);

/* One series as a source gives it. What it points to must live until the evaluation ends. */
struct promql_series {
    const struct labels *labels;
    const int64_t *times; /* rising */
    const double *values;
    size_t count;
    int64_t lookback_ms; /* of this series for instant selectors; 0: that of the options */
};

/* What a selector asks for: series that all matchers accept, from_ms <= time <= to_ms. */
struct promql_ask {
    const struct promql_matcher *matchers;
    size_t count;
    int64_t from_ms;
    int64_t to_ms;
    bool newest; /* of each the last sample is enough */
};

/* Where samples come from. */
struct promql_source {
    void *context;
    /* Calls give() for every such series that has samples; a negative answer of give() ends the
     * search and is handed on. */
    int (*select)(void *context, const struct promql_ask *ask,
                  int (*give)(void *to, const struct promql_series *series), void *to);
};

/* What is wrong with a formula. column counts bytes from 1. sentence is the heap's. */
struct promql_fault {
    size_t column;
    char *sentence;
};
void promql_fault_finish(struct promql_fault *fault);

struct promql; /* a parsed and type-checked formula */

enum promql_type { PROMQL_SCALAR, PROMQL_VECTOR, PROMQL_MATRIX, PROMQL_STRING };

/* ERROR_FORMAT fills ret_fault (a whole sentence without the position); ERROR_LIMIT for nesting
 * beyond 100 or text beyond 16 KiB. The caller frees. */
int promql_parse(const char *text, struct promql **ret, struct promql_fault *ret_fault) MUST_CHECK;
void promql_free(struct promql *promql);
enum promql_type promql_type(const struct promql *promql);
/* The formula as Prometheus prints it. The caller frees; NULL without memory. */
char *promql_print(const struct promql *promql);

/* Zeroed fields take the preset. */
struct promql_options {
    int64_t lookback_ms;  /* preset 5 min */
    int64_t reach_ms;     /* how far back instant selectors ask, where series have a longer lookback
                           * of their own; preset (and at least) lookback_ms */
    size_t limit_samples; /* loaded at most at one time; preset 5,000,000 */
    size_t limit_series;  /* in one vector; preset 100,000 */
};

struct promql_point {
    int64_t time_ms;
    double value;
};

struct promql_row {
    struct labels *labels;
    struct promql_point *points; /* one for a vector; many for a matrix */
    size_t count;
};

/* An answer; rows are sorted by labels unless sort(), topk() ... ordered them. */
struct promql_value {
    enum promql_type type;
    double scalar;
    char *string;
    struct promql_row *rows;
    size_t count;
    /* Values that are not a number (or infinite) and that a comparison or an extreme skipped, so
     * that they are not in the answer. */
    size_t passed_over;
};
void promql_value_finish(struct promql_value *value);

/* One evaluation: at from_ms (step_ms 0), or from from_ms to to_ms each step_ms, at most 11,000
 * steps. */
struct promql_request {
    struct promql_source source;
    struct promql_options options;
    int64_t from_ms;
    int64_t to_ms;
    int64_t step_ms;
};

/* The answer of a range is a matrix. ERROR_LIMIT, or ERROR_RANGE (many-to-many matching and the
 * like), with a sentence. */
int promql_evaluate(const struct promql *promql, const struct promql_request *request,
                    struct promql_value *ret, struct error *error) MUST_CHECK;

#endif
