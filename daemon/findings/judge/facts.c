/* What a finding, a message and the API say of a result; which evidence lies under it. */
#include "findings/judge/parts.h"

#include <math.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { ELEMENTS_LIMIT = 50, EXCERPTS_LIMIT = 40, EVIDENCE_AGE_FLOOR_MS = 3600000 };

struct gathering {
    struct judged *judged;
    const struct intake *intake;
    int64_t oldest_ms;
};

static void add_leaf(struct judged *judged, int64_t leaf)
{
    for (size_t i = 0; i < judged->evidence_count; i++)
        if (judged->evidence[i] == leaf)
            return;
    if (judged->evidence_count < INSTANCE_EVIDENCE)
        judged->evidence[judged->evidence_count++] = leaf;
}

/* The newest leaf of every feeding instance, and older ones within the formula's reach. */
static void gather_name(void *context, const char *name)
{
    struct gathering *gathering = context;
    for (size_t i = 0; i < gathering->intake->count; i++) {
        const struct instance *instance = gathering->intake->instances[i];
        if (!coverage_feeds(instance, name))
            continue;
        for (int at = 0; at < INSTANCE_EVIDENCE && instance->record.evidence[at] >= 0; at++)
            if (at == 0 || instance->record.evidence_ms[at] >= gathering->oldest_ms)
                add_leaf(gathering->judged, instance->record.evidence[at]);
    }
}

void judge_facts_gather_evidence(struct judge *judge, struct judged *judged)
{
    int64_t now_ms = judge->turn->now.wall_ms;
    int64_t reach = measure_reach_ms(judged->measure);
    struct gathering gathering = {
        .judged = judged, .intake = judge->intake, .oldest_ms = reach ? now_ms - reach : INT64_MAX};
    judged->evidence_count = 0;
    if (judged->result.verdict != VERDICT_UNKNOWN && !judged->excluded)
        measure_each_name(judged->measure, gather_name, &gathering);
}

struct telling {
    struct intake *intake;
    struct error *error;
    int code;
};

static void tell_name(void *context, const char *name)
{
    struct telling *telling = context;
    for (size_t i = 0; i < telling->intake->count && !telling->code; i++)
        if (coverage_feeds(telling->intake->instances[i], name))
            telling->code =
                intake_tell(telling->intake, telling->intake->instances[i], telling->error);
}

int judge_facts_tell(struct judge *judge, const struct judged *judged, struct error *error)
{
    struct telling telling = {judge->intake, error, 0};
    measure_each_name(judged->measure, tell_name, &telling);
    return telling.code;
}

static json_t *evidence_list(const struct judged *judged)
{
    json_t *list = json_array();
    for (size_t i = 0; i < judged->evidence_count; i++)
        json_array_append_new(list, json_integer(judged->evidence[i]));
    return list;
}

static json_t *labels_to_json(const struct labels *labels)
{
    json_t *json = json_object();
    for (size_t i = 0; labels && i < labels->count; i++)
        json_object_set_new(json, labels->pair[i].name, json_string(labels->pair[i].value));
    return json;
}

static json_t *element_list(const struct result *result, bool breaching_only)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->count && json_array_size(list) < ELEMENTS_LIMIT; i++) {
        const struct result_element *element = &result->elements[i];
        if (breaching_only && element->verdict != VERDICT_MISSED)
            continue;
        json_t *row = json_pack("{s:o, s:s}", "labels", labels_to_json(element->labels), "state",
                                criterion_verdict_text(element->verdict));
        json_set_double(row, "value", element->value);
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *time_or_null(int64_t wall_ms)
{
    char text[TEXT_TIME_SIZE];
    if (!wall_ms)
        return json_null();
    text_from_time(wall_ms, text);
    return json_string(text);
}

static json_t *reason_of(const struct result *result)
{
    const char *reason = result->reason ? result->reason : "";
    if (result->unknown != KNOWN) {
        CLEAN(clean_text)
        char *text = text_format("%s: %s", measure_unknown_kind_text(result->unknown), reason);
        return json_string(text ? text : "");
    }
    if (result->partial)
        return json_string("from a partial run, which accept_partial allows");
    return json_string(reason);
}

static json_t *show_criterion(const json_t *criterion)
{
    CLEAN(clean_text) char *lasting = text_from_duration(json_integer_of(criterion, "for", 0));
    CLEAN(clean_text) char *recover = text_from_duration(json_integer_of(criterion, "recover", 0));
    return json_pack("{s:s, s:s, s:s, s:s}", "target", json_text_of(criterion, "target", ""),
                     "tolerance", json_text_of(criterion, "tolerance", ""), "for",
                     lasting ? lasting : "", "recover", recover ? recover : "");
}

/* The construct's own words, as they stand in it. */
static void copy_words(json_t *row, const json_t *construct)
{
    static const char *const keys[] = {
        "id",      "version", "name",       "kind",          "information_need",
        "formula", "unit",    "population", "population_by", "controls",
        "owner",   "urgency", "why",        "if_missed"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_t *value = json_object_get(construct, keys[i]);
        if (value)
            json_object_set(row, keys[i], value);
    }
}

static const char *status_of(const struct judged *judged)
{
    return judged->trial ? "trial" : judged->draft_waits ? "draft" : "approved";
}

json_t *judge_show_measure(struct judge *judge, struct judged *judged, int64_t now_ms)
{
    const struct result *result = &judged->result;
    const json_t *construct = judged->measure->construct;
    int64_t due_in = judged->due_boot_ms - judged->memory.at_ms;

    json_t *row = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:s, s:s, s:o, s:b, s:o, s:I, s:I, s:I, s:o, s:o}",
        "state", criterion_verdict_text(result->verdict), "reason", reason_of(result), "since",
        time_or_null(judged->since_ms), "judged_at", time_or_null(now_ms), "next_due_at",
        time_or_null(now_ms + due_in), "trial", judged->trial, "provisional", result->provisional,
        "status", status_of(judged), "decided_by", judged->decided_by ? judged->decided_by : "",
        "decided_at", time_or_null(judged->decided_ms), "would_raise",
        judged->trial && judged->memory.standing, "criterion",
        show_criterion(json_object_get(construct, "criterion")), "expected",
        (json_int_t)result->expected, "seen", (json_int_t)result->seen, "breaching",
        (json_int_t)result->breaching, "elements", element_list(result, false), "evidence",
        evidence_list(judged));
    if (!row)
        return NULL;
    copy_words(row, construct);
    judge_applies_show(judged, row);
    judge_use_show(judge, judged, row);
    json_object_set_new(row, "systemic", json_boolean(result->systemic));
    json_object_set_new(row, "value", json_null());
    if (result->has_value)
        json_set_double(row, "value", result->value);
    json_object_set_new(row, "finding",
                        judged->finding ? json_string(judged->finding) : json_null());
    return row;
}

struct excerpt_search {
    const struct judged *judged;
    const char *attribute;
    bool feeds;
};

static void match_name(void *context, const char *name)
{
    struct excerpt_search *search = context;
    size_t length = strlen(search->attribute);
    search->feeds = search->feeds || strncmp(name, search->attribute, length) == 0;
}

/* Appends the lines of one leaf that belong to what the measure reads. */
static void append_excerpts(struct judge *judge, const struct judged *judged, int64_t leaf,
                            json_t *list)
{
    CLEAN(buffer_finish) struct buffer lines = {0};
    CLEAN(error_finish) struct error error = {0};
    if (ledger_payload(judge->turn->ledger, leaf, PAYLOAD_EXCERPTS, &lines, &error))
        return;
    for (const char *at = lines.data; at && *at && json_array_size(list) < EXCERPTS_LIMIT;) {
        const char *end = strchr(at, '\n');
        json_t *row = NULL;
        if (!end || json_read(at, (size_t)(end - at), &row, NULL))
            return;
        struct excerpt_search search = {judged, json_text_of(row, "attribute", "?"), false};
        measure_each_name(judged->measure, match_name, &search);
        if (search.feeds)
            json_array_append(list, row);
        json_decref(row);
        at = end + 1;
    }
}

static json_t *excerpt_list(struct judge *judge, const struct judged *judged)
{
    json_t *list = json_array();
    for (size_t i = 0; i < judged->evidence_count; i++)
        append_excerpts(judge, judged, judged->evidence[i], list);
    return list;
}

static json_t *window_of(const struct judged *judged, int64_t now_ms)
{
    return json_pack("{s:o, s:o}", "from", time_or_null(now_ms - measure_reach_ms(judged->measure)),
                     "to", time_or_null(now_ms));
}

static char *criterion_words(const json_t *criterion)
{
    const char *tolerance = json_text_of(criterion, "tolerance", "");
    CLEAN(clean_text) char *lasting = text_from_duration(json_integer_of(criterion, "for", 0));
    return text_format("target %s%s%s, for %s", json_text_of(criterion, "target", ""),
                       *tolerance ? ", tolerance " : "", tolerance, lasting ? lasting : "");
}

/* The objectives that name this measure. */
static json_t *objectives_of(const struct judge *judge, const struct judged *judged)
{
    json_t *list = json_array(), *name;
    size_t index;
    for (size_t i = 0; i < judge->objective_count; i++) {
        const json_t *construct = judge->objectives[i].construct;
        json_array_foreach (json_object_get(construct, "measures"), index, name) {
            if (json_is_string(name) && strcmp(json_string_value(name), judged->measure->id) == 0)
                json_array_append_new(
                    list,
                    json_pack("{s:s, s:I}", "id", json_text_of(construct, "id", ""), "version",
                              (json_int_t)json_integer_of(construct, "version", 0)));
        }
    }
    return list;
}

struct collector_list {
    const struct intake *intake;
    json_t *rows;
};

static void list_collector(void *context, const char *name)
{
    struct collector_list *list = context;
    for (size_t i = 0; i < list->intake->count; i++) {
        const struct instance *instance = list->intake->instances[i];
        if (!coverage_feeds(instance, name) || instance->condition == CONDITION_STANDBY ||
            instance->condition == CONDITION_DISABLED)
            continue;
        json_t *row =
            json_pack("{s:s, s:s, s:s}", "name", instance->name, "plugin", instance->plugin,
                      "version", json_text_of(instance->tables, "version", ""));
        size_t index;
        json_t *known;
        bool there = false;
        json_array_foreach (list->rows, index, known)
            there = there || json_equal(known, row);
        if (!there)
            json_array_append(list->rows, row);
        json_decref(row);
    }
}

/* Who detected it: the collectors that feed the measure, with their versions. */
static json_t *collectors_of(const struct judge *judge, const struct judged *judged)
{
    struct collector_list list = {judge->intake, json_array()};
    measure_each_name(judged->measure, list_collector, &list);
    return list.rows;
}

struct doubt {
    const struct intake *intake;
    const char *words;
};

static void note_doubt(void *context, const char *name)
{
    struct doubt *doubt = context;
    for (size_t i = 0; i < doubt->intake->count; i++) {
        const struct instance *instance = doubt->intake->instances[i];
        if (!coverage_feeds(instance, name))
            continue;
        if (instance->standing.backlog)
            doubt->words = "provisional: a backlog is being worked off";
        else if (instance->standing.clock_set)
            doubt->words = "provisional: the clock was set";
        else if (!proof_holds(instance))
            doubt->words = "provisional: the method has not passed a selftest";
    }
}

static const char *provisional_words(const struct judge *judge, const struct judged *judged)
{
    struct doubt doubt = {judge->intake, "provisional"};
    measure_each_name(judged->measure, note_doubt, &doubt);
    return doubt.words;
}

json_t *judge_facts_of_finding(struct judge *judge, struct judged *judged)
{
    const struct result *result = &judged->result;
    json_t *construct = judged->measure->construct;
    char number[TEXT_DOUBLE_SIZE] = "";
    if (result->has_value)
        text_from_double(result->value, number);
    CLEAN(clean_text) char *criterion = criterion_words(json_object_get(construct, "criterion"));
    CLEAN(clean_text)
    char *title = text_format("%s%s: %s %s, %s", result->systemic ? "Systemic: " : "",
                              json_text_of(construct, "name", judged->measure->id), number,
                              json_text_of(construct, "unit", ""), criterion ? criterion : "");
    json_t *controls = json_object_get(construct, "controls");
    json_t *facts = json_pack(
        "{s:s, s:s, s:s, s:I, s:s, s:o, s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s, "
        "s:s}",
        "title", title ? title : "", "type", "nonconformity", "measure", judged->measure->id,
        "measure_version", (json_int_t)json_integer_of(construct, "version", 0), "requirement",
        json_text_of(construct, "requirement", ""), "controls",
        controls ? json_incref(controls) : json_array(), "source", "failed acceptance criterion",
        "detected_by", "conformd " CONFORMD_VERSION, "objects", json_pack("[s]", judge->host),
        "value", number, "criterion", criterion ? criterion : "", "population",
        json_pack("{s:I, s:I, s:I}", "expected", (json_int_t)result->expected, "seen",
                  (json_int_t)result->seen, "breaching", (json_int_t)result->breaching),
        "breaching", element_list(result, true), "window",
        window_of(judged, judge->turn->now.wall_ms), "evidence", evidence_list(judged), "excerpts",
        excerpt_list(judge, judged), "quality",
        result->provisional    ? provisional_words(judge, judged)
        : result->part_watched ? "not everything was observed"
        : result->partial      ? "from a partial run"
                               : "complete",
        "classification", json_text_of(judge->config, "classification", ""));
    if (facts) {
        json_object_set_new(facts, "objectives", objectives_of(judge, judged));
        judge_applies_mark(judged, facts);
        json_object_set_new(facts, "systemic", json_boolean(result->systemic));
        json_object_set_new(facts, "collectors", collectors_of(judge, judged));
    }
    return facts;
}
