/* A running engine in a folder of its own, for the targets that play with one. */
#ifndef FUZZ_ENGINE_STAGE_H
#define FUZZ_ENGINE_STAGE_H

#include "engine/engine/engine.h"

struct stage {
    struct engine *engine; /* one collector "c" of plugin "x", one measure */
    struct moment now;
};

/* The process's one stage, opened at the first call; its end removes the folder. */
struct stage *stage_get(void);

/* The clock goes on by a second with each look. */
struct moment stage_look(struct stage *stage);

/* Turns until none is wanted; it must never fail, nor want turns for ever. */
void stage_settle(struct stage *stage);

#endif
