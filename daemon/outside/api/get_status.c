/* GET /api/status: how the daemon itself stands. */
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "outside/api/objects.h"
#include "outside/api/routes.h"

/* {text: 0, ...} */
static json_t *zeros(const char *const *texts)
{
    json_t *counts = json_object();
    for (; *texts; texts++)
        json_object_set_new(counts, *texts, json_integer(0));
    return counts;
}

static int count_states(const struct call *call, json_t *status, struct error *error)
{
    static const char *const measures[] = {"met",     "at_risk",        "missed",
                                           "unknown", "not_applicable", NULL};
    static const char *const collectors[] = {"well",    "partial",  "failed",   "absent",
                                             "standby", "starting", "disabled", NULL};
    CLEAN(clean_json) json_t *judged = NULL;
    CLEAN(clean_json) json_t *instances = NULL;
    json_t *of_measures = zeros(measures), *of_collectors = zeros(collectors);
    json_object_set_new(status, "measures", of_measures);
    json_object_set_new(status, "collectors", of_collectors);
    int code = api_rows_states(call, "measure", &judged, error);
    code = code ? code : api_rows_states(call, "instance", &instances, error);
    if (code)
        return code;
    api_rows_count(judged, "state", of_measures);
    api_rows_count(instances, "state", of_collectors);
    return 0;
}

/* Two numbers of one row. */
static int count_pair(struct store_query *query, int64_t ret[2], struct error *error)
{
    int step = store_step(query, error);
    if (step <= 0)
        return step < 0 ? step : error_set(error, ERROR_DATABASE, "a count answered no row");
    ret[0] = store_integer(query, 0);
    ret[1] = store_integer(query, 1);
    store_reset(query);
    return 0;
}

static int count_rows(const struct call *call, json_t *status, struct error *error)
{
    int64_t findings[2] = {0}, outbox[2] = {0};
    int code = count_pair(
        store_query(call->api->store,
                    "SELECT count(*) FILTER (WHERE state = 'candidate'), count(*) FILTER (WHERE"
                    " state NOT IN ('candidate', 'closed', 'dismissed')) FROM findings"),
        findings, error);
    if (!code)
        code =
            count_pair(store_query(call->api->store,
                                   "SELECT count(*), count(*) FILTER (WHERE tries > 0) FROM outbox"
                                   " WHERE taken_ms IS NULL"),
                       outbox, error);
    if (code)
        return code;
    json_object_set_new(status, "findings",
                        json_pack("{s:I, s:I}", "candidates", (json_int_t)findings[0], "open",
                                  (json_int_t)findings[1]));
    json_object_set_new(
        status, "outbox",
        json_pack("{s:I, s:I}", "waiting", (json_int_t)outbox[0], "failed", (json_int_t)outbox[1]));
    return 0;
}

static void set_figures(const struct call *call, json_t *status)
{
    struct ledger_head head;
    char root[2 * LEDGER_HASH_SIZE + 1];
    ledger_head(call->api->ledger, &head);
    text_from_bytes(head.root, sizeof head.root, root);
    json_object_set_new(status, "ledger",
                        json_pack("{s:I, s:s}", "size", (json_int_t)head.size, "root", root));
}

int api_show_status(struct call *call, json_t **ret, struct error *error)
{
    CLEAN(clean_json) json_t *status = NULL;
    int code = api_rows_state(call, "daemon", "status", &status, error);
    if (code == ERROR_MISSING) { /* the engine's first turn is still under way */
        error_finish(error);
        *error = (struct error){0};
        status = json_pack("{s:b, s:[]}", "ready", 0, "notes");
        code = 0;
    }
    if (code)
        return code;
    api_rows_set_time(status, "now", call->request->now_ms);
    set_figures(call, status);
    code = count_states(call, status, error);
    code = code ? code : count_rows(call, status, error);
    if (!code)
        *ret = json_incref(status);
    return code;
}
