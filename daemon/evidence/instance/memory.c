/* Saves and loads the fields of an instance that are remembered. */
#include "evidence/instance/memory.h"

#include <stddef.h>
#include <string.h>

#include "evidence/instance/instance.h"
#include "ground/base/json.h"

/* How a member, or what stands in it, becomes JSON and is read. NULL is left out. */
struct codec {
    json_t *(*save)(const void *member);
    int (*load)(void *member, const json_t *json);
};

static json_t *save_integer(const void *member)
{
    return json_integer((json_int_t) * (const int64_t *)member);
}

static int load_integer(void *member, const json_t *json)
{
    if (json_is_integer(json))
        *(int64_t *)member = json_integer_value(json);
    return 0;
}

static const struct codec integer = {save_integer, load_integer};

static json_t *save_flag(const void *member)
{
    return json_boolean(*(const bool *)member);
}

static int load_flag(void *member, const json_t *json)
{
    if (json_is_boolean(json))
        *(bool *)member = json_is_true(json);
    return 0;
}

static const struct codec flag = {save_flag, load_flag};

static json_t *save_text(const void *member)
{
    const char *text = *(char *const *)member;
    return json_string(text ? text : "");
}

static int load_text(void *member, const json_t *json)
{
    char **text = member;
    free(*text);
    *text = strdup(json_is_string(json) ? json_string_value(json) : "");
    return *text ? 0 : ERROR_MEMORY;
}

static const struct codec words = {save_text, load_text};

static json_t *save_hash(const void *member)
{
    return json_string(member);
}

static int load_hash(void *member, const json_t *json)
{
    const char *hash = json_is_string(json) ? json_string_value(json) : "";
    if (strlen(hash) < DIGEST_TEXT_SIZE)
        memcpy(member, hash, strlen(hash) + 1);
    return 0;
}

static const struct codec digest = {save_hash, load_hash};
/* Of what is read beside it. */
static const struct codec derived = {save_hash, NULL};

static json_t *save_condition(const void *member)
{
    return json_string(instance_condition_text(*(const enum condition *)member));
}

static int load_condition(void *member, const json_t *json)
{
    const char *text = json_is_string(json) ? json_string_value(json) : "";
    for (int i = CONDITION_STARTING; i <= CONDITION_DISABLED; i++)
        if (strcmp(instance_condition_text((enum condition)i), text) == 0)
            *(enum condition *)member = (enum condition)i;
    return 0;
}

static const struct codec standing = {save_condition, load_condition};

static json_t *save_json(const void *member)
{
    return json_incref(*(json_t *const *)member);
}

static int load_json(void *member, const json_t *json)
{
    json_decref(*(json_t **)member);
    *(json_t **)member = json_incref((json_t *)json);
    return 0;
}

static const struct codec object = {save_json, load_json};

static json_t *save_tables(const void *member)
{
    const struct instance *instance = member;
    return json_incref(instance->tables);
}

/* Tables that an older version took and this one does not: the collector tells them anew. */
static int load_tables(void *member, const json_t *json)
{
    int code = instance_take_tables(member, (json_t *)json, NULL);
    return code == ERROR_MEMORY ? code : 0;
}

static const struct codec tables = {save_tables, load_tables};

static json_t *save_spans(const void *member)
{
    return spans_to_json(member);
}

static int load_spans(void *member, const json_t *json)
{
    return spans_from_json(json, member);
}

static const struct codec time_spans = {save_spans, load_spans};

static json_t *save_seen(const void *member)
{
    return seen_to_json(member);
}

static int load_seen(void *member, const json_t *json)
{
    return seen_from_json(json, member);
}

static const struct codec volume = {save_seen, load_seen};

static json_t *save_evidence(const void *member)
{
    const struct record *record = member;
    json_t *json = json_array();
    for (int i = 0; i < INSTANCE_EVIDENCE && record->evidence[i] >= 0; i++)
        json_array_append_new(json, json_pack("[I, I]", (json_int_t)record->evidence[i],
                                              (json_int_t)record->evidence_ms[i]));
    return json;
}

static int load_evidence(void *member, const json_t *json)
{
    struct record *record = member;
    const json_t *pair;
    size_t index;
    json_array_foreach (json, index, pair) {
        if (index >= INSTANCE_EVIDENCE)
            break;
        record->evidence[index] = json_integer_value(json_array_get(pair, 0));
        record->evidence_ms[index] = json_integer_value(json_array_get(pair, 1));
    }
    return 0;
}

static const struct codec leaves = {save_evidence, load_evidence};

static json_t *save_missing(const void *member)
{
    const struct attributes *attributes = member;
    json_t *missing = json_object();
    for (size_t i = 0; i < attributes->count; i++)
        if (attributes->items[i].missing)
            json_object_set_new(missing, attributes->items[i].name,
                                json_string(attributes->items[i].missing_why));
    return missing;
}

static int load_missing(void *member, const json_t *json)
{
    const struct attributes *attributes = member;
    for (size_t i = 0; i < attributes->count; i++) {
        struct attribute *attribute = &attributes->items[i];
        const char *why = json_string_value(json_object_get(json, attribute->name));
        if (!why)
            continue;
        attribute->missing = true;
        free(attribute->missing_why);
        attribute->missing_why = strdup(why);
    }
    return 0;
}

static const struct codec missing = {save_missing, load_missing};

static json_t *save_missed(const void *member)
{
    const struct attributes *attributes = member;
    json_t *missed = json_object();
    for (size_t i = 0; i < attributes->count; i++)
        if (attributes->items[i].missed.count)
            json_object_set_new(missed, attributes->items[i].name,
                                spans_to_json(&attributes->items[i].missed));
    return missed;
}

static int load_missed(void *member, const json_t *json)
{
    const struct attributes *attributes = member;
    int code = 0;
    for (size_t i = 0; !code && i < attributes->count; i++)
        code = spans_from_json(json_object_get(json, attributes->items[i].name),
                               &attributes->items[i].missed);
    return code;
}

static const struct codec missed = {save_missed, load_missed};

static json_t *save_measured(const void *member)
{
    const struct attributes *attributes = member;
    json_t *names = json_array();
    for (size_t i = 0; i < attributes->count; i++)
        if (attributes->items[i].measured)
            json_array_append_new(names, json_string(attributes->items[i].name));
    return names;
}

static int load_measured(void *member, const json_t *json)
{
    const json_t *name;
    size_t index;
    json_array_foreach (json, index, name) {
        struct attribute *attribute =
            json_is_string(name) ? attribute_find(member, json_string_value(name)) : NULL;
        if (attribute)
            attribute->measured = true;
    }
    return 0;
}

static const struct codec measured = {save_measured, load_measured};

static json_t *save_kept(const void *member)
{
    const struct pushed *pushed = member;
    return pushed->is || pushed->kept_ms ? json_integer((json_int_t)pushed->kept_ms) : NULL;
}

static int load_kept(void *member, const json_t *json)
{
    struct pushed *pushed = member;
    return load_integer(&pushed->kept_ms, json);
}

static const struct codec kept = {save_kept, load_kept};

/* In the order in which they are loaded: tables before what is said of their attributes. */
static const struct field {
    const char *name;
    const struct codec *codec;
    size_t offset;
    unsigned marks;
} fields[] = {
    {"tables", &tables, 0, MEMORY_ELSEWHERE},
    {"tables_hash", &derived, offsetof(struct instance, tables_hash), 0},
    {"tables_leaf", &integer, offsetof(struct instance, record.tables_leaf), 0},
    {"missing", &missing, offsetof(struct instance, attributes), 0},
    {"missed", &missed, offsetof(struct instance, attributes), 0},
    {"measured", &measured, offsetof(struct instance, attributes), 0},

    {"condition", &standing, offsetof(struct instance, condition), MEMORY_LASTS},
    {"reason", &words, offsetof(struct instance, reason), 0},
    {"ever_well", &flag, offsetof(struct instance, standing.ever_well), 0},
    {"stepped", &flag, offsetof(struct instance, standing.stepped), 0},
    {"clock_set", &flag, offsetof(struct instance, standing.clock_set), 0},
    {"last_end", &integer, offsetof(struct instance, standing.last_end_ms), 0},
    {"last_well", &integer, offsetof(struct instance, standing.last_well_ms), 0},
    {"last_whole", &integer, offsetof(struct instance, standing.last_whole_ms), 0},
    {"watch_from", &integer, offsetof(struct instance, standing.watch_from_ms), 0},
    {"watched", &time_spans, offsetof(struct instance, standing.watched), 0},
    {"last_run", &object, offsetof(struct instance, last_run), 0},

    {"overflow", &integer, offsetof(struct instance, overflow.at_ms), 0},
    {"plain", &flag, offsetof(struct instance, names.plain), 0},
    {"switched", &flag, offsetof(struct instance, names.switched), 0},
    {"names_from", &integer, offsetof(struct instance, names.from_ms), 0},
    {"kept", &kept, offsetof(struct instance, pushed), 0},

    {"evidence", &leaves, offsetof(struct instance, record), MEMORY_ELSEWHERE | MEMORY_LASTS},
    {"told", &integer, offsetof(struct instance, record.told_ms), MEMORY_LASTS},
    {"untold", &integer, offsetof(struct instance, record.untold), MEMORY_MOVES},
    {"folded", &integer, offsetof(struct instance, record.fold.runs), 0},
    {"folded_first", &integer, offsetof(struct instance, record.fold.first_ms), 0},
    {"folded_last", &integer, offsetof(struct instance, record.fold.last_ms), 0},
    {"folded_hash", &digest, offsetof(struct instance, record.fold.hash), 0},
    {"folded_seen", &volume, offsetof(struct instance, record.fold.seen), 0},

    {"due", &integer, offsetof(struct instance, counts.due), MEMORY_ELSEWHERE | MEMORY_MOVES},
    {"taken", &integer, offsetof(struct instance, counts.taken), MEMORY_ELSEWHERE | MEMORY_MOVES},
};
enum { FIELDS = sizeof fields / sizeof *fields };

unsigned memory_marks(const char *name)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].marks;
    return 0;
}

static json_t *save_but(const struct instance *instance, unsigned marks)
{
    json_t *memory = json_object();
    for (size_t i = 0; i < FIELDS; i++) {
        const struct field *field = &fields[i];
        json_t *value = field->marks & marks
                            ? NULL
                            : field->codec->save((const char *)instance + field->offset);
        if (value)
            json_object_set_new(memory, field->name, value);
    }
    return memory;
}

json_t *memory_save(const struct instance *instance)
{
    return save_but(instance, 0);
}

json_t *memory_tell(const struct instance *instance)
{
    return save_but(instance, MEMORY_ELSEWHERE);
}

int memory_load(struct instance *instance, const json_t *memory)
{
    int code = 0;
    for (size_t i = 0; !code && i < FIELDS; i++) {
        const struct field *field = &fields[i];
        const json_t *value = json_object_get(memory, field->name);
        if (value && field->codec->load)
            code = field->codec->load((char *)instance + field->offset, value);
    }
    if (!json_object_get(memory, "watch_from"))
        instance->standing.watch_from_ms = instance->standing.last_well_ms;
    instance->names.hides = instance->names.switched;
    return code;
}
