/* How far a stream's sources were read: rows of positions. */
#ifndef SEALING_POSITIONS_H
#define SEALING_POSITIONS_H

#include "evidence/instance/instance.h"
#include "evidence/store/store.h"

/* Those of the instance's run, in the turn that seals it. */
int positions_put(struct store *store, const struct instance *instance,
                  struct error *error) MUST_CHECK;
/* {key: value} of an instance. */
int positions_get(struct store *store, const struct instance *instance, json_t **ret,
                  struct error *error) MUST_CHECK;

#endif
