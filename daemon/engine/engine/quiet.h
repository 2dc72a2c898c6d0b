/* Windows of the day in which a collector is not started (27001:2022 A.8.34). */
#ifndef ENGINE_QUIET_H
#define ENGINE_QUIET_H

#include <jansson.h>
#include <stdint.h>

/* windows: ["HH:MM-HH:MM", ...] of UTC, over midnight where the second is not after the first; or
 * NULL. How long it is from wall_ms until none of them holds; 0: none does, or nothing else is left
 * of the day. */
int64_t quiet_left_ms(const json_t *windows, int64_t wall_ms);

#endif
