/* What is behind /metrics, /metrics/samples and health. */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include "evidence/upkeep/upkeep.h"
#include "findings/judge/judge.h"
#include "ground/exposition/exposition.h"

struct metrics_source {
    const struct judge *judge;
    const struct upkeep *upkeep;
    int64_t turns;
};

/* kind: "metrics", "samples" or "health", as in MESSAGE_METRICS. */
int metrics_render(const struct metrics_source *source, const char *kind, bool openmetrics,
                   int64_t now_ms, struct buffer *ret) MUST_CHECK;

/* Every declared attribute's latest samples; of labels with personal data only the sums over them.
 * Inside the room only. */
int metrics_samples(const struct judge *judge, int64_t now_ms, struct exposition *out) MUST_CHECK;

#endif
