/* What is known of an attribute: whether it was observed, and whether a formula may ask for it. */
#ifndef COVERAGE_COVERAGE_H
#define COVERAGE_COVERAGE_H

#include "evaluation/measure/measure.h"
#include "evaluation/promql/selectors.h"
#include "evidence/intake/intake.h"
#include "evidence/selfmetrics/selfmetrics.h"
#include "evidence/turn/turn.h"

/* Provided by the engine. */
struct coverage {
    const struct turn *turn;
    const struct intake *intake;
    const struct selfmetrics *own;
};

/* The longest look-back of any series: two intervals of a collector, or that of the engine's own.*/
int64_t coverage_reach_ms(const struct coverage *watch);
/* What a measure is evaluated with in this turn; the coverage must outlive it. */
struct measure_world coverage_world(struct coverage *watch);

/* For struct measure_world; context is the watch. */
int coverage_attribute(void *context, const char *name, int64_t from_ms, int64_t to_ms,
                       struct watch_answer *ret);
bool coverage_counts(void *context, const struct labels *labels);
bool coverage_is_personal(void *context, const char *name, const char *label);
/* ret_why is the heap's, NULL where nothing is hidden; it does not contain the name. */
int coverage_hidden(void *context, const struct promql_selector *selector, char **ret_why);

/* True where the selector chooses instances by name, but what it asks for is reported by other
 * instances. */
bool coverage_asks_nobody(const struct coverage *watch, const struct promql_selector *selector);

/* Is `name` a series of this attribute? */
bool coverage_reads(const struct attribute *attribute, const char *name);
bool coverage_feeds(const struct instance *instance, const char *name);

/* What may be asked of a personal label that is kept as pseudonyms. */
#define WATCH_NAMES_ALLOWED                                                                        \
    "allowed is \"root\", \"(invalid)\", \"\", a regular expression that is \".+\", \".*\" or "    \
    "alternatives of these, or a legal_basis in the collector"

/* The first matcher whose answer depends on names that are stored as pseudonyms, among series
 * that this instance feeds; NULL where there is none. Borrowed from the selector. */
const struct promql_matcher *coverage_name_matcher(const struct instance *instance,
                                                   const struct promql_selector *selector);

#endif
