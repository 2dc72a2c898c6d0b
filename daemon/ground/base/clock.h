/* The two clocks: wall time names a moment, boot time measures how long. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* One reading of both clocks. */
struct moment {
    int64_t wall_ms; /* CLOCK_REALTIME, milliseconds since 1970 */
    int64_t boot_ms; /* CLOCK_BOOTTIME, milliseconds; counts sleep, never steps */
};

struct moment clock_now(void);
/* CLOCK_MONOTONIC, for how long a thing took. */
int64_t clock_us(void);

/* What the kernel says of its wall clock (adjtimex). */
enum clock_state {
    CLOCK_SYNCHRONISED,
    CLOCK_UNSYNCHRONISED,
    CLOCK_UNREADABLE, /* the kernel may not be asked here */
};
enum clock_state clock_state_now(void);

#endif
