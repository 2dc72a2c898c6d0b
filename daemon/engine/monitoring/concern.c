/* The list of concerns: found, added, kept over a restart, dropped. */
#include "engine/monitoring/concern.h"

#include <string.h>

#include "evidence/store/states.h"
#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

const char *concern_kind_text(enum monitoring_kind kind)
{
    switch (kind) {
    case MONITORING_LOST:
        return "collector";
    case MONITORING_LOSSES:
        return "losses";
    case MONITORING_OVERFLOW:
        return "overflow";
    }
    return "";
}

static void concern_finish(struct concern *concern)
{
    free(concern->key);
    free(concern->instance);
    free(concern->attribute);
    free(concern->reason);
    free(concern->finding);
}

void monitoring_finish(struct monitoring *monitoring)
{
    for (size_t i = 0; i < monitoring->count; i++)
        concern_finish(&monitoring->concerns[i]);
    free(monitoring->concerns);
    json_decref(monitoring->over);
    *monitoring = (struct monitoring){0};
}

struct concern *concern_find(struct monitoring *monitoring, enum monitoring_kind kind,
                             const char *instance, const char *attribute)
{
    for (size_t i = 0; i < monitoring->count; i++) {
        struct concern *concern = &monitoring->concerns[i];
        if (concern->kind == kind && strcmp(concern->instance, instance) == 0 &&
            strcmp(concern->attribute, attribute) == 0)
            return concern;
    }
    return NULL;
}

int concern_add(struct monitoring *monitoring, const struct concern *like, struct concern **ret)
{
    int code = array_reserve(&monitoring->concerns, &monitoring->capacity, monitoring->count,
                             sizeof *monitoring->concerns);
    if (code)
        return code;
    struct concern *concern = &monitoring->concerns[monitoring->count++];
    *concern = *like;
    concern->key = *like->attribute
                       ? text_format("%s:%s:%s", concern_kind_text(like->kind), like->instance,
                                     like->attribute)
                       : text_format("%s:%s", concern_kind_text(like->kind), like->instance);
    concern->instance = strdup(like->instance);
    concern->attribute = strdup(like->attribute);
    concern->reason = strdup(like->reason ? like->reason : "");
    concern->finding = like->finding && *like->finding ? strdup(like->finding) : NULL;
    *ret = concern;
    return concern->key && concern->instance && concern->attribute && concern->reason
               ? 0
               : ERROR_MEMORY;
}

static enum monitoring_kind kind_of(const char *text)
{
    for (int i = MONITORING_LOST; i <= MONITORING_OVERFLOW; i++)
        if (strcmp(concern_kind_text((enum monitoring_kind)i), text) == 0)
            return (enum monitoring_kind)i;
    return MONITORING_LOST;
}

static int remember(struct monitoring *monitoring, const json_t *row, bool other_boot,
                    int64_t boot_ms)
{
    struct concern *concern;
    struct concern like = {.kind = kind_of(json_text_of(row, "kind", "")),
                           .instance = (char *)json_text_of(row, "name", ""),
                           .attribute = (char *)json_text_of(row, "attribute", ""),
                           .reason = (char *)json_text_of(row, "reason", ""),
                           .finding = (char *)json_text_of(row, "finding", ""),
                           .since_ms = json_integer_of(row, "since_ms", 0),
                           .raises = json_flag_of(row, "raises", false)};
    criterion_memory_from_json(json_object_get(row, "memory"), other_boot, boot_ms, &like.memory);
    return concern_add(monitoring, &like, &concern);
}

int monitoring_load(struct monitoring *monitoring, struct store *store, bool other_boot,
                    int64_t boot_ms, struct error *error)
{
    struct store_query *query =
        store_query(store, "SELECT body FROM states WHERE kind = 'monitoring' ORDER BY id");
    int row, code = 0;
    while (!code && (row = store_step(query, error)) > 0) {
        CLEAN(clean_json) json_t *body = NULL;
        const char *text = store_text(query, 0);
        code = json_read(text, strlen(text), &body, error);
        if (!code)
            code = remember(monitoring, body, other_boot, boot_ms);
    }
    if (code)
        store_reset(query);
    return code ? code : row;
}

json_t *concern_row(const struct concern *concern)
{
    char since[TEXT_TIME_SIZE];
    text_from_time(concern->since_ms, since);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:s, s:b, s:b, s:b}", "kind",
        concern_kind_text(concern->kind), "name", concern->instance, "attribute",
        concern->attribute, "reason", concern->reason, "since", since, "since_ms",
        (json_int_t)concern->since_ms, "memory", criterion_memory_to_json(&concern->memory),
        "finding", concern->finding ? concern->finding : "", "raises", concern->raises, "standing",
        concern->memory.standing, "would_raise", concern->memory.standing && !concern->raises);
}

int concern_save(const struct monitoring_world *world, struct concern *concern, struct error *error)
{
    concern->saved_ms = world->turn->now.wall_ms;
    return states_put(world->turn->store, "monitoring", concern->key, concern_row(concern), error);
}

int concern_drop(struct monitoring *monitoring, const struct monitoring_world *world,
                 struct concern *concern, struct error *error)
{
    struct store_query *query =
        store_query(world->turn->store, "DELETE FROM states WHERE kind = 'monitoring' AND id = ?1");
    store_bind_text(query, 1, concern->key);
    int code = store_run(query, error);
    if (!monitoring->over)
        monitoring->over = json_array();
    if (json_array_append_new(monitoring->over, json_string(concern->key)))
        code = ERROR_MEMORY;
    concern_finish(concern);
    *concern = monitoring->concerns[--monitoring->count];
    return code;
}
