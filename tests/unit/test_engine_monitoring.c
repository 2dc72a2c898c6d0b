/* What conformd finds about its own monitoring: lost instances, losses, too many series, its own
 * absence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/engine_scene.h"

/* An instance with two measures on it, met and adopted. */
static void open_adopted(struct scene *scene, int64_t every_ms, const char *urgency)
{
    scene_collector(scene, "accounts", every_ms);
    scene_channel(scene, "hook");
    for (int i = 0; i < 2; i++) {
        json_t *measure = scene_measure(scene, i ? "M2" : "M1", "sum(x_bad)", "<= 1");
        json_object_set_new(measure, "urgency", json_string(urgency));
    }
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_bob);
    scene_act_well(scene, "adopt", json_object());
    scene_expect(scene, "M1", "met");
    assert_int_equal(scene_findings(scene), 0);
}

/* Runs that end so, one an interval, for as long. */
static void runs(struct scene *scene, int64_t status, int64_t every_ms, int64_t for_ms)
{
    for (int64_t at = 0; at < for_ms; at += every_ms) {
        scene_pass(scene, every_ms);
        scene_run(scene, "accounts", status, status ? scene_nobody : scene_bob);
    }
}

static void lost_instance_is_one_finding(void **state)
{
    struct scene *scene = *state;
    json_object_set_new(scene->config, "lost_after", json_integer(5 * HOUR));
    open_adopted(scene, HOUR, "day");
    runs(scene, CFD_ERROR, HOUR, 5 * HOUR);
    scene_expect(scene, "M1", "unknown");
    assert_int_equal(scene_findings(scene), 0);
    runs(scene, CFD_ERROR, HOUR, 2 * HOUR);
    assert_int_equal(scene_findings(scene), 1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE"
                                        " key = 'collector:accounts' AND state = 'candidate' AND"
                                        " body ->> 'requirement' = '27001:2022 9.1' AND"
                                        " body ->> 'members' = '[\"M1\",\"M2\"]'"),
                     1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM outbox WHERE event = 'candidate'"),
                     1);
    runs(scene, CFD_ERROR, HOUR, 3 * HOUR);
    assert_int_equal(scene_findings(scene), 1);
    assert_int_equal(scene_events(scene, "raised"), 1);
    /* Well again, for an hour: stamped, and it stays open. */
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_bob);
    assert_int_equal(scene_events(scene, "condition_cleared"), 0);
    runs(scene, 0, HOUR, 2 * HOUR);
    assert_int_equal(scene_events(scene, "condition_cleared"), 1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE state = 'candidate'"
                                        " AND body ->> 'condition_cleared_at' > ''"),
                     1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM states WHERE kind = 'monitoring'"),
                     0);
    /* And gone again: the same one has returned. */
    runs(scene, CFD_ABSENT, HOUR, 7 * HOUR);
    assert_int_equal(scene_findings(scene), 1);
    assert_int_equal(scene_events(scene, "returned"), 1);
}

static void urgent_is_found_in_an_hour(void **state)
{
    struct scene *scene = *state;
    open_adopted(scene, 10 * MINUTE, "now");
    runs(scene, CFD_ERROR, 10 * MINUTE, 60 * MINUTE);
    assert_int_equal(scene_findings(scene), 0);
    runs(scene, CFD_ERROR, 10 * MINUTE, 20 * MINUTE);
    assert_int_equal(scene_findings(scene), 1);
}

static void slow_collector_has_three_intervals(void **state)
{
    struct scene *scene = *state;
    json_object_set_new(scene->config, "lost_after", json_integer(HOUR));
    open_adopted(scene, 2 * HOUR, "day");
    runs(scene, CFD_ERROR, 2 * HOUR, 6 * HOUR);
    assert_int_equal(scene_findings(scene), 0);
    runs(scene, CFD_ERROR, 2 * HOUR, 4 * HOUR);
    assert_int_equal(scene_findings(scene), 1);
}

/* The time goes on over restarts, and what nobody watched is none of it. */
static void restarts_keep_the_time(void **state)
{
    struct scene *scene = *state;
    json_object_set_new(scene->config, "lost_after", json_integer(4 * HOUR));
    open_adopted(scene, 10 * MINUTE, "day");
    scene_pass(scene, 10 * MINUTE);
    scene_run(scene, "accounts", CFD_ERROR, scene_nobody);
    for (int i = 0; i < 23; i++) {
        scene_pass(scene, 10 * MINUTE);
        scene_crash(scene);
        scene_open(scene);
    }
    assert_int_equal(scene_findings(scene), 0);
    scene_crash(scene);
    scene->now.boot_ms += 3 * HOUR;
    scene->now.wall_ms += 3 * HOUR;
    scene_open(scene);
    assert_int_equal(scene_findings(scene), 0);
    scene_pass(scene, 20 * MINUTE);
    assert_int_equal(scene_findings(scene), 1);
    scene_crash(scene);
    scene_open(scene);
    scene_pass(scene, 10 * MINUTE);
    assert_int_equal(scene_findings(scene), 1);
    assert_int_equal(scene_events(scene, "raised"), 1);
}

static void settable(void **state)
{
    struct scene *scene = *state;
    json_object_set_new(scene->config, "lost_after_urgent", json_integer(2000));
    open_adopted(scene, HOUR, "now");
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", CFD_ERROR, scene_nobody);
    scene_pass(scene, 1900);
    assert_int_equal(scene_findings(scene), 0);
    scene_pass(scene, 200);
    assert_int_equal(scene_findings(scene), 1);
}

static void on_trial_nothing_is_raised(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    scene_channel(scene, "hook");
    scene_measure(scene, "M1", "sum(x_bad)", "<= 1");
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_bob);
    runs(scene, CFD_ERROR, HOUR, 3 * HOUR);
    assert_int_equal(scene_findings(scene), 0);
    CLEAN(clean_json) json_t *row = scene_state(scene, "monitoring", "collector:accounts");
    assert_true(json_flag_of(row, "would_raise", false));
    assert_non_null(strstr(json_text_of(row, "reason", ""), "failed: it says why"));
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM outbox WHERE event = 'would_raise'"),
                     1);
    /* Adopted while it stands: it is raised. */
    scene_run(scene, "accounts", 0, scene_bob);
    scene_act_well(scene, "adopt", json_object());
    runs(scene, CFD_ERROR, HOUR, 2 * HOUR);
    assert_int_equal(scene_findings(scene), 1);
}

static void never_measured_is_a_to_do(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "M1", "sum(x_bad)", "<= 1");
    scene_open(scene);
    json_object_set_new(scene->config, "lost_after", json_integer(1000));
    runs(scene, CFD_ERROR, HOUR, 5 * HOUR);
    assert_int_equal(scene_findings(scene), 0);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM states WHERE kind = 'monitoring'"),
                     0);
}

static void partial_run(struct scene *scene, uint32_t attribute)
{
    struct intake_link *link = scene_connect(scene, "accounts", scene_tables);
    scene_missing(scene, link, attribute, "it may not be read");
    scene_outcome(scene, link, CFD_PARTIAL, "");
    scene_leave(scene, link, "accounts", 0);
}

/* Only what stands on the attribute that is missing is a member. */
static void part_of_an_instance_is_lost(void **state)
{
    struct scene *scene = *state;
    json_t *other = scene_measure(scene, "AGE", "max(x_age)", "<= 1");
    json_object_set_new(other, "when_empty", json_string("met"));
    open_adopted(scene, HOUR, "now");
    for (int i = 0; i < 3; i++) {
        scene_pass(scene, HOUR);
        partial_run(scene, 2);
    }
    assert_int_equal(scene_findings(scene), 1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE"
                                        " body ->> 'members' = '[\"AGE\"]'"),
                     1);
    scene_expect(scene, "M1", "unknown");
}

static void losses_are_found(void **state)
{
    struct scene *scene = *state;
    open_adopted(scene, HOUR, "day");
    scene_pass(scene, HOUR);
    struct intake_link *link = scene_connect(scene, "accounts", scene_tables);
    scene_reading(scene, link, 0, "bob", 1);
    scene_lost(scene, link, "/var/log/auth.log", 500);
    scene_outcome(scene, link, 0, "");
    scene_leave(scene, link, "accounts", 0);
    assert_int_equal(
        scene_count(scene, "SELECT count(*) FROM findings WHERE key = 'losses:accounts' AND"
                           " body LIKE '%10 to 500 bytes%' AND body LIKE '%it was truncated%'"),
        1);
    runs(scene, 0, HOUR, 3 * HOUR);
    assert_int_equal(scene_events(scene, "condition_cleared"), 1);
    assert_int_equal(scene_findings(scene), 1);
}

/* A run with 1,100 users of this attribute, of which 1,000 are told apart. */
static void crowded_run(struct scene *scene, uint32_t attribute, double value)
{
    scene_pass(scene, HOUR);
    struct intake_link *link = scene_connect(scene, "accounts", scene_tables);
    for (int i = 0; i < 1100; i++) {
        char name[16];
        snprintf(name, sizeof name, "user%d", i);
        scene_reading(scene, link, attribute, name, value);
    }
    scene_outcome(scene, link, 0, "");
    scene_leave(scene, link, "accounts", 0);
}

static void many_series_are_found(void **state)
{
    struct scene *scene = *state;
    scene_measure(scene, "HITS", "sum(x_hits)", "< 10000");
    open_adopted(scene, HOUR, "day");
    crowded_run(scene, 1, 1);
    assert_int_equal(scene_findings(scene), 1);
    assert_int_equal(
        scene_count(scene, "SELECT count(*) FROM findings WHERE key = 'overflow:accounts:x_hits'"
                           " AND body ->> 'members' = '[\"HITS\"]'"),
        1);
    runs(scene, 0, HOUR, 3 * HOUR);
    assert_int_equal(scene_events(scene, "condition_cleared"), 1);
    /* Another attribute: its own finding, and the first has not returned. */
    crowded_run(scene, 0, 0);
    assert_int_equal(scene_findings(scene), 2);
    assert_int_equal(
        scene_count(scene, "SELECT count(*) FROM findings WHERE key = 'overflow:accounts:x_bad'"),
        1);
    assert_int_equal(scene_events(scene, "returned"), 0);
}

static void absence_of_hours(void **state)
{
    struct scene *scene = *state;
    json_object_set_new(scene->config, "lost_after", json_integer(5 * HOUR));
    open_adopted(scene, HOUR, "day");
    for (int i = 0; i < 2; i++) {
        scene_crash(scene);
        scene->now.boot_ms += (i ? 6 : 4) * HOUR;
        scene->now.wall_ms += (i ? 6 : 4) * HOUR;
        scene_open(scene);
        assert_int_equal(scene_findings(scene), i);
    }
}

static void absence_is_a_gap_and_a_finding(void **state)
{
    struct scene *scene = *state;
    open_adopted(scene, HOUR, "now");
    assert_int_equal(scene_leaves(scene, "gap", ""), 0);
    scene_close(scene);
    scene->now.boot_ms += MINUTE;
    scene->now.wall_ms += MINUTE;
    scene_open(scene);
    assert_int_equal(scene_leaves(scene, "gap", "\"why\":\"stop\""), 1);
    assert_int_equal(scene_findings(scene), 0);
    scene_close(scene);
    scene->now.wall_ms += 10 * MINUTE;
    scene_open(scene);
    assert_int_equal(scene_leaves(scene, "gap", "\"why\":\"stop\""), 2);
    assert_int_equal(scene_leaves(scene, "clock", ""), 1);
    scene_crash(scene);
    /* The wall clock is set meanwhile: how long it was is known all the same. */
    scene->now.boot_ms += 2 * HOUR;
    scene->now.wall_ms += 2 * MINUTE;
    scene_open(scene);
    assert_int_equal(scene_leaves(scene, "gap", "\"why\":\"crash\""), 1);
    assert_int_equal(scene_findings(scene), 1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE key LIKE 'gap:%' AND"
                                        " body ->> 'value' = '2h' AND"
                                        " body ->> 'condition_cleared_at' > ''"),
                     1);
    scene_crash(scene);
    scene_open(scene);
    assert_int_equal(scene_findings(scene), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lost_instance_is_one_finding, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(urgent_is_found_in_an_hour, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(slow_collector_has_three_intervals, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(restarts_keep_the_time, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(settable, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(on_trial_nothing_is_raised, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(never_measured_is_a_to_do, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(part_of_an_instance_is_lost, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(losses_are_found, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(many_series_are_found, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(absence_of_hours, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(absence_is_a_gap_and_a_finding, scene_set_up,
                                        scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
