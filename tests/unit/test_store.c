/* The store: one writer a folder, durable turns, rollback, migrations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evidence/store/migrations.h"
#include "evidence/store/store.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "kit/store_scene.h"

static void run(struct store *store, const char *sql)
{
    struct error error = {0};
    if (store_run(store_query(store, sql), &error))
        fail_msg("%s", error_sentence(&error));
}

static void test_settings(void **state)
{
    struct store_scene *bench = *state;
    assert_int_equal(store_scene_count(bench->store, "PRAGMA synchronous"), 2);
    assert_int_equal(store_scene_count(bench->store, "PRAGMA wal_autocheckpoint"), 0);
    assert_int_equal(store_scene_count(bench->store, "PRAGMA secure_delete"), 1);
    assert_int_equal(store_scene_count(bench->store, "PRAGMA foreign_keys"), 0);
    assert_int_equal(store_scene_count(bench->store, "PRAGMA user_version"),
                     (int)store_migrations_count);
    struct store_query *query = store_query(bench->store, "PRAGMA journal_mode");
    assert_int_equal(store_step(query, NULL), 1);
    assert_string_equal(store_text(query, 0), "wal");
}

static void test_modes_of_files(void **state)
{
    struct store_scene *bench = *state;
    static const char *const names[] = {"conformd.db", "conformd.db-wal", "lock"};
    assert_int_equal(store_meta_set(bench->store, "a", "b", &bench->error), 0);
    for (size_t i = 0; i < 3; i++) {
        CLEAN(clean_text) char *path = text_format("%s/%s", bench->folder, names[i]);
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0027, 0);
    }
}

static void test_second_writer_is_refused(void **state)
{
    struct store_scene *bench = *state;
    struct store *second = NULL;
    assert_int_equal(store_open(bench->folder, STORE_WRITE, &second, &bench->error), ERROR_EXISTS);
    CLEAN(clean_text) char *pid = text_format("pid %ld", (long)getpid());
    assert_non_null(strstr(error_sentence(&bench->error), pid));
    assert_non_null(strstr(error_sentence(&bench->error), bench->folder));
    store_close(bench->store);
    bench->store = store_scene_open(bench->folder, STORE_WRITE);
}

static void test_bad_folders(void **state)
{
    struct store_scene *bench = *state;
    struct store *store = NULL;
    assert_int_equal(store_open("/nonexistent/folder", STORE_WRITE, &store, &bench->error),
                     ERROR_MISSING);
    assert_non_null(strstr(error_sentence(&bench->error), "create it"));
    assert_int_equal(store_open("/nonexistent/folder", STORE_READ, &store, &bench->error),
                     ERROR_MISSING);
    assert_int_not_equal(store_open("/proc/self", STORE_WRITE, &store, &bench->error), 0);
    CLEAN(clean_text) char *file = text_format("%s/lock", bench->folder);
    assert_int_equal(store_open(file, STORE_WRITE, &store, &bench->error), ERROR_IO);
    assert_non_null(strstr(error_sentence(&bench->error), "not a folder"));
}

static void test_newer_version_is_refused(void **state)
{
    struct store_scene *bench = *state;
    run(bench->store, "PRAGMA user_version=99");
    store_close(bench->store);
    bench->store = NULL;
    struct store *store = NULL;
    assert_int_equal(store_open(bench->folder, STORE_WRITE, &store, &bench->error), ERROR_VERSION);
    assert_non_null(strstr(error_sentence(&bench->error), "99"));
    assert_int_equal(store_open(bench->folder, STORE_READ, &store, &bench->error), ERROR_VERSION);
}

static void test_foreign_database_is_refused(void **state)
{
    struct store_scene *bench = *state;
    run(bench->store, "PRAGMA user_version=0");
    store_close(bench->store);
    bench->store = NULL;
    struct store *store = NULL;
    assert_int_equal(store_open(bench->folder, STORE_WRITE, &store, &bench->error), ERROR_FORMAT);
}

static void test_values_round_trip(void **state)
{
    struct store_scene *bench = *state;
    store_scene_round_trip(bench->store);
}

static void test_wrong_sql_is_told(void **state)
{
    struct store_scene *bench = *state;
    struct store_query *query = store_query(bench->store, "SELECT nothing FROM nowhere");
    store_bind_integer(query, 1, 1);
    assert_int_equal(store_step(query, &bench->error), ERROR_DATABASE);
    assert_non_null(strstr(error_sentence(&bench->error), "nowhere"));
    assert_int_equal(store_run(NULL, &bench->error), ERROR_DATABASE);
    query = store_query(bench->store, "SELECT 1");
    store_bind_integer(query, 7, 1);
    assert_int_equal(store_step(query, &bench->error), ERROR_DATABASE);
    query = store_query(bench->store, "SELECT 1");
    assert_int_equal(store_step(query, &bench->error), 1);
}

static void test_many_queries_keep_apart(void **state)
{
    struct store_scene *bench = *state;
    static char sql[300][16];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 300; i++) {
            snprintf(sql[i], sizeof sql[i], "SELECT %d", i);
            assert_int_equal(store_scene_count(bench->store, sql[i]), i);
        }
}

static void test_rollback(void **state)
{
    struct store_scene *bench = *state;
    struct store *store = bench->store;
    char *value = NULL;
    assert_int_equal(store_meta_set(store, "kept", "1", NULL), 0);
    assert_int_equal(store_meta_set(store, "kept2", "1", NULL), 0);
    assert_int_equal(store_begin(store, NULL), 0);
    assert_true(store_in_transaction(store));
    assert_int_equal(store_begin(store, &bench->error), ERROR_STATE);
    assert_int_equal(store_meta_set(store, "kept", "2", NULL), 0);
    struct store_query *busy = store_query(store, "SELECT key FROM meta");
    assert_int_equal(store_step(busy, NULL), 1);
    store_rollback(store);
    assert_false(store_in_transaction(store));
    assert_int_equal(store_meta_get(store, "kept", &value, &bench->error), 0);
    assert_string_equal(value, "1");
    free(value);
    /* The query that still had rows holds nothing: the log can be emptied. */
    assert_true(store_wal_bytes(store) > 0);
    assert_int_equal(store_checkpoint(store, NULL), 0);
    assert_int_equal(store_wal_bytes(store), 0);
    assert_int_equal(store_commit(store, &bench->error), ERROR_STATE);
    store_rollback(store);
    assert_int_equal(store_meta_get(store, "absent", &value, &bench->error), ERROR_MISSING);
}

/* Whoever does not look at an answer cannot commit half of what was to be. */
static void test_a_failed_statement_fails_the_transaction(void **state)
{
    struct store_scene *bench = *state;
    assert_int_equal(store_begin(bench->store, NULL), 0);
    run(bench->store, "INSERT INTO meta(key, value) VALUES('once', 1)");
    /* SQLite takes the transaction back by itself here, as it does when the disk is full. */
    const char *twice = "INSERT OR ROLLBACK INTO meta(key, value) VALUES('once', 2)";
    assert_int_equal(store_run(store_query(bench->store, twice), NULL), ERROR_DATABASE);
    const char *more = "INSERT INTO meta(key, value) VALUES('more', 1)";
    assert_int_equal(store_run(store_query(bench->store, more), NULL), ERROR_DATABASE);
    assert_int_equal(store_commit(bench->store, &bench->error), ERROR_DATABASE);
    assert_non_null(strstr(error_sentence(&bench->error), "failed before"));
    store_rollback(bench->store);
    const char *count = "SELECT count(*) FROM meta WHERE key IN ('once', 'more')";
    assert_int_equal(store_scene_count(bench->store, count), 0);
    assert_int_equal(store_begin(bench->store, NULL), 0);
    run(bench->store, more);
    assert_int_equal(store_commit(bench->store, NULL), 0);
    assert_int_equal(store_scene_count(bench->store, count), 1);
}

static void test_committed_outlives_a_kill(void **state)
{
    struct store_scene *bench = *state;
    store_close(bench->store);
    bench->store = NULL;
    pid_t child = fork();
    if (child == 0) {
        struct store *store = NULL;
        if (store_open(bench->folder, STORE_WRITE, &store, NULL) || store_begin(store, NULL) ||
            store_meta_set(store, "first", "committed", NULL) || store_commit(store, NULL) ||
            store_begin(store, NULL) || store_meta_set(store, "second", "lost", NULL))
            _exit(1);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    bench->store = store_scene_open(bench->folder, STORE_WRITE);
    char *value = NULL;
    assert_int_equal(store_meta_get(bench->store, "first", &value, NULL), 0);
    assert_string_equal(value, "committed");
    free(value);
    assert_int_equal(store_meta_get(bench->store, "second", &value, NULL), ERROR_MISSING);
}

static void test_reader_sees_commits_and_cannot_write(void **state)
{
    struct store_scene *bench = *state;
    struct store *reader = NULL;
    char *value = NULL;
    assert_int_equal(store_open(bench->folder, STORE_READ, &reader, &bench->error), 0);
    assert_int_equal(store_meta_set(bench->store, "seen", "yes", NULL), 0);
    assert_int_equal(store_meta_get(reader, "seen", &value, NULL), 0);
    assert_string_equal(value, "yes");
    free(value);
    assert_int_equal(store_meta_set(reader, "mine", "no", &bench->error), ERROR_DATABASE);
    assert_true(store_wal_bytes(reader) > 0);
    store_close(reader);
}

static void test_log_outlives_close(void **state)
{
    struct store_scene *bench = *state;
    assert_int_equal(store_meta_set(bench->store, "a", "b", NULL), 0);
    store_close(bench->store);
    CLEAN(clean_text) char *path = text_format("%s/conformd.db-wal", bench->folder);
    assert_int_equal(access(path, F_OK), 0);
    bench->store = store_scene_open(bench->folder, STORE_WRITE);
}

static bool file_holds(const char *folder, const char *name, const char *word)
{
    CLEAN(clean_text) char *path = text_format("%s/%s", folder, name);
    static char bytes[1 << 20];
    CLEAN(clean_file) FILE *file = fopen(path, "r");
    size_t length = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    return memmem(bytes, length, word, strlen(word)) != NULL;
}

static void test_deleted_bytes_are_gone_from_the_file(void **state)
{
    struct store_scene *bench = *state;
    assert_int_equal(store_meta_set(bench->store, "x", "canary-of-a-person", NULL), 0);
    assert_int_equal(store_checkpoint(bench->store, NULL), 0);
    assert_true(file_holds(bench->folder, "conformd.db", "canary-of-a-person"));
    run(bench->store, "DELETE FROM meta");
    assert_int_equal(store_checkpoint(bench->store, NULL), 0);
    assert_false(file_holds(bench->folder, "conformd.db", "canary-of-a-person"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, store_scene_set_up, store_scene_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_settings),
        TEST(test_modes_of_files),
        TEST(test_second_writer_is_refused),
        TEST(test_bad_folders),
        TEST(test_newer_version_is_refused),
        TEST(test_foreign_database_is_refused),
        TEST(test_values_round_trip),
        TEST(test_wrong_sql_is_told),
        TEST(test_many_queries_keep_apart),
        TEST(test_rollback),
        TEST(test_a_failed_statement_fails_the_transaction),
        TEST(test_committed_outlives_a_kill),
        TEST(test_reader_sees_commits_and_cannot_write),
        TEST(test_log_outlives_close),
        TEST(test_deleted_bytes_are_gone_from_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
