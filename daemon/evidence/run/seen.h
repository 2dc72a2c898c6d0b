/* How much of its sources a collector read, as it reported: so that it can be seen what was read
 * where nothing was found. */
#ifndef RUN_SEEN_H
#define RUN_SEEN_H

#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define SEEN_MOST ((int64_t)1 << 53) /* numbers in a leaf are below it */

/* Zeroed is empty. */
struct seen {
    bool told; /* it said so; else nothing is known, which is not 0 */
    int64_t bytes;
    int64_t lines;
    json_t *sources; /* {source: [bytes, lines]}, RUN_PLACES_LIMIT at most; NULL for none */
};

int seen_add(struct seen *seen, const char *source, int64_t bytes, int64_t lines) MUST_CHECK;
int seen_merge(struct seen *to, const struct seen *from) MUST_CHECK;
void seen_finish(struct seen *seen);

/* NULL where nothing was reported. */
json_t *seen_to_json(const struct seen *seen);
int seen_from_json(const json_t *json, struct seen *ret) MUST_CHECK;

/* Into the fields of a leaf: the sums, and `sources`, which the caller takes out again for a
 * payload, for a leaf holds no names. */
int seen_tell(const struct seen *seen, json_t *fields) MUST_CHECK;

#endif
