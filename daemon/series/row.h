/* One row of the table samples: what became visible in one commit.
 * Body: version (1), number of samples, first time (folded), then for each sample folded(id - the
 * last id) * 4 + form, folded(time - the last time), and the value in that form. All integers as
 * in varint.h; ids rise. */
#ifndef SERIES_ROW_H
#define SERIES_ROW_H

#include "base/buffer.h"

struct row_sample {
    int64_t id; /* of the series */
    int64_t time_ms;
    uint64_t bits; /* of the value */
};

/* Sorts the samples by series and time and appends the body. ERROR_MEMORY. */
int row_encode(struct row_sample *samples, size_t count, struct buffer *ret_body) MUST_CHECK;

/* Calls on_sample for each; a negative answer ends it and is handed on. ERROR_VERSION or
 * ERROR_FORMAT for what is not such a body; samples before the fault have been given. */
int row_decode(const void *bytes, size_t length,
               int (*on_sample)(void *context, const struct row_sample *sample),
               void *context) MUST_CHECK;

#endif
