/* What may happen often, reported at most once a minute and key: at once when it is the first,
 * then with how many more there were. Pure: the owner writes the lines. */
#ifndef BASE_MINUTES_H
#define BASE_MINUTES_H

#include "ground/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MINUTES_KEYS = 64, MINUTES_MS = 60000 };
#define MINUTES_OTHERS "others" /* the key of what comes while all places are taken */

struct minutes_row {
    char *key;
    int64_t since_ms; /* boot time of its last line */
    uint64_t count;   /* not reported since then */
};

/* Zeroed is empty. */
struct minutes {
    struct minutes_row rows[MINUTES_KEYS + 1];
    size_t count;
};

/* True: report it now. Otherwise it was counted. */
bool minutes_add(struct minutes *minutes, const char *key, int64_t now_ms);
/* Takes the count of a key whose minute is over (INT64_MAX: of any): report that there were so
 * many more of ret_key, which the caller frees. ERROR_MISSING: none is. */
int minutes_take(struct minutes *minutes, int64_t now_ms, char **ret_key,
                 uint64_t *ret_count) MUST_CHECK;
/* When to ask minutes_take again, or INT64_MAX. */
int64_t minutes_next_ms(const struct minutes *minutes);
void minutes_finish(struct minutes *minutes);

#endif
