/* Rows of the register, and the leaf that each event leaves. Inside the room only. */
#ifndef REGISTER_FINDING_ROWS_H
#define REGISTER_FINDING_ROWS_H

#include "findings/register/register.h"

struct register_row {
    int64_t id;
    char *ref;
    char *key;
    enum finding_state state;
    json_t *body;
};
void finding_rows_finish(struct register_row *row);

struct register_event {
    const char *name;
    const struct register_actor *actor;
    const json_t *details; /* or NULL */
};

int finding_rows_next_number(struct store *store, int year, int64_t *ret,
                             struct error *error) MUST_CHECK;
int finding_rows_uuid(char ret_text[37]) MUST_CHECK; /* version 4, RFC 9562 */
/* The finding with this key that is neither closed nor dismissed; ERROR_MISSING. */
int finding_rows_open_by_key(struct store *store, const char *key, struct register_row *ret,
                             struct error *error) MUST_CHECK;
/* The latest with this key, in any state; ERROR_MISSING. */
int finding_rows_latest_by_key(struct store *store, const char *key, struct register_row *ret,
                               struct error *error) MUST_CHECK;
int finding_rows_by_ref(struct store *store, const char *ref, struct register_row *ret,
                        struct error *error) MUST_CHECK;
int finding_rows_insert(const struct turn *turn, const char *key, struct register_row *row,
                        struct error *error) MUST_CHECK;
int finding_rows_update(const struct turn *turn, const struct register_row *row,
                        struct error *error) MUST_CHECK;
int finding_rows_event(const struct turn *turn, const struct register_row *row,
                       const struct register_event *event, struct error *error) MUST_CHECK;

#endif
