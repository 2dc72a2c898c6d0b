/* Puts what was rebuilt in the place of what is stored. Inside the room only. */
#ifndef REBUILD_APPLY_H
#define REBUILD_APPLY_H

#include "evidence/rebuild/rebuilt.h"

int apply_all(struct rebuilt *rebuilt) MUST_CHECK;

#endif
