/* The register of findings (27001:2022 10.2): raised as candidates, extended while they last, moved
 * by one function. Rows: findings (body as the API shows it) and finding_events. */
#ifndef REGISTER_REGISTER_H
#define REGISTER_REGISTER_H

#include "evidence/turn/turn.h"
#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The states of DOMAIN.md 4.1. */
enum finding_state {
    FINDING_CANDIDATE,  /* raised by the daemon; a person has not looked yet */
    FINDING_REGISTERED, /* a person took it */
    FINDING_EVALUATED,
    FINDING_HANDLING,
    FINDING_CLOSED,
    FINDING_DISMISSED,
};
const char *register_finding_state_text(enum finding_state state);

/* Who moves a finding. */
struct register_actor {
    const char *name; /* "uid 1000 (alice)" or "conformd" */
    bool attributed;  /* by an audit loginuid */
};

/* Raises a candidate unless one with this key is open; then it extends that one. facts (borrowed):
 * title, type, measure, measure_version, requirement, controls, source, detected_by, objective,
 * objects, value, criterion, population, breaching, window, quality, evidence (leaf list), excerpts
 * and result (leaf). ret_ref (the caller frees): its reference "NC-2026-0001"; ret_new: it was
 * raised now. */
struct register_raised {
    char *ref;
    bool is_new;
    bool returned; /* it was open with its condition cleared, and fails again */
};
int register_raise(const struct turn *turn, const char *key, const json_t *facts,
                   struct register_raised *ret, struct error *error) MUST_CHECK;

/* The same while the condition lasts: extends what is open. One that a person dismissed is not
 * raised again by what was dismissed: then ret_ref is NULL and nothing is written. */
int register_extend(const struct turn *turn, const char *key, const json_t *facts,
                    struct register_raised *ret, struct error *error) MUST_CHECK;

/* Green again: stamps condition_cleared_at on the open finding with this key. Closes nothing.
 * ret_ref is NULL when none is open, or it was cleared before and not missed since. */
int register_clear(const struct turn *turn, const char *key, char **ret_ref,
                   struct error *error) MUST_CHECK;

/* The one function that moves a state. reason is one of DOMAIN.md 4.1 for a dismissal. ERROR_STATE
 * for a move that is not allowed, ERROR_MISSING for an unknown reference. */
struct register_move {
    const char *ref;
    enum finding_state to;
    struct register_actor actor;
    const char *reason;
    const json_t *details; /* or NULL */
};
int register_move(const struct turn *turn, const struct register_move *move,
                  struct error *error) MUST_CHECK;

/* How many are in each of two groups now. */
int register_count(struct store *store, int64_t *ret_candidates, int64_t *ret_open,
                   struct error *error) MUST_CHECK;

#endif
