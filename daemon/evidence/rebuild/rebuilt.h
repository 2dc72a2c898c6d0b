/* Shared by this room's files: what was rebuilt so far. */
#ifndef REBUILD_REBUILT_H
#define REBUILD_REBUILT_H

#include "evidence/ledger/ledger.h"
#include "evidence/rebuild/rebuild.h"
#include "evidence/series/pack.h"

#include <jansson.h>

struct rebuilt {
    struct store *store;
    struct ledger *ledger;
    struct series_set *series;
    struct series_unpacker *unpacker;
    const struct rebuild_report *report;
    struct rebuild_figures figures;
    struct error *error;
    json_t *tables;     /* {table: {key: row}}; a row has the columns' names */
    json_t *collectors; /* {leaf: {instance, tables}} */
    json_t *instances;  /* {name: what is remembered} */
    json_t *measures;   /* {id: what is remembered, with "state"} */
    json_t *objectives; /* {id: state} */
    json_t *own;        /* the members `told` and `watched` of the daemon itself */
    json_t *watching;   /* {kind of states: {id: row}} of what watches over the monitoring */
    json_t *boot;       /* {id, turn}: of the last start, and the last turn that left a leaf */
    json_t *config;     /* the text of the last configuration's leaf */
    json_t *disposals;  /* fields of the disposal leaves */
    json_t *gaps;       /* {instance: spans} in which samples were disposed of */
    json_t *blind;      /* {finding leaf: true} whose excerpts were disposed of */
    int64_t start;      /* the last start leaf */
    int64_t last_ms;    /* time of the last leaf */
};

/* One leaf that is read. */
struct leaf {
    int64_t index;
    int64_t time_ms;
    const char *type;
    json_t *fields;
};

int rebuilt_init(struct rebuilt *rebuilt, struct store *store, struct error *error) MUST_CHECK;
void rebuilt_finish(struct rebuilt *rebuilt);
/* Reads all leaves. */
int rebuilt_read(struct rebuilt *rebuilt) MUST_CHECK;
void rebuilt_differs(struct rebuilt *rebuilt, const char *what, const char *stored,
                     const char *made);

/* A leaf that lacks a member of its type is skipped, and reported as a difference; 0. */
int rebuilt_odd(struct rebuilt *rebuilt, const struct leaf *leaf) MUST_CHECK;

/* 1: the payload is there; 0: the leaf has none, or it was disposed of; a missing one that no
 * disposal names is a difference. */
int rebuilt_payload(struct rebuilt *rebuilt, const struct leaf *leaf, enum payload_kind kind,
                    struct buffer *ret) MUST_CHECK;
/* The same, of PAYLOAD_TEXT as an object; NULL where it is not there. */
int rebuilt_text(struct rebuilt *rebuilt, const struct leaf *leaf, json_t **ret) MUST_CHECK;
bool rebuilt_is_disposed(const struct rebuilt *rebuilt, const struct leaf *leaf,
                         enum payload_kind kind);
/* {key: row} of a table. */
json_t *rebuilt_table(struct rebuilt *rebuilt, const char *name);

/* instances.c */
int rebuild_instances_take(struct rebuilt *rebuilt, const struct leaf *leaf) MUST_CHECK;
int rebuild_instances_collector(struct rebuilt *rebuilt, const struct leaf *leaf) MUST_CHECK;
int rebuild_instances_clock(struct rebuilt *rebuilt, const struct leaf *leaf) MUST_CHECK;
/* decided.c */
int rebuild_judged_config(struct rebuilt *rebuilt, const struct leaf *leaf) MUST_CHECK;
int rebuild_judged_approval(struct rebuilt *rebuilt, const struct leaf *leaf) MUST_CHECK;
int rebuild_judged_result(struct rebuilt *rebuilt, const struct leaf *leaf) MUST_CHECK;
int rebuild_judged_state(struct rebuilt *rebuilt, const struct leaf *leaf) MUST_CHECK;
int rebuild_judged_finding(struct rebuilt *rebuilt, const struct leaf *leaf) MUST_CHECK;

/* watching.c: what conformd knows of its own work. */
int rebuild_watching_state(struct rebuilt *rebuilt, const json_t *text) MUST_CHECK;
int rebuild_watching_selftest(struct rebuilt *rebuilt, const struct leaf *leaf) MUST_CHECK;
int rebuild_watching_key(struct rebuilt *rebuilt, const struct leaf *leaf) MUST_CHECK;
int rebuild_watching_cost(struct rebuilt *rebuilt, const char *instance,
                          const json_t *cost) MUST_CHECK;
int rebuild_watching_compare(struct rebuilt *rebuilt) MUST_CHECK;
int rebuild_watching_apply(struct rebuilt *rebuilt) MUST_CHECK;

/* differences.c, remembered.c, told_samples.c: each reports its differences. */
int rebuild_compare_tables(struct rebuilt *rebuilt) MUST_CHECK;
int rebuild_compare_states(struct rebuilt *rebuilt) MUST_CHECK;
/* Rows of one kind of states: {id: body}. */
int rebuild_compare_read(struct rebuilt *rebuilt, const char *kind, json_t *ret) MUST_CHECK;
void rebuild_compare_differs(struct rebuilt *rebuilt, const char *id, const char *name,
                             const json_t *stored, const json_t *made);
int rebuild_compare_samples(struct rebuilt *rebuilt, const struct series_set *stored) MUST_CHECK;
/* The rows of a query as {key: row}; the first column is the key, the others are in names. */
int rebuild_compare_rows(struct rebuilt *rebuilt, struct store_query *query,
                         const char *const *names, json_t *ret) MUST_CHECK;

#endif
