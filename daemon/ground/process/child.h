/* What the children have in common: declared descriptors, the parent's channel, signs of life,
 * stop, prepare and commit. Each main fills the calls and runs. */
#ifndef PROCESS_CHILD_H
#define PROCESS_CHILD_H

#include "ground/channel/frame.h"
#include "ground/channel/messages.h"
#include "ground/process/loop.h"
#include "ground/roles/role.h"
#include "ground/sandbox/sandbox.h"

#include <jansson.h>
#include <stdbool.h>

struct child {
    enum role role;
    const char *instance; /* a collector's name, from the command line; else NULL */
    bool check;           /* --check: check the configuration, report faults, exit */
    int listeners;        /* how many from CHILD_LISTEN on */
    json_t *config;       /* borrowed; replaced at commit */
    struct loop *loop;
    struct channel *parent;
    struct child_inner *inner; /* child.c's own */
};

struct child_calls {
    enum role role;
    /* The parent asks to finish: finish and call child_stopped(), within 5 s. */
    void (*on_stop)(void *context);
    /* A new configuration: keep what it needs, answer 0, or say why not. May be NULL: refuses. */
    int (*on_prepare)(void *context, json_t *config, struct error *error);
    /* It is in force (child.config is it), or forgotten. */
    void (*on_commit)(void *context);
    void (*on_abandon)(void *context);
    /* Messages of the parent beyond those above (engine: CONNECT, ENDED); ends with type 0. */
    const struct channel_rule *more;
};

/* First thing in main: arguments (NAME for a collector, --check, --version, --help), descriptors
 * (one that is open and not declared for the role ends the program with a sentence), log, limits
 * (no core, non-dumpable, no_new_privs), loop, channel. Returns -1 to go on, else the status that
 * main returns: 2, with a sentence, when started by hand. context is handed to the calls. */
int child_start(int argc, char **argv, const struct child_calls *calls, void *context,
                struct child *ret) MUST_CHECK;
/* Second thing: gives up what neither the child's role nor the plan names; the plan's own role is
 * not read. Says what the kernel lacks (a collector says it to the engine). Below 0: nothing else
 * may be done, with a sentence in the log. */
int child_enter(struct child *child, const struct sandbox_plan *plan,
                struct sandbox_state *ret) MUST_CHECK;
/* Serves now: READY goes out, and ALIVE each second while the loop turns. */
void child_ready(struct child *child);
/* Sends what messages_send put on the parent's channel. */
void child_flush(struct child *child);
/* A line for `systemctl status`. */
void child_status(struct child *child, const char *format, ...) PRINTF_LIKE(2, 3);
/* In check mode: one mistake; setting is a path as "collectors[2].files[0]" (relative to the role's
 * part: the parent adds what is in front), column from 1 or 0. */
void child_fault(struct child *child, const char *setting, size_t column, bool warning,
                 const char *sentence);
/* In check mode, last: `tables` (borrowed) may be NULL; then main returns. */
void child_checked(struct child *child, const json_t *tables);
/* Sends what is queued and leaves the loop; main returns `status` after loop_run. EOF on the
 * parent's channel does the same. */
void child_stopped(struct child *child);
void child_finish(struct child *child);

/* Watches a channel in the loop: receives when readable, flushes when writable. on_end is called
 * once, with the code and sentence of channel_receive; the owner then frees the link. */
struct child_link;
int child_link_new(struct child *child, struct channel *channel,
                   void (*on_end)(void *context, int code, const char *sentence), void *context,
                   struct child_link **ret) MUST_CHECK;
/* Call after channel_send: writes, and watches for writing when something is left. */
void child_link_flush(struct child_link *link);
/* Stops reading (credit used up) or goes on. */
void child_link_pause(struct child_link *link, bool paused);
/* Takes NULL; the channel stays the owner's, and must outlive a handler that it called. */
void child_link_free(struct child_link *link);

#endif
