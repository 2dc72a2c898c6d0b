/* GET /api/not_judged: everything that is green, or silent, without being a measurement of the
 * construct in force, and who decided it, until when. */
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "outside/api/objects.h"
#include "outside/api/routes.h"

struct item {
    const char *kind;
    const char *why;
    const char *reason; /* NULL: the object's own */
};

/* "" is nobody, and no time. */
static void add_member(json_t *item, const char *key, const json_t *object)
{
    const char *text = json_text_of(object, key, "");
    json_object_set_new(item, key, *text ? json_string(text) : json_null());
}

static int add_item(json_t *items, const json_t *object, const struct item *what)
{
    const char *id = json_text_of(object, "id", json_text_of(object, "name", ""));
    json_t *item =
        json_pack("{s:s, s:s, s:s, s:s}", "kind", what->kind, "id", id, "why", what->why, "reason",
                  what->reason ? what->reason : json_text_of(object, "reason", ""));
    add_member(item, "decided_by", object);
    add_member(item, "decided_at", object);
    add_member(item, "until", object);
    return json_array_append_new(items, item) ? ERROR_MEMORY : 0;
}

/* A measure stands here once for its status and once for its state: both may be true. */
static int add_measure(json_t *items, const json_t *measure)
{
    const char *status = json_text_of(measure, "status", "");
    const char *state = json_text_of(measure, "state", "");
    int code = 0;
    if (json_flag_of(measure, "trial", false) || !strcmp(status, "trial"))
        code = add_item(items, measure,
                        &(struct item){"measure", "trial",
                                       "in trial: evaluated and shown, but it raises nothing"});
    else if (!strcmp(status, "draft"))
        code = add_item(items, measure,
                        &(struct item){"measure", "draft", "a draft that nobody has approved"});
    if (!code && !strcmp(state, "unknown"))
        code = add_item(items, measure, &(struct item){"measure", "unknown", NULL});
    if (!code && !strcmp(state, "not_applicable"))
        code = add_item(items, measure, &(struct item){"measure", "not_applicable", NULL});
    if (!code && json_flag_of(measure, "provisional", false))
        code = add_item(items, measure, &(struct item){"measure", "provisional", NULL});
    return code;
}

static int add_objective(json_t *items, const json_t *objective)
{
    if (!strcmp(json_text_of(objective, "status", ""), "draft"))
        return add_item(items, objective,
                        &(struct item){"objective", "draft", "a draft that nobody has approved"});
    if (!strcmp(json_text_of(objective, "state", ""), "unknown"))
        return add_item(items, objective, &(struct item){"objective", "unknown", NULL});
    return 0;
}

static int add_collector(json_t *items, const json_t *collector)
{
    static const char *const silent[] = {"failed",  "absent",   "standby",
                                         "partial", "starting", "disabled"};
    const char *state = json_text_of(collector, "state", "");
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        if (!strcmp(state, silent[i]))
            return add_item(items, collector, &(struct item){"collector", silent[i], NULL});
    return 0;
}

/* What monitoring found, and nothing adopted stands on: it raises nothing. */
static int add_would_raise(json_t *items, const json_t *concern)
{
    const char *kind = json_text_of(concern, "kind", "");
    if (!json_flag_of(concern, "would_raise", false))
        return 0;
    return add_item(
        items, concern,
        &(struct item){"collector", strcmp(kind, "collector") == 0 ? "lost" : kind, NULL});
}

/* Its results are provisional: they raise, and do not count for recovery. */
static int add_selftest(json_t *items, const json_t *proof)
{
    const char *status = json_text_of(proof, "status", "");
    const char *why = json_text_of(proof, "why", "");
    if (strcmp(status, "passed") == 0)
        return 0;
    bool none = strcmp(status, "none") == 0;
    return add_item(items, proof,
                    &(struct item){"collector", none ? "no_selftest" : "selftest_failed",
                                   none ? "its plugin has no selftest" : why});
}

static int add_states(const struct call *call, const char *kind,
                      int (*add)(json_t *items, const json_t *object), json_t *items,
                      struct error *error)
{
    CLEAN(clean_json) json_t *list = NULL;
    size_t index;
    const json_t *object;
    int code = api_rows_states(call, kind, &list, error);
    json_array_foreach (list, index, object)
        code = code ? code : add(items, object);
    return code;
}

/* Constructs that somebody took out of force, unless another text of the same id is in force. */
static int add_disabled(const struct call *call, json_t *items, struct error *error)
{
    struct store_query *query = store_query(
        call->api->store,
        "SELECT c.kind, c.id, c.reason, c.decided_by, c.decided_ms FROM constructs c WHERE"
        " c.status = 'disabled' AND NOT EXISTS (SELECT 1 FROM states s WHERE s.kind = c.kind AND"
        " s.id = c.id) AND c.first_seen_ms = (SELECT max(first_seen_ms) FROM constructs d WHERE"
        " d.kind = c.kind AND d.id = c.id) ORDER BY c.kind, c.id");
    int step;
    while ((step = store_step(query, error)) == 1) {
        json_t *item = json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:n}", "kind", store_text(query, 0),
                                 "id", store_text(query, 1), "why", "disabled", "reason",
                                 store_text(query, 2), "decided_by", store_text(query, 3), "until");
        api_rows_set_time(item, "decided_at", store_integer(query, 4));
        json_array_append_new(items, item);
    }
    return step;
}

int api_list_not_judged(struct call *call, json_t **ret, struct error *error)
{
    CLEAN(clean_json) json_t *items = json_array();
    int code = add_states(call, "measure", add_measure, items, error);
    code = code ? code : add_states(call, "objective", add_objective, items, error);
    code = code ? code : add_states(call, "instance", add_collector, items, error);
    code = code ? code : add_states(call, "selftest", add_selftest, items, error);
    code = code ? code : add_states(call, "monitoring", add_would_raise, items, error);
    code = code ? code : add_disabled(call, items, error);
    if (!code)
        *ret = json_pack("{s:O}", "items", items);
    return code;
}
