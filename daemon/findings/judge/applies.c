/* Whether a measure applies, and what its result is worth: the statement of applicability
 * (27001:2022 6.1.3 d), and the clock that it was judged by. */
#include "findings/judge/parts.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static const json_t *soa_row(const struct judge *judge, const char *control)
{
    size_t index;
    json_t *row;
    json_array_foreach (json_object_get(judge->config, "soa"), index, row) {
        if (strcmp(json_text_of(row, "control", ""), control) == 0)
            return row;
    }
    return NULL;
}

/* A control of which nothing is stated applies and is taken as implemented, as if there were no
 * statement; so does a measure without controls. */
void judge_applies_load(const struct judge *judge, struct judged *judged)
{
    const json_t *controls = json_object_get(judged->measure->construct, "controls");
    size_t index, excluded = 0, waiting = 0, count = json_array_size(controls);
    json_t *control;
    judged->excluded = NULL;
    json_array_foreach ((json_t *)controls, index, control) {
        const char *name = json_string_value(control);
        const json_t *row = name ? soa_row(judge, name) : NULL;
        if (row && !json_flag_of(row, "applicable", true)) {
            excluded++;
            judged->excluded = judged->excluded ? judged->excluded : row;
        } else if (row && strcmp(json_text_of(row, "status", "implemented"), "implemented") != 0) {
            waiting++;
        }
    }
    if (!count || excluded < count)
        judged->excluded = NULL;
    judged->observes = waiting > 0 && excluded + waiting == count;
}

static int take_out(const struct judged *judged, struct result *ret)
{
    *ret = (struct result){.verdict = VERDICT_NOT_APPLICABLE};
    ret->reason =
        text_format("%s does not apply: %s", json_text_of(judged->excluded, "control", ""),
                    json_text_of(judged->excluded, "justification", ""));
    return ret->reason ? 0 : ERROR_MEMORY;
}

int judge_applies_judge(struct judge *judge, struct judged *judged,
                        const struct measure_world *world, struct result *ret, struct error *error)
{
    int code = judged->excluded ? take_out(judged, ret)
                                : measure_judge(judged->measure, world, ret, error);
    if (code)
        return code;
    judged->unsynchronised = !judge->synchronised;
    return 0;
}

/* Who decided that it does not apply, and until when, instead of who approved its text. */
void judge_applies_show(const struct judged *judged, json_t *row)
{
    const char *until = json_text_of(judged->excluded, "review_due", "");
    json_object_set_new(row, "clock",
                        json_string(judged->unsynchronised ? "not synchronised" : "synchronised"));
    if (judged->observes)
        json_object_set_new(row, "raises", json_string("observation"));
    if (!judged->excluded)
        return;
    json_object_set_new(row, "decided_by",
                        json_string(json_text_of(judged->excluded, "owner", "")));
    json_object_set_new(row, "decided_at", json_null());
    json_object_set_new(row, "until", *until ? json_string(until) : json_null());
}

void judge_applies_mark(const struct judged *judged, json_t *facts)
{
    const char *quality = json_text_of(facts, "quality", "complete");
    bool complete = strcmp(quality, "complete") == 0;
    if (judged->observes)
        json_object_set_new(facts, "type", json_string("observation"));
    if (!judged->unsynchronised)
        return;
    CLEAN(clean_text)
    char *text = text_format("%s%sthe clock is not synchronised", complete ? "" : quality,
                             complete ? "" : "; ");
    json_object_set_new(facts, "quality", json_string(text ? text : ""));
}
