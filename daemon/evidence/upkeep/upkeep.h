/* The upkeep of the store: its log is kept short, the time that commits take is counted, and what
 * is old goes. */
#ifndef UPKEEP_UPKEEP_H
#define UPKEEP_UPKEEP_H

#include "evidence/turn/turn.h"
#include "ground/base/clock.h"
#include "ground/base/error.h"
#include "ground/exposition/exposition.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* What the upkeep asks for; pause and end_reader may be NULL. */
struct upkeep_asks {
    void *context;
    /* Nobody may begin to read the store, or may again. */
    void (*pause)(void *context, bool paused);
    /* End the reader, if that is its process. */
    void (*end_reader)(void *context, int64_t pid, const char *reason);
    void (*log)(void *context, int level, const char *text);
};

/* How the store's log gets on. */
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
struct commit_times {
    uint64_t counts[COMMITS_BOUNDS + 1];
    double seconds; /* of all */
};

/* Zeroed at first; the engine provides what is above the line. */
struct upkeep {
    const struct turn *turn;
    struct upkeep_asks asks;

    struct log_watch log;
    struct commit_times commits;
    bool erased; /* payloads went: the write-ahead log still holds them */
};

/* A checkpoint where one is due, and what follows of it; hurry: after a turn, when the log is too
 * long to wait for an idle moment. */
int upkeep_tend_log(struct upkeep *upkeep, struct moment now, struct error *error) MUST_CHECK;
int upkeep_hurry_log(struct upkeep *upkeep, struct moment now, struct error *error) MUST_CHECK;

void upkeep_note_commit(struct upkeep *upkeep, int64_t took_us);
int upkeep_publish_commits(const struct upkeep *upkeep, struct exposition *out) MUST_CHECK;

/* In a turn: what is too old goes, a bounded amount. Rows and samples: */
int upkeep_sweep_old(struct upkeep *upkeep, const json_t *config, struct error *error) MUST_CHECK;
/* ... payloads, with a leaf: */
int upkeep_dispose_old(struct upkeep *upkeep, const json_t *config, struct error *error) MUST_CHECK;
/* ... and after the commit what the write-ahead log still holds of these. */
int upkeep_dispose_traces(struct upkeep *upkeep, struct error *error) MUST_CHECK;

#endif
