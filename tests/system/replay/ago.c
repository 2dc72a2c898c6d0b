/* Sets the clock of whatever is run with it back, so that a store can be made that is old.
 * Preloaded by store.py alone; no test uses it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t id, struct timespec *now)
{
    int (*real)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(id, now);
    if (!code && id == CLOCK_REALTIME)
        now->tv_sec -= AGO_SECONDS;
    return code;
}
