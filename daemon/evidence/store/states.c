/* Puts and gets rows of states. */
#include "evidence/store/states.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"

int states_put(struct store *store, const char *kind, const char *id, json_t *body,
               struct error *error)
{
    CLEAN(clean_text) char *text = json_canonical(body);
    json_decref(body);
    if (!text)
        return ERROR_MEMORY;
    struct store_query *query =
        store_query(store, "INSERT INTO states(kind, id, body) VALUES(?1, ?2, ?3)"
                           " ON CONFLICT DO UPDATE SET body = excluded.body"
                           " WHERE body <> excluded.body");
    store_bind_text(query, 1, kind);
    store_bind_text(query, 2, id);
    store_bind_text(query, 3, text);
    return store_run(query, error);
}

int states_get(struct store *store, const char *kind, const char *id, json_t **ret,
               struct error *error)
{
    struct store_query *query =
        store_query(store, "SELECT body FROM states WHERE kind = ?1 AND id = ?2");
    store_bind_text(query, 1, kind);
    store_bind_text(query, 2, id);
    int row = store_step(query, error);
    if (row <= 0)
        return row < 0 ? row : ERROR_MISSING;
    const char *text = store_text(query, 0);
    int code = json_read(text, strlen(text), ret, error);
    if (!code && store_step(query, error) < 0)
        code = ERROR_DATABASE;
    return code;
}
