/* The store's readers: what is read is loaded, within limits; and who holds the log is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/store/store.h"
#include "ground/base/clock.h"
#include "kit/store_scene.h"

struct bench {
    char folder[STORE_SCENE_FOLDER];
    struct store *store;
    struct store *reader;
    struct error error;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    bench->store = store_scene_new(bench->folder);
    assert_int_equal(store_meta_set(bench->store, "a", "1", &bench->error), 0);
    assert_int_equal(store_meta_set(bench->store, "b", "2", &bench->error), 0);
    assert_int_equal(store_open(bench->folder, STORE_READ, &bench->reader, &bench->error), 0);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    store_close(bench->reader);
    store_close(bench->store);
    store_scene_remove(bench->folder);
    error_finish(&bench->error);
    free(bench);
    return 0;
}

static void test_values_are_as_a_writer_sees_them(void **state)
{
    struct bench *bench = *state;
    store_scene_round_trip(bench->reader);
}

/* Rows are still to be given, and yet nothing of the log is held. */
static void test_transaction_is_over_when_rows_are_given(void **state)
{
    struct bench *bench = *state;
    struct store_log log;
    struct store_query *query = store_query(bench->reader, "SELECT key FROM meta ORDER BY key");
    assert_int_equal(store_step(query, &bench->error), 1);
    assert_string_equal(store_text(query, 0), "a");
    assert_int_equal(store_meta_set(bench->store, "b", "3", &bench->error), 0);
    assert_int_equal(store_checkpoint(bench->store, &bench->error), 0);
    store_log(bench->store, &log);
    assert_true(log.frames > 1 && log.moved == log.frames);
    assert_int_equal(store_meta_set(bench->store, "b", "4", &bench->error), 0);
    store_log(bench->store, &log);
    assert_int_equal(log.frames, 1);
    assert_int_equal(store_step(query, &bench->error), 1);
    assert_string_equal(store_text(query, 0), "b");
}

static const char long_sql[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                               " LIMIT 1000000000) SELECT count(*) FROM n";
static const char wide_sql[] = "SELECT zeroblob(41943040)";

static void test_long_reads_are_given_up(void **state)
{
    struct bench *bench = *state;
    int64_t begun_us = clock_us();
    struct store_query *query = store_query(bench->reader, long_sql);
    assert_int_equal(store_step(query, &bench->error), ERROR_LIMIT);
    assert_non_null(strstr(error_sentence(&bench->error), "50 ms"));
    assert_true(clock_us() - begun_us < 5000000);
    query = store_query(bench->reader, wide_sql);
    assert_int_equal(store_step(query, &bench->error), ERROR_LIMIT);
    assert_non_null(strstr(error_sentence(&bench->error), "MiB"));
    /* Others are not hindered by it. */
    query = store_query(bench->reader, "SELECT value FROM meta WHERE key = 'a'");
    assert_int_equal(store_step(query, &bench->error), 1);
    assert_string_equal(store_text(query, 0), "1");
}

static void test_limits_are_those_of_the_whole_transaction(void **state)
{
    struct bench *bench = *state;
    const char *half = "SELECT zeroblob(20971520)";
    struct store_query *query = store_query(bench->reader, half);
    assert_int_equal(store_begin(bench->reader, &bench->error), 0);
    assert_int_equal(store_step(query, &bench->error), 1);
    assert_int_equal(store_step(store_query(bench->reader, half), &bench->error), ERROR_LIMIT);
    store_rollback(bench->reader);
    assert_int_equal(store_step(store_query(bench->reader, half), &bench->error), 1);
}

static void test_holder_is_found(void **state)
{
    struct bench *bench = *state;
    struct store_log log;
    assert_int_equal(store_log_holder(bench->store), 0);
    pid_t pid = store_scene_hold(bench->folder);
    assert_int_equal(store_log_holder(bench->store), pid);
    assert_int_equal(store_meta_set(bench->store, "c", "1", &bench->error), 0);
    assert_int_equal(store_checkpoint(bench->store, &bench->error), 0);
    store_log(bench->store, &log);
    assert_true(log.moved < log.frames);
    store_scene_let_go(pid);
    assert_int_equal(store_log_holder(bench->store), 0);
    assert_int_equal(store_checkpoint(bench->store, &bench->error), 0);
    store_log(bench->store, &log);
    assert_true(log.moved == log.frames);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_values_are_as_a_writer_sees_them),
        TEST(test_transaction_is_over_when_rows_are_given),
        TEST(test_long_reads_are_given_up),
        TEST(test_limits_are_those_of_the_whole_transaction),
        TEST(test_holder_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
