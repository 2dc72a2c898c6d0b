/* GET /api/findings: the register, and one finding with its events and the excerpts under it. */
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "outside/api/objects.h"
#include "outside/api/params.h"
#include "outside/api/routes.h"

enum { LIST_MOST = 10000, LIST_PRESET = 1000 };

/* What the list shows of a finding. */
static const char *const shown[] = {"ref",
                                    "state",
                                    "type",
                                    "title",
                                    "measure",
                                    "measure_version",
                                    "requirement",
                                    "raised_at",
                                    "last_seen_at",
                                    "condition_cleared_at",
                                    "value",
                                    "criterion",
                                    "times_seen",
                                    "detected_by",
                                    NULL};

/* Columns decide over the body: they are what the register moved. */
static int take_finding(struct store_query *query, json_t **ret, struct error *error)
{
    const char *ref = store_text(query, 1);
    int code = api_rows_body(store_text(query, 3), ref, ret, error);
    if (code)
        return code;
    json_object_set_new(*ret, "ref", json_string(ref));
    json_object_set_new(*ret, "state", json_string(store_text(query, 2)));
    return 0;
}

static json_t *shorten(const json_t *finding)
{
    json_t *row = json_object();
    for (const char *const *member = shown; *member; member++) {
        json_t *value = json_object_get(finding, *member);
        json_object_set_new(row, *member, value ? json_incref(value) : json_null());
    }
    return row;
}

static int take_findings(struct store_query *query, json_t *list, struct error *error)
{
    int step;
    while ((step = store_step(query, error)) == 1) {
        CLEAN(clean_json) json_t *finding = NULL;
        int code = take_finding(query, &finding, error);
        if (!code && json_array_append_new(list, shorten(finding)))
            code = ERROR_MEMORY;
        if (code) {
            store_reset(query);
            return code;
        }
    }
    return step;
}

/* "open" stands for every state in which there is still something to do. */
int api_list_findings(struct call *call, json_t **ret, struct error *error)
{
    CLEAN(clean_json) json_t *list = json_array();
    int64_t limit = LIST_PRESET;
    int code = params_integer(call, "limit", LIST_MOST, &limit, error);
    if (code)
        return code;
    const char *state = params_text(call, "state", 0);
    struct store_query *query = store_query(
        call->api->store,
        "SELECT id, ref, state, body FROM findings WHERE ?1 IS NULL OR state = ?1 OR"
        " (?1 = 'open' AND state NOT IN ('closed', 'dismissed')) ORDER BY id DESC LIMIT ?2");
    store_bind_text(query, 1, state && *state ? state : NULL);
    store_bind_integer(query, 2, limit);
    code = take_findings(query, list, error);
    if (!code)
        *ret = json_pack("{s:O}", "findings", list);
    return code;
}

/* What a person wrote of it: the first of these that the event's details hold. */
static const char *words_of(const json_t *details)
{
    static const char *const members[] = {"text", "note", "reason", NULL};
    for (const char *const *member = members; *member; member++) {
        const char *words = json_text_of(details, *member, "");
        if (*words)
            return words;
    }
    return "";
}

/* {at, event, actor, text, details, leaf} */
static int take_event(struct store_query *query, json_t *events, struct error *error)
{
    json_t *details = NULL;
    int code = api_rows_body(store_text(query, 3), "a finding's event", &details, error);
    if (code)
        return code;
    json_t *event = json_object();
    api_rows_set_time(event, "at", store_integer(query, 0));
    json_object_set_new(event, "event", json_string(store_text(query, 1)));
    json_object_set_new(event, "actor", json_string(store_text(query, 2)));
    json_object_set_new(event, "text", json_string(words_of(details)));
    json_object_set_new(event, "details", details);
    json_object_set_new(event, "leaf",
                        store_text(query, 4) ? json_integer(store_integer(query, 4)) : json_null());
    return json_array_append_new(events, event) ? ERROR_MEMORY : 0;
}

static int read_events(const struct call *call, int64_t id, json_t *events, struct error *error)
{
    struct store_query *query =
        store_query(call->api->store, "SELECT time_ms, event, actor, body, leaf FROM finding_events"
                                      " WHERE finding = ?1 ORDER BY id LIMIT 1000");
    store_bind_integer(query, 1, id);
    int step;
    while ((step = store_step(query, error)) == 1) {
        int code = take_event(query, events, error);
        if (code) {
            store_reset(query);
            return code;
        }
    }
    return step;
}

int api_show_finding(struct call *call, json_t **ret, struct error *error)
{
    CLEAN(clean_json) json_t *finding = NULL;
    struct store_query *query =
        store_query(call->api->store, "SELECT id, ref, state, body FROM findings WHERE ref = ?1");
    store_bind_text(query, 1, call->name);
    int step = store_step(query, error);
    if (step < 0)
        return step;
    if (!step)
        return error_set(error, ERROR_MISSING, "there is no finding \"%s\"", call->name);
    int64_t id = store_integer(query, 0);
    int code = take_finding(query, &finding, error);
    store_reset(query);
    if (code)
        return code;
    json_t *events = json_array();
    json_object_set_new(finding, "events", events);
    code = read_events(call, id, events, error);
    if (!code)
        *ret = json_incref(finding);
    return code;
}
