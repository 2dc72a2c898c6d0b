/* The leaves of a configuration and of what was judged. Inside the room only. */
#ifndef ENGINE_LEAF_H
#define ENGINE_LEAF_H

#include "engine/state.h"

int leaf_config(struct engine *engine, struct error *error) MUST_CHECK;
/* body: of its row, with the reason. */
int leaf_result(struct engine *engine, struct judged *judged, json_t *body, int64_t *ret_leaf,
                struct error *error) MUST_CHECK;
int leaf_objective(struct engine *engine, struct objective *objective,
                   struct error *error) MUST_CHECK;
/* What is remembered of a measure over a restart. */
json_t *leaf_memory(const struct judged *judged);

#endif
