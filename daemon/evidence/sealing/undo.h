/* What changes in an instance when waiting data becomes a leaf, kept until the turn is
 * committed: an act's evaluation writes it, and an act may be undone. */
#ifndef SEALING_UNDO_H
#define SEALING_UNDO_H

#include "evidence/sealing/sealing.h"

/* Before the first leaf of a turn; later ones find it kept. */
void undo_keep(struct instance *instance);
/* The turn was committed. */
void undo_forget(struct instance *instance);
/* The turn was undone: the instance is as undo_keep found it, and what waits is read from the
 * store, which has it as it was. */
int undo_restore(struct sealing *sealing, struct instance *instance,
                 struct error *error) MUST_CHECK;

#endif
