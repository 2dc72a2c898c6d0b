/* GET /api/costs: what each measure costs by the collectors that feed it, and which nobody uses. */
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "outside/api/objects.h"
#include "outside/api/routes.h"

/* How many measures this collector feeds: they share what it costs. */
static int64_t count_fed(const json_t *measures, const json_t *collector)
{
    size_t index, at;
    json_t *measure, *name;
    int64_t count = 0;
    json_array_foreach ((json_t *)measures, index, measure) {
        json_array_foreach (json_object_get(measure, "fed_by"), at, name) {
            count += json_equal(name, collector);
        }
    }
    return count;
}

static json_t *cost_of(const json_t *measure, const json_t *measures, const json_t *accounts)
{
    int64_t runs = 0, cpu_ms = 0, bytes = 0, shared = 0;
    size_t index;
    json_t *name;
    json_array_foreach (json_object_get(measure, "fed_by"), index, name) {
        const char *text = json_string_value(name);
        const json_t *cost = text ? api_rows_named(accounts, text) : NULL;
        int64_t others = count_fed(measures, name);
        runs += json_integer_of(cost, "runs", 0);
        cpu_ms += json_integer_of(cost, "cpu_ms", 0);
        bytes += json_integer_of(cost, "bytes", 0);
        shared = others > shared ? others : shared;
    }
    json_t *fed_by = json_object_get(measure, "fed_by");
    return json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:I, s:O, s:b, s:s}", "id", json_text_of(measure, "id", ""),
        "name", json_text_of(measure, "name", ""), "runs", (json_int_t)runs, "cpu_ms",
        (json_int_t)cpu_ms, "bytes", (json_int_t)bytes, "shared_by", (json_int_t)shared,
        "collectors", fed_by ? fed_by : json_null(), "unused",
        json_flag_of(measure, "unused", false), "client", json_text_of(measure, "client", ""));
}

int api_list_costs(struct call *call, json_t **ret, struct error *error)
{
    CLEAN(clean_json) json_t *measures = NULL;
    CLEAN(clean_json) json_t *accounts = NULL;
    CLEAN(clean_json) json_t *costs = json_array();
    size_t index;
    json_t *measure;
    int code = api_rows_states(call, "measure", &measures, error);
    code = code ? code : api_rows_states(call, "account", &accounts, error);
    json_array_foreach (measures, index, measure) {
        if (!code && json_array_append_new(costs, cost_of(measure, measures, accounts)))
            code = ERROR_MEMORY;
    }
    if (!code)
        *ret = json_pack("{s:O}", "costs", costs);
    return code;
}

int api_show_stated(struct call *call, json_t **ret, struct error *error)
{
    return api_rows_state(call, "daemon", "stated", ret, error);
}
