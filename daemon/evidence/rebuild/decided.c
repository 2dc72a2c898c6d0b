/* Constructs and what was decided of them, results, objectives, and the register. */
#include <string.h>

#include "evidence/rebuild/rebuilt.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

/* A text that was new with a configuration is a draft until somebody approves it. */
static int take_construct(struct rebuilt *rebuilt, const struct leaf *leaf, const json_t *row)
{
    CLEAN(clean_text)
    char *key = text_format("%s/%s/%s", json_text_of(row, "kind", ""), json_text_of(row, "id", ""),
                            json_text_of(row, "hash", ""));
    json_t *made = json_copy((json_t *)row);
    json_object_set_new(made, "status", json_string("draft"));
    json_object_set_new(made, "first_seen_ms", json_integer((json_int_t)leaf->time_ms));
    if (!key || json_object_set_new(rebuilt_table(rebuilt, "constructs"), key, made))
        return ERROR_MEMORY;
    return 0;
}

/* A collector that a reload took out was not watched from then on; before a start nothing was. */
static void retire(struct rebuilt *rebuilt, const json_t *collectors)
{
    const char *name;
    json_t *row, *listed;
    size_t index;
    json_object_foreach (rebuilt->instances, name, row) {
        bool stays = false;
        json_array_foreach ((json_t *)collectors, index, listed)
            stays =
                stays || (json_is_string(listed) && strcmp(json_string_value(listed), name) == 0);
        if (!stays)
            json_object_set_new(row, "watched", json_array());
    }
}

int rebuild_judged_config(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    json_t *text = NULL;
    size_t index;
    json_t *row;
    int code = rebuilt_text(rebuilt, leaf, &text);
    if (code || !text)
        return code;
    json_decref(rebuilt->config);
    rebuilt->config = text;
    if (leaf->index != rebuilt->start + 1)
        retire(rebuilt, json_object_get(text, "collectors"));
    json_array_foreach (json_object_get(text, "constructs"), index, row) {
        if (!code)
            code = take_construct(rebuilt, leaf, row);
    }
    return code;
}

static int take_baseline(struct rebuilt *rebuilt, const struct leaf *leaf, const json_t *text)
{
    const char *id = json_text_of(text, "id", "");
    json_t *table = rebuilt_table(rebuilt, "baselines"), *item;
    size_t index;
    json_array_foreach (json_object_get(text, "baseline"), index, item) {
        CLEAN(clean_text) char *labels = json_canonical(item);
        CLEAN(clean_text) char *key = text_format("%s/%s", id, labels ? labels : "");
        if (!key || !labels)
            return ERROR_MEMORY;
        /* What was taken before stays as it was. */
        if (json_object_get(table, key))
            continue;
        json_object_set_new(table, key,
                            json_pack("{s:s, s:s, s:I, s:s}", "measure", id, "labels", labels,
                                      "adopted_ms", (json_int_t)leaf->time_ms, "adopted_by",
                                      json_text_of(text, "actor", "")));
    }
    return 0;
}

/* Who approves a text ends the approval of those before it. */
static void supersede(json_t *table, const json_t *text, const char *hash)
{
    const char *key;
    json_t *row;
    json_object_foreach (table, key, row) {
        if (strcmp(json_text_of(row, "kind", ""), json_text_of(text, "kind", "")) == 0 &&
            strcmp(json_text_of(row, "id", ""), json_text_of(text, "id", "")) == 0 &&
            strcmp(json_text_of(row, "hash", ""), hash) != 0 &&
            strcmp(json_text_of(row, "status", ""), "approved") == 0)
            json_object_set_new(row, "status", json_string("superseded"));
    }
}

int rebuild_judged_approval(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    CLEAN(clean_json) json_t *text = NULL;
    json_t *table = rebuilt_table(rebuilt, "constructs");
    const char *hash = json_text_of(leaf->fields, "construct", "");
    int code = rebuilt_text(rebuilt, leaf, &text);
    if (code || !text)
        return code;
    CLEAN(clean_text)
    char *key =
        text_format("%s/%s/%s", json_text_of(text, "kind", ""), json_text_of(text, "id", ""), hash);
    if (!key)
        return ERROR_MEMORY;
    supersede(table, text, hash);
    json_t *row = json_object_get(table, key);
    if (row)
        json_object_update_new(row, json_pack("{s:s, s:I, s:s, s:s, s:I}", "status", "approved",
                                              "decided_ms", (json_int_t)leaf->time_ms, "decided_by",
                                              json_text_of(text, "actor", ""), "reason",
                                              json_text_of(text, "reason", ""), "leaf",
                                              (json_int_t)leaf->index));
    return take_baseline(rebuilt, leaf, text);
}

int rebuild_judged_result(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    CLEAN(clean_json) json_t *text = NULL;
    char key[24];
    int code = rebuilt_text(rebuilt, leaf, &text);
    if (code || !text)
        return code;
    const char *id = json_text_of(text, "measure", "");
    json_t *memory = json_object_get(text, "state");
    if (!json_object_get(text, "body") || !json_object_get(leaf->fields, "state"))
        return rebuilt_odd(rebuilt, leaf);
    CLEAN(clean_text) char *words = json_canonical(json_object_get(text, "body"));
    if (!words)
        return ERROR_MEMORY;
    snprintf(key, sizeof key, "%lld", (long long)leaf->index);
    json_object_set_new(rebuilt_table(rebuilt, "results"), key,
                        json_pack("{s:s, s:I, s:s, s:s}", "measure", id, "time_ms",
                                  (json_int_t)leaf->time_ms, "state",
                                  json_text_of(leaf->fields, "state", ""), "body", words));
    if (!json_is_object(memory))
        return 0;
    json_object_set(memory, "state", json_object_get(leaf->fields, "state"));
    return json_object_set(rebuilt->measures, id, memory) ? ERROR_MEMORY : 0;
}

int rebuild_judged_state(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    CLEAN(clean_json) json_t *text = NULL;
    int code = rebuilt_text(rebuilt, leaf, &text);
    if (!code && strcmp(json_text_of(text, "kind", ""), "monitoring") == 0)
        return rebuild_watching_state(rebuilt, text);
    if (code || strcmp(json_text_of(text, "kind", ""), "objective") != 0)
        return code;
    if (!json_object_get(leaf->fields, "state"))
        return rebuilt_odd(rebuilt, leaf);
    return json_object_set(rebuilt->objectives, json_text_of(text, "id", ""),
                           json_object_get(leaf->fields, "state"))
               ? ERROR_MEMORY
               : 0;
}

/* The lines that were seen, as the list that the record has. */
static int read_excerpts(struct rebuilt *rebuilt, const struct leaf *leaf, json_t **ret)
{
    CLEAN(buffer_finish) struct buffer lines = {0};
    int code = rebuilt_payload(rebuilt, leaf, PAYLOAD_EXCERPTS, &lines);
    *ret = json_array();
    for (const char *at = lines.data; code > 0 && at && *at;) {
        const char *end = strchr(at, '\n');
        json_t *row = NULL;
        if (!end || json_read(at, (size_t)(end - at), &row, NULL))
            break;
        json_array_append_new(*ret, row);
        at = end + 1;
    }
    return code < 0 ? code : 0;
}

static int add_event(struct rebuilt *rebuilt, const struct leaf *leaf, const json_t *text)
{
    char key[24];
    CLEAN(clean_text)
    char *details = json_canonical(json_object_get(text, "details"));
    snprintf(key, sizeof key, "%lld", (long long)leaf->index);
    json_t *row = json_pack(
        "{s:O, s:I, s:s, s:s, s:s}", "finding", json_object_get(leaf->fields, "finding"), "time_ms",
        (json_int_t)leaf->time_ms, "event", json_text_of(leaf->fields, "event", ""), "actor",
        json_text_of(text, "actor", ""), "body", details ? details : "{}");
    return json_object_set_new(rebuilt_table(rebuilt, "finding_events"), key, row) ? ERROR_MEMORY
                                                                                   : 0;
}

static bool is_ended(const char *state)
{
    return strcmp(state, "closed") == 0 || strcmp(state, "dismissed") == 0;
}

static int set_finding(struct rebuilt *rebuilt, const struct leaf *leaf, const json_t *text)
{
    char key[24];
    json_t *table = rebuilt_table(rebuilt, "findings");
    const char *state = json_text_of(leaf->fields, "state", "");
    CLEAN(clean_text) char *body = json_canonical(json_object_get(text, "row"));
    snprintf(key, sizeof key, "%lld", (long long)json_integer_of(leaf->fields, "finding", 0));
    json_t *known = json_object_get(table, key);
    int64_t raised_ms = json_integer_of(known, "raised_ms", leaf->time_ms);
    json_t *row = json_pack("{s:s, s:s, s:s, s:I, s:s}", "ref", json_text_of(text, "ref", ""),
                            "key", json_text_of(text, "key", ""), "state", state, "raised_ms",
                            (json_int_t)raised_ms, "body", body ? body : "{}");
    if (is_ended(state))
        json_object_set_new(row, "closed_ms", json_integer((json_int_t)leaf->time_ms));
    return json_object_set_new(table, key, row) ? ERROR_MEMORY : 0;
}

int rebuild_judged_finding(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    CLEAN(clean_json) json_t *text = NULL;
    json_t *excerpts = NULL;
    char key[24];
    int code = rebuilt_text(rebuilt, leaf, &text);
    if (code || !text)
        return code;
    if (!json_object_get(leaf->fields, "finding"))
        return rebuilt_odd(rebuilt, leaf);
    code = read_excerpts(rebuilt, leaf, &excerpts);
    json_t *record = json_object_get(text, "row"), *details = json_object_get(text, "details");
    if (json_flag_of(text, "listed", false))
        json_object_set(record, "excerpts", excerpts);
    if (json_flag_of(text, "seen", false))
        json_object_set(details, "excerpts", excerpts);
    else if (json_flag_of(text, "told", false))
        json_object_set_new(details, "excerpts", json_array());
    json_decref(excerpts);
    snprintf(key, sizeof key, "%lld", (long long)leaf->index);
    if (*json_text_of(leaf->fields, "pe", "") &&
        rebuilt_is_disposed(rebuilt, leaf, PAYLOAD_EXCERPTS))
        json_object_set_new(rebuilt->blind, key, json_true());
    if (!code)
        code = add_event(rebuilt, leaf, text);
    return code ? code : set_finding(rebuilt, leaf, text);
}
