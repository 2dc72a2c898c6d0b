/* Opening, closing and transactions of the one database. */
#include "evidence/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence/store/migrations.h"
#include "evidence/store/store_private.h"
#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/text.h"

enum {
    BUSY_MS = 5000,
    WAL_HEAD_BYTES = 32,  /* of the file */
    WAL_FRAME_BYTES = 24, /* before each page */
    PROGRESS_STEPS = 500, /* of SQLite's machine, between two looks at the clock */
};

int store_fail(sqlite3 *db, const char *doing, struct error *error)
{
    int code = sqlite3_extended_errcode(db);
    return error_set(error, ERROR_DATABASE, "the store refused %s: %s (SQLite %d)", doing,
                     db ? sqlite3_errmsg(db) : "out of memory", code);
}

static int run_sql(struct store *store, const char *sql, const char *doing, struct error *error)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    return store_fail(store->db, doing, error);
}

/* Made here and not by SQLite, so that no moment shows it with another mode. */
static int make_file(const char *path, struct error *error)
{
    mode_t before = umask(0027);
    CLEAN(clean_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    int why = errno;
    umask(before);
    if (fd >= 0)
        return 0;
    return error_set(error, ERROR_IO, "%s cannot be made or written by user id %u: %s", path,
                     (unsigned)geteuid(), strerror(why));
}

/* Called by SQLite after each commit; also keeps it from checkpointing inside of one. */
static int on_wal(void *context, sqlite3 *db, const char *name, int pages)
{
    struct store *store = context;
    (void)db;
    (void)name;
    store->wal_bytes = WAL_HEAD_BYTES + (int64_t)pages * (4096 + WAL_FRAME_BYTES);
    if (pages < store->log.frames)
        store->log.moved = -1;
    store->log.frames = pages;
    store->log.bytes = store->wal_bytes;
    return SQLITE_OK;
}

static int64_t file_bytes(const char *path)
{
    struct stat status;
    return stat(path, &status) ? 0 : status.st_size;
}

/* SQLite answers with the mode it could get, not with an error. */
static int ask_for_wal(struct store *store, struct error *error)
{
    struct store_query *query = store_query(store, "PRAGMA journal_mode=WAL");
    int code = store_step(query, error);
    if (code < 0)
        return code;
    const char *mode = store_text(query, 0);
    code = 0;
    if (!mode || strcmp(mode, "wal") != 0)
        code = error_set(error, ERROR_DATABASE,
                         "%s cannot use write-ahead logging: state_dir must be on a local file "
                         "system",
                         sqlite3_db_filename(store->db, "main"));
    store_reset(query);
    return code;
}

static int set_up_writer(struct store *store, struct error *error)
{
    int keep = 1;
    int code = ask_for_wal(store, error);
    if (!code)
        code = run_sql(store,
                       "PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;"
                       "PRAGMA wal_autocheckpoint=0;PRAGMA journal_size_limit=33554432",
                       "its settings", error);
    if (code)
        return code;
    if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep) != SQLITE_OK)
        return store_fail(store->db, "keeping its log", error);
    store->wal_bytes = file_bytes(store->wal_path);
    sqlite3_wal_hook(store->db, on_wal, store);
    return store_migrate(store->db, store_migrations, store_migrations_count, error);
}

/* Asked by SQLite while it works: is the transaction too long? */
static int on_progress(void *context)
{
    const struct store *store = context;
    return store->read_until_us && clock_us() > store->read_until_us;
}

void store_reading(struct store *store)
{
    store->read_until_us = clock_us() + (int64_t)STORE_READ_MS * 1000;
    store->read_bytes = 0;
}

void store_read(struct store *store)
{
    store->read_until_us = 0;
}

static int set_up(struct store *store, struct error *error)
{
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, BUSY_MS);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    int code = run_sql(store,
                       "PRAGMA mmap_size=0;PRAGMA cache_size=-512;PRAGMA foreign_keys=OFF;"
                       "PRAGMA trusted_schema=OFF;PRAGMA cell_size_check=ON;"
                       "PRAGMA temp_store=MEMORY",
                       "its settings", error);
    if (code)
        return code;
    if (store->mode == STORE_WRITE)
        return set_up_writer(store, error);
    sqlite3_progress_handler(store->db, PROGRESS_STEPS, on_progress, store);
    return store_check_version(store->db, store_migrations_count, error);
}

static int open_database(struct store *store, const char *folder, struct error *error)
{
    CLEAN(clean_text) char *path = text_format("%s/conformd.db", folder);
    store->wal_path = text_format("%s/conformd.db-wal", folder);
    if (!path || !store->wal_path)
        return error_set(error, ERROR_MEMORY, "out of memory");
    bool writes = store->mode == STORE_WRITE;
    if (!writes && access(path, F_OK))
        return error_set(error, ERROR_MISSING,
                         "there is no database %s yet: start conformd, or check state_dir", path);
    if (writes && (make_file(path, error) || store_open_marks(folder, &store->marks_fd, error)))
        return ERROR_IO;
    int flags = (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_PRIVATECACHE;
    int code = 0;
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK)
        code = store_fail(store->db, "to open", error);
    if (!code)
        code = set_up(store, error);
    if (code == ERROR_DATABASE)
        error_prefix(error, "%s", path);
    return code;
}

int store_open(const char *folder, enum store_mode mode, struct store **ret, struct error *error)
{
    struct error unheard = {0};
    struct error *heard = error ? error : &unheard;
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return error_set(error, ERROR_MEMORY, "out of memory");
    store->mode = mode;
    store->lock_fd = -1;
    store->marks_fd = -1;
    store->log.moved = -1;
    int code = 0;
    if (mode == STORE_WRITE)
        code = store_lock_folder(folder, &store->lock_fd, heard);
    if (!code)
        code = open_database(store, folder, heard);
    error_finish(&unheard);
    if (code) {
        store_close(store);
        return code;
    }
    *ret = store;
    return 0;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_finish_queries(store);
    sqlite3_close(store->db);
    if (store->marks_fd >= 0)
        close(store->marks_fd);
    /* Last: whoever gets the lock next must find the database closed. */
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    free(store->wal_path);
    free(store);
}

bool store_in_transaction(const struct store *store)
{
    return !sqlite3_get_autocommit(store->db);
}

int store_begin(struct store *store, struct error *error)
{
    if (store_in_transaction(store))
        return error_set(error, ERROR_STATE, "a transaction of the store is open already");
    const char *reading = "BEGIN";
    const char *writing = "BEGIN IMMEDIATE";
    int code = store_run(store_query(store, store->mode == STORE_WRITE ? writing : reading), error);
    store->begun = !code && store->mode == STORE_WRITE;
    if (!code && store->mode == STORE_READ)
        store_reading(store);
    return code;
}

int store_commit(struct store *store, struct error *error)
{
    if (!store->failed && !store_in_transaction(store))
        return error_set(error, ERROR_STATE, "no transaction of the store is open");
    store_reset_queries(store);
    /* A reader's end is never too late. */
    store_read(store);
    int code = store_run(store_query(store, "COMMIT"), error);
    store->begun = code && store->begun;
    return code;
}

void store_rollback(struct store *store)
{
    store_reset_queries(store);
    store_read(store);
    store->begun = store->failed = false;
    /* A full disk or a failed write has SQLite roll back by itself. */
    if (store_in_transaction(store))
        (void)!store_run(store_query(store, "ROLLBACK"), NULL);
}

int store_checkpoint(struct store *store, struct error *error)
{
    int in_log = 0, moved = 0;
    int code =
        sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
    /* Another checkpointer is no failure: what it does is what we want. */
    if (code == SQLITE_BUSY)
        return 0;
    if (code != SQLITE_OK)
        return store_fail(store->db, "to checkpoint", error);
    store->log.frames = in_log;
    store->log.moved = moved;
    if (in_log == moved)
        store->wal_bytes = 0;
    return 0;
}

void store_log(const struct store *store, struct store_log *ret)
{
    *ret = store->log;
}

int64_t store_wal_bytes(const struct store *store)
{
    return store->mode == STORE_WRITE ? store->wal_bytes : file_bytes(store->wal_path);
}

int64_t store_last_id(const struct store *store)
{
    return sqlite3_last_insert_rowid(store->db);
}

int store_meta_get(struct store *store, const char *key, char **ret, struct error *error)
{
    struct store_query *query = store_query(store, "SELECT value FROM meta WHERE key=?1");
    store_bind_text(query, 1, key);
    int code = store_step(query, error);
    if (code < 0)
        return code;
    if (code == 0)
        return error_set(error, ERROR_MISSING, "the store has no value named %s", key);
    char *value = strdup(store_text(query, 0));
    store_reset(query);
    if (!value)
        return error_set(error, ERROR_MEMORY, "out of memory");
    *ret = value;
    return 0;
}

int store_meta_set(struct store *store, const char *key, const char *value, struct error *error)
{
    struct store_query *query =
        store_query(store, "INSERT INTO meta(key,value) VALUES(?1,?2)"
                           " ON CONFLICT(key) DO UPDATE SET value=excluded.value");
    store_bind_text(query, 1, key);
    store_bind_text(query, 2, value);
    return store_run(query, error);
}
