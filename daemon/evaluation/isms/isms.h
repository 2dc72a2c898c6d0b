/* What the organization states in its configuration: shown, provided to the intake, and checked. */
#ifndef ISMS_ISMS_H
#define ISMS_ISMS_H

#include "evidence/intake/intake.h"
#include "evidence/store/store.h"
#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* For the API and the intake; in the caller's turn. */
int isms_put(struct store *store, const json_t *config, struct intake *intake,
             struct error *error) MUST_CHECK;
int64_t isms_scope_version(const json_t *config); /* 0: none is stated */

/* setting: its path in the engine's part. */
struct isms_fault {
    const char *setting;
    size_t column;
    bool warning;
    const char *sentence;
};
/* Check mode: mistakes of measures and objectives. tables: {instance: tables} of the collectors, so
 * that a formula's attributes are known. */
int isms_check(const json_t *config, const json_t *tables,
               void (*on_fault)(void *context, const struct isms_fault *fault),
               void *context) MUST_CHECK;

/* Classes of records, for these two. Inside the room only. */
int isms_put_records(struct store *store, const json_t *config, struct error *error) MUST_CHECK;
void isms_check_records(const json_t *config,
                        void (*on_fault)(void *context, const struct isms_fault *fault),
                        void *context);

#endif
