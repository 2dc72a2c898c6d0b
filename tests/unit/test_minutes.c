/* At most one line a minute and key, and nothing that happened is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "ground/base/clean.h"
#include "ground/base/minutes.h"

static void assert_taken(struct minutes *minutes, int64_t now_ms, const char *key, uint64_t count)
{
    CLEAN(clean_text) char *got = NULL;
    uint64_t more = 0;
    assert_int_equal(minutes_take(minutes, now_ms, &got, &more), 0);
    assert_string_equal(got, key);
    assert_int_equal(more, count);
}

static void assert_none(struct minutes *minutes, int64_t now_ms)
{
    char *key = NULL;
    uint64_t count;
    assert_int_equal(minutes_take(minutes, now_ms, &key, &count), ERROR_MISSING);
}

static void first_at_once_then_counted(void **state)
{
    (void)state;
    CLEAN(minutes_finish) struct minutes minutes = {0};
    assert_true(minutes_add(&minutes, "a", 1000));
    assert_true(minutes_next_ms(&minutes) == INT64_MAX);
    for (int i = 0; i < 999; i++)
        assert_false(minutes_add(&minutes, "a", 2000));
    assert_true(minutes_add(&minutes, "b", 2000));
    assert_int_equal(minutes_next_ms(&minutes), 61000);
    assert_none(&minutes, 60999);
    assert_taken(&minutes, 61000, "a", 999);
    assert_none(&minutes, 61000);
    /* The line of the count began a minute of its own. */
    assert_false(minutes_add(&minutes, "a", 61001));
    assert_none(&minutes, 120999);
    assert_taken(&minutes, 121000, "a", 1);
    /* After a minute in which nothing was: told at once again. */
    assert_true(minutes_add(&minutes, "a", 181000));
}

static void at_the_end_all_is_told(void **state)
{
    (void)state;
    CLEAN(minutes_finish) struct minutes minutes = {0};
    assert_true(minutes_add(&minutes, "a", 0));
    assert_false(minutes_add(&minutes, "a", 1));
    assert_taken(&minutes, INT64_MAX, "a", 1);
    assert_none(&minutes, INT64_MAX);
}

/* More keys than places: lines stay as few, and the count is whole. */
static void keys_beyond_the_places(void **state)
{
    (void)state;
    CLEAN(minutes_finish) struct minutes minutes = {0};
    int told = 0;
    for (int i = 0; i < 1000; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        told += minutes_add(&minutes, key, 5);
    }
    assert_int_equal(told, MINUTES_KEYS + 1);
    assert_taken(&minutes, 60005, MINUTES_OTHERS, 1000 - MINUTES_KEYS - 1);
    assert_none(&minutes, 60005);
    /* Their minute over, the places are free. */
    assert_true(minutes_add(&minutes, "new", 130000));
    assert_int_equal(minutes.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(first_at_once_then_counted),
                                       cmocka_unit_test(at_the_end_all_is_told),
                                       cmocka_unit_test(keys_beyond_the_places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
