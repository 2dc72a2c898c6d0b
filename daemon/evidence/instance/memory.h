/* What of an instance is remembered: one table of fields, which the store, the leaves and the
 * rebuild read. */
#ifndef INSTANCE_MEMORY_H
#define INSTANCE_MEMORY_H

#include "ground/base/error.h"

#include <jansson.h>

struct instance;

/* How a field relates to the ledger. Unmarked ones are in each leaf of the instance, and are as
 * its last leaf says while it has not run since. */
enum memory_mark {
    MEMORY_ELSEWHERE =
        1,            /* it is in no leaf of its own: others contain it, or it lives for a minute */
    MEMORY_MOVES = 2, /* it counts what is in no leaf yet: never as the ledger says */
    MEMORY_LASTS = 4, /* as the last leaf says, whatever ran since */
};
/* Marks of the field of this name; 0 where there is none. */
unsigned memory_marks(const char *name);

/* What must outlive a restart (states, kind instance_memory). */
json_t *memory_save(const struct instance *instance);
/* Into an instance of instance_init; what the object lacks stays as that left it. */
int memory_load(struct instance *instance, const json_t *memory) MUST_CHECK;
/* The fields that a leaf contains. */
json_t *memory_tell(const struct instance *instance);

#endif
