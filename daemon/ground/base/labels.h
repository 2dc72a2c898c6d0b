/* The labels of a series: name and value pairs, sorted by name, in one block, never changed. */
#ifndef BASE_LABELS_H
#define BASE_LABELS_H

#include "ground/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LABELS_NAME "__name__" /* the label that holds the series' name, as in Prometheus */

struct label {
    const char *name;
    const char *value;
};

/* Sorted by name in byte order; a name appears once; no value is empty (empty is absent). */
struct labels {
    size_t count;
    struct label pair[];
};

/* Copies, sorts and drops empty values. ERROR_EXISTS for a name given twice. The caller frees. */
int labels_new(const struct label *pairs, size_t count, struct labels **ret) MUST_CHECK;
struct labels *labels_copy(const struct labels *labels);
void labels_free(struct labels *labels);
void labels_clean(struct labels **labels); /* for CLEAN() */

/* The value, or "" where the label is absent. */
const char *labels_get(const struct labels *labels, const char *name);
const char *labels_name(const struct labels *labels);

bool labels_equal(const struct labels *a, const struct labels *b);
int labels_compare(const struct labels *a, const struct labels *b);
uint64_t labels_hash(const struct labels *labels);

/* name{a="x",b="y"} with the escapes of the text format; {} for none. The caller frees. */
char *labels_text(const struct labels *labels);

/* Is [a-zA-Z_:][a-zA-Z0-9_:]* (a metric's name) or without colons (a label's name). */
bool labels_is_metric_name(const char *name);
bool labels_is_label_name(const char *name);

#endif
