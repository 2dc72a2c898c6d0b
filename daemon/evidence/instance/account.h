/* What a collector's instance has cost, and what of it was refused (27003:2017 9.1). */
#ifndef INSTANCE_ACCOUNT_H
#define INSTANCE_ACCOUNT_H

#include "evidence/store/store.h"

#include <jansson.h>
#include <stdint.h>

struct instance;

/* Since this instance is known. Processor time is known when a process has ended. */
struct account {
    int64_t runs;
    int64_t cpu_ms;
    int64_t bytes; /* of readings and excerpts kept as evidence */
    int64_t out_of_scope;
    int64_t ended_cpu_ms; /* of the process that ended last, until a row of runs contains it */
    int64_t ended_rss_kib;
};

/* The parent's report of a process's end (MESSAGE_ENDED). */
void account_ended(struct account *account, const json_t *ended);
/* Takes the run under way, before it is forgotten; a stream's part of an interval is none. */
void account_run(struct instance *instance);
/* {cpu_ms, rss_kib, bytes} of the run under way, as text for its row; the caller frees. */
char *account_usage(struct instance *instance);

/* {name, runs, cpu_ms, bytes, out_of_scope}: its row of states, and beside the instance's leaves.
 */
json_t *account_row(const struct instance *instance);
/* The names of what is added up there, from 0 on; NULL behind the last. */
const char *account_cost_name(size_t index);
/* The row that outlives a restart; a missing one reads as nothing spent. */
int account_save(struct store *store, const struct instance *instance,
                 struct error *error) MUST_CHECK;
int account_load(struct store *store, struct instance *instance, struct error *error) MUST_CHECK;

#endif
