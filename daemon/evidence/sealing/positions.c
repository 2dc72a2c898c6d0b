/* Puts and gets positions. */
#include "evidence/sealing/positions.h"

int positions_put(struct store *store, const struct instance *instance, struct error *error)
{
    const char *key;
    json_t *value;
    json_object_foreach (instance->run.positions, key, value) {
        struct store_query *query =
            store_query(store, "INSERT INTO positions(instance, key, value) VALUES(?1, ?2, ?3)"
                               " ON CONFLICT DO UPDATE SET value = excluded.value");
        store_bind_text(query, 1, instance->name);
        store_bind_text(query, 2, key);
        store_bind_text(query, 3, json_string_value(value));
        int code = store_run(query, error);
        if (code)
            return code;
    }
    return 0;
}

int positions_get(struct store *store, const struct instance *instance, json_t **ret,
                  struct error *error)
{
    struct store_query *query =
        store_query(store, "SELECT key, value FROM positions WHERE instance = ?1");
    json_t *positions = json_object();
    int row;
    store_bind_text(query, 1, instance->name);
    while ((row = store_step(query, error)) > 0)
        json_object_set_new(positions, store_text(query, 0), json_string(store_text(query, 1)));
    if (row < 0) {
        json_decref(positions);
        return row;
    }
    *ret = positions;
    return positions ? 0 : ERROR_MEMORY;
}
