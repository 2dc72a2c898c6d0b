/* Rows as they are stored and as they were rebuilt, held against each other. */
#include <string.h>

#include "evidence/rebuild/rebuilt.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static json_t *column(struct store_query *query, int at)
{
    const char *text = store_text(query, at);
    return text ? json_string(text) : NULL;
}

/* Integers come as integers where their name says that they are. */
static bool is_number(const char *name)
{
    static const char *const numbers[] = {"version", "leaf", "finding"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(numbers[i], name) == 0)
            return true;
    return text_ends(name, "_ms");
}

int rebuild_compare_rows(struct rebuilt *rebuilt, struct store_query *query,
                         const char *const *names, json_t *ret)
{
    int step;
    while ((step = store_step(query, rebuilt->error)) > 0) {
        json_t *row = json_object();
        for (int i = 0; names[i]; i++) {
            json_t *value = column(query, i + 1);
            if (value && is_number(names[i])) {
                json_decref(value);
                value = json_integer((json_int_t)store_integer(query, i + 1));
            }
            if (value)
                json_object_set_new(row, names[i], value);
        }
        const char *key = store_text(query, 0);
        if (json_object_set_new(ret, key ? key : "", row))
            return ERROR_MEMORY;
    }
    return step;
}

static void differs(struct rebuilt *rebuilt, const char *place, const json_t *stored,
                    const json_t *made)
{
    CLEAN(clean_text) char *one = stored ? json_canonical(stored) : NULL;
    CLEAN(clean_text) char *other = made ? json_canonical(made) : NULL;
    rebuilt_differs(rebuilt, place, one ? one : "", other ? other : "");
}

/* What moves without a leaf: what is found of a finding that is told an hour later at most. */
static bool may_move(const char *name, bool is_seen_since)
{
    static const char *const names[] = {"value",   "breaching",  "population", "excerpts",
                                        "quality", "times_seen", "evidence",   "last_seen_at"};
    for (size_t i = 0; is_seen_since && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void compare_body(struct rebuilt *rebuilt, const char *place, const char *stored,
                         const char *made, bool blind)
{
    CLEAN(clean_json) json_t *one = NULL;
    CLEAN(clean_json) json_t *other = NULL;
    if (json_read(stored, strlen(stored), &one, NULL) ||
        json_read(made, strlen(made), &other, NULL)) {
        rebuilt_differs(rebuilt, place, stored, made);
        return;
    }
    bool since = json_integer_of(one, "times_seen", 0) > json_integer_of(other, "times_seen", 0);
    const char *name;
    json_t *value;
    CLEAN(clean_json) json_t *all = json_copy(one);
    json_object_update_missing(all, other);
    json_object_foreach (all, name, value) {
        json_t *was = json_object_get(one, name), *is = json_object_get(other, name);
        if (may_move(name, since) || (blind && strcmp(name, "excerpts") == 0) ||
            json_equal(was, is))
            continue;
        CLEAN(clean_text) char *where = text_format("%s.%s", place, name);
        differs(rebuilt, where ? where : place, was, is);
    }
}

/* Were lines that this row shows disposed of? Of a finding any of its leaves may be meant. */
static bool is_blind(const struct rebuilt *rebuilt, const char *table, const char *key)
{
    if (strcmp(table, "findings") == 0)
        return json_object_size(rebuilt->blind) > 0;
    return strcmp(table, "finding_events") == 0 && json_object_get(rebuilt->blind, key);
}

static void compare_row(struct rebuilt *rebuilt, const char *table, const char *key,
                        const json_t *stored, const json_t *made)
{
    CLEAN(clean_json) json_t *all = json_copy((json_t *)stored);
    const char *name;
    json_t *value;
    bool blind = is_blind(rebuilt, table, key);
    json_object_update_missing(all, (json_t *)made);
    json_object_foreach (all, name, value) {
        json_t *was = json_object_get(stored, name), *is = json_object_get(made, name);
        if (json_equal(was, is))
            continue;
        CLEAN(clean_text) char *place = text_format("%s %s, %s", table, key, name);
        if (!place)
            return;
        if (strcmp(name, "body") == 0 && json_is_string(was) && json_is_string(is))
            compare_body(rebuilt, place, json_string_value(was), json_string_value(is), blind);
        else
            differs(rebuilt, place, was, is);
    }
}

static void compare_table(struct rebuilt *rebuilt, const char *table, json_t *stored,
                          int64_t oldest_ms)
{
    json_t *made = rebuilt_table(rebuilt, table), *row;
    const char *key;
    json_object_foreach (stored, key, row) {
        json_t *other = json_object_get(made, key);
        CLEAN(clean_text) char *place = text_format("%s %s", table, key);
        if (other)
            compare_row(rebuilt, table, key, row, other);
        else
            differs(rebuilt, place ? place : table, row, NULL);
    }
    json_object_foreach (made, key, row) {
        CLEAN(clean_text) char *place = text_format("%s %s", table, key);
        if (!json_object_get(stored, key) &&
            json_integer_of(row, "time_ms", INT64_MAX) >= oldest_ms)
            differs(rebuilt, place ? place : table, NULL, row);
    }
}

/* Results are kept for a time; what is older than the oldest is gone. */
static int64_t oldest_of(json_t *rows)
{
    int64_t oldest_ms = INT64_MAX;
    const char *key;
    json_t *row;
    json_object_foreach (rows, key, row) {
        if (json_integer_of(row, "time_ms", INT64_MAX) < oldest_ms)
            oldest_ms = json_integer_of(row, "time_ms", INT64_MAX);
    }
    return oldest_ms;
}

static const char *const finding_columns[] = {"ref",       "key",  "state", "raised_ms",
                                              "closed_ms", "body", NULL};
static const char *const event_columns[] = {"finding", "time_ms", "event", "actor", "body", NULL};
static const char *const construct_columns[] = {
    "kind",       "id",         "hash",   "version", "status", "first_seen_ms",
    "decided_ms", "decided_by", "reason", "text",    "leaf",   NULL};
static const char *const baseline_columns[] = {"measure", "labels", "adopted_ms", "adopted_by",
                                               NULL};
static const char *const result_columns[] = {"measure", "time_ms", "state", "body", NULL};

int rebuild_compare_tables(struct rebuilt *rebuilt)
{
    struct store *store = rebuilt->store;
    const struct {
        const char *name;
        const char *const *columns;
        struct store_query *query;
    } tables[] = {
        {"findings", finding_columns,
         store_query(store,
                     "SELECT id, ref, key, state, raised_ms, closed_ms, body FROM findings")},
        {"finding_events", event_columns,
         store_query(store, "SELECT leaf, finding, time_ms, event, actor, body FROM"
                            " finding_events")},
        {"constructs", construct_columns,
         store_query(store, "SELECT kind || '/' || id || '/' || hash, kind, id, hash, version,"
                            " status, first_seen_ms, decided_ms, decided_by, reason, text, leaf"
                            " FROM constructs")},
        {"baselines", baseline_columns,
         store_query(store, "SELECT measure || '/' || labels, measure, labels, adopted_ms,"
                            " adopted_by FROM baselines")},
        {"results", result_columns,
         store_query(store, "SELECT leaf, measure, time_ms, state, body FROM results WHERE leaf IS"
                            " NOT NULL")},
    };
    int code = 0;
    for (size_t i = 0; !code && i < sizeof tables / sizeof *tables; i++) {
        CLEAN(clean_json) json_t *stored = json_object();
        code = rebuild_compare_rows(rebuilt, tables[i].query, tables[i].columns, stored);
        bool ages = strcmp(tables[i].name, "results") == 0;
        if (!code)
            compare_table(rebuilt, tables[i].name, stored, ages ? oldest_of(stored) : INT64_MIN);
    }
    return code;
}
