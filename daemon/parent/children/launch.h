/* Starts one of the daemon's own programs: its channel, its part of the configuration, its rights.
 */
#ifndef CHILDREN_LAUNCH_H
#define CHILDREN_LAUNCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ground/base/error.h"
#include "ground/roles/role.h"

struct launch {
    enum role role;
    const char *instance; /* a collector's name, else NULL */
    bool check;           /* started to judge its configuration */
    const char *libexec_dir;
    const json_t *part; /* borrowed */
    int engine_fd; /* the child's end of its channel to the engine, a reader's to the front, or -1;
                      borrowed */
    const int *listeners; /* borrowed */
    size_t listener_count;
    uint64_t capabilities;
};

/* ret_fd: the parent's end of its channel; the caller closes. ERROR_IO with a sentence. */
int launch_start(const struct launch *launch, pid_t *ret_pid, int *ret_fd,
                 struct error *error) MUST_CHECK;

/* The capabilities that a collector declared in its tables (borrowed, may be NULL). */
uint64_t launch_capabilities(const json_t *tables);

#endif
