/* Pushed sources keep nothing: what a crash took from them is reported as lost, from when to
 * when. */
#ifndef INSTANCE_PUSHED_H
#define INSTANCE_PUSHED_H

#include "ground/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct instance;

/* What `unit` of such a loss says: from and to are times, how much came meanwhile nobody knows. */
#define PUSHED_UNIT "milliseconds since 1970"

/* Zeroed: its source can be read again. */
struct pushed {
    bool is;    /* its plugin declares so (CFD_PUSHED) */
    bool reads; /* the process of this link has sent a batch */
    /* The last batch taken of a process whose end in order was not seen; 0: none. */
    int64_t kept_ms;
};

/* What a crash of the collector, the engine or the host may lose, as a sentence. */
const char *pushed_words(const struct instance *instance);

/* In a turn, before a whole batch is sealed. True when it was no more than the word that a new
 * process reads from now on, and nothing was lost before: there is nothing to seal. */
bool pushed_begins(struct instance *instance, int64_t now_ms);
/* When a run is sealed: the first batch after a process that did not end in order carries a
 * loss. */
int pushed_note(struct instance *instance, int64_t now_ms) MUST_CHECK;
/* Its process is gone, and what it sent is sealed: an end in order loses nothing. */
void pushed_note_end(struct instance *instance);

#endif
