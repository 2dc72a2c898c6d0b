/* What is looked at before a formula's answer is believed. Inside the room only. */
#ifndef MEASURE_JUDGING_H
#define MEASURE_JUDGING_H

#include "evaluation/measure/measure.h"

/* The worst of what is known of all that a measure reads. */
struct look {
    const struct measure *measure;
    const struct measure_world *world;
    enum unknown_kind unknown;
    char *reason; /* of unknown; the heap's */
    double covered;
    bool provisional;
    bool partial;
    char *overflowed; /* an attribute beyond its limit, where more than a sum is asked for */
    char *few;        /* a sentence where too few of the population are seen */
    int code;
};
void measure_look_finish(struct look *look);
/* One more reason why it is unknown; takes the sentence. */
void measure_look_unknown(struct look *look, enum unknown_kind kind, char *reason);
/* Fills look from all selectors, and expected and seen of the result. */
int measure_look_around(struct look *look, struct result *result, struct error *error) MUST_CHECK;

/* population.c */
/* Counts who is expected and seen; look->few where that is too few. */
int measure_population_count(struct look *look, struct result *result,
                             struct error *error) MUST_CHECK;
/* Of an evaluated answer: how many of the population breach, and whether that is systemic. */
int measure_population_extent(const struct measure *measure, struct result *result) MUST_CHECK;
/* True when an element of the population misses by a value of its own. */
bool measure_population_breaches(const struct measure *measure, const struct result *result);

/* True when the last sample of the view is one that holds at to_ms. */
bool measure_view_is_live(const struct series_view *view, int64_t to_ms);

/* False for what a collector read that is gone from the configuration. */
bool measure_world_counts(const struct measure_world *world, const struct labels *labels);
int measure_evaluate(const struct promql *formula, const struct measure_world *world,
                     struct promql_value *ret, struct error *error) MUST_CHECK;

#endif
