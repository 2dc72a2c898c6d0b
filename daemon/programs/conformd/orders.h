/* What children report to the parent, and what the engine orders. */
#ifndef CONFORMD_ORDERS_H
#define CONFORMD_ORDERS_H

#include "programs/conformd/topology.h"

#include <sys/resource.h>

/* What every child reports, and what one of a role reports besides; the context of both is its
 * struct children_row. */
extern const struct channel_rule orders_of_every_child[];
const struct channel_rule *orders_of(enum role role);

/* Wants the process that the engine asked for (row->next_run), or reports why not. */
void orders_want(struct parent *parent, struct children_row *row);
/* A start that is wanted will not come: whoever asked for it hears so, and may ask again. */
void orders_forget_start(struct parent *parent, struct children_row *row);
/* ENDED with started: false. */
void orders_refuse_start(struct parent *parent, enum role role, const char *instance, int64_t run,
                         const char *why);
/* ENDED for a collector or the courier; status and usage as wait4 gave them. */
void orders_tell_end(struct parent *parent, const struct children_row *row, int status,
                     const struct rusage *usage);

#endif
