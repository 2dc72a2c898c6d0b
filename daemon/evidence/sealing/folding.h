/* What becomes of a run in the ledger: a leaf, a part of one, or one more in a count. Inside the
 * room only. */
#ifndef SEALING_FOLDING_H
#define SEALING_FOLDING_H

#include "evidence/sealing/sealing.h"

enum folding_how {
    FOLDING_NOTHING, /* a stream's batch in which there was nothing */
    FOLDING_FOLD,    /* it is as the one before */
    FOLDING_HOLD,    /* it goes into the leaf that is written when the interval is over */
    FOLDING_LEAF,
};

struct folding {
    enum folding_how how;
    bool ends_fold; /* what is folded is written first, because this is not like it */
};

/* Before the instance takes over what the run says; condition: how it ended. */
int folding_choose(struct instance *instance, enum condition condition, int64_t now_ms,
                   struct folding *ret) MUST_CHECK;
/* One more run that is as the one before. */
int folding_add(struct instance *instance, int64_t now_ms) MUST_CHECK;
/* A batch in which there was nothing: only how much it read is reported. */
int folding_add_nothing(struct instance *instance) MUST_CHECK;
/* The coverage leaf of what is folded, before evidence that follows at once, is not like it and
 * contains all the rest; while the instance is as what is folded left it. */
int folding_end(struct sealing *sealing, struct instance *instance, struct error *error) MUST_CHECK;
/* The coverage leaf of the hour. */
int folding_tell_due(struct sealing *sealing, struct instance *instance,
                     struct error *error) MUST_CHECK;

#endif
