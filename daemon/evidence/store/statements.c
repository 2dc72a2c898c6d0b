/* Statements prepared once and kept, found by the address of their literal. */
#include "evidence/store/store_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/store/loaded.h"
#include "ground/base/text.h"

struct store_query {
    const char *sql;
    struct store *store;
    sqlite3_stmt *statement; /* NULL: it could not be prepared; fault says why */
    char *fault;
    int bound;            /* the first failure of a bind since store_query() */
    struct loaded loaded; /* a reader's rows */
};

/* By the address of the literal, which costs nothing to hash. */
static uint64_t hash_of(const char *sql)
{
    return (uint64_t)(uintptr_t)sql;
}

static bool is_literal(const void *item, const void *key)
{
    return ((const struct store_query *)item)->sql == key;
}

static void prepare(struct store_query *query)
{
    free(query->fault);
    query->fault = NULL;
    sqlite3 *db = query->store->db;
    if (sqlite3_prepare_v3(db, query->sql, -1, SQLITE_PREPARE_PERSISTENT, &query->statement,
                           NULL) != SQLITE_OK)
        query->fault = text_format("%s, in: %s", sqlite3_errmsg(db), query->sql);
}

static struct store_query *add(struct store *store, const char *sql)
{
    struct store_query *query = calloc(1, sizeof *query);
    if (!query)
        return NULL;
    query->sql = sql;
    query->store = store;
    if (table_add(&store->queries, hash_of(sql), query)) {
        free(query);
        return NULL;
    }
    return query;
}

struct store_query *store_query(struct store *store, const char *sql)
{
    struct store_query *query = table_find(&store->queries, hash_of(sql), is_literal, sql);
    if (!query)
        query = add(store, sql);
    if (!query)
        return NULL;
    query->bound = SQLITE_OK;
    if (!query->statement) {
        prepare(query);
        return query;
    }
    /* A buffer that is filled anew would be taken for the query that first stood there. */
    assert(strcmp(sqlite3_sql(query->statement), sql) == 0);
    store_reset(query);
    return query;
}

static void free_query(void *item)
{
    struct store_query *query = item;
    sqlite3_finalize(query->statement);
    loaded_finish(&query->loaded);
    free(query->fault);
    free(query);
}

void store_finish_queries(struct store *store)
{
    table_finish(&store->queries, free_query);
}

void store_reset_queries(struct store *store)
{
    sqlite3_stmt *statement = sqlite3_next_stmt(store->db, NULL);
    for (; statement; statement = sqlite3_next_stmt(store->db, statement))
        if (sqlite3_stmt_busy(statement))
            sqlite3_reset(statement);
}

static bool fit(const struct store_query *query)
{
    return query && query->statement;
}

static void note_bind(struct store_query *query, int code)
{
    if (code != SQLITE_OK && query->bound == SQLITE_OK)
        query->bound = code;
}

void store_bind_integer(struct store_query *query, int at, int64_t value)
{
    if (fit(query))
        note_bind(query, sqlite3_bind_int64(query->statement, at, value));
}

void store_bind_double(struct store_query *query, int at, double value)
{
    if (fit(query))
        note_bind(query, sqlite3_bind_double(query->statement, at, value));
}

void store_bind_text(struct store_query *query, int at, const char *text)
{
    if (fit(query))
        note_bind(query, sqlite3_bind_text(query->statement, at, text, -1, SQLITE_TRANSIENT));
}

void store_bind_bytes(struct store_query *query, int at, const void *bytes, size_t length)
{
    /* SQLite takes a NULL address for NULL; no bytes are still bytes. */
    const void *from = bytes ? bytes : "";
    if (fit(query))
        note_bind(query, sqlite3_bind_blob64(query->statement, at, from, length, SQLITE_TRANSIENT));
}

static int refuse_length(const struct store_query *query, int code, struct error *error)
{
    if (code == SQLITE_TOOBIG)
        return error_set(error, ERROR_LIMIT,
                         "the question would read more than %d MiB of the store at a time: ask for "
                         "less, in: %s",
                         STORE_READ_BYTES >> 20, query->sql);
    return error_set(error, ERROR_LIMIT,
                     "the question would read the store for more than %d ms at a time: ask for "
                     "less, in: %s",
                     STORE_READ_MS, query->sql);
}

/* All rows. SQLITE_INTERRUPT when the transaction became too long, SQLITE_TOOBIG too large. */
static int load_rows(struct store_query *query)
{
    struct store *store = query->store;
    int code;
    loaded_finish(&query->loaded);
    while ((code = sqlite3_step(query->statement)) == SQLITE_ROW) {
        size_t more = loaded_bytes(&query->loaded) + loaded_row_bytes(query->statement);
        if (store->read_bytes + more > STORE_READ_BYTES) {
            code = SQLITE_TOOBIG;
            break;
        }
        if (loaded_add(&query->loaded, query->statement)) {
            code = SQLITE_NOMEM;
            break;
        }
    }
    store->read_bytes += loaded_bytes(&query->loaded);
    return code;
}

/* One that was held up, not long by itself, gets through when it is tried again. */
static int load_alone(struct store_query *query)
{
    enum { TRIES = 5 };
    int code = SQLITE_INTERRUPT;
    for (int i = 0; i < TRIES && code == SQLITE_INTERRUPT; i++) {
        store_reading(query->store);
        code = load_rows(query);
        if (code == SQLITE_INTERRUPT)
            sqlite3_reset(query->statement);
        store_read(query->store);
    }
    return code;
}

static int step_loaded(struct store_query *query, struct error *error)
{
    if (!query->loaded.is_open) {
        bool alone = !store_in_transaction(query->store);
        int code = alone ? load_alone(query) : load_rows(query);
        int answer = 0;
        if (code == SQLITE_INTERRUPT || code == SQLITE_TOOBIG)
            answer = refuse_length(query, code, error);
        else if (code == SQLITE_NOMEM)
            answer = error_set(error, ERROR_MEMORY, "no memory for what the store contains");
        else if (code != SQLITE_DONE)
            answer = store_fail(query->store->db, "using it", error);
        sqlite3_reset(query->statement);
        if (answer) {
            loaded_finish(&query->loaded);
            return answer;
        }
        query->loaded.is_open = true;
    }
    return loaded_step(&query->loaded);
}

/* A writer's. After a failure SQLite may have taken the transaction back, and would commit each
 * further statement by itself. */
static int step(struct store_query *query, struct error *error)
{
    struct store *store = query->store;
    if (store->failed)
        return error_set(error, ERROR_DATABASE,
                         "the store: a statement of this transaction failed before, in: %s",
                         query->sql);
    int code = sqlite3_step(query->statement);
    if (code == SQLITE_ROW)
        return 1;
    int answer = code == SQLITE_DONE ? 0 : store_fail(store->db, "using it", error);
    sqlite3_reset(query->statement);
    store->failed = answer && store->begun;
    return answer;
}

int store_step(struct store_query *query, struct error *error)
{
    if (!query)
        return error_set(error, ERROR_DATABASE, "no memory for a query of the store");
    if (!query->statement)
        return error_set(error, ERROR_DATABASE, "the store: %s",
                         query->fault ? query->fault : "no memory for a query");
    if (query->bound != SQLITE_OK)
        return error_set(error, ERROR_DATABASE, "the store: a value cannot be bound (%s), in: %s",
                         sqlite3_errstr(query->bound), query->sql);
    return query->store->mode == STORE_READ ? step_loaded(query, error) : step(query, error);
}

int store_run(struct store_query *query, struct error *error)
{
    int code;
    do
        code = store_step(query, error);
    while (code == 1);
    return code;
}

void store_reset(struct store_query *query)
{
    if (!fit(query))
        return;
    sqlite3_reset(query->statement);
    loaded_finish(&query->loaded);
}

/* The cell of a reader's row; NULL where the statement itself stands on one. */
static const struct loaded_cell *cell_of(const struct store_query *query, int column)
{
    static const struct loaded_cell none = {.is_null = true};
    if (!fit(query) || query->store->mode != STORE_READ)
        return NULL;
    const struct loaded_cell *cell = loaded_cell(&query->loaded, column);
    return cell ? cell : &none;
}

int64_t store_integer(struct store_query *query, int column)
{
    const struct loaded_cell *cell = cell_of(query, column);
    if (cell)
        return cell->integer;
    return fit(query) ? sqlite3_column_int64(query->statement, column) : 0;
}

double store_double(struct store_query *query, int column)
{
    const struct loaded_cell *cell = cell_of(query, column);
    if (cell)
        return cell->real;
    return fit(query) ? sqlite3_column_double(query->statement, column) : 0;
}

const char *store_text(struct store_query *query, int column)
{
    const struct loaded_cell *cell = cell_of(query, column);
    if (cell)
        return cell->is_null ? NULL : query->loaded.bytes.data + cell->at;
    return fit(query) ? (const char *)sqlite3_column_text(query->statement, column) : NULL;
}

const void *store_bytes(struct store_query *query, int column, size_t *ret_length)
{
    const struct loaded_cell *cell = cell_of(query, column);
    *ret_length = cell ? cell->length : 0;
    if (cell)
        return cell->length ? query->loaded.bytes.data + cell->at : NULL;
    if (!fit(query))
        return NULL;
    const void *bytes = sqlite3_column_blob(query->statement, column);
    *ret_length = (size_t)sqlite3_column_bytes(query->statement, column);
    return bytes;
}
