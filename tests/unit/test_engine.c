/* The engine from runs to results: what is known, what is missed, what a crash leaves. */
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

static void first_ten_events_count_ten(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "log", 10000);
    json_t *measure = scene_measure(scene, "M1", "sum(sum_over_time(x_hits[10m]))", "< 10");
    json_object_set_new(measure, "coverage", json_string("0"));
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    for (int i = 0; i < 10; i++)
        scene_reading(scene, link, 1, i < 5 ? "ann" : "bob", 1);
    scene_batch(scene, link, 0, "10");
    scene_settle(scene);
    scene_expect(scene, "M1", "missed");
    assert_true(scene_query(scene, "sum(sum_over_time(x_hits[10m]))") == 10);
    assert_true(scene_query(scene, "sum(x_hits_total)") == 10);
    intake_link_free(link);
}

static void repaired_account_leaves_at_once(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    json_t *measure = scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    json_object_set_new(measure, "when_empty", json_string("met"));
    scene_open(scene);
    assert_int_equal(scene->starts, 1);
    scene_run(scene, "accounts", 0, scene_both);
    scene_expect(scene, "M1", "missed");
    assert_true(scene_query(scene, "sum(x_bad)") == 2);
    scene_pass(scene, HOUR);
    assert_int_equal(scene->starts, 2);
    scene_run(scene, "accounts", 0, scene_bob);
    assert_true(scene_query(scene, "sum(x_bad)") == 1);
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_nobody);
    assert_true(isnan(scene_query(scene, "sum(x_bad)")));
    scene_expect(scene, "M1", "met");
}

/* After a good run, one that ends so. */
static const struct ending {
    int64_t status;
    const char *condition;
    const char *state; /* of a measure over x_bad */
    const char *reason;
} endings[] = {
    {0, "well", "missed", ""},
    {CFD_ERROR, "failed", "unknown", "lost: collector accounts: failed: it says why"},
    {-3, "failed", "unknown", "lost: collector accounts: failed: it says why"},
    {77, "failed", "unknown", "lost: collector accounts: failed"},
    {CFD_ABSENT, "absent", "unknown", "lost: collector accounts: absent: it says why"},
    {CFD_STANDBY, "standby", "unknown", "lost: collector accounts: standby"},
    {CFD_PARTIAL, "partial", "unknown", "lost: collector accounts: partial"},
};

static void how_a_run_ended(void **state)
{
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct scene *scene = i ? scene_new() : *state;
        scene_collector(scene, "accounts", HOUR);
        scene_measure(scene, "M1", "sum(x_bad)", "== 0");
        scene_open(scene);
        scene_run(scene, "accounts", 0, scene_bob);
        scene_pass(scene, HOUR);
        scene_run(scene, "accounts", endings[i].status, scene_bob);
        scene_expect(scene, "M1", endings[i].state);
        assert_string_equal(scene_reason(scene, "M1"), endings[i].reason);
        CLEAN(clean_json) json_t *shown = scene_state(scene, "instance", "accounts");
        assert_string_equal(json_text_of(shown, "state", ""), endings[i].condition);
        if (strcmp(endings[i].condition, "failed") == 0)
            assert_true(isnan(scene_query(scene, "x_bad")));
        if (i)
            scene_free(scene);
    }
}

static void partial_run(struct scene *scene, bool names)
{
    struct intake_link *link = scene_connect(scene, "accounts", scene_tables);
    scene_reading(scene, link, 0, "ann", 1);
    scene_reading(scene, link, 2, NULL, 5);
    if (names)
        scene_missing(scene, link, 0, "shadow cannot be read");
    scene_outcome(scene, link, CFD_PARTIAL, "");
    scene_leave(scene, link, "accounts", 0);
}

static void partial_attribute_by_attribute(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    scene_measure(scene, "M2", "max(x_age)", "< 9");
    json_t *lenient = scene_measure(scene, "M3", "sum(x_bad)", "== 1");
    json_object_set_new(lenient, "accept_partial", json_true());
    scene_open(scene);
    partial_run(scene, true);
    scene_expect(scene, "M1", "unknown");
    assert_non_null(strstr(scene_reason(scene, "M1"), "shadow cannot be read"));
    scene_expect(scene, "M2", "met");
    scene_expect(scene, "M3", "met");
    scene_pass(scene, HOUR);
    partial_run(scene, false);
    scene_expect(scene, "M1", "unknown");
    scene_expect(scene, "M2", "unknown");
    scene_expect(scene, "M3", "met");
    assert_non_null(strstr(scene_reason(scene, "M3"), "partial"));
}

static void late_instance(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "M1", "sum(x_bad)", "== 1");
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_bob);
    scene_expect(scene, "M1", "met");
    scene_pass(scene, HOUR + 5 * MINUTE);
    scene_expect(scene, "M1", "met");
    assert_int_equal(scene->ends, 0); /* the parent holds it back: its time does not run */
    struct intake_link *link = scene_connect(scene, "accounts", NULL);
    scene_pass(scene, MINUTE / 2);
    assert_int_equal(scene->ends, 0);
    scene_pass(scene, MINUTE); /* past the deadline of the second run */
    assert_int_equal(scene->ends, 1);
    scene_pass(scene, HOUR + 2 * MINUTE);
    assert_int_equal(scene->ends, 1);
    scene_expect(scene, "M1", "unknown");
    assert_non_null(strstr(scene_reason(scene, "M1"), "lost: collector accounts is late"));
    scene_eof(link);
    scene_ended(scene, "accounts", 0, "stopped");
    scene_settle(scene);
    assert_non_null(strstr(scene_reason(scene, "M1"), "it passed its deadline and was ended"));
    assert_int_equal(scene->starts, 3);
    intake_link_free(link);
}

static void short_coverage(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "log", 10000);
    scene_measure(scene, "GOOD", "sum(sum_over_time(x_hits[10m]))", "<= 5");
    scene_measure(scene, "BREACH", "sum(sum_over_time(x_hits[10m]))", "== 0");
    scene_measure(scene, "LOWER", "sum(sum_over_time(x_hits[10m]))", ">= 5");
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    scene_reading(scene, link, 1, "ann", 3);
    scene_batch(scene, link, 1, "1");
    scene_settle(scene);
    scene_expect(scene, "GOOD", "unknown");
    assert_non_null(strstr(scene_reason(scene, "GOOD"), "too few"));
    scene_expect(scene, "BREACH", "missed");
    assert_non_null(strstr(scene_reason(scene, "BREACH"), "of the time range of the formula"));
    scene_expect(scene, "LOWER", "unknown");
    for (int i = 0; i < 58; i++) {
        scene_pass(scene, 10000);
        scene_batch(scene, link, 1, "1");
        scene_settle(scene);
    }
    scene_expect(scene, "GOOD", "met");
    scene_expect(scene, "LOWER", "missed");
    intake_link_free(link);
}

/* Whichever of the two ends comes first, the run is whole. */
static void end_of_process_and_of_channel(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "M1", "sum(x_bad)", "== 1");
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "accounts", scene_tables);
    scene_ended(scene, "accounts", 0, "exited");
    scene_settle(scene);
    scene_reading(scene, link, 0, "ann", 1);
    scene_outcome(scene, link, 0, "");
    scene_settle(scene);
    scene_expect(scene, "M1", "unknown");
    scene_eof(link);
    scene_settle(scene);
    scene_expect(scene, "M1", "met");
    intake_link_free(link);
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_bob);
    scene_expect(scene, "M1", "met");
    scene_pass(scene, HOUR);
    link = scene_connect(scene, "accounts", scene_tables);
    scene_reading(scene, link, 0, "ann", 1);
    scene_eof(link);
    scene_ended(scene, "accounts", 0, "exited");
    scene_settle(scene);
    assert_non_null(strstr(scene_reason(scene, "M1"), "exited with code 0 before its run"));
    intake_link_free(link);
}

static void restart_keeps_how_long(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    json_t *measure = scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    json_object_set_new(json_object_get(measure, "criterion"), "for", json_integer(10 * MINUTE));
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_bob);
    scene_pass(scene, 6 * MINUTE);
    int64_t size = scene_count(scene, "SELECT max(first + count) FROM bundles");
    scene_crash(scene);
    scene_open(scene);
    assert_true(scene_count(scene, "SELECT max(first + count) FROM bundles") > size);
    struct judged *judged = judge_find(&scene->engine->judge, "M1");
    assert_true(judged->memory.missed_ms >= 6 * MINUTE - 11000);
    assert_false(judged->memory.standing);
    scene_pass(scene, 4 * MINUTE + 1000);
    judged = judge_find(&scene->engine->judge, "M1");
    assert_true(judged->memory.standing);
    /* One state, one leaf: the restart judged the same again. */
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM results WHERE leaf IS NOT NULL AND"
                                        " state = 'missed'"),
                     1);
    struct ledger *ledger = NULL;
    int64_t leaves;
    assert_int_equal(ledger_open(scene->engine->turn.store, &ledger, &scene->error), 0);
    assert_int_equal(ledger_verify(ledger, &leaves, &scene->error), 0);
    ledger_close(ledger);
}

static void reboot_counts_nothing(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    json_t *measure = scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    json_object_set_new(json_object_get(measure, "criterion"), "for", json_integer(10 * MINUTE));
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_bob);
    scene_pass(scene, 6 * MINUTE);
    int64_t missed_ms = judge_find(&scene->engine->judge, "M1")->memory.missed_ms;
    assert_int_equal(
        scene_count(scene, "UPDATE states SET body = replace(body, '\"id\":\"', '\"id\":\"other')"
                           " WHERE kind = 'daemon' AND id = 'boot'"),
        -1);
    scene_crash(scene);
    scene->now.boot_ms = 5000;
    scene->now.wall_ms += HOUR;
    scene_open(scene);
    assert_true(scene->engine->other_boot);
    struct judged *judged = judge_find(&scene->engine->judge, "M1");
    assert_int_equal(judged->memory.missed_ms, missed_ms);
    scene_expect(scene, "M1", "missed");
    scene->now.wall_ms += 3 * HOUR;
    scene_crash(scene);
    scene_open(scene);
    scene_expect(scene, "M1", "unknown");
    assert_non_null(strstr(scene_reason(scene, "M1"), "stopped: conformd was not running"));
}

static void clock_steps(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", MINUTE);
    json_t *measure = scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    json_object_set_new(measure, "when_empty", json_string("met"));
    scene_measure(scene, "M2", "sum_over_time(x_age[10m])", "< 1000");
    scene_open(scene);
    for (int i = 0; i < 20; i++) {
        scene_run(scene, "accounts", 0, scene_bob);
        scene_pass(scene, MINUTE);
    }
    scene_expect(scene, "M1", "missed");
    /* A day back: what is read from now on must count now, not in a day. */
    scene->now.wall_ms -= 24LL * HOUR;
    scene_run(scene, "accounts", 0, scene_nobody);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM samples WHERE time_ms >"
                                        " 1795323600000"),
                     0);
    scene_expect(scene, "M1", "met");
    scene_pass(scene, MINUTE);
    scene_run(scene, "accounts", 0, scene_both);
    assert_true(scene_query(scene, "sum(x_bad)") == 2);
    scene_expect(scene, "M1", "missed");
    scene_pass(scene, 5 * MINUTE);
    /* Forward: the time between was not watched. */
    scene->now.wall_ms += 24LL * HOUR;
    scene_settle(scene);
    scene_pass(scene, 2 * MINUTE);
    const struct instance *instance = scene_instance(scene, "accounts");
    assert_true(spans_covered(&instance->standing.watched, scene->now.wall_ms - 12 * HOUR,
                              scene->now.wall_ms) < HOUR);
    /* A small step back is not one. */
    scene->now.wall_ms -= 1500;
    scene_pass(scene, 2 * MINUTE);
}

static void one_bad_text_stops_nothing(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "BAD", "sum(x_bad", "== 0");
    scene_measure(scene, "MANY", "x_bad + on() x_bad", "== 0");
    scene_measure(scene, "GOOD", "sum(x_bad)", "== 2");
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_both);
    scene_expect(scene, "BAD", "unknown");
    assert_non_null(strstr(scene_reason(scene, "BAD"), "invalid: measure BAD: formula: "));
    scene_expect(scene, "MANY", "unknown");
    assert_non_null(strstr(scene_reason(scene, "MANY"), "invalid: the formula has no answer: "));
    scene_expect(scene, "GOOD", "met");
    assert_int_equal(scene->lines, 1);
}

static void idle_engine_sleeps(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "log", 10000);
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    scene_run(scene, "accounts", 0, scene_nobody);
    int64_t turns = engine_turns(scene->engine);
    for (int i = 0; i < 60; i++) {
        scene_batch(scene, link, 1, NULL);
        scene_pass(scene, 10000);
    }
    /* Each batch, each minute of own series and measures, each minute's sweep. */
    assert_true(engine_turns(scene->engine) - turns <= 60 + 10 + 10 + 10);
    assert_true(scene_count(scene, "SELECT max(first + count) FROM bundles") < 30);
    intake_link_free(link);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_ten_events_count_ten, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(repaired_account_leaves_at_once, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(how_a_run_ended, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(partial_attribute_by_attribute, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(late_instance, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(short_coverage, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(end_of_process_and_of_channel, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(restart_keeps_how_long, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(reboot_counts_nothing, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(clock_steps, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(one_bad_text_stops_nothing, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(idle_engine_sleeps, scene_set_up, scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
