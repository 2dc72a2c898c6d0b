/* A reader's series follow what is committed: whatever happens to the table, both see the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "unit/series_bench.h"

#define START INT64_C(1795323600000)

struct follower {
    struct bench seen; /* its set alone is used */
    struct store *store;
};

static void follow(struct bench *bench, struct follower *follower)
{
    *follower = (struct follower){0};
    assert_int_equal(store_open(bench->folder, STORE_READ, &follower->store, &bench->error), 0);
    assert_int_equal(
        series_open_reader(follower->store, &bench->limits, &follower->seen.set, &bench->error), 0);
}

static void leave(struct follower *follower)
{
    series_close(follower->seen.set);
    store_close(follower->store);
}

static void same(struct bench *bench, struct follower *follower, int64_t now_ms)
{
    struct error *error = &bench->error;
    if (series_refresh(follower->seen.set, now_ms, clock_us() + 60000000, error))
        fail_msg("%s", error_sentence(error));
    CLEAN(clean_text) char *mine = dump(bench, NULL, INT64_MIN, INT64_MAX);
    CLEAN(clean_text) char *theirs = dump(&follower->seen, NULL, INT64_MIN, INT64_MAX);
    assert_string_equal(mine, theirs);
}

/* A commit of these users. */
static void commit(struct bench *bench, int64_t time_ms, const char *users)
{
    gauges(bench, time_ms, SERIES_WELL, users);
    save(bench, time_ms);
}

static void test_new_rows_and_series(void **state)
{
    struct bench *bench = *state;
    struct follower follower;
    follow(bench, &follower);
    same(bench, &follower, START);
    for (int i = 0; i < 200; i++) {
        commit(bench, START + i * 1000, i % 3 ? "ab" : i < 100 ? "abc" : "abcd");
        if (i % 50 == 7)
            same(bench, &follower, START + i * 1000);
    }
    same(bench, &follower, START + 200000);
    CLEAN(clean_text) char *text = dump(&follower.seen, NULL, INT64_MIN, INT64_MAX);
    assert_true(strlen(text) > 4000);
    leave(&follower);
}

/* A clock that was set back: the newest rows go, their numbers come again. */
static void test_rows_taken_away(void **state)
{
    struct bench *bench = *state;
    struct follower follower;
    follow(bench, &follower);
    for (int i = 0; i < 10; i++)
        commit(bench, START + i * 1000, "ab");
    same(bench, &follower, START + 10000);
    assert_int_equal(
        store_run(store_query(bench->store, "DELETE FROM samples WHERE id > 5"), &bench->error), 0);
    assert_int_equal(series_reload(bench->set, &bench->error), 0);
    for (int i = 0; i < 10; i++)
        commit(bench, START + 4500 + i * 100, "ac");
    same(bench, &follower, START + 10000);
    leave(&follower);
}

static int on_series(void *context, const struct series_view *view)
{
    int64_t *lookback_ms = context;
    *lookback_ms = view->lookback_ms;
    return 0;
}

static void test_lookback_that_changes(void **state)
{
    struct bench *bench = *state;
    struct follower follower;
    struct label pairs[] = {{LABELS_NAME, "own"}};
    struct labels *labels = NULL;
    struct series_window window = {.name = "own", .from_ms = START, .to_ms = START + 100000};
    int64_t lookback_ms = 0;
    follow(bench, &follower);
    assert_int_equal(labels_new(pairs, 1, &labels), 0);
    for (int64_t i = 1; i <= 2; i++) {
        assert_int_equal(series_put(bench->set, labels, START + i * 1000, 1, i * 60000), 0);
        save(bench, START + i * 1000);
        same(bench, &follower, START + 10000);
        assert_int_equal(series_each(follower.seen.set, &window, on_series, &lookback_ms), 0);
        assert_int_equal(lookback_ms, i * 60000);
        series_release(follower.seen.set);
    }
    labels_free(labels);
    leave(&follower);
}

/* What is older than `keep` is not shown, and a series that went comes again under its labels. */
static void test_old_samples_and_their_series(void **state)
{
    struct bench *bench = *state;
    struct follower follower;
    int64_t keep_ms = 400LL * 86400000, later_ms = START + keep_ms + 60000;
    follow(bench, &follower);
    commit(bench, START, "ab");
    commit(bench, START + keep_ms / 2, "b");
    same(bench, &follower, START + keep_ms / 2);
    commit(bench, later_ms - 1000, "b");
    for (int i = 0; i < 3; i++)
        assert_int_equal(series_trim(bench->set, later_ms, &bench->error), 0);
    same(bench, &follower, later_ms);
    commit(bench, later_ms, "ab");
    same(bench, &follower, later_ms);
    leave(&follower);
}

static void test_much_is_read_in_parts(void **state)
{
    struct bench *bench = *state;
    struct follower follower;
    follow(bench, &follower);
    for (int i = 0; i < 200; i++)
        commit(bench, START + i * 1000, "ab");
    int parts = 0, code;
    while ((code = series_refresh(follower.seen.set, START, 0, &bench->error)) == ERROR_AGAIN)
        assert_true(++parts < 10);
    assert_int_equal(code, 0);
    assert_true(parts >= 3);
    same(bench, &follower, START);
    leave(&follower);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_rows_and_series),   TEST(test_rows_taken_away),
        TEST(test_lookback_that_changes), TEST(test_old_samples_and_their_series),
        TEST(test_much_is_read_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
