/* Metric families as OpenMetrics 1.0 text and as Prometheus text format 0.0.4: pure, into a buffer.
 * https://github.com/OpenObservability/OpenMetrics specification/OpenMetrics.md (1.0.0),
 * https://prometheus.io/docs/instrumenting/exposition_formats/ (0.0.4). */
#ifndef EXPOSITION_EXPOSITION_H
#define EXPOSITION_EXPOSITION_H

#include "ground/base/buffer.h"
#include "ground/base/error.h"
#include "ground/base/labels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exposition_dialect {
    EXPOSITION_TEXT,        /* Prometheus 0.0.4, what everybody reads */
    EXPOSITION_OPENMETRICS, /* OpenMetrics 1.0.0, where the reader asks for it */
};

enum exposition_type {
    EXPOSITION_GAUGE,
    EXPOSITION_COUNTER,   /* its samples end in _total, the family's name in OpenMetrics does not */
    EXPOSITION_INFO,      /* its samples end in _info and are 1; no unit */
    EXPOSITION_STATESET,  /* one sample for each state; no unit */
    EXPOSITION_HISTOGRAM, /* its samples are _bucket, _sum and _count */
    EXPOSITION_UNKNOWN,
};

/* One family. All borrowed until exposition_family() returns, but name until the next family. */
struct exposition_family {
    const char *name; /* without _total or _info; either is cut off where the type adds it */
    const char *help; /* may be NULL */
    const char *unit; /* may be NULL; written only where the name ends in "_unit", as it must */
    enum exposition_type type;
};

/* An exposition under way. Zeroed but for buffer and dialect. */
struct exposition {
    struct buffer *buffer;
    enum exposition_dialect dialect;
    /* The rest is the room's own. */
    enum exposition_type type;
    const char *name;   /* of the present family, without suffix; NULL: points are refused */
    const char *suffix; /* of its samples */
    char **seen;        /* names in use: a family appears once */
    size_t seen_count;
    size_t seen_capacity;
};

/* Opens a family; the points that follow are its own. ERROR_RANGE for a name that Prometheus would
 * not take, ERROR_EXISTS for one that had its turn (a gauge x beside a counter x too: their samples
 * may not be mixed); then its points are refused as well, and the exposition stays whole. */
int exposition_family(struct exposition *expose, const struct exposition_family *family) MUST_CHECK;

/* One sample of the present family. Nothing is written when it fails: ERROR_RANGE for a label's
 * name that is not a label's name or is reserved (__x), or given twice, ERROR_STATE without a
 * family. A value that is not UTF-8 is made printable. An info's value is not looked at. */
int exposition_point(struct exposition *expose, const struct label *pairs, size_t count,
                     double value) MUST_CHECK;

/* The samples of a stateset: one for each state, 1 for `current` (which may be NULL: all are 0). */
int exposition_states(struct exposition *expose, const struct label *pairs, size_t count,
                      const char *const *states, const char *current) MUST_CHECK;

/* All samples of a histogram: how many were at most bounds[i] and above the one before; counts has
 * one more, for what is above all of them. */
struct exposition_buckets {
    const double *bounds;
    const uint64_t *counts;
    size_t count; /* of bounds */
    double sum;
};
int exposition_histogram(struct exposition *expose,
                         const struct exposition_buckets *buckets) MUST_CHECK;

/* Ends it ("# EOF" in OpenMetrics) and frees what it kept; the buffer stays. ERROR_LIMIT or
 * ERROR_MEMORY when the buffer failed. */
int exposition_finish(struct exposition *expose) MUST_CHECK;

/* What an Accept header (RFC 9110, 12.5.1; NULL: none) prefers. OpenMetrics only when it is named
 * (version 1.0.0, 0.0.1 or none) and no less welcome than plain text. */
enum exposition_dialect exposition_choose(const char *accept);
/* The Content-Type. */
const char *exposition_content_type(enum exposition_dialect dialect);

#endif
