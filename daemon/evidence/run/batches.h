/* Several batches of a stream as one: what is in the evidence leaf of an interval. */
#ifndef RUN_BATCHES_H
#define RUN_BATCHES_H

#include "evidence/run/attribute.h"
#include "evidence/run/run.h"

/* Puts what `from` holds behind what is in `to`. */
int batches_merge(struct run *to, const struct run *from) MUST_CHECK;
/* Readings of one series become one: of an event the sum, of others the last. */
int batches_merge_readings(const struct attributes *attributes, struct buffer *lines,
                           size_t *ret_count) MUST_CHECK;
/* A run as the row of pending that waits, and back. */
char *batches_to_text(const struct run *run);
int batches_from_text(struct run *to, const char *text, struct error *error) MUST_CHECK;

#endif
