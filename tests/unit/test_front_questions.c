/* The front's questions for the reader: one at a time, in their order, asked again once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "outside/front/questions.h"

static int things[QUESTIONS_MOST + 1];

static void test_one_at_a_time(void **state)
{
    (void)state;
    static struct questions questions;
    struct question taken;
    assert_null(questions_next(&questions));
    assert_int_equal(questions_next_ms(&questions), INT64_MAX);
    for (int i = 0; i < 3; i++)
        assert_non_null(questions_add(&questions, &things[i], i, 1000 + i));
    struct question *first = questions_next(&questions);
    assert_ptr_equal(first->request, &things[0]);
    questions_asked(first, 2000);
    assert_null(questions_next(&questions));
    assert_int_equal(questions_next_ms(&questions), 2000 + QUESTIONS_RUN_MS);
    assert_int_equal(questions_take(&questions, first->id + 7, &taken), ERROR_MISSING);
    assert_int_equal(questions_take(&questions, 0, &taken), ERROR_MISSING);
    assert_int_equal(questions_take(&questions, first->id, &taken), 0);
    assert_ptr_equal(taken.request, &things[0]);
    assert_ptr_equal(questions_next(&questions)->request, &things[1]);
    /* A place that is free again does not let its next one in before others. */
    assert_non_null(questions_add(&questions, &things[9], 0, 3000));
    assert_ptr_equal(questions_next(&questions)->request, &things[1]);
}

static void test_lost_is_asked_once_more(void **state)
{
    (void)state;
    static struct questions questions;
    struct question lost;
    assert_non_null(questions_add(&questions, &things[0], 0, 0));
    assert_non_null(questions_add(&questions, &things[1], 0, 0));
    assert_int_equal(questions_lost(&questions, 0, &lost), ERROR_MISSING);
    questions_asked(questions_next(&questions), 100);
    assert_int_equal(questions_lost(&questions, 5000, &lost), ERROR_MISSING);
    struct question *again = questions_next(&questions);
    assert_ptr_equal(again->request, &things[0]);
    assert_int_equal(again->until_ms, 5000 + QUESTIONS_WAIT_MS);
    questions_asked(again, 6000);
    assert_int_equal(questions_lost(&questions, 7000, &lost), 0);
    assert_ptr_equal(lost.request, &things[0]);
    assert_ptr_equal(questions_next(&questions)->request, &things[1]);
}

static void test_times_and_places(void **state)
{
    (void)state;
    static struct questions questions;
    struct question late;
    for (int i = 0; i < QUESTIONS_MOST; i++)
        assert_non_null(questions_add(&questions, &things[i], 0, i));
    assert_null(questions_add(&questions, &things[QUESTIONS_MOST], 0, 0));
    assert_int_equal(questions_take_late(&questions, QUESTIONS_WAIT_MS - 1, &late), ERROR_MISSING);
    assert_int_equal(questions_take_late(&questions, QUESTIONS_WAIT_MS, &late), 0);
    assert_ptr_equal(late.request, &things[0]);
    assert_false(late.asked);
    questions_asked(questions_next(&questions), 50000);
    assert_int_equal(questions_next_ms(&questions), QUESTIONS_WAIT_MS + 2);
    for (int i = 0; i < QUESTIONS_MOST - 1; i++)
        assert_int_equal(questions_take_late(&questions, INT64_MAX, &late), 0);
    assert_int_equal(questions_take_late(&questions, INT64_MAX, &late), ERROR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_lost_is_asked_once_more),
        cmocka_unit_test(test_times_and_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
