/* Runs that are as the one before, to be counted in one coverage leaf. */
#ifndef INSTANCE_FOLD_H
#define INSTANCE_FOLD_H

#include "evidence/ledger/digest.h"
#include "evidence/run/seen.h"

struct fold {
    int64_t runs;
    int64_t first_ms;
    int64_t last_ms;
    struct seen seen;
    char hash[DIGEST_TEXT_SIZE]; /* of what makes the last run like another */
};

#endif
