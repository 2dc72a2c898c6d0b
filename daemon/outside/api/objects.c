/* Reads the JSON objects that the engine keeps ready. */
#include "outside/api/objects.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

int api_rows_body(const char *text, const char *what, json_t **ret, struct error *error)
{
    json_t *body = NULL;
    int code = text ? json_read(text, strlen(text), &body, error)
                    : error_set(error, ERROR_FORMAT, "nothing is stored");
    if (!code && !json_is_object(body))
        code = error_set(error, ERROR_FORMAT, "it is not an object");
    if (code) {
        json_decref(body);
        error_prefix(error, "the stored body of %s cannot be read", what);
        return code;
    }
    *ret = body;
    return 0;
}

int api_rows_states(const struct call *call, const char *kind, json_t **ret, struct error *error)
{
    CLEAN(clean_json) json_t *list = json_array();
    struct store_query *query =
        store_query(call->api->store, "SELECT id, body FROM states WHERE kind = ?1 ORDER BY id");
    store_bind_text(query, 1, kind);
    int step;
    while ((step = store_step(query, error)) == 1) {
        json_t *body = NULL;
        int code = api_rows_body(store_text(query, 1), store_text(query, 0), &body, error);
        if (!code && json_array_append_new(list, body))
            code = ERROR_MEMORY;
        if (code) {
            store_reset(query);
            return code;
        }
    }
    if (step < 0)
        return step;
    *ret = json_incref(list);
    return 0;
}

int api_rows_state(const struct call *call, const char *kind, const char *id, json_t **ret,
                   struct error *error)
{
    struct store_query *query =
        store_query(call->api->store, "SELECT body FROM states WHERE kind = ?1 AND id = ?2");
    store_bind_text(query, 1, kind);
    store_bind_text(query, 2, id);
    int step = store_step(query, error);
    if (step < 0)
        return step;
    if (!step)
        return error_set(error, ERROR_MISSING, "there is no %s \"%s\"", kind, id);
    int code = api_rows_body(store_text(query, 0), id, ret, error);
    store_reset(query);
    return code;
}

int api_rows_list(const struct call *call, const char *kind, const char *member, json_t **ret,
                  struct error *error)
{
    json_t *list = NULL;
    int code = api_rows_states(call, kind, &list, error);
    if (code)
        return code;
    *ret = json_pack("{s:o}", member, list);
    return 0;
}

json_t *api_rows_named(const json_t *list, const char *name)
{
    size_t index;
    json_t *row;
    json_array_foreach ((json_t *)list, index, row) {
        if (strcmp(json_text_of(row, "name", ""), name) == 0)
            return row;
    }
    return NULL;
}

void api_rows_count(const json_t *objects, const char *member, json_t *counts)
{
    size_t index;
    const json_t *object;
    json_array_foreach (objects, index, object) {
        const char *text = json_text_of(object, member, "");
        json_t *count = json_object_get(counts, text);
        if (count)
            json_integer_set(count, json_integer_value(count) + 1);
    }
}

void api_rows_set_time(json_t *object, const char *key, int64_t wall_ms)
{
    char text[TEXT_TIME_SIZE];
    if (!wall_ms) {
        json_object_set_new(object, key, json_null());
        return;
    }
    text_from_time(wall_ms, text);
    json_object_set_new(object, key, json_string(text));
}
