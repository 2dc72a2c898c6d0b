/* Collectors: what they declare, how they stand, when they were watched, what they read. */
#include <string.h>

#include "evidence/instance/instance.h"
#include "evidence/rebuild/rebuilt.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

int rebuild_instances_collector(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    json_t *text;
    char key[24];
    int code = rebuilt_text(rebuilt, leaf, &text);
    if (code || !text)
        return code;
    snprintf(key, sizeof key, "%lld", (long long)leaf->index);
    return json_object_set_new(rebuilt->collectors, key, text) ? ERROR_MEMORY : 0;
}

/* Spans that a leaf tells, behind those told before; as old as they may be at the time. A process
 * that finds a step of the clock as it starts does not know yet how old that is, and says 0. */
static int add_spans(json_t *state, const json_t *told, int64_t now_ms)
{
    CLEAN(spans_finish) struct spans spans = {0};
    const json_t *pair;
    size_t index;
    int code = spans_from_json(json_object_get(state, "watched"), &spans);
    int64_t reach_ms = json_integer_of(state, "reach", 0);
    /* The engine trims when it adds: of one that fails for months the last that was seen stays. */
    if (json_array_size(told) && reach_ms)
        spans_trim(&spans, now_ms - reach_ms);
    json_array_foreach (told, index, pair) {
        if (!code)
            code = spans_add(&spans, json_integer_value(json_array_get(pair, 0)),
                             json_integer_value(json_array_get(pair, 1)));
    }
    if (code)
        return code;
    return json_object_set_new(state, "watched", spans_to_json(&spans)) ? ERROR_MEMORY : 0;
}

static int add_evidence(json_t *state, const struct leaf *leaf)
{
    json_t *list = json_object_get(state, "evidence");
    if (!list) {
        list = json_array();
        json_object_set_new(state, "evidence", list);
    }
    if (strcmp(leaf->type, "evidence") != 0)
        return 0;
    json_array_insert_new(list, 0,
                          json_pack("[I, I]", (json_int_t)leaf->index, (json_int_t)leaf->time_ms));
    while (json_array_size(list) > INSTANCE_EVIDENCE)
        json_array_remove(list, json_array_size(list) - 1);
    return 0;
}

static void take_tables(struct rebuilt *rebuilt, json_t *state)
{
    char key[24];
    snprintf(key, sizeof key, "%lld", (long long)json_integer_of(state, "tables_leaf", -1));
    json_t *tables = json_object_get(json_object_get(rebuilt->collectors, key), "tables");
    if (tables)
        json_object_set(state, "tables", tables);
}

static int take_positions(struct rebuilt *rebuilt, const char *instance, const json_t *positions)
{
    json_t *table = rebuilt_table(rebuilt, "positions"), *value;
    const char *name;
    json_object_foreach ((json_t *)positions, name, value) {
        CLEAN(clean_text) char *key = text_format("%s/%s", instance, name);
        if (!key || json_object_set_new(table, key,
                                        json_pack("{s:s, s:s, s:O}", "instance", instance, "key",
                                                  name, "value", value)))
            return ERROR_MEMORY;
    }
    return 0;
}

/* How the instance stands from this leaf on; what other leaves tell is carried over. */
static int take_state(struct rebuilt *rebuilt, const struct leaf *leaf, const json_t *text)
{
    const char *name = json_text_of(text, "instance", "");
    json_t *known = json_object_get(rebuilt->instances, name);
    CLEAN(clean_json) json_t *state = json_copy(json_object_get(text, "state"));
    CLEAN(clean_json) json_t *told = json_incref(json_object_get(state, "watched"));
    if (!json_is_object(state))
        return 0;
    json_object_del(state, "watched");
    json_t *watched = json_object_get(known, "watched");
    json_t *evidence = json_object_get(known, "evidence");
    if (watched)
        json_object_set(state, "watched", watched);
    if (evidence)
        json_object_set(state, "evidence", evidence);
    int code = add_spans(state, told, leaf->time_ms);
    if (!code)
        code = add_evidence(state, leaf);
    take_tables(rebuilt, state);
    json_object_del(state, "reach");
    if (!code)
        code = rebuild_watching_cost(rebuilt, name, json_object_get(text, "cost"));
    if (!code)
        code = take_positions(rebuilt, name, json_object_get(text, "positions"));
    return code || !json_object_set(rebuilt->instances, name, state) ? code : ERROR_MEMORY;
}

/* Nothing of the time between this leaf and the one before can be said. */
static int note_gap(struct rebuilt *rebuilt, const char *instance, int64_t from_ms, int64_t to_ms)
{
    CLEAN(spans_finish) struct spans spans = {0};
    int code = spans_from_json(json_object_get(rebuilt->gaps, instance), &spans);
    if (!code && (!spans.count || from_ms >= spans.items[spans.count - 1].from_ms))
        code = spans_add(&spans, from_ms, to_ms);
    if (code)
        return code;
    return json_object_set_new(rebuilt->gaps, instance, spans_to_json(&spans)) ? ERROR_MEMORY : 0;
}

static int take_samples(struct rebuilt *rebuilt, const struct leaf *leaf, const char *instance,
                        int64_t told_ms)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    if (!*json_text_of(leaf->fields, "ps", ""))
        return 0;
    int code = rebuilt_payload(rebuilt, leaf, PAYLOAD_SAMPLES, &bytes);
    if (code < 0)
        return code;
    if (!code)
        return note_gap(rebuilt, instance, told_ms, leaf->time_ms);
    code = series_unpack(rebuilt->unpacker, bytes.data, bytes.length);
    if (code == ERROR_MEMORY || !code)
        return code;
    /* Of a day that is being disposed of only a part is gone yet, the labels with it. */
    if (code == ERROR_MISSING && json_array_size(rebuilt->disposals))
        return note_gap(rebuilt, instance, told_ms, leaf->time_ms);
    CLEAN(clean_text)
    char *what = text_format("payloads: the samples of entry %lld", (long long)leaf->index);
    rebuilt_differs(rebuilt, what ? what : "", error_text(code), "");
    return 0;
}

static int take_own(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    CLEAN(clean_json) json_t *text = NULL;
    int64_t told_ms = json_integer_of(rebuilt->own, "told", 0);
    int code = rebuilt_text(rebuilt, leaf, &text);
    json_t *watched = json_object_get(text, "watched");
    if (watched)
        json_object_set(rebuilt->own, "watched", watched);
    json_object_set_new(rebuilt->own, "told", json_integer((json_int_t)leaf->time_ms));
    return code ? code : take_samples(rebuilt, leaf, "", told_ms);
}

int rebuild_instances_take(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    CLEAN(clean_json) json_t *text = NULL;
    if (json_flag_of(leaf->fields, "own", false))
        return take_own(rebuilt, leaf);
    int code = rebuilt_text(rebuilt, leaf, &text);
    if (code || !text)
        return code;
    const char *name = json_text_of(text, "instance", "");
    int64_t told_ms = json_integer_of(json_object_get(rebuilt->instances, name), "told", 0);
    code = take_state(rebuilt, leaf, text);
    return code ? code : take_samples(rebuilt, leaf, name, told_ms);
}

/* Evidence of a time that has not come is as old as can be; but for the newest. */
static void step_evidence(const json_t *list, int64_t to_ms)
{
    for (size_t i = 1; i < json_array_size(list); i++)
        if (json_integer_value(json_array_get(json_array_get(list, i), 1)) > to_ms)
            json_array_set_new(json_array_get(list, i), 1, json_integer(0));
}

/* What is told ends where the clock was set to. */
static int step_one(json_t *row, int64_t to_ms)
{
    CLEAN(spans_finish) struct spans spans = {0};
    if (json_integer_of(row, "told", 0) >= to_ms)
        json_object_set_new(row, "told", json_integer((json_int_t)to_ms - 1));
    step_evidence(json_object_get(row, "evidence"), to_ms);
    int code = spans_from_json(json_object_get(row, "watched"), &spans);
    spans_cut(&spans, to_ms);
    if (code)
        return code;
    return json_object_set_new(row, "watched", spans_to_json(&spans)) ? ERROR_MEMORY : 0;
}

int rebuild_instances_clock(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    int64_t from_ms, to_ms;
    const char *name;
    json_t *row;
    if (text_to_time(json_text_of(leaf->fields, "from", ""), &from_ms) ||
        text_to_time(json_text_of(leaf->fields, "to", ""), &to_ms))
        return 0;
    int code = step_one(rebuilt->own, to_ms);
    json_object_foreach (rebuilt->instances, name, row) {
        if (!code)
            code = step_one(row, to_ms);
    }
    return code || to_ms > from_ms ? code : series_cut(rebuilt->series, to_ms);
}
