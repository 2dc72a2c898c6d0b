/* Whether a collector's method was shown to work: its plugin's selftest, in a process of its own
 * (27003:2017 9.2: an auditor may rely on what was shown to work). */
#ifndef INSTANCE_PROOF_H
#define INSTANCE_PROOF_H

#include "evidence/store/store.h"
#include "ground/base/clock.h"
#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct instance;

/* How the last selftest of an instance's plugin ended. Zeroed: there was none. */
struct proof {
    char *status;  /* passed, failed, none (the plugin has no selftest) */
    char *sha256;  /* of the plugin's file that was tried */
    char *version; /* its own */
    char *why;     /* it failed, or "" */
    int64_t at_ms;
    int64_t tried_boot_ms; /* of this process; 0: not yet */
    bool ended;            /* a leaf is to be written */
};
void proof_finish(struct proof *proof);

/* Is what it reads by a method that was shown to work? Else results are provisional. */
bool proof_holds(const struct instance *instance);
/* At install, after an upgrade, each month; where it failed or the file is another one, not more
 * often than each hour. */
bool proof_is_due(const struct instance *instance, struct moment now);
/* It has ended, and is in no leaf yet. */
bool proof_is_untold(const struct instance *instance);
/* A process is asked for, for it. */
void proof_start(struct proof *proof, struct moment now);
/* What its process says (MESSAGE_PROVED). */
int proof_told(struct instance *instance, const void *body, size_t length) MUST_CHECK;
/* Its process is gone; why: of one that did not say how it ended. */
void proof_conclude(struct proof *proof, const json_t *tables, const char *why);
/* Its leaf was written at now_ms. */
void proof_kept(struct proof *proof, int64_t now_ms);

/* The row of states (kind selftest) of this leaf. */
json_t *proof_row(const char *instance, const struct proof *proof, int64_t leaf);
int proof_load(struct store *store, struct instance *instance, struct error *error) MUST_CHECK;

#endif
