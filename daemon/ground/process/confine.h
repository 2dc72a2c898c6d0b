/* What the programs give up, in the words of the log. */
#ifndef PROCESS_CONFINE_H
#define PROCESS_CONFINE_H

#include "ground/sandbox/sandbox.h"

/* One line of what is in force and what is not: a warning where a mechanism is missing; where
 * `quiet`, for debugging alone. */
void confine_log(const struct sandbox_state *state, enum role role, bool quiet);

#endif
