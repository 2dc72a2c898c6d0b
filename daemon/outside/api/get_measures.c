/* GET /api/measures, /api/objectives and /api/collectors: what the engine keeps ready. */
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "outside/api/objects.h"
#include "outside/api/params.h"
#include "outside/api/routes.h"

enum { HISTORY_MOST = 1000, HISTORY_PRESET = 200 };

int api_list_collectors(struct call *call, json_t **ret, struct error *error)
{
    CLEAN(clean_json) json_t *accounts = NULL;
    CLEAN(clean_json) json_t *selftests = NULL;
    CLEAN(clean_json) json_t *body = NULL;
    size_t index;
    json_t *collector;
    int code = api_rows_states(call, "account", &accounts, error);
    code = code ? code : api_rows_states(call, "selftest", &selftests, error);
    code = code ? code : api_rows_list(call, "instance", "collectors", &body, error);
    if (code)
        return code;
    json_array_foreach (json_object_get(body, "collectors"), index, collector) {
        const char *name = json_text_of(collector, "name", "");
        json_t *cost = api_rows_named(accounts, name);
        /* Whether its method was shown to work; null: it was not tried yet. */
        json_t *proof = api_rows_named(selftests, name);
        json_object_set_new(collector, "cost", cost ? json_incref(cost) : json_null());
        json_object_set_new(collector, "selftest", proof ? json_incref(proof) : json_null());
    }
    *ret = json_incref(body);
    return 0;
}

int api_list_measures(struct call *call, json_t **ret, struct error *error)
{
    return api_rows_list(call, "measure", "measures", ret, error);
}

int api_list_objectives(struct call *call, json_t **ret, struct error *error)
{
    return api_rows_list(call, "objective", "objectives", ret, error);
}

/* One stored result as a line of the history. */
static int take_result(struct store_query *query, json_t *history, struct error *error)
{
    CLEAN(clean_json) json_t *body = NULL;
    int code = api_rows_body(store_text(query, 2), "a result", &body, error);
    if (code)
        return code;
    json_t *line = json_object();
    api_rows_set_time(line, "at", store_integer(query, 0));
    json_object_set_new(line, "state", json_string(store_text(query, 1)));
    json_object_set_new(line, "scope", json_integer(json_integer_of(body, "scope", 0)));
    json_t *value = json_object_get(body, "value"), *evidence = json_object_get(body, "evidence");
    json_object_set_new(line, "value", value ? json_incref(value) : json_null());
    json_object_set_new(line, "evidence", evidence ? json_incref(evidence) : json_array());
    /* The newest come first out of the store, and stand last in the history. */
    return json_array_insert_new(history, 0, line) ? ERROR_MEMORY : 0;
}

static int read_history(const struct call *call, int64_t limit, json_t *history,
                        struct error *error)
{
    struct store_query *query =
        store_query(call->api->store, "SELECT time_ms, state, body FROM results WHERE measure = ?1"
                                      " ORDER BY time_ms DESC, id DESC LIMIT ?2");
    store_bind_text(query, 1, call->name);
    store_bind_integer(query, 2, limit);
    int step;
    while ((step = store_step(query, error)) == 1) {
        int code = take_result(query, history, error);
        if (code) {
            store_reset(query);
            return code;
        }
    }
    return step;
}

/* What was measured in another version of the scope is not comparable with what follows. */
static void mark_breaks(json_t *history)
{
    size_t index;
    json_t *line, *before = NULL;
    json_array_foreach (history, index, line) {
        bool same =
            !before || json_equal(json_object_get(before, "scope"), json_object_get(line, "scope"));
        json_object_set_new(line, "comparable", json_boolean(same));
        before = line;
    }
}

int api_show_measure(struct call *call, json_t **ret, struct error *error)
{
    CLEAN(clean_json) json_t *measure = NULL;
    int64_t limit = HISTORY_PRESET;
    int code = params_integer(call, "limit", HISTORY_MOST, &limit, error);
    code = code ? code : api_rows_state(call, "measure", call->name, &measure, error);
    if (code)
        return code;
    json_t *history = json_array();
    json_object_set_new(measure, "history", history);
    code = read_history(call, limit, history, error);
    mark_breaks(history);
    if (!code)
        *ret = json_incref(measure);
    return code;
}
