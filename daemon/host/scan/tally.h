/* Events of a batch, counted by attribute and label values until they are sent. */
#ifndef SCAN_TALLY_H
#define SCAN_TALLY_H

#include "ground/base/table.h"
#include "host/scan/rule.h"

#include <stdint.h>

#define TALLY_VALUE_MOST 256 /* bytes of a label's value; what is more is cut */

struct tally_set {
    uint64_t count;
    size_t attribute;
    size_t value_count;
    struct capture values[RULE_LABELS_MOST]; /* into bytes */
    char bytes[];
};

/* Zeroed is empty. */
struct tally {
    struct tally_set **sets; /* in the order in which they came */
    size_t count;
    size_t capacity;
    struct table table;
};

int tally_add(struct tally *tally, size_t attribute, const struct capture *values,
              size_t value_count, uint64_t count) MUST_CHECK;
/* Forgets the sets, keeping memory for next time. */
void tally_reset(struct tally *tally);
void tally_finish(struct tally *tally);

#endif
