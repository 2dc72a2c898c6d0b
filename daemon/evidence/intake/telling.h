/* What becomes of a run in the ledger: a leaf, a part of one, or one more in a count. */
#ifndef INTAKE_TELLING_H
#define INTAKE_TELLING_H

#include "evidence/intake/instance.h"

enum telling_how {
    TELLING_NOTHING, /* a stream's batch in which there was nothing */
    TELLING_FOLD,    /* it is as the one before */
    TELLING_HOLD,    /* it goes into the leaf that is written when the interval is over */
    TELLING_LEAF,
};

struct telling {
    enum telling_how how;
    bool ends_fold; /* what is folded is told first, for this is not like it */
};

/* What a stream says of its state holds for the whole interval, and comes at its end. Until then
 * it is as it was. */
bool telling_is_part(const struct instance *instance);

/* Before the instance takes over what the run says; condition: how it ended. */
int telling_choose(struct instance *instance, enum condition condition, int64_t now_ms,
                   struct telling *ret) MUST_CHECK;

#endif
