/* The wall clock is set while the engine runs: nothing is guessed, missed, doubled or lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/engine_scene.h"

static void set_clock(struct scene *scene, int64_t by_ms)
{
    scene->now.wall_ms += by_ms;
}

static int64_t evaluations(struct scene *scene)
{
    return scene->engine->judge.measures[0].evaluations;
}

static json_t *open_scene(struct scene *scene, int64_t collector_ms)
{
    scene_collector(scene, "accounts", collector_ms);
    scene_channel(scene, "hook");
    json_t *measure = scene_measure_bad(scene);
    scene_open(scene);
    return measure;
}

/* What was read a moment ago is of a time to come: gone, and no pass. */
static void set_back_nothing_is_a_pass(void **state)
{
    struct scene *scene = *state;
    open_scene(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_both);
    scene_expect(scene, "M1", "missed");
    set_clock(scene, -DAY);
    scene_pass(scene, MINUTE);
    scene_expect(scene, "M1", "unknown");
    assert_non_null(strstr(scene_reason(scene, "M1"), "the clock was set back"));
    /* Over a restart too. */
    scene_crash(scene);
    scene_open(scene);
    scene_expect(scene, "M1", "unknown");
    assert_int_equal(scene_leaves(scene, "clock", ""), 1);
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_both);
    scene_expect(scene, "M1", "missed");
    assert_true(scene_query(scene, "sum(x_bad)") == 2);
    assert_false(scene_is_provisional(scene, "M1"));
}

/* A run that is still in the past counts on, provisionally, until the next. */
static void small_steps_are_provisional(void **state)
{
    struct scene *scene = *state;
    open_scene(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_both);
    scene_pass(scene, 10 * MINUTE);
    assert_false(scene_is_provisional(scene, "M1"));
    for (int i = 0; i < 2; i++) {
        set_clock(scene, i ? MINUTE : -MINUTE);
        scene_pass(scene, MINUTE);
        scene_expect(scene, "M1", "missed");
        assert_true(scene_is_provisional(scene, "M1"));
    }
    scene_pass(scene, 50 * MINUTE);
    scene_run(scene, "accounts", 0, scene_both);
    assert_false(scene_is_provisional(scene, "M1"));
    assert_int_equal(scene_leaves(scene, "clock", ""), 2);
    /* No step: the clock of a turn goes on, and is never the same twice. */
    set_clock(scene, -1500);
    scene_pass(scene, MINUTE);
    assert_int_equal(scene_leaves(scene, "clock", ""), 2);
}

/* Forward: the time between was not watched. */
static void set_forward_was_not_watched(void **state)
{
    struct scene *scene = *state;
    scene_measure(scene, "AGE", "sum(sum_over_time(x_bad[30m]))", "< 1000");
    open_scene(scene, MINUTE);
    for (int i = 0; i < 40; i++) {
        scene_run(scene, "accounts", 0, scene_bob);
        scene_pass(scene, MINUTE);
    }
    scene_run(scene, "accounts", 0, scene_bob);
    CLEAN(clean_json) json_t *before = scene_state(scene, "measure", "AGE");
    assert_null(strstr(json_text_of(before, "reason", ""), "observed"));
    set_clock(scene, 20 * MINUTE);
    scene_pass(scene, MINUTE);
    scene_run(scene, "accounts", 0, scene_bob);
    scene_expect(scene, "AGE", "unknown");
    assert_non_null(strstr(scene_reason(scene, "AGE"), "observed"));
    scene_expect(scene, "M1", "missed");
}

/* Each measure at its interval of the boot clock, and once at each step. */
static void no_evaluation_missed_or_doubled(void **state)
{
    struct scene *scene = *state;
    open_scene(scene, 12LL * HOUR);
    scene_run(scene, "accounts", 0, scene_both);
    int64_t begun = evaluations(scene);
    static const int64_t steps[] = {-DAY, DAY, 3000, -3000, DAY, -DAY, -1000, 1000};
    int told = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        scene_pass(scene, 10 * MINUTE);
        assert_int_equal(evaluations(scene) - begun, 10 * (i + 1) + (size_t)told);
        set_clock(scene, steps[i]);
        told += steps[i] > 2000 || steps[i] < -2000;
        /* The step is seen at what is due next, and nothing is late for it. */
        scene_settle(scene);
    }
    assert_int_equal(scene_leaves(scene, "clock", ""), told);
    CLEAN(clean_json) json_t *row = scene_state(scene, "measure", "M1");
    int64_t due_ms = 0, now_ms = scene->now.wall_ms;
    assert_int_equal(text_to_time(json_text_of(row, "next_due_at", ""), &due_ms), 0);
    assert_true(due_ms > now_ms - 2 * MINUTE && due_ms < now_ms + 2 * MINUTE);
}

/* Runs start when they would have, and people are shown when that is. */
static void schedules_run_on(void **state)
{
    struct scene *scene = *state;
    open_scene(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_both);
    int starts = scene->starts;
    scene_pass(scene, 20 * MINUTE);
    set_clock(scene, -DAY);
    scene_pass(scene, 20 * MINUTE);
    int64_t shown_ms = scene_instance(scene, "accounts")->due.wall_ms;
    assert_true(shown_ms > scene->now.wall_ms + 19 * MINUTE);
    assert_true(shown_ms <= scene->now.wall_ms + 20 * MINUTE);
    set_clock(scene, DAY);
    scene_pass(scene, 18 * MINUTE);
    assert_int_equal(scene->starts, starts);
    scene_pass(scene, 3 * MINUTE);
    assert_int_equal(scene->starts, starts + 1);
}

/* `for` counts the time that passed. */
static void for_is_of_the_boot_clock(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    json_t *measure = scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    json_object_set_new(json_object_get(measure, "criterion"), "for", json_integer(20 * MINUTE));
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_both);
    scene_pass(scene, 10 * MINUTE);
    for (int i = 0; i < 12; i++) {
        CLEAN(clean_json) json_t *row = scene_state(scene, "measure", "M1");
        assert_int_equal(json_flag_of(row, "would_raise", false), i >= 10);
        set_clock(scene, i % 2 ? 9 * MINUTE : -9 * MINUTE);
        scene_pass(scene, MINUTE);
    }
}

static void waits_keep_their_length(void **state)
{
    struct scene *scene = *state;
    open_scene(scene, HOUR);
    /* What is refused waits an hour; what is for the day waits for 07:00; a session ends in one. */
    scene_act_well(scene, "alert_test", json_object());
    scene->courier = true;
    engine_courier_came(scene->engine);
    scene_settle(scene);
    assert_int_equal(json_array_size(scene->delivered), 1);
    CLEAN(clean_json)
    json_t *refused = json_pack("{s:O, s:b, s:i}", "id",
                                json_object_get(json_array_get(scene->delivered, 0), "id"), "ok",
                                false, "after_ms", (int)HOUR);
    assert_int_equal(engine_delivered(scene->engine, refused, scene->now, &scene->error), 0);
    scene_act_well(scene, "open", json_object());
    int64_t ends_ms = scene_count(scene, "SELECT max(expires_ms) FROM sessions");
    static const int64_t steps[] = {-DAY, DAY, 5 * HOUR};
    int64_t by_ms = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        set_clock(scene, steps[i]);
        by_ms += steps[i];
        scene_pass(scene, 1000);
        int64_t next_ms = scene_count(scene, "SELECT min(next_ms) FROM outbox WHERE tries > 0");
        assert_true(next_ms > scene->now.wall_ms + HOUR - 10000);
        assert_true(next_ms < scene->now.wall_ms + HOUR + 10000);
        int64_t moved_ms = scene_count(scene, "SELECT max(expires_ms) FROM sessions") - ends_ms;
        assert_true(moved_ms > by_ms - 10000 && moved_ms < by_ms + 10000);
    }
    assert_int_equal(json_array_size(scene->delivered), 1);
    scene_pass(scene, HOUR + 10000);
    assert_int_equal(json_array_size(scene->delivered), 2);
}

/* 05:00 on a Sunday: day is told at 07:00. */
static void hours_of_the_day_are_the_new_ones(void **state)
{
    struct scene *scene = *state;
    json_t *measure = NULL;
    scene_collector(scene, "accounts", HOUR);
    scene_channel(scene, "hook");
    measure = scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    json_object_set_new(measure, "urgency", json_string("day"));
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_both);
    scene_act_well(scene, "adopt", json_object());
    assert_int_equal(scene_count(scene, "SELECT next_ms FROM outbox"), SCENE_START + 2 * HOUR);
    set_clock(scene, -DAY);
    scene_pass(scene, 1000);
    assert_int_equal(scene_count(scene, "SELECT next_ms FROM outbox"),
                     SCENE_START + 2 * HOUR - DAY);
    set_clock(scene, -2 * HOUR);
    scene_pass(scene, 1000);
    assert_int_equal(scene_count(scene, "SELECT next_ms FROM outbox"),
                     SCENE_START + 2 * HOUR - DAY);
}

/* What is folded is told by the clock under which it was read. */
static void folds_are_told_first(void **state)
{
    struct scene *scene = *state;
    open_scene(scene, MINUTE);
    for (int i = 0; i < 5; i++) {
        scene_run(scene, "accounts", 0, scene_bob);
        scene_pass(scene, MINUTE);
    }
    assert_int_equal(scene_leaves(scene, "coverage", ""), 0);
    set_clock(scene, -DAY);
    scene_pass(scene, 10);
    scene_run(scene, "accounts", 0, scene_bob);
    assert_int_equal(scene_leaves(scene, "coverage", "\"runs\":4"), 1);
    assert_int_equal(scene_leaves(scene, "coverage", "\"ts\":\"2026-11-22"), 1);
}

/* An act that is refused takes nothing of a step with it. */
static void refused_act_keeps_the_step(void **state)
{
    struct scene *scene = *state;
    open_scene(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_both);
    set_clock(scene, -DAY);
    CLEAN(clean_json)
    json_t *answer =
        scene_act(scene, "nc_take", json_pack("{s:s, s:s}", "ref", "NC-1", "owner", "x"));
    assert_false(json_flag_of(answer, "ok", true));
    assert_int_equal(scene_leaves(scene, "clock", ""), 1);
    scene_settle(scene);
    assert_int_equal(scene_leaves(scene, "clock", ""), 1);
    scene_expect(scene, "M1", "unknown");
}

/* Also of what happened between two processes of one boot. */
static void step_over_a_restart(void **state)
{
    struct scene *scene = *state;
    open_scene(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_both);
    scene_close(scene);
    set_clock(scene, 3 * HOUR);
    scene_open(scene);
    assert_int_equal(scene_leaves(scene, "clock", ""), 1);
    assert_int_equal(scene_leaves(scene, "gap", "\"lasted_ms\":"), 1);
    scene_expect(scene, "M1", "unknown");
    scene_close(scene);
    /* A suspended machine: both clocks go on. */
    scene->now.wall_ms += 8LL * HOUR;
    scene->now.boot_ms += 8LL * HOUR;
    scene_open(scene);
    scene->now.wall_ms += 8LL * HOUR;
    scene->now.boot_ms += 8LL * HOUR;
    scene_settle(scene);
    assert_int_equal(scene_leaves(scene, "clock", ""), 1);
}

/* The engine's own series are watched up to the step, and from it on. */
static void own_series_know_the_step(void **state)
{
    struct scene *scene = *state;
    open_scene(scene, HOUR);
    scene_pass(scene, 10 * MINUTE);
    static const int64_t steps[] = {DAY, -HOUR};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        set_clock(scene, steps[i]);
        scene_pass(scene, 10 * MINUTE + 30000);
        int64_t now_ms = scene->now.wall_ms;
        const struct spans *own = &scene->engine->own.watched;
        assert_true(spans_covered(own, now_ms - 8 * MINUTE, now_ms) > 7 * MINUTE);
        assert_true(spans_covered(own, now_ms - 30 * MINUTE, now_ms) < 10 * MINUTE + 10000);
    }
}

/* A clock of next year makes nothing too old at once. */
static void wrong_year_deletes_nothing(void **state)
{
    struct scene *scene = *state;
    open_scene(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_both);
    int64_t samples = scene_count(scene, "SELECT count(*) FROM samples");
    set_clock(scene, 3000LL * DAY);
    scene_pass(scene, 10 * MINUTE);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM samples WHERE time_ms <"
                                        " 1795400000000"),
                     samples);
    assert_true(scene_count(scene, "SELECT count(*) FROM results WHERE time_ms < 1795400000000") >
                0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(set_back_nothing_is_a_pass, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(small_steps_are_provisional, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(set_forward_was_not_watched, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(no_evaluation_missed_or_doubled, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(schedules_run_on, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(for_is_of_the_boot_clock, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(waits_keep_their_length, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(hours_of_the_day_are_the_new_ones, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(folds_are_told_first, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(refused_act_keeps_the_step, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(step_over_a_restart, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(own_series_know_the_step, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(wrong_year_deletes_nothing, scene_set_up, scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
