/* Reads the wall clock and the boot clock. */
#include "ground/base/clock.h"

#include <sys/timex.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct moment clock_now(void)
{
    return (struct moment){.wall_ms = read_ms(CLOCK_REALTIME), .boot_ms = read_ms(CLOCK_BOOTTIME)};
}

enum clock_state clock_state_now(void)
{
    struct timex timex = {.modes = 0}; /* asks, sets nothing */
    if (adjtimex(&timex) < 0)
        return CLOCK_UNREADABLE;
    return timex.status & STA_UNSYNC ? CLOCK_UNSYNCHRONISED : CLOCK_SYNCHRONISED;
}
