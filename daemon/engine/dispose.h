/* Payloads beyond their retention. Inside the room only. */
#ifndef ENGINE_DISPOSE_H
#define ENGINE_DISPOSE_H

#include "engine/state.h"

/* In a turn: what is too old goes, a bounded amount, with a leaf. */
int dispose_old(struct engine *engine, struct error *error) MUST_CHECK;
/* After the commit: what the write-ahead log still holds of it. */
int dispose_traces(struct engine *engine, struct error *error) MUST_CHECK;

#endif
