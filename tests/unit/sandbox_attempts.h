/* What the test of the sandbox tries, and which role may. */
#ifndef UNIT_SANDBOX_ATTEMPTS_H
#define UNIT_SANDBOX_ATTEMPTS_H

#include <stdbool.h>

/* A folder with what the attempts reach for; sandbox_path's answer lives until the next call. */
extern char sandbox_folder[];
const char *sandbox_path(const char *name);

/* Which roles and needs may; the rest is answered with `refused`. */
enum {
    ENGINE = 1,
    READER = 2,
    FRONT = 4,
    COURIER = 8,
    PLAIN = 16, /* a collector that reads */
    RUNS = 32,
    CONNECTS = 64,
    PARENT = 128,
    COLLECTORS = PLAIN | RUNS | CONNECTS,
    CHILDREN = ENGINE | READER | FRONT | COURIER | COLLECTORS,
};

struct attempt {
    const char *name;
    int (*attempt)(void);
    int refused;
    unsigned may;
    bool by_landlock; /* without it nothing is refused */
};
/* Ends with a row without a name. */
extern const struct attempt attempts[];

/* Each gives 0 or an errno. */
int attempt_read_other(void);
int attempt_read_rotated(void);
int attempt_write_file(void);
int attempt_make_file(void);
int attempt_fork_it(void);
int attempt_signal_all(void);
int attempt_signal_own_group(void);
int attempt_signal_other(void);
int attempt_signal_self(void);

#endif
