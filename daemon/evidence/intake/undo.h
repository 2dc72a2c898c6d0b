/* What telling what waits moves in an instance, kept until the turn is committed: an act's
 * judgement tells it, and an act may be taken back. */
#ifndef INTAKE_UNDO_H
#define INTAKE_UNDO_H

#include "ground/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct instance;
struct intake;

enum { UNDO_EVIDENCE = 16 }; /* as many as an instance has */

/* Zeroed: nothing was told in this turn. */
struct undo {
    bool is;
    int64_t evidence[UNDO_EVIDENCE];
    int64_t evidence_ms[UNDO_EVIDENCE];
    int64_t told_ms;
    int64_t untold;
    int64_t tell_boot_ms;
    size_t held_rows;
    size_t held_bytes;
};

/* Before the first telling of a turn; later ones find it kept. */
void undo_keep(struct instance *instance);
/* The turn was committed. */
void undo_forget(struct instance *instance);
/* The turn was taken back: the instance stands as undo_keep found it, and what waits is read from
 * the store, which has it as it was. */
int undo_restore(struct intake *intake, struct instance *instance, struct error *error) MUST_CHECK;

#endif
