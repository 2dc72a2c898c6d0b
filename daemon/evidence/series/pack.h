/* Samples packed for a leaf, and read back: what the ledger holds of the series. */
#ifndef SERIES_PACK_H
#define SERIES_PACK_H

#include "evidence/series/series.h"
#include "ground/base/buffer.h"

/* Appends the samples behind after_ms of the series of this instance (NULL: the daemon's own).
 * Labels are stated once a UTC day of now_ms and process, so that what is packed on a day can be
 * read by itself. Nothing is appended where there are no samples. ERROR_MEMORY. */
int series_pack(struct series_set *set, const char *instance, int64_t after_ms, int64_t now_ms,
                struct buffer *ret_body) MUST_CHECK;

/* A set that nothing is loaded into; store may be NULL until the first series_save. */
int series_open_empty(struct store *store, struct series_set **ret) MUST_CHECK;

/* Reads packed bodies, in the order in which they were packed, into a set. */
struct series_unpacker;
int series_unpacker_new(struct series_set *set, struct series_unpacker **ret) MUST_CHECK;
void series_unpacker_free(struct series_unpacker *unpacker);
/* ERROR_VERSION or ERROR_FORMAT for anything that is not such a body, ERROR_MISSING for samples
 * of a series whose labels were not stated (their bodies are gone): those are skipped. */
int series_unpack(struct series_unpacker *unpacker, const void *bytes, size_t length) MUST_CHECK;
/* The clock was set back: samples behind to_ms leave the set, in memory alone. */
int series_cut(struct series_set *set, int64_t to_ms) MUST_CHECK;

/* How two sets differ. wants chooses the samples that are compared: number `at` of a series as
 * one of the sets has it. on_difference is called for each series that differs, with the first
 * time at which it does. */
struct series_samples {
    const struct labels *labels;
    const int64_t *times;
    const double *values;
    size_t count;
};
struct series_comparison {
    bool (*wants)(void *context, const struct series_samples *samples, size_t at);
    int (*on_difference)(void *context, const struct labels *labels, int64_t time_ms);
    void *context;
};
int series_compare(const struct series_set *one, const struct series_set *other,
                   const struct series_comparison *comparison) MUST_CHECK;

/* Visits every sample of a set in rows of at most a day each, as the table of samples has them. */
int series_write(struct series_set *set, struct store *store, struct error *error) MUST_CHECK;

#endif
