/* An attribute as an instance declared it, and since when it is not read. */
#ifndef RUN_ATTRIBUTE_H
#define RUN_ATTRIBUTE_H

#include "evidence/run/spans.h"
#include "evidence/series/series.h"
#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ATTRIBUTE_LABELS = 8, ATTRIBUTE_MOST = 256 /* of an instance */ };

struct attribute {
    const char *name; /* borrowed from the tables */
    enum series_kind kind;
    const char *labels[ATTRIBUTE_LABELS];
    size_t label_count;
    uint32_t personal; /* bit n: label n */
    bool missing;      /* in the last sealed run, or in the interval under way */
    bool missed_now;   /* said so since the interval began */
    char *missing_why;
    bool measured;       /* it was read once: from now on its absence is a loss */
    struct spans missed; /* when its instance was observed and it was not */
};

struct attributes {
    struct attribute *items;
    size_t count;
};

/* The list of a collector's tables, whose texts are borrowed; ERROR_FORMAT with a sentence when
 * they are not as MESSAGE_TABLES says. */
int attribute_read_all(const json_t *rows, struct attributes *ret, struct error *error) MUST_CHECK;
/* NULL where there is none. */
struct attribute *attribute_find(const struct attributes *attributes, const char *name);
void attribute_finish_all(struct attributes *attributes);

#endif
