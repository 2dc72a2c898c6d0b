/* Rows of states: small JSON objects by kind and id, the present state of what the daemon
 * evaluates. */
#ifndef STORE_STATES_H
#define STORE_STATES_H

#include "evidence/store/store.h"

#include <jansson.h>

/* Writes the object (taken over) in the caller's transaction; a row that says the same is left. */
int states_put(struct store *store, const char *kind, const char *id, json_t *body,
               struct error *error) MUST_CHECK;
/* ret is a new reference; ERROR_MISSING. */
int states_get(struct store *store, const char *kind, const char *id, json_t **ret,
               struct error *error) MUST_CHECK;

#endif
