/* How the engine gets on with its store: its log, and the time that commits take. Inside the room
 * only.
 */
#ifndef ENGINE_STORING_H
#define ENGINE_STORING_H

#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;

/* readers.c: how the store's log gets on. */
struct log_watch {
    int64_t moved;          /* frames, at the last checkpoint */
    int64_t stuck_boot_ms;  /* since when no more are; 0: it gets on */
    int64_t paused_boot_ms; /* when `paused` changed */
    int64_t looked_boot_ms;
    int64_t asked; /* the process whose end the parent was asked for; 0: none */
    int64_t asked_boot_ms;
    int64_t outsider; /* one that holds the log and is not ours; 0: none */
    bool paused;
};

enum { COMMITS_BOUNDS = 22 };
/* commits.c */
struct commit_times {
    uint64_t counts[COMMITS_BOUNDS + 1];
    double seconds; /* of all */
};
void commits_note(struct commit_times *times, int64_t took_us);

/* readers.c: a checkpoint where one is due, and what follows of it; hurry: after a turn, when the
 * log is too long to wait for an idle moment. */
int readers_tend(struct engine *engine, struct moment now, struct error *error) MUST_CHECK;
int readers_hurry(struct engine *engine, struct moment now, struct error *error) MUST_CHECK;

#endif
