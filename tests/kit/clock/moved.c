/* Both clocks, with what a test added. */
#include "kit/clock/moved.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct moved *mapped;

const struct moved *moved_get(void)
{
    return mapped;
}

/* A sleep that waits for no loop ends all the same: poll(2) gives EINTR. */
static void on_moved(int number)
{
    (void)number;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv(MOVED_VARIABLE);
    if (!path)
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *memory =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(struct moved), PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        perror(path);
        _exit(126); /* a test that believes to move the clock must not go on */
    }
    close(fd);
    mapped = memory;
    const struct sigaction action = {.sa_handler = on_moved};
    sigaction(SIGUSR2, &action, NULL);
}

struct moment __real_clock_now(void);
struct moment __wrap_clock_now(void);
struct moment __wrap_clock_now(void)
{
    struct moment now = __real_clock_now();
    if (!mapped)
        return now;
    int64_t passed_ms = __atomic_load_n(&mapped->passed_ms, __ATOMIC_RELAXED);
    now.boot_ms += passed_ms;
    now.wall_ms += passed_ms + __atomic_load_n(&mapped->wall_ms, __ATOMIC_RELAXED);
    return now;
}
