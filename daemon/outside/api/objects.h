/* Stored objects, read out of the store's tables. */
#ifndef API_OBJECTS_H
#define API_OBJECTS_H

#include "outside/api/routes.h"

/* A stored body; ERROR_FORMAT with a sentence that names what it is of. */
int api_rows_body(const char *text, const char *what, json_t **ret, struct error *error) MUST_CHECK;

/* The objects of states(kind), by id. A new array. */
int api_rows_states(const struct call *call, const char *kind, json_t **ret,
                    struct error *error) MUST_CHECK;
/* The one object; ERROR_MISSING with a sentence. */
int api_rows_state(const struct call *call, const char *kind, const char *id, json_t **ret,
                   struct error *error) MUST_CHECK;

/* {member: objects} */
int api_rows_list(const struct call *call, const char *kind, const char *member, json_t **ret,
                  struct error *error) MUST_CHECK;

/* The row with that member "name", borrowed; or NULL. */
json_t *api_rows_named(const json_t *list, const char *name);
/* Adds how many objects have each text in `member`: {text: number}, counting only the texts that
 * are in `counts` already. */
void api_rows_count(const json_t *objects, const char *member, json_t *counts);

void api_rows_set_time(json_t *object, const char *key, int64_t wall_ms); /* 0: null */

#endif
