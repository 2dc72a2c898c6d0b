/* What is remembered of instances, measures, objectives and of the daemon itself. */
#include <string.h>

#include "evidence/instance/memory.h"
#include "evidence/rebuild/rebuilt.h"
#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

int rebuild_compare_read(struct rebuilt *rebuilt, const char *kind, json_t *ret)
{
    struct store_query *query =
        store_query(rebuilt->store, "SELECT id, body FROM states WHERE kind = ?1");
    int step;
    store_bind_text(query, 1, kind);
    while ((step = store_step(query, rebuilt->error)) > 0) {
        json_t *body = NULL;
        const char *id = store_text(query, 0), *text = store_text(query, 1);
        if (!id || !text || json_read(text, strlen(text), &body, NULL))
            body = json_object();
        if (json_object_set_new(ret, id ? id : "", body))
            return ERROR_MEMORY;
    }
    return step;
}

void rebuild_compare_differs(struct rebuilt *rebuilt, const char *id, const char *name,
                             const json_t *stored, const json_t *made)
{
    CLEAN(clean_text) char *one = stored ? json_canonical(stored) : NULL;
    CLEAN(clean_text) char *other = made ? json_canonical(made) : NULL;
    CLEAN(clean_text) char *place = text_format("states %s, %s", id, name);
    rebuilt_differs(rebuilt, place ? place : id, one ? one : "", other ? other : "");
}

static bool is_configured(const struct rebuilt *rebuilt, const char *id)
{
    size_t index;
    json_t *name;
    json_array_foreach (json_object_get(rebuilt->config, "collectors"), index, name) {
        if (json_is_string(name) && strcmp(json_string_value(name), id) == 0)
            return true;
    }
    return false;
}

/* One that left the configuration, or is disabled, begins anew when it comes back. */
static bool begins_anew(const char *name, const json_t *stored)
{
    const char *condition = json_text_of(stored, "condition", "");
    return strcmp(name, "condition") == 0 &&
           (strcmp(condition, "starting") == 0 || strcmp(condition, "disabled") == 0);
}

static void compare_memory(struct rebuilt *rebuilt, const char *id, json_t *stored, json_t *made)
{
    CLEAN(clean_json) json_t *all = json_copy(stored);
    bool since = json_integer_of(stored, "untold", 0) > 0 || !is_configured(rebuilt, id);
    const char *name;
    json_t *value;
    json_object_update_missing(all, made);
    json_object_foreach (all, name, value) {
        json_t *was = json_object_get(stored, name), *is = json_object_get(made, name);
        unsigned marks = memory_marks(name);
        if ((marks & MEMORY_MOVES) || (since && !(marks & MEMORY_LASTS)) || json_equal(was, is) ||
            (since && begins_anew(name, stored)))
            continue;
        rebuild_compare_differs(rebuilt, id, name, was, is);
    }
}

static int compare_instances(struct rebuilt *rebuilt)
{
    CLEAN(clean_json) json_t *stored = json_object();
    CLEAN(clean_json) json_t *shown = json_object();
    const char *id;
    json_t *row;
    int code = rebuild_compare_read(rebuilt, "instance_memory", stored);
    if (!code)
        code = rebuild_compare_read(rebuilt, "instance", shown);
    json_object_foreach (stored, id, row) {
        json_t *made = json_object_get(rebuilt->instances, id);
        json_t *face = json_object_get(shown, id);
        if (made || json_integer_of(row, "told", 0))
            compare_memory(rebuilt, id, row, made);
        if (face && !json_equal(json_object_get(face, "state"), json_object_get(row, "condition")))
            rebuild_compare_differs(rebuilt, id, "state", json_object_get(face, "state"),
                                    json_object_get(row, "condition"));
    }
    json_object_foreach (rebuilt->instances, id, row) {
        if (!json_object_get(stored, id))
            rebuild_compare_differs(rebuilt, id, "memory", NULL, row);
    }
    return code;
}

/* The finding that a measure names is one of its own. */
static bool is_own_finding(struct rebuilt *rebuilt, const char *measure, const char *ref)
{
    CLEAN(clean_text) char *wanted = text_format("measure:%s", measure);
    const char *key;
    json_t *row;
    json_object_foreach (rebuilt_table(rebuilt, "findings"), key, row) {
        if (strcmp(json_text_of(row, "ref", ""), ref) == 0 && wanted &&
            strcmp(json_text_of(row, "key", ""), wanted) == 0)
            return true;
    }
    return !*ref;
}

static void compare_measure(struct rebuilt *rebuilt, const char *id, json_t *stored, json_t *face,
                            json_t *made)
{
    static const char *const names[] = {"since", "unknown", "leaf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *was = json_object_get(stored, names[i]), *is = json_object_get(made, names[i]);
        if (!json_equal(was, is))
            rebuild_compare_differs(rebuilt, id, names[i], was, is);
    }
    json_t *last = json_object_get(json_object_get(stored, "criterion"), "last");
    json_t *state = json_object_get(made, "state"), *shown = json_object_get(face, "state");
    if (!json_equal(last, state))
        rebuild_compare_differs(rebuilt, id, "criterion", last, state);
    if (face && !json_equal(shown, state))
        rebuild_compare_differs(rebuilt, id, "state", shown, state);
    const char *finding = json_text_of(stored, "finding", "");
    if (!is_own_finding(rebuilt, id, finding))
        rebuild_compare_differs(rebuilt, id, "finding", json_object_get(stored, "finding"), NULL);
}

static int compare_measures(struct rebuilt *rebuilt)
{
    CLEAN(clean_json) json_t *stored = json_object();
    CLEAN(clean_json) json_t *shown = json_object();
    const char *id;
    json_t *row;
    int code = rebuild_compare_read(rebuilt, "measure_memory", stored);
    if (!code)
        code = rebuild_compare_read(rebuilt, "measure", shown);
    json_object_foreach (stored, id, row) {
        json_t *made = json_object_get(rebuilt->measures, id);
        compare_measure(rebuilt, id, row, json_object_get(shown, id), made);
    }
    json_object_foreach (rebuilt->measures, id, row) {
        if (!json_object_get(stored, id))
            rebuild_compare_differs(rebuilt, id, "memory", NULL, row);
    }
    return code;
}

static int compare_objectives(struct rebuilt *rebuilt)
{
    CLEAN(clean_json) json_t *stored = json_object();
    const char *id;
    json_t *row;
    int code = rebuild_compare_read(rebuilt, "objective", stored);
    json_object_foreach (stored, id, row) {
        json_t *was = json_object_get(row, "state");
        json_t *is = json_object_get(rebuilt->objectives, id);
        if (!json_equal(was, is))
            rebuild_compare_differs(rebuilt, id, "state", was, is);
    }
    return code;
}

/* The engine watches on after its hourly leaf: what was told then is the beginning of it. */
static int compare_own(struct rebuilt *rebuilt)
{
    CLEAN(clean_json) json_t *stored = json_object();
    int code = rebuild_compare_read(rebuilt, "daemon", stored);
    const json_t *told = json_object_get(stored, "told"), *pair;
    const json_t *watched = json_object_get(stored, "watched");
    size_t index;
    if (json_integer_of(told, "own", 0) != json_integer_of(rebuilt->own, "told", 0))
        rebuild_compare_differs(rebuilt, "daemon", "told", told, rebuilt->own);
    json_array_foreach (json_object_get(rebuilt->own, "watched"), index, pair) {
        int64_t from_ms = json_integer_value(json_array_get(pair, 0));
        int64_t to_ms = json_integer_value(json_array_get(pair, 1));
        bool found = json_array_size(watched) == 0;
        for (size_t i = 0; i < json_array_size(watched) && !found; i++) {
            const json_t *span = json_array_get(watched, i);
            found = json_integer_value(json_array_get(span, 0)) <= from_ms &&
                    json_integer_value(json_array_get(span, 1)) >= to_ms;
        }
        if (!found)
            rebuild_compare_differs(rebuilt, "daemon", "watched", watched, pair);
    }
    return code;
}

static const char *const position_columns[] = {"instance", "key", "value", NULL};

/* Positions stand in the leaf of their instance, unless it has read on since. */
static int compare_positions(struct rebuilt *rebuilt)
{
    CLEAN(clean_json) json_t *stored = json_object();
    CLEAN(clean_json) json_t *memory = json_object();
    json_t *made = rebuilt_table(rebuilt, "positions"), *row;
    const char *key;
    int code = rebuild_compare_rows(
        rebuilt,
        store_query(rebuilt->store, "SELECT instance || '/' || key, instance, key, value FROM"
                                    " positions"),
        position_columns, stored);
    if (!code)
        code = rebuild_compare_read(rebuilt, "instance_memory", memory);
    json_object_update_missing(stored, made);
    json_object_foreach (stored, key, row) {
        const json_t *state = json_object_get(memory, json_text_of(row, "instance", ""));
        json_t *is = json_object_get(made, key);
        if (json_integer_of(state, "untold", 0) == 0 && !json_equal(row, is))
            rebuild_compare_differs(rebuilt, key, "position", row, is);
    }
    return code;
}

int rebuild_compare_states(struct rebuilt *rebuilt)
{
    int code = compare_instances(rebuilt);
    if (!code)
        code = compare_measures(rebuilt);
    if (!code)
        code = compare_objectives(rebuilt);
    if (!code)
        code = compare_own(rebuilt);
    if (!code)
        code = rebuild_watching_compare(rebuilt);
    return code ? code : compare_positions(rebuilt);
}
