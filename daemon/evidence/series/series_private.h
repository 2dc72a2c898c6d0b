/* Shared by this room's files: the set, its series, and what they are found by. */
#ifndef SERIES_SERIES_PRIVATE_H
#define SERIES_SERIES_PRIVATE_H

#include "evidence/series/chunk.h"
#include "evidence/series/row.h"
#include "evidence/series/series.h"
#include "ground/base/table.h"

#define TIME_LIMIT_MS (INT64_C(1) << 60) /* differences of differences must fit 63 bits */

/* Further values of the column kind, behind those of enum series_kind. */
enum {
    KIND_TOTAL = 4, /* NAME_total of an event */
    KIND_OWN = 5,   /* the daemon's own: series_put */
    KIND_IDLE = 6,  /* an event's that gave its room to others; its next event makes it one again */
};

struct series {
    int64_t id;
    struct labels *labels;
    uint64_t hash;         /* of the labels */
    struct family *family; /* those of the same name */
    struct source *source; /* those of the same instance; NULL for KIND_OWN */
    struct series *total;  /* of an event, once looked up */
    int64_t lookback_ms;
    struct chunk *first, *last;
    double held;      /* the last value that was not a stale marker: of a total, the sum */
    double increment; /* of an event in the run that ends now */
    uint64_t run;     /* the last run that gave it a reading */
    int64_t event_ms; /* of an event: when it last had one, or began */
    int kind;
    int64_t told_day; /* on which its labels were last packed for the ledger; 0: not yet */
    bool dirty;       /* its row is not yet, or otherwise, in the store */
    bool stored;      /* it has a row */
};

/* A run; run.c's own but for what makes room. */
struct series_run {
    struct series_run *next;
    struct series_set *set;
    char *instance;
    int64_t lookback_ms;
    size_t limit; /* series of one attribute */
    bool full;    /* a reading had no room */
    uint64_t number;
    struct staged **items;
    size_t count, capacity;
    struct table by_labels;
};

struct family {
    char *name;
    struct series **members;
    size_t count, capacity;
    bool sorted; /* by labels */
};

/* How many series of one name an instance has, for the limit. */
struct feed {
    char *name;
    size_t known;
    size_t aside;  /* of these, idle, or the one of all that had no room */
    uint64_t run;  /* that the next two count for */
    size_t in_run; /* different series given */
    size_t fresh;  /* of these, not known before, or idle */
    uint64_t full; /* the last run that had no room for a reading */
};

struct source {
    char *instance;
    struct series **members;
    size_t count, capacity;
    struct table feeds;
};

struct series_set {
    struct store *store;
    struct series_limits limits;
    struct table by_labels, families, sources;
    struct series **all; /* by rising id after a load */
    size_t count, capacity;
    int64_t next_id;
    int64_t last_series, last_row, last_row_ms; /* loaded from the store */
    char changed[24];                           /* of a reader: SERIES_CHANGED when it was loaded */
    struct row_sample *pending;                 /* visible and not yet saved */
    size_t pending_count, pending_capacity;
    struct series **dirty;
    size_t dirty_count, dirty_capacity;
    bool loading; /* samples come from the store */
    struct series_run *runs;
    uint64_t last_run;
    int64_t floor_ms; /* older samples are not shown */
    size_t trim_at;
    struct arena_block *views;
    uint64_t samples, dropped_late;
    size_t bytes;
};

/* What is in memory of series and samples; runs, limits and figures of drops stay. */
void series_set_empty(struct series_set *set);
struct series *series_set_find(const struct series_set *set, const struct labels *labels);
/* Finds the series or makes it with these labels, which are taken over in any case. A known one
 * changes to this kind. */
int series_set_obtain(struct series_set *set, struct labels *labels, int kind,
                      struct series **ret) MUST_CHECK;
/* Puts a new series in its place; on failure the series is freed. */
int series_set_insert(struct series_set *set, struct series *series) MUST_CHECK;
void series_set_remove(struct series_set *set, struct series *series);
int series_set_mark_dirty(struct series_set *set, struct series *series) MUST_CHECK;
int series_set_lookback(struct series_set *set, struct series *series,
                        int64_t lookback_ms) MUST_CHECK;

/* 1: taken; 0: not after the last of its series, dropped and counted. */
int series_set_sample(struct series_set *set, struct series *series, int64_t time_ms,
                      double value) MUST_CHECK;
/* The same for the stale marker, where the series is not stale already. */
int series_set_stale(struct series_set *set, struct series *series, int64_t time_ms) MUST_CHECK;
/* idle.c. After a run in which an attribute had no room: its events' series that had no event for
 * long make room for those to come. */
int series_set_make_room(struct series_set *set, const struct series_run *run,
                         int64_t time_ms) MUST_CHECK;
/* It counts against the limit again. */
void series_set_wake(struct series *series);

/* Frees the first chunk. */
void series_set_drop_chunk(struct series_set *set, struct series *series);
struct source *series_set_source(struct series_set *set, const char *instance); /* NULL: none yet */
int series_set_obtain_source(struct series_set *set, const char *instance,
                             struct source **ret) MUST_CHECK;
int series_source_obtain_feed(struct source *source, const char *name,
                              struct feed **ret) MUST_CHECK;
struct family *series_set_family(const struct series_set *set, const char *name);

/* True where Prometheus takes name and labels, and the values are UTF-8. */
bool series_labels_fit(const struct labels *labels);
/* The one of all that had no room. */
bool series_is_overflow(const struct series *series);
/* The row of a series. */
int series_save_one(struct series_set *set, const struct series *series,
                    struct error *error) MUST_CHECK;
/* All samples; the caller frees ret_times, which is one block with the values. */
int series_decode(const struct series *series, int64_t **ret_times, double **ret_values,
                  size_t *ret_count) MUST_CHECK;

double series_stale(void);
bool series_is_stale(double value);

#endif
