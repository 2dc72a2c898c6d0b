/* Series in memory, written in Prometheus' notation, as a source for formulas. */
#ifndef CONFORMANCE_PROMQL_MEMORY_H
#define CONFORMANCE_PROMQL_MEMORY_H

#include "evaluation/promql/selectors.h"

struct memory_series {
    struct labels *labels;
    int64_t *times;
    double *values;
    size_t count;
    size_t times_capacity;
    size_t values_capacity;
    int64_t lookback_ms;
};

struct memory {
    struct memory_series *series;
    size_t count;
    size_t capacity;
};

void memory_clear(struct memory *memory);
/* Reads `name{a="b"} 0+10x5 _ 3 stale`, one value each step_ms from 0. false: not understood. A
 * series given again replaces the former. */
bool memory_load(struct memory *memory, const char *line, int64_t step_ms);
struct promql_source memory_source(struct memory *memory);

/* Reads the labels at the start of the line and moves *line behind them. NULL: not understood. */
struct labels *memory_labels(const char **line);
/* A number as the files write it ("Inf", ".75", "12e6"); false: not understood. */
bool memory_number(const char *text, double *ret);

#endif
