/* States, register and series from the ledger: equal after crashes; damage and gaps are named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/looking.h"

static void configure(struct scene *scene)
{
    scene_collector(scene, "log", 10000);
    scene_collector(scene, "accounts", HOUR);
    json_t *hits = scene_measure(scene, "M1", "sum(sum_over_time(x_hits[1h]))", "< 100");
    json_object_set_new(hits, "coverage", json_string("0"));
    json_t *bad = scene_measure(scene, "M2", "sum(x_bad)", "== 0");
    json_object_set_new(bad, "when_empty", json_string("met"));
    json_array_append_new(json_object_get(scene->config, "objectives"),
                          json_pack("{s:s, s:s, s:[s], s:s}", "id", "O1", "statement", "none",
                                    "measures", "M2", "due", "2030-01-01"));
}

/* An hour and a half of a stream with and without events, with runs that differ and do not. */
static struct intake_link *live(struct scene *scene)
{
    static const char *const bad[] = {"ann", "bob", NULL}, *const none[] = {NULL};
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    for (int i = 0; i < 6 * 90; i++) {
        char position[16];
        snprintf(position, sizeof position, "%d", i);
        scene_pass(scene, 10000);
        scene_reading(scene, link, 2, NULL, i % 50);
        assert_int_equal(scene_watched(scene, link, "/var/log/a", (uint64_t)i, 1), 0);
        if (i % 37 < 3)
            scene_reading(scene, link, 1, i % 2 ? "ann" : "bob", i % 5 + 1);
        scene_batch(scene, link, 1, position);
        scene_settle(scene);
        if (i % 37 == 2)
            scene_reading(scene, link, 1, "eve", 1);
        if (i % 37 == 2)
            scene_batch(scene, link, 0, position);
        scene_settle(scene);
        if (i % 360 == 5)
            scene_run(scene, "accounts", 0, i > 360 ? none : bad);
    }
    return link;
}

static struct intake_link *open_and_live(struct scene *scene)
{
    configure(scene);
    scene_open(scene);
    struct intake_link *link = live(scene);
    scene_act_well(scene, "adopt", json_pack("{s:[]}", "measures"));
    scene_reading(scene, link, 1, "eve", 500);
    scene_batch(scene, link, 0, "end");
    scene_settle(scene);
    assert_int_equal(scene_findings(scene), 1);
    scene_act_well(scene, "nc_take", json_pack("{s:s, s:s}", "ref", "NC-2026-0001", "owner", "it"));
    return link;
}

static void equal_after_crash(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = open_and_live(scene);
    scene_reading(scene, link, 1, "new", 1); /* waits for its leaf */
    scene_batch(scene, link, 0, "beyond");
    scene_settle(scene);
    scene_crash(scene);
    intake_link_free(link);
    looking_expect_equal(scene);
    scene_open(scene);
    link = live(scene);
    scene_crash(scene);
    intake_link_free(link);
    looking_expect_equal(scene);
    scene_open(scene);
    scene_close(scene);
    looking_expect_equal(scene);
}

/* A failed run, one that is partial, a clock that is set back and forth. */
static void equal_after_steps(void **state)
{
    struct scene *scene = *state;
    static const char *const bad[] = {"ann", NULL};
    configure(scene);
    scene_open(scene);
    scene_run(scene, "accounts", 0, bad);
    intake_link_free(live(scene));
    scene_run(scene, "accounts", -1, bad);
    scene->now.wall_ms -= 40 * 60000;
    intake_link_free(live(scene));
    scene->now.wall_ms += 24 * HOUR;
    intake_link_free(live(scene));
    scene_crash(scene);
    looking_expect_equal(scene);
}

/* The clock is set while nothing runs: the next process tells first what was folded before. */
static void equal_after_a_step_while_down(void **state)
{
    struct scene *scene = *state;
    configure(scene);
    for (int i = 0; i < 2; i++) {
        scene_open(scene);
        struct intake_link *link = live(scene);
        scene_crash(scene);
        intake_link_free(link);
        scene->now.wall_ms += HOUR / 2;
        scene->now.boot_ms += HOUR / 2;
    }
    scene->now.wall_ms += 3 * HOUR;
    scene_open(scene);
    assert_int_equal(scene_leaves(scene, "clock", "from"), 1);
    struct intake_link *link = live(scene);
    scene_close(scene);
    intake_link_free(link);
    looking_expect_equal(scene);
}

/* Collectors that go on failing, or reading a part, as they did before. */
static void equal_after_failures(void **state)
{
    struct scene *scene = *state;
    static const char *const bad[] = {"ann", NULL}, *const none[] = {NULL};
    configure(scene);
    scene_open(scene);
    struct intake_link *link = live(scene);
    for (int i = 0; i < 6 * 150; i++) {
        scene_pass(scene, 10000);
        scene_missing(scene, link, 2, "one of two");
        if (i % 50 == 0)
            scene_reading(scene, link, 1, "eve", 1);
        scene_outcome(scene, link, i < 300 ? 2 : -3, "may not be read");
        scene_batch(scene, link, 1, "on");
        scene_settle(scene);
        if (i % 60 == 59)
            scene_run(scene, "accounts", i < 450 ? 2 : -1, i < 450 ? bad : none);
        if (i % 300 == 150) {
            scene_crash(scene);
            intake_link_free(link);
            looking_expect_equal(scene);
            scene_open(scene);
            link = scene_connect(scene, "log", scene_stream_tables);
        }
    }
    assert_true(scene_leaves(scene, "coverage", "\"outcome\":\"failed\"") > 0);
    assert_true(scene_leaves(scene, "coverage", "\"outcome\":\"partial\"") > 0);
    scene_close(scene);
    intake_link_free(link);
    looking_expect_equal(scene);
}

/* Another configuration, a crash behind it, and the one before again. */
static void away_and_back(struct scene *scene, json_t *config)
{
    json_t *before = json_deep_copy(scene->config);
    struct intake_link *link = live(scene);
    scene_reading(scene, link, 1, "new", 1); /* waits for its leaf */
    scene_batch(scene, link, 0, "beyond");
    scene_settle(scene);
    scene_reload(scene, config);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM pending"), 0);
    scene_pass(scene, HOUR);
    scene_crash(scene);
    intake_link_free(link);
    looking_expect_equal(scene);
    scene_open(scene);
    scene_pass(scene, HOUR);
    scene_reload(scene, before);
}

/* Collectors are disabled, go and come back: what they read until then stands in the ledger. */
static void equal_after_reloads(void **state)
{
    struct scene *scene = *state;
    configure(scene);
    json_t *less = json_deep_copy(scene->config), *disabled = json_deep_copy(scene->config);
    json_t *rows = json_object_get(disabled, "collectors");
    json_array_clear(json_object_get(less, "collectors"));
    for (size_t i = 0; i < json_array_size(rows); i++)
        json_object_set_new(json_array_get(rows, i), "enabled", json_false());
    scene_open(scene);
    away_and_back(scene, less);
    away_and_back(scene, disabled);
    struct intake_link *link = live(scene);
    scene_crash(scene);
    intake_link_free(link);
    looking_expect_equal(scene);
}

static void damage_is_named(void **state)
{
    static const struct looking_damage damages[] = {
        {"UPDATE findings SET state = 'dismissed'", "findings 1, state"},
        {"UPDATE findings SET body = json_set(body, '$.owner', 'nobody')",
         "findings 1, body.owner"},
        {"DELETE FROM finding_events WHERE event = 'registered'", "finding_events "},
        {"UPDATE constructs SET decided_by = 'eve' WHERE id = 'M1'", "constructs measure/M1/"},
        {"UPDATE results SET state = 'met' WHERE state = 'missed'", "results "},
        {"UPDATE states SET body = json_set(body, '$.state', 'met') WHERE kind = 'measure' AND id ="
         " 'M1'",
         "states M1, state"},
        {"UPDATE states SET body = json_set(body, '$.since', 5) WHERE kind = 'measure_memory' AND "
         "id"
         " = 'M2'",
         "states M2, since"},
        {"UPDATE states SET body = json_set(body, '$.condition', 'failed') WHERE kind ="
         " 'instance_memory' AND id = 'log'",
         "states log, "},
        {"UPDATE states SET body = json_set(body, '$.watched', json('[]')) WHERE kind ="
         " 'instance_memory' AND id = 'accounts'",
         "states accounts, watched"},
        {"UPDATE positions SET value = '7'", "states log/file, position"},
        {"DELETE FROM samples WHERE id = 300", "samples of "},
        {"UPDATE samples SET body = (SELECT body FROM samples WHERE id = 301) WHERE id = 300",
         "samples of "},
        {"DELETE FROM payloads WHERE kind = 4 AND leaf = (SELECT min(leaf) FROM payloads WHERE kind"
         " = 4)",
         "payloads: the samples of entry "},
    };
    struct scene *scene = *state;
    struct intake_link *link = open_and_live(scene);
    scene_close(scene);
    intake_link_free(link);
    looking_expect_equal(scene);
    looking_name_damages(scene, damages, sizeof damages / sizeof *damages);
}

/* What was damaged is put right, and the daemon goes on from there. */
static void rebuilt_goes_on(void **state)
{
    struct scene *scene = *state;
    struct looking told;
    struct intake_link *link = open_and_live(scene);
    double total = scene_query(scene, "sum(x_hits_total)");
    scene_crash(scene);
    intake_link_free(link);
    looking_change(scene, "DELETE FROM findings");
    looking_change(scene, "DELETE FROM samples WHERE id < 200");
    looking_change(scene, "DELETE FROM baselines");
    looking_change(scene, "DELETE FROM states WHERE kind = 'measure_memory'");
    looking_at(scene, false, &told);
    assert_true(told.figures.differences > 3);
    looking_at(scene, true, &told);
    looking_expect_equal(scene);
    scene_open(scene);
    assert_true(scene_query(scene, "sum(x_hits_total)") == total);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE state = 'registered'"),
                     1);
    link = live(scene);
    scene_crash(scene);
    intake_link_free(link);
    looking_expect_equal(scene);
}

/* Two days and a half go by; of the first nothing is to be held. */
static struct intake_link *live_for_days(struct scene *scene)
{
    static const char *const bad[] = {"ann", "bob", NULL};
    struct intake_link *link = open_and_live(scene);
    for (int i = 0; i < 8; i++) {
        scene_pass(scene, 7 * HOUR);
        scene_run(scene, "accounts", 0, i % 2 ? bad : bad + 1);
        scene_reading(scene, link, 1, "ann", 1);
        scene_batch(scene, link, 1, "later");
        scene_settle(scene);
    }
    return link;
}

/* After a disposal the gap is named and nothing else; the ledger verifies. */
static void disposal_is_a_gap(void **state)
{
    struct scene *scene = *state;
    struct looking told;
    json_object_set_new(scene->config, "keep_readings", json_integer((json_int_t)24 * HOUR));
    json_object_set_new(scene->config, "keep_excerpts", json_integer((json_int_t)24 * HOUR));
    struct intake_link *link = live_for_days(scene);
    int64_t left = scene_count(scene, "SELECT min(leaf) FROM payloads WHERE kind IN (1, 4)");
    assert_true(left > 100);
    assert_true(scene_count(scene, "SELECT count(*) FROM payloads WHERE kind = 3 AND leaf < 9") >
                5);
    scene_close(scene);
    intake_link_free(link);
    looking_at(scene, false, &told);
    if (told.figures.differences)
        fail_msg("%zu differences:\n%s", told.figures.differences, told.all);
    assert_non_null(strstr(told.gaps, "payloads (readings) up to entry "));
    assert_non_null(strstr(told.gaps, "keep_readings = 1d"));
    assert_non_null(strstr(told.gaps, "samples of log from "));
    assert_null(strstr(told.gaps, "2026-11-25"));
    /* What no disposal tells of is no gap. */
    looking_change(scene,
                   "DELETE FROM payloads WHERE leaf = (SELECT max(leaf) FROM payloads WHERE kind"
                   " = 4) AND kind = 4");
    looking_at(scene, false, &told);
    assert_non_null(strstr(told.all, "payloads: the samples of entry "));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_after_crash, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(equal_after_steps, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(equal_after_a_step_while_down, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(equal_after_failures, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(equal_after_reloads, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(damage_is_named, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(rebuilt_goes_on, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(disposal_is_a_gap, scene_set_up, scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
