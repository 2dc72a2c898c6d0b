/* What stands behind /metrics and /metrics/samples. Inside the room only. */
#ifndef ENGINE_PUBLISH_H
#define ENGINE_PUBLISH_H

#include "engine/state.h"
#include "expose/expose.h"

/* Every declared attribute's latest samples; of labels with personal data only the sums over them.
 */
int publish_samples(struct engine *engine, int64_t now_ms, struct expose *out) MUST_CHECK;

#endif
