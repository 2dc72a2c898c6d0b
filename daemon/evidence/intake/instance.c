/* One instance of a collector: its tables, its memory, its face. */
#include "evidence/intake/instance.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

const char *instance_condition_text(enum condition condition)
{
    switch (condition) {
    case CONDITION_STARTING:
        return "starting";
    case CONDITION_WELL:
        return "well";
    case CONDITION_PARTIAL:
        return "partial";
    case CONDITION_FAILED:
        return "failed";
    case CONDITION_ABSENT:
        return "absent";
    case CONDITION_STANDBY:
        return "standby";
    case CONDITION_DISABLED:
        return "disabled";
    }
    return "unknown";
}

int instance_init(struct instance *instance, const json_t *config)
{
    *instance = (struct instance){
        .name = strdup(json_text_of(config, "name", "")),
        .plugin = strdup(json_text_of(config, "plugin", "")),
        .every_ms = json_integer_of(config, "every", 3600000),
        .deadline_ms = json_integer_of(config, "deadline", 60000),
        .tables_leaf = -1,
        .scope = json_incref(json_object_get(config, "scope")),
        .not_between = json_incref(json_object_get(config, "not_between")),
    };
    memset(instance->evidence, 0xff, sizeof instance->evidence);
    int code = personal_configure(instance, config);
    return instance->name && instance->plugin ? code : ERROR_MEMORY;
}

static void forget_attributes(struct instance *instance)
{
    for (size_t i = 0; i < instance->attribute_count; i++) {
        free(instance->attributes[i].missing_why);
        spans_finish(&instance->attributes[i].missed);
    }
    free(instance->attributes);
    instance->attributes = NULL;
    instance->attribute_count = 0;
}

void instance_finish(struct instance *instance)
{
    if (!instance)
        return;
    run_finish(&instance->run);
    run_finish(&instance->waiting);
    seen_finish(&instance->fold.seen);
    forget_attributes(instance);
    spans_finish(&instance->watched);
    json_decref(instance->scope);
    json_decref(instance->not_between);
    json_decref(instance->tables);
    json_decref(instance->last_run);
    json_decref(instance->shown);
    json_decref(instance->losses);
    proof_finish(&instance->proof);
    personal_basis_finish(&instance->basis);
    free(instance->end_why);
    free(instance->broken);
    free(instance->reason);
    free(instance->plugin);
    free(instance->name);
}

static int read_kind(const char *text, enum series_kind *ret)
{
    static const char *const kinds[] = {"gauge", "counter", "event", "text"};
    for (int i = SERIES_GAUGE; i <= SERIES_TEXT; i++)
        if (strcmp(kinds[i], text) == 0) {
            *ret = (enum series_kind)i;
            return 0;
        }
    return ERROR_FORMAT;
}

/* A label that is none, that the daemon gives itself, or that stood before. */
static bool is_reserved(const char *name, const struct attribute *attribute, size_t known)
{
    bool reserved = !labels_is_label_name(name) || text_begins(name, "__") ||
                    strcmp(name, "instance") == 0 || strcmp(name, "overflow") == 0 ||
                    (attribute->kind == SERIES_TEXT && strcmp(name, "value") == 0);
    for (size_t i = 0; i < known && !reserved; i++)
        reserved = strcmp(attribute->labels[i], name) == 0;
    return reserved;
}

static int read_labels(const json_t *row, struct attribute *attribute)
{
    const json_t *labels = json_object_get(row, "labels"), *label, *name;
    const json_t *personal = json_object_get(row, "personal");
    size_t index, at;
    if (json_array_size(labels) > INSTANCE_LABELS)
        return ERROR_LIMIT;
    json_array_foreach (labels, index, label) {
        const char *text = json_string_value(label);
        if (!text || is_reserved(text, attribute, index))
            return ERROR_FORMAT;
        attribute->labels[index] = text;
        json_array_foreach (personal, at, name) {
            if (json_is_string(name) && strcmp(json_string_value(name), text) == 0)
                attribute->personal |= 1u << index;
        }
    }
    attribute->label_count = json_array_size(labels);
    return 0;
}

static int read_attribute(const json_t *row, struct attribute *ret)
{
    struct attribute attribute = {.name = json_text_of(row, "name", "")};
    if (!labels_is_metric_name(attribute.name) || strlen(attribute.name) > 200 ||
        text_begins(attribute.name, "conformd_"))
        return ERROR_FORMAT;
    if (read_kind(json_text_of(row, "kind", ""), &attribute.kind))
        return ERROR_FORMAT;
    int error = read_labels(row, &attribute);
    if (error)
        return error;
    *ret = attribute;
    return 0;
}

static bool is_declared(const struct attribute *attributes, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(attributes[i].name, name) == 0)
            return true;
    return false;
}

static int read_attributes(const json_t *rows, struct attribute *attributes, struct error *error)
{
    size_t index;
    json_t *row;
    json_array_foreach ((json_t *)rows, index, row) {
        const char *name = json_text_of(row, "name", "no name");
        if (read_attribute(row, &attributes[index]))
            return error_set(error, ERROR_FORMAT, "its attribute number %zu (%.200s) is malformed",
                             index, name);
        if (is_declared(attributes, index, attributes[index].name))
            return error_set(error, ERROR_FORMAT, "it declares attribute %s twice", name);
    }
    return 0;
}

/* What was missing, or was measured once, stays so until a run says otherwise. */
static void carry_missing(struct instance *instance, struct attribute *attributes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct attribute *old = instance_attribute(instance, attributes[i].name);
        if (!old)
            continue;
        attributes[i].measured = old->measured;
        attributes[i].missing = old->missing;
        attributes[i].missing_why = old->missing_why;
        old->missing_why = NULL;
        attributes[i].missed = old->missed;
        old->missed = (struct spans){0};
    }
}

int instance_take_tables(struct instance *instance, json_t *tables, struct error *error)
{
    const json_t *rows = json_object_get(tables, "attributes");
    char hash[DIGEST_TEXT_SIZE];
    size_t count = json_array_size(rows);
    if (count > INSTANCE_ATTRIBUTES)
        return error_set(error, ERROR_FORMAT, "it declares %zu attributes; at most %d are allowed",
                         count, INSTANCE_ATTRIBUTES);
    CLEAN(clean_memory) struct attribute *attributes = calloc(count + 1, sizeof *attributes);
    CLEAN(clean_text) char *text = json_canonical(tables);
    if (!attributes || !text)
        return ERROR_MEMORY;
    int code = read_attributes(rows, attributes, error);
    if (!code)
        code = digest_text(text, strlen(text), hash);
    if (code)
        return code;
    instance->untold += strcmp(hash, instance->tables_hash) != 0;
    memcpy(instance->tables_hash, hash, sizeof hash);
    carry_missing(instance, attributes, count);
    forget_attributes(instance);
    json_decref(instance->tables);
    instance->tables = json_incref(tables);
    instance->attributes = attributes;
    instance->attribute_count = count;
    instance->stream = json_flag_of(tables, "stream", false);
    instance->pushed.is = instance->stream && json_flag_of(tables, "pushed", false);
    instance->changed = instance->moved = true;
    attributes = NULL;
    return 0;
}

struct attribute *instance_attribute(struct instance *instance, const char *name)
{
    for (size_t i = 0; i < instance->attribute_count; i++)
        if (strcmp(instance->attributes[i].name, name) == 0)
            return &instance->attributes[i];
    return NULL;
}

void instance_evidence_add(struct instance *instance, int64_t leaf, int64_t time_ms)
{
    size_t rest = (INSTANCE_EVIDENCE - 1) * sizeof(int64_t);
    memmove(instance->evidence + 1, instance->evidence, rest);
    memmove(instance->evidence_ms + 1, instance->evidence_ms, rest);
    instance->evidence[0] = leaf;
    instance->evidence_ms[0] = time_ms;
}

static json_t *evidence_to_json(const struct instance *instance)
{
    json_t *json = json_array();
    for (int i = 0; i < INSTANCE_EVIDENCE && instance->evidence[i] >= 0; i++)
        json_array_append_new(json, json_pack("[I, I]", (json_int_t)instance->evidence[i],
                                              (json_int_t)instance->evidence_ms[i]));
    return json;
}

static json_t *missing_to_json(const struct instance *instance)
{
    json_t *missing = json_object();
    for (size_t i = 0; i < instance->attribute_count; i++)
        if (instance->attributes[i].missing)
            json_object_set_new(missing, instance->attributes[i].name,
                                json_string(instance->attributes[i].missing_why));
    return missing;
}

static json_t *missed_to_json(const struct instance *instance)
{
    json_t *missed = json_object();
    for (size_t i = 0; i < instance->attribute_count; i++)
        if (instance->attributes[i].missed.count)
            json_object_set_new(missed, instance->attributes[i].name,
                                spans_to_json(&instance->attributes[i].missed));
    return missed;
}

static json_t *measured_to_json(const struct instance *instance)
{
    json_t *names = json_array();
    for (size_t i = 0; i < instance->attribute_count; i++)
        if (instance->attributes[i].measured)
            json_array_append_new(names, json_string(instance->attributes[i].name));
    return names;
}

json_t *instance_memory(const struct instance *instance)
{
    json_t *memory = json_pack(
        "{s:s, s:s, s:b, s:I, s:I, s:I, s:o, s:o, s:O*, s:O*, s:I, s:s, s:o, s:s, s:I, s:I, s:I, "
        "s:I, s:I, s:o, s:o, s:I, s:b, s:I, s:I, s:I, s:b, s:b, s:b, s:I, s:o*}",
        "condition", instance_condition_text(instance->condition), "reason",
        instance->reason ? instance->reason : "", "ever_well", instance->ever_well, "last_end",
        (json_int_t)instance->last_end_ms, "last_well", (json_int_t)instance->last_well_ms,
        "watch_from", (json_int_t)instance->watch_from_ms, "watched",
        spans_to_json(&instance->watched), "evidence", evidence_to_json(instance), "tables",
        instance->tables, "last_run", instance->last_run, "tables_leaf",
        (json_int_t)instance->tables_leaf, "tables_hash", instance->tables_hash, "missing",
        missing_to_json(instance), "folded_hash", instance->fold.hash, "due",
        (json_int_t)instance->due_count, "taken", (json_int_t)instance->taken_count, "folded",
        (json_int_t)instance->fold.runs, "folded_first", (json_int_t)instance->fold.first_ms,
        "folded_last", (json_int_t)instance->fold.last_ms, "measured", measured_to_json(instance),
        "missed", missed_to_json(instance), "last_whole", (json_int_t)instance->last_whole_ms,
        "stepped", instance->stepped, "overflow", (json_int_t)instance->overflow_ms, "told",
        (json_int_t)instance->told_ms, "untold", (json_int_t)instance->untold, "clock_set",
        instance->clock_set, "plain", instance->plain, "switched", instance->switched, "names_from",
        (json_int_t)instance->names_from_ms, "folded_seen", seen_to_json(&instance->fold.seen));
    if (instance->pushed.is || instance->pushed.kept_ms)
        json_object_set_new(memory, "kept", json_integer((json_int_t)instance->pushed.kept_ms));
    return memory;
}

static enum condition read_condition(const char *text)
{
    for (int i = CONDITION_STARTING; i <= CONDITION_DISABLED; i++)
        if (strcmp(instance_condition_text((enum condition)i), text) == 0)
            return (enum condition)i;
    return CONDITION_STARTING;
}

static void remember_evidence(struct instance *instance, const json_t *memory)
{
    const json_t *list = json_object_get(memory, "evidence"), *pair;
    size_t index;
    json_array_foreach (list, index, pair) {
        if (index >= INSTANCE_EVIDENCE)
            break;
        instance->evidence[index] = json_integer_value(json_array_get(pair, 0));
        instance->evidence_ms[index] = json_integer_value(json_array_get(pair, 1));
    }
}

static void remember_measured(struct instance *instance, const json_t *memory)
{
    const json_t *names = json_object_get(memory, "measured"), *name;
    size_t index;
    json_array_foreach (names, index, name) {
        struct attribute *attribute =
            json_is_string(name) ? instance_attribute(instance, json_string_value(name)) : NULL;
        if (attribute)
            attribute->measured = true;
    }
}

static int remember_missed(struct instance *instance, const json_t *memory)
{
    const json_t *missed = json_object_get(memory, "missed");
    int code = 0;
    for (size_t i = 0; !code && i < instance->attribute_count; i++)
        code = spans_from_json(json_object_get(missed, instance->attributes[i].name),
                               &instance->attributes[i].missed);
    return code;
}

static void remember_missing(struct instance *instance, const json_t *memory)
{
    const json_t *missing = json_object_get(memory, "missing");
    for (size_t i = 0; i < instance->attribute_count; i++) {
        struct attribute *attribute = &instance->attributes[i];
        const char *why = json_string_value(json_object_get(missing, attribute->name));
        if (!why)
            continue;
        attribute->missing = true;
        attribute->missing_why = strdup(why);
    }
}

int instance_remember(struct instance *instance, const json_t *memory)
{
    json_t *tables = json_object_get(memory, "tables");
    const char *hash = json_text_of(memory, "folded_hash", "");
    /* Tables that an older version took and this one does not: the collector tells them anew. */
    if (tables && instance_take_tables(instance, tables, NULL) == ERROR_MEMORY)
        return ERROR_MEMORY;
    instance->condition = read_condition(json_text_of(memory, "condition", ""));
    instance->reason = strdup(json_text_of(memory, "reason", ""));
    instance->ever_well = json_flag_of(memory, "ever_well", false);
    instance->last_end_ms = json_integer_of(memory, "last_end", 0);
    instance->last_well_ms = json_integer_of(memory, "last_well", 0);
    instance->last_whole_ms = json_integer_of(memory, "last_whole", 0);
    instance->stepped = json_flag_of(memory, "stepped", false);
    instance->watch_from_ms = json_integer_of(memory, "watch_from", instance->last_well_ms);
    instance->overflow_ms = json_integer_of(memory, "overflow", 0);
    instance->tables_leaf = json_integer_of(memory, "tables_leaf", -1);
    instance->last_run = json_incref(json_object_get(memory, "last_run"));
    instance->due_count = json_integer_of(memory, "due", 0);
    instance->taken_count = json_integer_of(memory, "taken", 0);
    instance->fold.runs = json_integer_of(memory, "folded", 0);
    instance->clock_set = json_flag_of(memory, "clock_set", false);
    instance->fold.first_ms = json_integer_of(memory, "folded_first", 0);
    instance->fold.last_ms = json_integer_of(memory, "folded_last", 0);
    instance->plain = json_flag_of(memory, "plain", instance->plain);
    instance->switched = instance->hides = json_flag_of(memory, "switched", false);
    instance->names_from_ms = json_integer_of(memory, "names_from", 0);
    instance->told_ms = json_integer_of(memory, "told", 0);
    instance->pushed.kept_ms = json_integer_of(memory, "kept", 0);
    instance->untold = json_integer_of(memory, "untold", 0);
    if (strlen(hash) < sizeof instance->fold.hash)
        memcpy(instance->fold.hash, hash, strlen(hash) + 1);
    remember_evidence(instance, memory);
    remember_missing(instance, memory);
    remember_measured(instance, memory);
    int code = remember_missed(instance, memory);
    if (!code)
        code = seen_from_json(json_object_get(memory, "folded_seen"), &instance->fold.seen);
    return code ? code : spans_from_json(json_object_get(memory, "watched"), &instance->watched);
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
        show_time(instance->last_well_ms), "next_due_at", show_time(instance->next_due_ms),
        "attributes", attributes ? attributes : json_null(), "sandbox",
        sandbox ? sandbox : json_null(), "personal", personal_show(instance), "scope",
        instance->scope, "pushed", instance->pushed.is, "crash_loses", pushed_words(instance));
}
