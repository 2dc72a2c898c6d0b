/* Who uses a measure and what feeds it: what a measure costs is to be held against what it is for
 * (27003:2017 9.1). */
#include "findings/judge/parts.h"

#include <string.h>

#include "ground/base/json.h"

struct feeding {
    const struct intake *intake;
    json_t *names;
};

static bool has_name(const json_t *names, const char *name)
{
    size_t index;
    json_t *known;
    json_array_foreach ((json_t *)names, index, known) {
        if (json_is_string(known) && strcmp(json_string_value(known), name) == 0)
            return true;
    }
    return false;
}

static void add_feeding(void *context, const char *name)
{
    struct feeding *feeding = context;
    for (size_t i = 0; i < feeding->intake->count; i++) {
        const struct instance *instance = feeding->intake->instances[i];
        if (coverage_feeds(instance, name) && !has_name(feeding->names, instance->name))
            json_array_append_new(feeding->names, json_string(instance->name));
    }
}

static bool is_in_objective(const struct judge *judge, const char *id)
{
    for (size_t i = 0; i < judge->objective_count; i++)
        if (has_name(json_object_get(judge->objectives[i].construct, "measures"), id))
            return true;
    return false;
}

/* Nobody asked for it, no objective follows from it, and it is none of the key measures. */
static bool is_unused(const struct judge *judge, const struct measure *measure)
{
    return has_name(json_object_get(judge->config, "unasked"), measure->id) &&
           !json_flag_of(measure->construct, "key", false) && !is_in_objective(judge, measure->id);
}

void judge_use_show(const struct judge *judge, const struct judged *judged, json_t *row)
{
    struct feeding feeding = {judge->intake, json_array()};
    measure_each_name(judged->measure, add_feeding, &feeding);
    json_object_set_new(row, "fed_by", feeding.names);
    json_object_set_new(row, "unused", json_boolean(is_unused(judge, judged->measure)));
    json_object_set(row, "client", json_object_get(judged->measure->construct, "client"));
}
