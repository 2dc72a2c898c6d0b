/* What a finding of the monitoring says, and the message of it. */
#include "engine/monitoring/concern.h"

#include "findings/notify/notify.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static json_t *show_time(int64_t wall_ms)
{
    char text[TEXT_TIME_SIZE];
    text_from_time(wall_ms, text);
    return json_string(text);
}

/* The members: measures that were not measured, then what was lost or is too much. */
static json_t *breaching_of(const struct concern_facts *facts)
{
    json_t *list = json_array(), *item;
    size_t index;
    json_array_foreach (facts->readers->adopted, index, item)
        json_array_append_new(list, json_pack("{s:{s:O}, s:s}", "labels", "measure", item, "state",
                                              criterion_verdict_text(VERDICT_UNKNOWN)));
    json_array_foreach ((json_t *)facts->items, index, item)
        json_array_append(list, item);
    return list;
}

json_t *concern_facts(const struct monitoring_world *world, const struct concern_facts *facts)
{
    CLEAN(clean_text) char *detected = text_format("conformd %s", world->version);
    json_t *evidence = json_array();
    size_t count = json_array_size(facts->readers->adopted);
    if (facts->evidence >= 0)
        json_array_append_new(evidence, json_integer((json_int_t)facts->evidence));
    return json_pack(
        "{s:s, s:s, s:s, s:O, s:s, s:[], s:s, s:s, s:[s], s:s, s:s, s:{s:I, s:i, s:I}, s:o, "
        "s:{s:o, s:o}, s:o, s:[], s:s, s:s}",
        "title", facts->title, "type", "nonconformity", "measure", "", "members",
        facts->readers->adopted, "requirement", "27001:2022 9.1", "controls", "source",
        "failed monitoring", "detected_by", detected ? detected : "", "objects", world->host,
        "value", facts->value, "criterion", facts->criterion, "population", "expected",
        (json_int_t)count, "seen", 0, "breaching", (json_int_t)count, "breaching",
        breaching_of(facts), "window", "from", show_time(facts->from_ms), "to",
        show_time(world->turn->now.wall_ms), "evidence", evidence, "excerpts", "quality",
        facts->quality, "classification", json_text_of(world->config, "classification", ""));
}

int concern_tell(struct monitoring_world *world, const struct concern_message *message,
                 json_t *data, struct error *error)
{
    struct notify_context context = {.turn = world->turn,
                                     .channels = json_object_get(world->config, "channels"),
                                     .host = world->host};
    json_object_set_new(data, "ref", json_string(message->ref));
    json_object_set_new(data, "state", json_string(criterion_verdict_text(VERDICT_UNKNOWN)));
    struct notify_event told = {message->event, message->ref,
                                message->urgent ? URGENCY_NOW : URGENCY_DAY, data};
    world->told = true;
    return notify_put(&context, &told, error);
}
