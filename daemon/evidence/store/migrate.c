/* Brings a database to the version of this program, a transaction a step. */
#include "evidence/store/store_private.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

/* The single integer that a statement answers. */
static int ask_integer(sqlite3 *db, const char *sql, int64_t *ret_value, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    int code = 0;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        code = store_fail(db, "reading the version", error);
    else
        *ret_value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code;
}

static int read_version(sqlite3 *db, size_t count, size_t *ret_version, struct error *error)
{
    int64_t version = 0;
    int code = ask_integer(db, "PRAGMA user_version", &version, error);
    if (code)
        return code;
    if (version < 0 || version > (int64_t)count)
        return error_set(error, ERROR_VERSION,
                         "the database %s has version %lld and this conformd knows up to %zu: "
                         "install the newer conformd that made it, or restore a backup",
                         sqlite3_db_filename(db, "main"), (long long)version, count);
    *ret_version = (size_t)version;
    return 0;
}

/* A database without version that has tables is another program's. */
static int refuse_foreign(sqlite3 *db, struct error *error)
{
    int64_t tables = 0;
    int code = ask_integer(db, "SELECT count(*) FROM sqlite_schema", &tables, error);
    if (code || !tables)
        return code;
    return error_set(error, ERROR_FORMAT,
                     "%s is not a database of conformd: move it away, or set another state_dir",
                     sqlite3_db_filename(db, "main"));
}

static int take_step(sqlite3 *db, const char *step, size_t number, struct error *error)
{
    CLEAN(clean_text)
    char *sql = text_format("BEGIN IMMEDIATE;%s;PRAGMA user_version=%zu;COMMIT;", step, number);
    if (!sql)
        return error_set(error, ERROR_MEMORY, "out of memory");
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    int code = store_fail(db, "migrating", error);
    error_prefix(error, "step %zu of the schema", number);
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

int store_migrate(sqlite3 *db, const char *const *steps, size_t count, struct error *error)
{
    size_t version = 0;
    int code = read_version(db, count, &version, error);
    if (!code && version == 0)
        code = refuse_foreign(db, error);
    for (; !code && version < count; version++)
        code = take_step(db, steps[version], version + 1, error);
    return code;
}

int store_check_version(sqlite3 *db, size_t count, struct error *error)
{
    size_t version = 0;
    int code = read_version(db, count, &version, error);
    if (!code && version < count)
        code = error_set(error, ERROR_VERSION,
                         "the database %s has the older version %zu: start conformd once, which "
                         "brings it to %zu",
                         sqlite3_db_filename(db, "main"), version, count);
    return code;
}
