/* The monitoring of the monitoring, as a turn and a start call it. Inside the room only. */
#ifndef ENGINE_MONITOR_H
#define ENGINE_MONITOR_H

#include "engine/engine/state.h"

/* In a turn, after the measures were evaluated. */
int monitor_judge(struct engine *engine, struct error *error) MUST_CHECK;
int monitor_load(struct engine *engine, struct error *error) MUST_CHECK;
/* At a start, first: how did the process before end? A stop in order leaves its leaf as the last.
 */
int monitor_note_end(struct engine *engine, struct error *error) MUST_CHECK;
/* ... then: writes how long nothing ran. */
int monitor_start(struct engine *engine, struct error *error) MUST_CHECK;

#endif
