/* The wall clock was set. Inside the room only. */
#ifndef ENGINE_CLOCK_STEP_H
#define ENGINE_CLOCK_STEP_H

#include "engine/engine/state.h"

/* What the wall clock would show if nobody had set it, whether it was set, and what that does. */
int64_t clock_step_expected_ms(const struct engine *engine, struct moment now);
bool clock_step_is_one(int64_t should_ms, int64_t is_ms);
int clock_step_take(struct engine *engine, int64_t from_ms, struct error *error) MUST_CHECK;

#endif
