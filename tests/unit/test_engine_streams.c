/* Processes that stay: streams, and snapshots at short intervals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/engine_scene.h"

/* A stream says how it stands at the end of an interval, for all of it. */
static void stream_state_holds_for_an_interval(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "log", 10000);
    scene_measure(scene, "M1", "max(x_age)", "< 9");
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    scene_reading(scene, link, 2, NULL, 1);
    scene_reading(scene, link, 1, "ann", 1);
    scene_batch(scene, link, 0, "1");
    scene_settle(scene);
    scene_batch(scene, link, 1, NULL);
    scene_settle(scene);
    scene_expect(scene, "M1", "met"); /* the gauge is in the part before */
    scene_outcome(scene, link, -3, "may not be read");
    scene_batch(scene, link, 1, NULL);
    scene_settle(scene);
    scene_expect(scene, "M1", "unknown");
    scene_reading(scene, link, 1, "ann", 4);
    scene_batch(scene, link, 0, "2");
    scene_settle(scene);
    scene_expect(scene, "M1", "unknown");
    assert_non_null(strstr(scene_reason(scene, "M1"), "may not be read"));
    scene_reading(scene, link, 2, NULL, 1);
    scene_batch(scene, link, 1, "3");
    scene_settle(scene);
    scene_expect(scene, "M1", "met");
    /* What it read while it could not read all was counted, for its position moved on. */
    assert_true(scene_query(scene, "sum(x_hits_total)") == 5);
    /* Missing for a part is missing for the interval. */
    scene_missing(scene, link, 2, "gone");
    scene_batch(scene, link, 0, "4");
    scene_settle(scene);
    scene_expect(scene, "M1", "unknown");
    scene_batch(scene, link, 1, "5");
    scene_settle(scene);
    scene_expect(scene, "M1", "unknown");
    scene_reading(scene, link, 2, NULL, 1);
    scene_batch(scene, link, 1, "6");
    scene_settle(scene);
    scene_expect(scene, "M1", "met");
    intake_link_free(link);
}

static void stream_that_cannot_start_says_why(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "log", 10000);
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    scene_outcome(scene, link, CFD_ABSENT, "no such file");
    scene_batch(scene, link, 1, NULL);
    scene_eof(link);
    scene_ended(scene, "log", 1, "exited");
    scene_settle(scene);
    CLEAN(clean_json) json_t *shown = scene_state(scene, "instance", "log");
    assert_string_equal(json_text_of(shown, "state", ""), "absent");
    assert_string_equal(json_text_of(shown, "reason", ""), "no such file");
    intake_link_free(link);
    scene_pass(scene, 2000);
    assert_int_equal(scene->starts, 2);
}

static void stream_that_crashes_failed(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "log", 10000);
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    scene_reading(scene, link, 1, "ann", 3);
    scene_batch(scene, link, 0, "1");
    scene_reading(scene, link, 1, "ann", 4); /* no position covers it: it is read again */
    scene_eof(link);
    scene_ended(scene, "log", 7, "exited");
    scene_settle(scene);
    CLEAN(clean_json) json_t *shown = scene_state(scene, "instance", "log");
    assert_string_equal(json_text_of(shown, "state", ""), "failed");
    assert_non_null(strstr(json_text_of(shown, "reason", ""), "exited with code 7"));
    assert_int_equal(scene_count(scene, "SELECT value FROM positions"), 1);
    intake_link_free(link);
    link = scene_connect(scene, "log", scene_stream_tables);
    scene_reading(scene, link, 1, "ann", 4);
    scene_batch(scene, link, 1, "2");
    scene_settle(scene);
    assert_true(scene_query(scene, "sum(x_hits_total)") == 7);
    intake_link_free(link);
}

static void resident_snapshot(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "fast", 10000);
    scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "fast", scene_tables);
    for (int i = 0; i < 300; i++) {
        scene_reading(scene, link, 0, "ann", i == 0);
        scene_outcome(scene, link, 0, "");
        scene_settle(scene);
        scene_expect(scene, "M1", i ? "met" : "missed");
        scene_pass(scene, 10000);
        assert_int_equal(scene->collects, i + 1);
    }
    /* It ends between two runs: nothing has failed. */
    scene_reading(scene, link, 0, "ann", 0);
    scene_outcome(scene, link, 0, "");
    scene_settle(scene);
    scene_eof(link);
    scene_ended(scene, "fast", 9, "exited");
    scene_settle(scene);
    scene_expect(scene, "M1", "met");
    intake_link_free(link);
    scene_pass(scene, 10000);
    assert_int_equal(scene->starts, 2);
    /* It ends within a run: that failed. */
    link = scene_connect(scene, "fast", scene_tables);
    scene_reading(scene, link, 0, "ann", 0);
    scene_eof(link);
    scene_ended(scene, "fast", 9, "exited");
    scene_settle(scene);
    scene_expect(scene, "M1", "unknown");
    intake_link_free(link);
}

static void resident_is_replaced_each_hour(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "fast", 10000);
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "fast", scene_tables);
    for (int i = 0; i < 361 && !scene->ends; i++) {
        scene_outcome(scene, link, 0, "");
        scene_pass(scene, 10000);
    }
    assert_int_equal(scene->ends, 1);
    scene_ended(scene, "fast", 0, "stopped");
    scene_settle(scene);
    assert_int_equal(scene->starts, 2);
    CLEAN(clean_json) json_t *shown = scene_state(scene, "instance", "fast");
    assert_string_equal(json_text_of(shown, "state", ""), "well");
    intake_link_free(link);
}

/* What a run leaked or spoilt would fail the next ones too. */
static void resident_that_fails_is_replaced(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "fast", 10000);
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "fast", scene_tables);
    int runs = 0;
    for (; runs < 20 && !scene->ends; runs++) {
        scene_outcome(scene, link, -1, "no memory left");
        scene_settle(scene);
        scene_pass(scene, 10000);
    }
    assert_int_equal(scene->ends, 1);
    assert_int_equal(runs, 6); /* a minute: not at each run of a source that is at fault */
    scene_ended(scene, "fast", 0, "stopped");
    scene_settle(scene);
    assert_int_equal(scene->starts, 2);
    intake_link_free(link);
}

/* An act commits in between, without a turn of the engine's own. */
static void act_now(struct scene *scene, const char *command)
{
    CLEAN(clean_json) json_t *answer = scene_act(scene, command, json_object());
    assert_true(json_flag_of(answer, "ok", false));
}

static void positions_and_readings_together(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "log", 10000);
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    scene_reading(scene, link, 1, "ann", 3);
    scene_batch(scene, link, 0, "1");
    assert_true(intake_acknowledge(link) < scene->sequence);
    /* A commit that did not take it acknowledges nothing. */
    act_now(scene, "open");
    assert_int_equal(intake_acknowledge(link), 0);
    scene_crash(scene);
    intake_link_free(link);
    scene_open(scene);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM positions"), 0);
    assert_true(isnan(scene_query(scene, "sum(x_hits_total)")));
    link = scene_connect(scene, "log", scene_stream_tables);
    scene_reading(scene, link, 1, "ann", 3);
    scene_batch(scene, link, 0, "1");
    uint64_t batch = scene->sequence;
    scene_settle(scene);
    assert_int_equal(intake_acknowledge(link), batch);
    scene_crash(scene);
    intake_link_free(link);
    scene_open(scene);
    assert_int_equal(scene_count(scene, "SELECT value FROM positions"), 1);
    assert_true(scene_query(scene, "sum(x_hits_total)") == 3);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stream_state_holds_for_an_interval, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(stream_that_cannot_start_says_why, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(stream_that_crashes_failed, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(resident_snapshot, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(resident_is_replaced_each_hour, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(resident_that_fails_is_replaced, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(positions_and_readings_together, scene_set_up,
                                        scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
