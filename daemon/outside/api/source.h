/* The daemon's series as a source for formulas, and what match[] chooses of them. */
#ifndef API_SOURCE_H
#define API_SOURCE_H

#include "evaluation/promql/selectors.h"
#include "outside/api/routes.h"

/* What selects: the set, and how far a series reaches. */
struct source {
    struct series_set *series;
    bool own_lookback; /* false: all series have that of the options */
};

/* Samples live until series_release(). */
struct promql_source source_of(struct source *source);

/* The longest look-back of a stored series, in milliseconds; 5 min at least. */
int source_reach(const struct call *call, int64_t *ret_ms, struct error *error) MUST_CHECK;

/* Parameters match[], start and end, as series, labels and label values take them. */
struct chosen {
    struct promql **selectors; /* count of them; none chooses every series */
    size_t count;
    int64_t from_ms;
    int64_t to_ms;
};
/* ERROR_RANGE for anything that is not a series selector; also for none where one is needed. */
int source_choose(const struct call *call, bool needed, struct chosen *ret,
                  struct error *error) MUST_CHECK;
void source_chosen_finish(struct chosen *chosen);

/* Visits each chosen series that has samples in the window (without start and end: each that is
 * known). A negative answer ends the visit and is
 * returned. A series that two selectors choose comes twice. */
int source_each(const struct call *call, const struct chosen *chosen,
                int (*on_labels)(void *context, const struct labels *labels), void *context,
                struct error *error) MUST_CHECK;

#endif
