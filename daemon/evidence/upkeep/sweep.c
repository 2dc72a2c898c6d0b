/* What is old goes: a bounded number of rows a minute. */
#include "evidence/upkeep/upkeep.h"

#include <string.h>

#include "ground/base/json.h"

enum { DAY_MS = 86400000, OUTBOX_DAYS = 30, KEEP_DAYS = 400 };

static int drop_before(struct upkeep *upkeep, const char *sql, int64_t before_ms,
                       struct error *error)
{
    struct store_query *query = store_query(upkeep->turn->store, sql);
    store_bind_integer(query, 1, before_ms);
    return store_run(query, error);
}

static bool is_configured(const json_t *config, const char *name)
{
    size_t index;
    json_t *channel;
    json_array_foreach (json_object_get(config, "channels"), index, channel) {
        if (strcmp(json_text_of(channel, "name", ""), name) == 0)
            return true;
    }
    return false;
}

/* Nobody can ever take what waits for a channel that is gone from the configuration. */
static int drop_unknown_channels(struct upkeep *upkeep, const json_t *config, int64_t now_ms,
                                 struct error *error)
{
    struct store_query *query =
        store_query(upkeep->turn->store,
                    "SELECT DISTINCT channel FROM outbox WHERE taken_ms IS NULL LIMIT 100");
    json_t *gone = json_array(), *name;
    size_t index;
    int row, code = 0;
    while ((row = store_step(query, error)) > 0)
        if (!is_configured(config, store_text(query, 0)))
            json_array_append_new(gone, json_string(store_text(query, 0)));
    code = row;
    json_array_foreach (gone, index, name) {
        if (code)
            break;
        query = store_query(upkeep->turn->store,
                            "UPDATE outbox SET taken_ms = ?2, last_error = 'not delivered: the"
                            " channel is gone' WHERE taken_ms IS NULL AND channel = ?1");
        store_bind_text(query, 1, json_string_value(name));
        store_bind_integer(query, 2, now_ms);
        code = store_run(query, error);
    }
    json_decref(gone);
    return code;
}

int upkeep_sweep_old(struct upkeep *upkeep, const json_t *config, struct error *error)
{
    int64_t now_ms = upkeep->turn->now.wall_ms;
    int64_t keep_ms = json_integer_of(config, "keep", 0);
    int64_t oldest_ms = now_ms - (keep_ms > 0 ? keep_ms : (int64_t)KEEP_DAYS * DAY_MS);
    int code = series_trim(upkeep->turn->series, now_ms, error);
    if (!code)
        code = drop_before(upkeep, "DELETE FROM sessions WHERE expires_ms < ?1", now_ms, error);
    if (!code)
        code = drop_before(upkeep,
                           "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE"
                           " taken_ms < ?1 LIMIT 500)",
                           now_ms - (int64_t)OUTBOX_DAYS * DAY_MS, error);
    if (!code)
        code = drop_unknown_channels(upkeep, config, now_ms, error);
    if (!code)
        code = drop_before(upkeep,
                           "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE"
                           " started_ms < ?1 ORDER BY id LIMIT 500)",
                           oldest_ms, error);
    if (!code)
        code = drop_before(upkeep,
                           "DELETE FROM results WHERE id IN (SELECT id FROM results WHERE"
                           " time_ms < ?1 ORDER BY id LIMIT 500)",
                           oldest_ms, error);
    return code;
}
