/* An attribute as an instance declared it, and since when it is not read. */
#ifndef INTAKE_ATTRIBUTE_H
#define INTAKE_ATTRIBUTE_H

#include "evidence/intake/spans.h"
#include "evidence/series/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INSTANCE_LABELS = 8 };

struct attribute {
    const char *name; /* borrowed from the tables */
    enum series_kind kind;
    const char *labels[INSTANCE_LABELS];
    size_t label_count;
    uint32_t personal; /* bit n: label n */
    bool missing;      /* in the last sealed run, or in the interval under way */
    bool missed_now;   /* said so since the interval began */
    char *missing_why;
    bool measured;       /* it was read once: from now on its absence is a loss */
    struct spans missed; /* when its instance was watched and it was not */
};

#endif
