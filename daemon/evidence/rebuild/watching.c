/* What conformd knows of its own work: concerns of the monitoring, selftests, what collectors have
 * cost, the key of pseudonyms, its last turn. */
#include <string.h>

#include "evidence/instance/account.h"
#include "evidence/rebuild/rebuilt.h"
#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static json_t *rows_of(struct rebuilt *rebuilt, const char *kind)
{
    json_t *rows = json_object_get(rebuilt->watching, kind);
    if (!rows) {
        rows = json_object();
        json_object_set_new(rebuilt->watching, kind, rows);
    }
    return rows;
}

/* Each leaf tells the rows that moved, and what is over. */
int rebuild_watching_state(struct rebuilt *rebuilt, const json_t *text)
{
    json_t *rows = rows_of(rebuilt, "monitoring"), *row, *key;
    const char *id;
    size_t index;
    json_object_foreach (json_object_get(text, "rows"), id, row) {
        if (json_object_set(rows, id, row))
            return ERROR_MEMORY;
    }
    json_array_foreach (json_object_get(text, "over"), index, key) {
        if (json_is_string(key))
            json_object_del(rows, json_string_value(key));
    }
    return 0;
}

int rebuild_watching_selftest(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    CLEAN(clean_json) json_t *text = NULL;
    char at[TEXT_TIME_SIZE];
    int code = rebuilt_text(rebuilt, leaf, &text);
    if (code || !text)
        return code;
    const char *name = json_text_of(text, "instance", "");
    text_from_time(leaf->time_ms, at);
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "name", name, "status",
                            json_text_of(leaf->fields, "status", ""), "sha256",
                            json_text_of(leaf->fields, "plugin", ""), "version",
                            json_text_of(text, "version", ""), "why", json_text_of(text, "why", ""),
                            "at", at, "leaf", (json_int_t)leaf->index);
    return json_object_set_new(rows_of(rebuilt, "selftest"), name, row) ? ERROR_MEMORY : 0;
}

int rebuild_watching_key(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    char since[TEXT_TIME_SIZE];
    text_from_time(leaf->time_ms, since);
    json_t *row = json_pack("{s:s, s:s, s:I}", "id", json_text_of(leaf->fields, "id", ""), "since",
                            since, "leaf", (json_int_t)leaf->index);
    return json_object_set_new(rows_of(rebuilt, "daemon"), "pseudonym_key", row) ? ERROR_MEMORY : 0;
}

int rebuild_watching_cost(struct rebuilt *rebuilt, const char *instance, const json_t *cost)
{
    if (!json_is_object(cost))
        return 0;
    return json_object_set(rows_of(rebuilt, "account"), instance, (json_t *)cost) ? ERROR_MEMORY
                                                                                  : 0;
}

/* One row; the place is told as KIND/ID. */
struct comparing {
    struct rebuilt *rebuilt;
    const char *kind;
    const char *id;
    json_t *stored; /* or NULL */
    json_t *made;
};

static void differs(const struct comparing *comparing, const char *name, const json_t *stored,
                    const json_t *made)
{
    CLEAN(clean_text) char *place = text_format("%s/%s", comparing->kind, comparing->id);
    rebuild_compare_differs(comparing->rebuilt, place ? place : comparing->id, name, stored, made);
}

static int64_t more_of(const json_t *stored, const json_t *made, const char *name)
{
    return json_integer_of(stored, name, 0) - json_integer_of(made, name, 0);
}

/* Time goes on being counted after the leaf, at most as much as has passed; the rest moves with a
 * leaf. */
static void compare_memory(const struct comparing *comparing, json_t *stored, json_t *made)
{
    static const char *const counted[] = {"at", "missed", "met"};
    CLEAN(clean_json) json_t *was = json_copy(stored);
    CLEAN(clean_json) json_t *is = json_copy(made);
    int64_t passed_ms = more_of(stored, made, "at");
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        int64_t more_ms = more_of(stored, made, counted[i]);
        if (more_ms < 0 || more_ms > passed_ms)
            differs(comparing, counted[i], json_object_get(stored, counted[i]),
                    json_object_get(made, counted[i]));
        json_object_del(was, counted[i]);
        json_object_del(is, counted[i]);
    }
    if (!json_equal(was, is))
        differs(comparing, "memory", was, is);
}

static int compare_row(const struct comparing *comparing)
{
    CLEAN(clean_json) json_t *all = json_copy(comparing->stored);
    const char *name;
    json_t *value;
    if (!all || !comparing->made) {
        differs(comparing, "row", comparing->stored, comparing->made);
        return 0;
    }
    json_object_update_missing(all, comparing->made);
    json_object_foreach (all, name, value) {
        json_t *was = json_object_get(comparing->stored, name);
        json_t *is = json_object_get(comparing->made, name);
        if (strcmp(name, "memory") == 0 && json_is_object(was) && json_is_object(is))
            compare_memory(comparing, was, is);
        else if (!json_equal(was, is))
            differs(comparing, name, was, is);
    }
    return 0;
}

/* Of a run that no leaf tells of yet the cost is not told either; processor time of a stream's
 * process stands in the leaf after its end. */
static bool may_cost(const json_t *stored, const json_t *made, const char *name, bool since)
{
    int64_t more = more_of(stored, made, name);
    return more == 0 || (more > 0 && (since || strcmp(name, "cpu_ms") == 0));
}

static int read_since(struct rebuilt *rebuilt, const char *id, bool *ret)
{
    CLEAN(clean_json) json_t *memory = NULL;
    int code = states_get(rebuilt->store, "instance_memory", id, &memory, rebuilt->error);
    *ret = json_integer_of(memory, "untold", 0) > 0;
    return code == ERROR_MISSING ? 0 : code;
}

static int compare_cost(const struct comparing *comparing)
{
    const json_t *stored = comparing->stored, *made = comparing->made;
    const char *name;
    bool since;
    int code = read_since(comparing->rebuilt, comparing->id, &since);
    for (size_t i = 0; !code && (name = account_cost_name(i)); i++)
        if (!may_cost(stored, made, name, since))
            differs(comparing, name, json_object_get(stored, name), json_object_get(made, name));
    return code;
}

static int compare_kind(struct rebuilt *rebuilt, const char *kind,
                        int (*compare)(const struct comparing *comparing))
{
    CLEAN(clean_json) json_t *stored = json_object();
    CLEAN(clean_json) json_t *all = json_object();
    json_t *made = rows_of(rebuilt, kind), *row;
    const char *id;
    int code = rebuild_compare_read(rebuilt, kind, stored);
    json_object_update(all, stored);
    json_object_update(all, made);
    json_object_foreach (all, id, row) {
        struct comparing comparing = {rebuilt, kind, id, json_object_get(stored, id),
                                      json_object_get(made, id)};
        if (!code)
            code = compare(&comparing);
    }
    return code;
}

/* The time of the last turn says how long conformd was down: it is not before the last leaf. */
static bool is_boot(const struct rebuilt *rebuilt, const json_t *row)
{
    return strcmp(json_text_of(row, "id", ""), json_text_of(rebuilt->boot, "id", "")) == 0 &&
           more_of(row, rebuilt->boot, "turn") >= 0;
}

static int compare_daemon(struct rebuilt *rebuilt)
{
    CLEAN(clean_json) json_t *stored = json_object();
    const json_t *made = rows_of(rebuilt, "daemon");
    int code = rebuild_compare_read(rebuilt, "daemon", stored);
    const json_t *was = json_object_get(stored, "pseudonym_key");
    const json_t *is = json_object_get(made, "pseudonym_key");
    if ((was || is) && !json_equal(was, is))
        rebuild_compare_differs(rebuilt, "daemon", "pseudonym_key", was, is);
    was = json_object_get(stored, "boot");
    if ((was || rebuilt->figures.leaves) && !is_boot(rebuilt, was))
        rebuild_compare_differs(rebuilt, "daemon", "boot", was, rebuilt->boot);
    return code;
}

int rebuild_watching_compare(struct rebuilt *rebuilt)
{
    int code = compare_kind(rebuilt, "monitoring", compare_row);
    if (!code)
        code = compare_kind(rebuilt, "selftest", compare_row);
    if (!code)
        code = compare_kind(rebuilt, "account", compare_cost);
    return code ? code : compare_daemon(rebuilt);
}

/* A cost that no leaf tells of yet stays as it is. */
static int is_kept(struct rebuilt *rebuilt, const char *kind, const char *id, bool *ret)
{
    CLEAN(clean_json) json_t *stored = NULL;
    const char *name;
    *ret = false;
    if (strcmp(kind, "account") != 0)
        return 0;
    bool since;
    int code = read_since(rebuilt, id, &since);
    if (!code)
        code = states_get(rebuilt->store, kind, id, &stored, rebuilt->error);
    *ret = !code && since;
    for (size_t i = 0; *ret && (name = account_cost_name(i)); i++)
        *ret = may_cost(stored, json_object_get(rows_of(rebuilt, kind), id), name, since);
    return code == ERROR_MISSING ? 0 : code;
}

static int write_kind(struct rebuilt *rebuilt, const char *kind, json_t *rows)
{
    const char *id;
    json_t *row;
    bool kept = false;
    int code = 0;
    json_object_foreach (rows, id, row) {
        if (!code)
            code = is_kept(rebuilt, kind, id, &kept);
        if (!code && !kept)
            code = states_put(rebuilt->store, kind, id, json_incref(row), rebuilt->error);
    }
    return code;
}

int rebuild_watching_apply(struct rebuilt *rebuilt)
{
    CLEAN(clean_json) json_t *boot = NULL;
    const char *kind;
    json_t *rows;
    int code = store_run(store_query(rebuilt->store, "DELETE FROM states WHERE kind IN"
                                                     " ('monitoring', 'selftest')"),
                         rebuilt->error);
    json_object_foreach (rebuilt->watching, kind, rows) {
        if (!code)
            code = write_kind(rebuilt, kind, rows);
    }
    if (!code)
        code = states_get(rebuilt->store, "daemon", "boot", &boot, rebuilt->error);
    if ((code && code != ERROR_MISSING) || is_boot(rebuilt, boot))
        return code;
    return states_put(rebuilt->store, "daemon", "boot", json_incref(rebuilt->boot), rebuilt->error);
}
