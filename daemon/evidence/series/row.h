/* One row of the table samples: what became visible in one commit.
 * Body: version (1), number of samples, first time (folded), then for each sample folded(id - the
 * last id) * 4 + form, folded(time - the last time), and the value in that form. All integers as
 * in varint.h; ids rise. */
#ifndef SERIES_ROW_H
#define SERIES_ROW_H

#include "evidence/series/varint.h"
#include "ground/base/buffer.h"

/* How a value is stored; two bits. */
enum row_form {
    FORM_INTEGER, /* folded integer: most values are small whole numbers */
    FORM_BITS,    /* eight bytes, low first */
    FORM_STALE,   /* nothing: Prometheus' mark of a series that is gone */
};
/* ret_integer is set for FORM_INTEGER. */
enum row_form row_form_of(uint64_t bits, int64_t *ret_integer);
void row_put_value(struct buffer *body, enum row_form form, int64_t integer, uint64_t bits);
/* False when the bytes end within it, or for a form that is none. */
bool row_get_value(struct varint_source *source, unsigned form, uint64_t *ret_bits);

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
