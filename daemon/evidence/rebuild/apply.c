/* Replaces the rows of states, register and series in one transaction; the ledger stays, and says
 * so. What was read since an instance's last leaf stands nowhere else and is kept. */
#include "evidence/rebuild/apply.h"

#include <string.h>
#include <time.h>

#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"

static int run_sql(struct rebuilt *rebuilt, struct store_query *query)
{
    return store_run(query, rebuilt->error);
}

/* Samples that no leaf tells of yet, of every instance and of the daemon itself. */
static int keep_untold(struct rebuilt *rebuilt, struct series_set *stored)
{
    const char *name;
    json_t *row;
    CLEAN(buffer_finish) struct buffer own = {0};
    struct series_unpacker *unpacker = NULL;
    int code = series_unpacker_new(rebuilt->series, &unpacker);
    if (!code)
        code = series_pack(stored, NULL, json_integer_of(rebuilt->own, "told", 0), rebuilt->last_ms,
                           &own);
    if (!code && own.length)
        code = series_unpack(unpacker, own.data, own.length);
    json_object_foreach (rebuilt->instances, name, row) {
        CLEAN(buffer_finish) struct buffer body = {0};
        if (code)
            break;
        code = series_pack(stored, name, json_integer_of(row, "told", 0), rebuilt->last_ms, &body);
        if (!code && body.length)
            code = series_unpack(unpacker, body.data, body.length);
    }
    series_unpacker_free(unpacker);
    return code;
}

static int write_series(struct rebuilt *rebuilt)
{
    struct series_set *stored = NULL;
    struct store *store = rebuilt->store;
    int code = series_open(store, NULL, &stored, rebuilt->error);
    if (!code)
        code = keep_untold(rebuilt, stored);
    series_close(stored);
    if (!code)
        code = run_sql(rebuilt, store_query(store, "DELETE FROM samples"));
    if (!code)
        code = run_sql(rebuilt, store_query(store, "DELETE FROM series"));
    return code ? code : series_write(rebuilt->series, store, rebuilt->error);
}

static void bind(struct store_query *query, int at, const json_t *row, const char *name)
{
    const json_t *value = json_object_get(row, name);
    if (json_is_integer(value))
        store_bind_integer(query, at, json_integer_value(value));
    else
        store_bind_text(query, at, json_string_value(value));
}

/* A table that is made anew: the statement's parameters in their order, the key before them where
 * it is `keyed`. */
static const struct table {
    const char *name, *sql;
    const char *columns[12];
    bool keyed;
} tables[] = {
    {"findings",
     "INSERT INTO findings(id, ref, key, state, raised_ms, closed_ms, body)"
     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
     {"ref", "key", "state", "raised_ms", "closed_ms", "body"},
     true},
    {"finding_events",
     "INSERT INTO finding_events(leaf, finding, time_ms, event, actor, body)"
     " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
     {"finding", "time_ms", "event", "actor", "body"},
     true},
    {"constructs",
     "INSERT INTO constructs(kind, id, hash, version, status, first_seen_ms, decided_ms,"
     " decided_by, reason, text, leaf) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
     {"kind", "id", "hash", "version", "status", "first_seen_ms", "decided_ms", "decided_by",
      "reason", "text", "leaf"},
     false},
    {"baselines",
     "INSERT INTO baselines(measure, labels, adopted_ms, adopted_by) VALUES(?1, ?2, ?3, ?4)",
     {"measure", "labels", "adopted_ms", "adopted_by"},
     false},
    /* What a stream has read since its last leaf must not be read again. */
    {"positions",
     "INSERT INTO positions(instance, key, value) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
     {"instance", "key", "value"},
     false},
};

static const struct table *find_table(const char *name)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    return NULL;
}

static int write_row(struct rebuilt *rebuilt, const char *name, const char *key, const json_t *row)
{
    const struct table *table = find_table(name);
    int at = 1;
    if (!table)
        return 0;
    struct store_query *query = store_query(rebuilt->store, table->sql);
    if (table->keyed)
        store_bind_text(query, at++, key);
    for (const char *const *column = table->columns; *column; column++)
        bind(query, at++, row, *column);
    return store_run(query, rebuilt->error);
}

static int write_tables(struct rebuilt *rebuilt)
{
    struct store *store = rebuilt->store;
    struct store_query *emptied[] = {store_query(store, "DELETE FROM findings"),
                                     store_query(store, "DELETE FROM finding_events"),
                                     store_query(store, "DELETE FROM constructs"),
                                     store_query(store, "DELETE FROM baselines")};
    const char *table, *key;
    json_t *rows, *row;
    int code = 0;
    for (size_t i = 0; !code && i < sizeof emptied / sizeof *emptied; i++)
        code = store_run(emptied[i], rebuilt->error);
    json_object_foreach (rebuilt->tables, table, rows) {
        json_object_foreach (rows, key, row) {
            if (!code)
                code = write_row(rebuilt, table, key, row);
        }
    }
    return code;
}

/* An instance that has read on since its last leaf is remembered as it is stored. */
static int write_instance(struct rebuilt *rebuilt, const char *name, json_t *made)
{
    CLEAN(clean_json) json_t *stored = NULL;
    int code = states_get(rebuilt->store, "instance_memory", name, &stored, rebuilt->error);
    if (code && code != ERROR_MISSING)
        return code;
    if (!code && json_integer_of(stored, "untold", 0) > 0)
        return 0;
    struct store_query *query =
        store_query(rebuilt->store, "DELETE FROM positions WHERE instance = ?1");
    store_bind_text(query, 1, name);
    code = store_run(query, rebuilt->error);
    if (code)
        return code;
    json_object_set_new(made, "untold", json_integer(0));
    return states_put(rebuilt->store, "instance_memory", name, json_incref(made), rebuilt->error);
}

static int write_measure(struct rebuilt *rebuilt, const char *id, json_t *made)
{
    json_t *memory = json_copy(made);
    json_object_del(memory, "state");
    return states_put(rebuilt->store, "measure_memory", id, memory, rebuilt->error);
}

/* What the API shows is written anew by the next start. */
static int write_states(struct rebuilt *rebuilt)
{
    const char *id;
    json_t *row;
    int code =
        run_sql(rebuilt, store_query(rebuilt->store, "DELETE FROM states WHERE kind IN ('instance',"
                                                     " 'measure', 'objective', 'measure_memory')"));
    json_object_foreach (rebuilt->instances, id, row) {
        if (!code)
            code = write_instance(rebuilt, id, row);
    }
    json_object_foreach (rebuilt->measures, id, row) {
        if (!code)
            code = write_measure(rebuilt, id, row);
    }
    json_t *told = json_pack("{s:I}", "own", (json_int_t)json_integer_of(rebuilt->own, "told", 0));
    int failed = states_put(rebuilt->store, "daemon", "told", told, rebuilt->error);
    code = code ? code : failed;
    return code ? code : rebuild_watching_apply(rebuilt);
}

static int write_leaf(struct rebuilt *rebuilt)
{
    int64_t leaf, now_ms = clock_now().wall_ms;
    ledger_turn(rebuilt->ledger, now_ms > rebuilt->last_ms ? now_ms : rebuilt->last_ms + 1);
    json_t *fields = json_pack("{s:s, s:I, s:I}", "rebuilt", "states, register and series",
                               "differences", (json_int_t)rebuilt->figures.differences, "size",
                               (json_int_t)rebuilt->figures.leaves);
    int code = ledger_append(rebuilt->ledger, LEAF_STATE, fields, &leaf, rebuilt->error);
    return code ? code : ledger_seal(rebuilt->ledger, rebuilt->error);
}

int apply_all(struct rebuilt *rebuilt)
{
    int code = store_begin(rebuilt->store, rebuilt->error);
    if (code)
        return code;
    code = write_series(rebuilt);
    if (!code)
        code = write_states(rebuilt);
    if (!code)
        code = write_tables(rebuilt);
    if (!code)
        code = write_leaf(rebuilt);
    if (!code)
        code = store_commit(rebuilt->store, rebuilt->error);
    if (code)
        store_rollback(rebuilt->store);
    return code;
}
