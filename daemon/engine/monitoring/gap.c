/* The time in which conformd was down: a leaf, and a finding where it was long. */
#include "engine/monitoring/concern.h"

#include "findings/register/register.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { INTERVALS = 3 };

struct outage {
    const struct monitoring_world *world;
    int64_t lasted_ms;
    struct readers readers; /* those that were not judged for too long */
};

static bool is_too_long(const struct outage *outage, const struct monitoring_reader *reader)
{
    const json_t *config = outage->world->config;
    int64_t after = json_integer_of(config, "lost_after", 0);
    if (reader->urgent)
        return outage->lasted_ms >= json_integer_of(config, "lost_after_urgent", 0);
    return outage->lasted_ms >= after && outage->lasted_ms >= INTERVALS * reader->every_ms;
}

static void note_reader(void *visitor, const struct monitoring_reader *reader)
{
    struct outage *outage = visitor;
    if (!reader->adopted || !is_too_long(outage, reader))
        return;
    json_array_append_new(outage->readers.adopted, json_string(reader->measure));
    outage->readers.urgent = outage->readers.urgent || reader->urgent;
}

static int write_leaf(struct monitoring_world *world, const struct monitoring_gap *gap,
                      int64_t *ret_leaf, struct error *error)
{
    char from[TEXT_TIME_SIZE], to[TEXT_TIME_SIZE];
    text_from_time(gap->from_ms, from);
    text_from_time(world->turn->now.wall_ms, to);
    json_t *fields = json_pack("{s:s, s:s, s:s, s:I}", "from", from, "to", to, "why", gap->why,
                               "lasted_ms", (json_int_t)gap->lasted_ms);
    return ledger_append(world->turn->ledger, LEAF_GAP, fields, ret_leaf, error);
}

/* It is over when it is known: raised, and its condition cleared at once. */
static int raise_and_clear(struct monitoring_world *world, const struct monitoring_gap *gap,
                           const struct readers *readers, int64_t leaf, struct error *error)
{
    struct register_raised raised = {0};
    CLEAN(clean_text) char *lasted = text_from_duration(gap->lasted_ms / 1000 * 1000);
    CLEAN(clean_text) char *key = text_format("gap:%lld", (long long)leaf);
    CLEAN(clean_text)
    char *title =
        text_format("conformd was down for %s (%s): nothing was measured", lasted, gap->why);
    if (!lasted || !key || !title)
        return ERROR_MEMORY;
    CLEAN(clean_json)
    json_t *facts = concern_facts(world, &(struct concern_facts){.title = title,
                                                                 .value = lasted,
                                                                 .criterion = "conformd runs",
                                                                 .quality = "complete",
                                                                 .readers = readers,
                                                                 .evidence = leaf,
                                                                 .from_ms = gap->from_ms});
    if (!facts)
        return ERROR_MEMORY;
    int code = register_raise(world->turn, key, facts, &raised, error);
    CLEAN(clean_text) char *ref = raised.ref, *cleared = NULL;
    if (!code)
        code = concern_tell(world, &(struct concern_message){"candidate", ref, readers->urgent},
                            facts, error);
    return code ? code : register_clear(world->turn, key, &cleared, error);
}

int monitoring_tell_gap(struct monitoring_world *world, const struct monitoring_gap *gap,
                        struct error *error)
{
    int64_t leaf;
    struct outage outage = {world, gap->lasted_ms, {.adopted = json_array()}};
    int code = write_leaf(world, gap, &leaf, error);
    if (!code)
        world->each_reader(world->context, NULL, note_reader, &outage);
    if (!code && json_array_size(outage.readers.adopted))
        code = raise_and_clear(world, gap, &outage.readers, leaf, error);
    monitoring_readers_finish(&outage.readers);
    return code;
}
