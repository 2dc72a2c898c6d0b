/* Has a configuration checked by the roles that must live with it: each is started with --check. */
#ifndef CHECKS_CHECK_H
#define CHECKS_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "parent/config/config.h"

enum { CHECK_LIMIT_MS = 20000 }; /* for all of one round */

struct check;

/* Begins: first every enabled collector of which something is other than known (known.h; borrowed
 * until check_free, may be NULL), then, with their tables, the engine. Mistakes go into the
 * configuration, which is borrowed until check_free. */
int check_new(struct config *config, const json_t *known, struct check **ret,
              struct error *error) MUST_CHECK;
/* Kills what still runs. Takes NULL. */
void check_free(struct check *check);
/* Becomes readable when there is something to do; call check_step then, and each second. */
int check_fd(const struct check *check);
/* Never waits. True when all has been said. */
bool check_step(struct check *check, int64_t now_ms);
/* Runs it to its end, for the start, when nothing else is to be done. */
int check_run(struct check *check) MUST_CHECK;

/* True for a process that this check has started and not yet ended. Takes NULL. */
bool check_has(const struct check *check, pid_t pid);

/* {instance: the tables that its collector printed}. Borrowed. */
json_t *check_tables(const struct check *check);
/* What is known of its collectors now. Borrowed. */
json_t *check_known(const struct check *check);
/* The engine's part with the tables in it. A new reference, NULL without memory. */
json_t *check_engine_part(const struct config *config, json_t *tables);
/* One mistake that a role reported about its part, put into the configuration. */
void check_add_fault(struct config *config, enum role role, const char *instance,
                     const json_t *fault);

#endif
