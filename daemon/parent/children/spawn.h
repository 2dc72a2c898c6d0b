/* Starts one program with exactly the descriptors, rights and limits that are written down. */
#ifndef CHILDREN_SPAWN_H
#define CHILDREN_SPAWN_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ground/base/error.h"

enum { SPAWN_FDS_MOST = 24 };

/* `from` in the parent becomes `to` in the program. */
struct spawn_fd {
    int from;
    int to;
};

struct spawn_plan {
    const char *path;
    char *const *arguments;   /* the first is the name; ends with NULL */
    char *const *environment; /* whole; ends with NULL */
    struct spawn_fd fds[SPAWN_FDS_MOST];
    size_t fd_count;
    uint64_t capabilities; /* bits by number; those that the parent does not hold are left out */
    unsigned files_most;   /* RLIMIT_NOFILE */
    uint64_t data_most;    /* RLIMIT_DATA, bytes; 0: as the parent's */
    int death_signal;      /* sent when the parent is gone */
};

/* Adds a descriptor, borrowed. ERROR_LIMIT. */
int spawn_plan_fd(struct spawn_plan *plan, int from, int to) MUST_CHECK;

/* Forks and executes. Standard input is /dev/null, output and error are the parent's, every other
 * descriptor is closed. ERROR_IO with a sentence that names the step, also when it failed in the
 * new process before its program began. */
int spawn_start(const struct spawn_plan *plan, pid_t *ret_pid, struct error *error) MUST_CHECK;

/* In the new process: moves each `from` to its `to` whatever their order, and closes what is not
 * in the plan but `keep` (-1: none), which is moved and closes at exec. Returns keep's new number,
 * or -1 with errno. Here for its test. */
int spawn_lay_out(const struct spawn_plan *plan, int keep);

/* The bit of a capability that a collector may declare, by name ("cap_dac_read_search", in either
 * case), or 0. */
uint64_t spawn_capability(const char *name);

#endif
