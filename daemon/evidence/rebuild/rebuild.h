/* States, register and series made again from the leaves and the payloads that are held, on a store
 * that no daemon has open. What the ledger does not define is named in docs/ARCHITECTURE.md. */
#ifndef REBUILD_REBUILD_H
#define REBUILD_REBUILD_H

#include "evidence/store/store.h"
#include "ground/base/error.h"

#include <stddef.h>
#include <stdint.h>

struct rebuild_report {
    /* A row, or a member of it, that is stored otherwise than rebuilt; "" where it is not there. */
    void (*on_difference)(void *context, const char *what, const char *stored, const char *rebuilt);
    /* What was disposed of, as a sentence. */
    void (*on_gap)(void *context, const char *sentence);
    void *context;
};

struct rebuild_figures {
    int64_t leaves;
    size_t differences;
    size_t gaps;
};

/* Verifies the ledger, rebuilds, compares. 0 also where something differs: see figures.
 * ERROR_FORMAT for a ledger that does not verify. */
int rebuild_check(struct store *store, const struct rebuild_report *report,
                  struct rebuild_figures *ret, struct error *error) MUST_CHECK;
/* Replaces states, register and series by what is rebuilt, in one transaction, with a state leaf
 * that says so. What is in no leaf yet stays: samples after an instance's last leaf. */
int rebuild_apply(struct store *store, const struct rebuild_report *report,
                  struct rebuild_figures *ret, struct error *error) MUST_CHECK;

#endif
