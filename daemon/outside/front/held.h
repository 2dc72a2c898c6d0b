/* The texts that the engine replaces: metrics, samples and health, as sealed memfds. */
#ifndef FRONT_HELD_H
#define FRONT_HELD_H

#include "ground/base/error.h"
#include "ground/exposition/exposition.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum held_kind { HELD_METRICS, HELD_SAMPLES, HELD_HEALTH, HELD_KINDS };

enum { HELD_FRESH_MS = 10000 }; /* an engine that said nothing for so long is not well */

struct held {
    int fds[HELD_KINDS][2]; /* by dialect; health has one, at 0; -1: none yet */
    int64_t health_ms;      /* boot time of the last health; -1: none yet */
    bool linked;            /* the channel to the engine is open */
    bool ready;             /* by the engine's own word */
};

void held_init(struct held *held);
void held_finish(struct held *held);

/* MESSAGE_METRICS: takes over fd on success. ERROR_PEER for a kind or type that is unknown, or a
 * descriptor that is not sealed. */
int held_take(struct held *held, const json_t *message, int fd, int64_t now_ms) MUST_CHECK;
/* The engine has gone: its texts are the past, and nobody gets them as the present. */
void held_drop(struct held *held);

/* NULL when the engine is well, else a sentence that says why not. */
const char *held_trouble(const struct held *held, int64_t now_ms);

/* The descriptor in this dialect, or in the other when there is only that; -1 for none. */
int held_find(const struct held *held, enum held_kind kind, enum exposition_dialect dialect,
              enum exposition_dialect *ret_dialect);

#endif
