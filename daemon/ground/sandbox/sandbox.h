/* What a process gives up before it does its work: a Landlock ruleset for files, ports and signals,
 * and a table of system calls, by its role and, for a collector, by what it declared. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include "ground/base/error.h"
#include "ground/roles/role.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct sandbox_plan {
    enum role role;
    /* Of a collector: [{kind, what, glob}] as in its tables; kind is read, run, connect, listen,
     * capability, netlink or dbus; glob says that `what` is a pattern whose files come and go.
     * NULL: none. Borrowed. */
    const json_t *needs;
    /* Beside what the role reads and writes; NULL at the end, NULL for none. Folders, with all
     * below them, and files; what does not exist is skipped. */
    const char *const *reads;
    const char *const *writes;
};

/* A path that a rule was made for, as it was then. */
struct sandbox_place;

/* What is in force. Zeroed: nothing is. */
struct sandbox_state {
    int landlock;     /* the ABI in force; 0: none */
    bool seccomp;     /* the table of system calls is in force */
    json_t *left_out; /* sentences: what the kernel lacks, what could not be held, and why */
    json_t *reads;    /* paths that the needs opened */
    bool names_files; /* single files are among them: one that is replaced is out of reach */
    struct sandbox_place *places;
    size_t place_count;
};

/* Gives up all that the plan does not name; there is no way back. The caller has no other
 * thread. What the kernel lacks is not an error: the state says it. ERROR_MEMORY; ERROR_IO where
 * the kernel has a mechanism and refuses what is asked of it, with a sentence. */
int sandbox_enter(const struct sandbox_plan *plan, struct sandbox_state *ret,
                  struct error *error) MUST_CHECK;
/* True once a path is there that was not, or a single file is another one: a new process would
 * reach it. */
bool sandbox_is_stale(const struct sandbox_state *state);
/* {landlock, seccomp, left_out, reads}: of evidence, and shown to people. A new reference. */
json_t *sandbox_to_json(const struct sandbox_state *state);
void sandbox_finish(struct sandbox_state *state);

#endif
