/* Objectives: judged from their measures now; an approved one that is missed at its date is a
 * finding (27001:2022 10.2: an objective that was not reached). */
#include "findings/judge/parts.h"

#include "evidence/store/states.h"
#include "findings/notify/notify.h"
#include "findings/register/register.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static const char *word(const struct objective *objective, const char *key)
{
    return json_text_of(objective->construct, key, "");
}

static int save(struct judge *judge, const struct objective *objective, const json_t *measures,
                struct error *error)
{
    json_t *row = json_pack(
        "{s:s, s:s, s:s, s:O, s:s, s:s, s:s, s:s, s:s, s:s}", "id", word(objective, "id"),
        "statement", word(objective, "statement"), "state", objective_state_text(objective->state),
        "measures", (json_t *)measures, "due", word(objective, "due"), "responsible",
        word(objective, "responsible"), "resources", word(objective, "resources"), "policy",
        word(objective, "policy"), "status", objective->approved ? "approved" : "draft", "reason",
        objective->approved ? "" : "a draft until it is approved: conformctl approve");
    return states_put(judge->turn->store, "objective", word(objective, "id"), row, error);
}

/* What the finding says: which of its measures are not met, and the evidence under them. */
static json_t *facts(struct judge *judge, const struct objective *objective, const json_t *measures)
{
    json_t *breaching = json_array(), *evidence = json_array();
    size_t index;
    json_t *row;
    json_array_foreach (measures, index, row) {
        const struct judged *judged = judge_find(judge, json_text_of(row, "id", ""));
        if (judged && judged->result.verdict == VERDICT_MET)
            continue;
        json_array_append_new(breaching, json_pack("{s:{s:O}, s:O}", "labels", "measure",
                                                   json_object_get(row, "id"), "state",
                                                   json_object_get(row, "state")));
        for (size_t i = 0; judged && i < judged->evidence_count; i++)
            json_array_append_new(evidence, json_integer(judged->evidence[i]));
    }
    size_t count = json_array_size(measures), bad = json_array_size(breaching);
    CLEAN(clean_text)
    char *title = text_format("Objective %s was not reached by %s: %s", word(objective, "id"),
                              word(objective, "due"), word(objective, "statement"));
    CLEAN(clean_text) char *value = text_format("%zu of %zu measures met", count - bad, count);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:s, s:s, s:{s:I, s:I, s:I}, "
                     "s:o, s:o, s:o, s:s}",
                     "title", title ? title : "", "type", "nonconformity", "measure", "",
                     "objective", word(objective, "id"), "requirement",
                     json_text_of(objective->construct, "requirement", ""), "controls",
                     json_array(), "source", "missed objective", "detected_by",
                     "conformd " CONFORMD_VERSION, "objects", json_pack("[s]", judge->host),
                     "value", value ? value : "", "criterion", "its measures are met at its date",
                     "population", "expected", (json_int_t)count, "seen", (json_int_t)count,
                     "breaching", (json_int_t)bad, "breaching", breaching, "evidence", evidence,
                     "excerpts", json_array(), "quality", "complete");
}

static int tell(struct judge *judge, const char *event, const char *ref, json_t *data,
                struct error *error)
{
    struct notify_context context = {.turn = judge->turn,
                                     .channels = json_object_get(judge->config, "channels"),
                                     .host = judge->host};
    json_object_set_new(data, "ref", json_string(ref));
    struct notify_event told = {event, ref, URGENCY_DAY, data};
    judge->told = true;
    return notify_put(&context, &told, error);
}

/* What is not shown to work, or stands under a clock that is not trusted, clears nothing. */
static bool is_provisional(struct judge *judge, const json_t *measures)
{
    size_t index;
    json_t *row;
    json_array_foreach ((json_t *)measures, index, row) {
        const struct judged *judged = judge_find(judge, json_text_of(row, "id", ""));
        if (judged && (judged->result.provisional || judged->memory.provisional))
            return true;
    }
    return false;
}

/* Raised once a process, and cleared once: the register extends what is open already, never doubles
 * it, and leaves what is cleared. */
static int move(struct judge *judge, struct objective *objective, const json_t *measures,
                struct error *error)
{
    bool missed = objective->approved && objective->state == OBJECTIVE_MISSED;
    bool may_stand = objective->standing || (objective->approved && !objective->moved);
    bool reached =
        may_stand && objective->state == OBJECTIVE_ACHIEVED && !is_provisional(judge, measures);
    struct register_raised raised = {0};
    CLEAN(clean_text) char *ref = NULL;
    if (missed ? objective->standing : !reached)
        return 0;
    CLEAN(clean_text) char *key = text_format("objective:%s", word(objective, "id"));
    CLEAN(clean_json) json_t *data = facts(judge, objective, measures);
    if (!key || !data)
        return ERROR_MEMORY;
    objective->standing = missed;
    objective->moved = true;
    if (!missed) {
        int code = register_clear(judge->turn, key, &ref, error);
        return code || !ref ? code : tell(judge, "condition_cleared", ref, data, error);
    }
    int code = register_raise(judge->turn, key, data, &raised, error);
    ref = raised.ref;
    return code || !raised.is_new ? code : tell(judge, "candidate", ref, data, error);
}

int judge_objectives_judge(struct judge *judge, struct objective *objective, struct error *error)
{
    const json_t *names = json_object_get(objective->construct, "measures"), *name;
    size_t index, count = json_array_size(names);
    int64_t due_ms = INT64_MAX;
    CLEAN(clean_memory) enum verdict *verdicts = calloc(count + 1, sizeof *verdicts);
    CLEAN(clean_json) json_t *rows = json_array();
    if (!verdicts)
        return ERROR_MEMORY;
    json_array_foreach (names, index, name) {
        const char *id = json_string_value(name);
        const struct judged *judged = id ? judge_find(judge, id) : NULL;
        verdicts[index] = judged && judged->judged ? judged->result.verdict : VERDICT_UNKNOWN;
        json_array_append_new(rows, json_pack("{s:s, s:s}", "id", id ? id : "", "state",
                                              criterion_verdict_text(verdicts[index])));
    }
    if (text_to_time(word(objective, "due"), &due_ms))
        due_ms = INT64_MAX;
    objective->state = objective_judge(verdicts, count, due_ms, judge->turn->now.wall_ms);
    objective->judged = true;
    int code = move(judge, objective, rows, error);
    if (!code)
        code = judge_leaf_objective(judge, objective, error);
    return code ? code : save(judge, objective, rows, error);
}
