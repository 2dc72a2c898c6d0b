/* What may be asked of a formula: what it reads, and where an answer may hide what is not there. */
#ifndef PROMQL_SELECTORS_H
#define PROMQL_SELECTORS_H

#include "evaluation/promql/promql.h"

/* One selector in a formula, for those who must know what it reads. Borrowed. */
struct promql_selector {
    const char *name; /* the metric's name, or NULL where matchers leave it open */
    const struct promql_matcher *matchers; /* with that of __name__ */
    size_t count;
    int64_t range_ms;  /* 0: an instant selector; with the ranges of subqueries around it */
    int64_t offset_ms; /* with those of subqueries around it */
    bool has_at;       /* pinned by @ to at_ms; @ start() and end() are the evaluation's time */
    int64_t at_ms;
    size_t column;
    const char *over; /* the function over its own range ("rate"), or NULL */
    int64_t over_ms;  /* that range */
    bool summed;      /* all series of the name are only added up: their sum is all that counts */
};
/* The last time that it reads, in an evaluation at now_ms. */
int64_t promql_selector_end(const struct promql_selector *selector, int64_t now_ms);
/* Visits every selector, in the order of the text. */
void promql_each_selector(const struct promql *promql,
                          void (*on_selector)(void *context, const struct promql_selector *),
                          void *context);
/* True when it makes an element out of nothing anywhere: vector(), absent(), hour() ... */
bool promql_invents(const struct promql *promql);
/* True when it filters or counts, so that an empty answer may be a good one. */
bool promql_may_be_empty(const struct promql *promql);
/* True when it is an instant selector and nothing else. */
bool promql_is_selector(const struct promql *promql);
/* An outermost comparison that filters gives 0 or 1 for each element from now on. */
void promql_tell_each(struct promql *promql);

#endif
