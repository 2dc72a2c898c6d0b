/* Tells in the ledger how the concerns stand: what a finding of the monitoring depends on must
 * follow from leaves. */
#include "engine/monitoring/concern.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"

enum { TELL_EVERY_MS = 3600000 };

/* Time that was counted since is told by the hour; a process tells first what it found. */
static bool is_due(const struct monitoring *monitoring, int64_t now_ms)
{
    if (!monitoring->count)
        return false;
    return !monitoring->told_ms || now_ms < monitoring->told_ms ||
           now_ms - monitoring->told_ms >= TELL_EVERY_MS;
}

/* The rows of those that are told, each saved as it is told. */
static int gather(struct monitoring *monitoring, const struct monitoring_world *world, bool all,
                  json_t *rows, struct error *error)
{
    int code = 0;
    for (size_t i = 0; !code && i < monitoring->count; i++) {
        struct concern *concern = &monitoring->concerns[i];
        if (!all && !concern->moved)
            continue;
        concern->moved = false;
        code = concern_save(world, concern, error);
        if (!code && json_object_set_new(rows, concern->key, concern_row(concern)))
            code = ERROR_MEMORY;
    }
    return code;
}

/* Names and reasons are the text beside the leaf. */
static int write_leaf(const struct monitoring_world *world, const json_t *rows, const json_t *over,
                      struct error *error)
{
    char commitment[DIGEST_TEXT_SIZE];
    int64_t leaf;
    CLEAN(clean_json)
    json_t *text = json_pack("{s:s, s:O, s:O*}", "kind", "monitoring", "rows", rows, "over", over);
    CLEAN(clean_text) char *body = text ? json_canonical(text) : NULL;
    if (!body)
        return ERROR_MEMORY;
    int code = ledger_attach(world->turn->ledger, PAYLOAD_TEXT, body, strlen(body), commitment);
    if (code)
        return error_set(error, code, "the ledger refused a payload: %s", error_text(code));
    return ledger_append(world->turn->ledger, LEAF_STATE,
                         json_pack("{s:I, s:I, s:s}", "monitoring",
                                   (json_int_t)json_object_size(rows), "over",
                                   (json_int_t)json_array_size(over), "pt", commitment),
                         &leaf, error);
}

int monitoring_tell(struct monitoring *monitoring, const struct monitoring_world *world,
                    struct error *error)
{
    CLEAN(clean_json) json_t *rows = json_object();
    CLEAN(clean_json) json_t *over = monitoring->over;
    bool all = is_due(monitoring, world->turn->now.wall_ms);
    monitoring->over = NULL;
    int code = rows ? gather(monitoring, world, all, rows, error) : ERROR_MEMORY;
    if (all)
        monitoring->told_ms = world->turn->now.wall_ms;
    if (code || !(json_object_size(rows) || json_array_size(over)))
        return code;
    return write_leaf(world, rows, over, error);
}
