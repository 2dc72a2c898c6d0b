/* The questions that wait for the engine's answer. Pure. */
#ifndef FRONT_WAITING_H
#define FRONT_WAITING_H

#include "ground/base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { WAITING_MOST = 64, WAITING_MS = 10000 };

struct waiting_row {
    int64_t id; /* 0: free */
    int64_t deadline_ms;
    void *request;
    int purpose; /* the owner's */
};

/* Zeroed is empty. */
struct waiting {
    struct waiting_row rows[WAITING_MOST];
    int64_t last_id;
};

/* ERROR_LIMIT when all are taken. ids rise and are never used again. */
int waiting_add(struct waiting *waiting, const struct waiting_row *row, int64_t *ret_id) MUST_CHECK;
/* Takes the row of an id out: ERROR_MISSING for one that is answered, or too late. */
int waiting_take(struct waiting *waiting, int64_t id, struct waiting_row *ret) MUST_CHECK;
/* Takes one row out whose deadline is before now_ms (INT64_MAX: any). ERROR_MISSING: none. */
int waiting_take_late(struct waiting *waiting, int64_t now_ms, struct waiting_row *ret) MUST_CHECK;
/* The next deadline, or INT64_MAX. */
int64_t waiting_next_ms(const struct waiting *waiting);

#endif
