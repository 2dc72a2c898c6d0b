/* What telling what waits moves in an instance, kept until the turn is committed: an act's
 * judgement tells it, and an act may be taken back. */
#ifndef SEALING_UNDO_H
#define SEALING_UNDO_H

#include "evidence/sealing/sealing.h"

/* Before the first telling of a turn; later ones find it kept. */
void undo_keep(struct instance *instance);
/* The turn was committed. */
void undo_forget(struct instance *instance);
/* The turn was taken back: the instance stands as undo_keep found it, and what waits is read from
 * the store, which has it as it was. */
int undo_restore(struct sealing *sealing, struct instance *instance,
                 struct error *error) MUST_CHECK;

#endif
