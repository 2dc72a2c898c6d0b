/* One instance of a collector: what it declares, and its face. */
#include "evidence/instance/instance.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static void take_json(json_t **member, const json_t *config, const char *name)
{
    json_decref(*member);
    *member = json_incref(json_object_get(config, name));
}

void instance_configure(struct instance *instance, const json_t *config)
{
    instance->every_ms = json_integer_of(config, "every", 0);
    instance->deadline_ms = json_integer_of(config, "deadline", 0);
    take_json(&instance->scope, config, "scope");
    take_json(&instance->not_between, config, "not_between");
}

int instance_init(struct instance *instance, const json_t *config)
{
    *instance = (struct instance){.name = strdup(json_text_of(config, "name", "")),
                                  .plugin = strdup(json_text_of(config, "plugin", "")),
                                  .record = {.tables_leaf = -1}};
    memset(instance->record.evidence, 0xff, sizeof instance->record.evidence);
    instance_configure(instance, config);
    int code = names_configure(instance, config);
    return instance->name && instance->plugin ? code : ERROR_MEMORY;
}

int instance_init_declared(struct instance *instance, const char *name, const json_t *config,
                           json_t *tables)
{
    *instance =
        (struct instance){.name = strdup(name), .every_ms = json_integer_of(config, "every", 0)};
    if (!instance->name)
        return ERROR_MEMORY;
    int code = names_configure(instance, config);
    return code ? code : instance_take_tables(instance, tables, NULL);
}

void instance_finish(struct instance *instance)
{
    if (!instance)
        return;
    run_finish(&instance->run);
    run_finish(&instance->record.waiting);
    seen_finish(&instance->record.fold.seen);
    attribute_finish_all(&instance->attributes);
    spans_finish(&instance->standing.watched);
    json_decref(instance->scope);
    json_decref(instance->not_between);
    json_decref(instance->tables);
    json_decref(instance->last_run);
    json_decref(instance->asked.shown);
    json_decref(instance->losses);
    proof_finish(&instance->proof);
    names_finish(&instance->names);
    free(instance->process.why);
    free(instance->process.broken);
    free(instance->reason);
    free(instance->plugin);
    free(instance->name);
}

/* What was missing, or was measured once, stays so until a run says otherwise. */
static void carry_missing(struct instance *instance, struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++) {
        struct attribute *attribute = &attributes->items[i];
        struct attribute *old = instance_attribute(instance, attribute->name);
        if (!old)
            continue;
        attribute->measured = old->measured;
        attribute->missing = old->missing;
        attribute->missing_why = old->missing_why;
        old->missing_why = NULL;
        attribute->missed = old->missed;
        old->missed = (struct spans){0};
    }
}

int instance_take_tables(struct instance *instance, json_t *tables, struct error *error)
{
    char hash[DIGEST_TEXT_SIZE];
    struct attributes attributes;
    CLEAN(clean_text) char *text = json_canonical(tables);
    int code = text ? digest_text(text, strlen(text), hash) : ERROR_MEMORY;
    if (!code)
        code = attribute_read_all(json_object_get(tables, "attributes"), &attributes, error);
    if (code)
        return code;
    instance->record.untold += strcmp(hash, instance->tables_hash) != 0;
    memcpy(instance->tables_hash, hash, sizeof hash);
    carry_missing(instance, &attributes);
    attribute_finish_all(&instance->attributes);
    json_decref(instance->tables);
    instance->tables = json_incref(tables);
    instance->attributes = attributes;
    instance->stream = json_flag_of(tables, "stream", false);
    instance->pushed.is = instance->stream && json_flag_of(tables, "pushed", false);
    instance_mark(instance, UNSAVED_NOW);
    return 0;
}

struct attribute *instance_attribute(struct instance *instance, const char *name)
{
    return attribute_find(&instance->attributes, name);
}

void instance_mark(struct instance *instance, enum unsaved unsaved)
{
    if (instance->unsaved < unsaved)
        instance->unsaved = unsaved;
}

void instance_saved(struct instance *instance, int64_t now_ms)
{
    instance->unsaved = UNSAVED_NOTHING;
    instance->saved_ms = now_ms;
}

void instance_touch(struct instance *instance, bool touched)
{
    instance->touched = touched;
}

json_t *instance_take_losses(struct instance *instance)
{
    json_t *losses = instance->losses;
    instance->losses = NULL;
    return losses;
}

struct counts instance_take_counts(struct instance *instance)
{
    struct counts counts = instance->counts;
    instance->counts = (struct counts){0};
    return counts;
}

static json_t *show_time(int64_t wall_ms)
{
    char text[TEXT_TIME_SIZE];
    if (!wall_ms)
        return json_null();
    text_from_time(wall_ms, text);
    return json_string(text);
}

json_t *instance_show(const struct instance *instance)
{
    json_t *attributes = json_object_get(instance->tables, "attributes");
    json_t *sandbox = json_object_get(instance->tables, "sandbox");
    return json_pack(
        "{s:s, s:s, s:s, s:b, s:I, s:s, s:s, s:O, s:o, s:o, s:O, s:O, s:o, s:O*, s:b, s:s}", "name",
        instance->name, "plugin", instance->plugin, "version",
        json_text_of(instance->tables, "version", ""), "stream", instance->stream, "every_ms",
        (json_int_t)instance->every_ms, "state", instance_condition_text(instance->condition),
        "reason", instance->reason ? instance->reason : "", "last_run",
        instance->last_run ? instance->last_run : json_null(), "last_well_at",
        show_time(instance->standing.last_well_ms), "next_due_at", show_time(instance->due.wall_ms),
        "attributes", attributes ? attributes : json_null(), "sandbox",
        sandbox ? sandbox : json_null(), "personal", names_show(instance), "scope", instance->scope,
        "pushed", instance->pushed.is, "crash_loses", pushed_words(instance));
}

/* Readings as a list of objects, for somebody who waits for them. */
static json_t *lines_to_json(const struct buffer *lines)
{
    json_t *list = json_array();
    for (const char *at = lines->data; at && *at;) {
        const char *end = strchr(at, '\n');
        json_t *row = NULL;
        if (!end || json_read(at, (size_t)(end - at), &row, NULL))
            break;
        json_array_append_new(list, row);
        at = end + 1;
    }
    return list;
}

void instance_show_run(struct instance *instance, enum condition condition)
{
    const struct run *run = &instance->run;
    if (!instance->asked.waits || instance_is_part(instance))
        return;
    json_decref(instance->asked.shown);
    instance->asked.shown =
        json_pack("{s:s, s:I, s:s, s:s, s:o, s:o, s:O*, s:O*, s:I}", "name", instance->name, "run",
                  (json_int_t)instance->started.run, "outcome", instance_condition_text(condition),
                  "reason", run->why ? run->why : "", "readings", lines_to_json(&run->readings),
                  "excerpts", lines_to_json(&run->excerpts), "missing", run->missing, "lost",
                  run->lost, "evidence", (json_int_t)instance->record.evidence[0]);
}
