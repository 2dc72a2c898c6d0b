/* The store's readers: what is read is loaded, within limits; and who holds the log is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/store.h"

struct bench {
    char folder[64];
    struct store *store;
    struct store *reader;
    struct error error;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    snprintf(bench->folder, sizeof bench->folder, "/tmp/test_reader.XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    assert_int_equal(store_open(bench->folder, STORE_WRITE, &bench->store, &bench->error), 0);
    assert_int_equal(store_meta_set(bench->store, "a", "1", &bench->error), 0);
    assert_int_equal(store_meta_set(bench->store, "b", "2", &bench->error), 0);
    assert_int_equal(store_open(bench->folder, STORE_READ, &bench->reader, &bench->error), 0);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"conformd.db", "conformd.db-wal", "conformd.db-shm",
                                        "lock"};
    struct bench *bench = *state;
    store_close(bench->reader);
    store_close(bench->store);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CLEAN(clean_text) char *path = text_format("%s/%s", bench->folder, names[i]);
        unlink(path);
    }
    rmdir(bench->folder);
    error_finish(&bench->error);
    free(bench);
    return 0;
}

static void test_values_are_as_a_writer_sees_them(void **state)
{
    struct bench *bench = *state;
    struct store_query *query = store_query(bench->reader, "SELECT ?1, ?2, ?3, ?4, ?5, x'', 7");
    store_bind_integer(query, 1, INT64_MIN);
    store_bind_double(query, 2, 0.1);
    store_bind_text(query, 3, "\xc3\xa9");
    store_bind_bytes(query, 4, "\0\1", 2);
    store_bind_text(query, 5, NULL);
    assert_int_equal(store_step(query, &bench->error), 1);
    size_t length;
    assert_true(store_integer(query, 0) == INT64_MIN);
    assert_true(store_double(query, 1) == 0.1);
    assert_string_equal(store_text(query, 2), "\xc3\xa9");
    assert_memory_equal(store_bytes(query, 3, &length), "\0\1", 2);
    assert_int_equal(length, 2);
    assert_null(store_text(query, 4));
    assert_null(store_bytes(query, 4, &length));
    assert_int_equal(length, 0);
    assert_non_null(store_text(query, 5));
    assert_string_equal(store_text(query, 6), "7");
    assert_int_equal(store_step(query, &bench->error), 0);
    assert_null(store_text(query, 6));
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

/* A process that reads and does not end, until it is killed. */
static pid_t hold(const struct bench *bench)
{
    int ends[2];
    char byte = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct store *mine = NULL;
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) ||
            store_open(bench->folder, STORE_READ, &mine, NULL) || store_begin(mine, NULL) ||
            store_step(store_query(mine, "SELECT count(*) FROM meta"), NULL) != 1 ||
            write(ends[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return pid;
}

static void test_holder_is_found(void **state)
{
    struct bench *bench = *state;
    struct store_log log;
    assert_int_equal(store_log_holder(bench->store), 0);
    pid_t pid = hold(bench);
    assert_int_equal(store_log_holder(bench->store), pid);
    assert_int_equal(store_meta_set(bench->store, "c", "1", &bench->error), 0);
    assert_int_equal(store_checkpoint(bench->store, &bench->error), 0);
    store_log(bench->store, &log);
    assert_true(log.moved < log.frames);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
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
