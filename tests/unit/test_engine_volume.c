/* What becomes a leaf, and when: one evidence leaf an interval, coverage an hour, results a day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/engine/state.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/engine_scene.h"

/* How many leaves are of this type. */

static struct intake_link *begin(struct scene *scene)
{
    scene_collector(scene, "log", 10000);
    json_t *measure = scene_measure(scene, "M1", "sum(sum_over_time(x_hits[1h]))", "< 100");
    json_object_set_new(measure, "coverage", json_string("0"));
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    scene_reading(scene, link, 2, NULL, 1);
    scene_batch(scene, link, 1, "0");
    scene_settle(scene);
    return link;
}

static void hit(struct scene *scene, struct intake_link *link, double count, uint32_t flags,
                const char *position)
{
    scene_reading(scene, link, 1, "ann", count);
    scene_batch(scene, link, flags, position);
    scene_settle(scene);
}

/* The readings of the last evidence leaf. */
static char *last_readings(struct scene *scene)
{
    struct buffer lines = {0};
    int64_t leaf = scene_count(scene, "SELECT max(leaf) FROM payloads WHERE kind = 1");
    assert_int_equal(
        ledger_payload(scene->engine->turn.ledger, leaf, PAYLOAD_READINGS, &lines, &scene->error),
        0);
    return buffer_take(&lines);
}

static void evidence_once_an_interval(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    scene_pass(scene, 10000);
    int64_t before = scene_leaves(scene, "evidence", "");
    hit(scene, link, 1, 0, "1"); /* the first behind a quiet interval: at once */
    assert_int_equal(scene_leaves(scene, "evidence", ""), before + 1);
    for (int i = 0; i < 5; i++)
        hit(scene, link, 2, 0, "2");
    assert_int_equal(scene_leaves(scene, "evidence", ""), before + 1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM pending"), 5);
    assert_true(scene_query(scene, "sum(x_hits_total)") == 11); /* counted at once */
    /* A crash loses none of it. */
    scene_crash(scene);
    intake_link_free(link);
    scene_open(scene);
    link = scene_connect(scene, "log", scene_stream_tables);
    assert_int_equal(scene_count(scene, "SELECT value FROM positions"), 2);
    scene_pass(scene, 10000);
    scene_batch(scene, link, 1, "3");
    scene_settle(scene);
    assert_int_equal(scene_leaves(scene, "evidence", ""), before + 2);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM pending"), 0);
    CLEAN(clean_text) char *lines = last_readings(scene);
    assert_string_equal(lines, "{\"attribute\":\"x_hits\",\"labels\":{\"user\":\"ann\"},"
                               "\"value\":\"10\"}\n");
    scene_crash(scene);
    intake_link_free(link);
}

static void urgent_at_once(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    hit(scene, link, 1, 0, "1");
    int64_t before = scene_leaves(scene, "evidence", "");
    hit(scene, link, 1, 0, "2");
    assert_int_equal(scene_leaves(scene, "evidence", ""), before);
    scene_pass(scene, 1000);
    assert_int_equal(scene_leaves(scene, "evidence", ""), before);
    hit(scene, link, 1, 2, "3");
    assert_int_equal(scene_leaves(scene, "evidence", ""), before + 1);
    /* A finding refers to what was read: it does not wait. */
    hit(scene, link, 1, 0, "4");
    assert_int_equal(scene_leaves(scene, "evidence", ""), before + 1);
    scene_act_well(scene, "adopt", json_pack("{s:[s]}", "measures", "M1"));
    hit(scene, link, 200, 0, "5");
    assert_int_equal(scene_leaves(scene, "finding", ""), 1);
    assert_int_equal(scene_leaves(scene, "evidence", ""), before + 2);
    CLEAN(clean_text) char *lines = last_readings(scene);
    assert_non_null(strstr(lines, "\"201\""));
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE"
                                        " json_extract(body, '$.evidence[0]') ="
                                        " (SELECT max(leaf) FROM payloads WHERE kind = 1)"),
                     1);
    scene_crash(scene);
    intake_link_free(link);
}

/* A collector to which all is urgent: a leaf a second, and what came meanwhile is in it. */
static void urgent_is_bounded(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    int64_t begun_ms = scene->now.wall_ms;
    int64_t before = scene_leaves(scene, "evidence", "");
    int hits = 0;
    while (scene->now.wall_ms - begun_ms < 5000) {
        char position[16];
        snprintf(position, sizeof position, "%d", ++hits);
        hit(scene, link, 1, 2, position);
        scene_pass(scene, 40);
    }
    int64_t made = scene_leaves(scene, "evidence", "") - before;
    assert_true(hits > 20);
    assert_in_range(made, 4, 6);
    /* The last one does not wait for the interval. */
    scene_pass(scene, 1500);
    scene_settle(scene);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM pending"), 0);
    scene_crash(scene);
    intake_link_free(link);
}

/* However many batches come in a second, they are one leaf, and take little room while they wait.
 */
static void many_batches_are_one(void **state)
{
    enum { BATCHES = 3000, NAME = 2000, ROWS = 1000, BYTES = 400000 };
    struct scene *scene = *state;
    char name[NAME + 1] = {0};
    struct intake_link *link = begin(scene);
    memset(name, 'n', NAME);
    int64_t before = scene_leaves(scene, "evidence", "");
    int64_t begun_ms = scene->now.wall_ms;
    for (int i = 0; i < BATCHES; i++) {
        scene_reading(scene, link, 1, name, 1);
        scene_batch(scene, link, 2, "2");
        scene_settle(scene);
        assert_in_range(scene_count(scene, "SELECT count(*) FROM pending"), 0, ROWS);
        assert_in_range(scene_count(scene, "SELECT coalesce(sum(length(body)), 0) FROM pending"), 0,
                        BYTES);
    }
    int64_t seconds = (scene->now.wall_ms - begun_ms) / 1000;
    assert_in_range(seconds, 2, 10);
    assert_in_range(scene_leaves(scene, "evidence", "") - before, seconds - 1, seconds + 1);
    assert_true(scene_query(scene, "sum(x_hits_total)") == BATCHES);
    scene_crash(scene);
    intake_link_free(link);
}

/* What is urgent does not wait for the interval because of a crash; and what was merged while it
 * waited is told as so many batches. */
static void urgent_after_a_crash(void **state)
{
    enum { BATCHES = 1500 };
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    scene_pass(scene, 10000);
    hit(scene, link, 1, 0, "1");
    for (int i = 0; i < BATCHES; i++)
        hit(scene, link, 1.0 / 64, 0, "2"); /* below the threshold: its breach would tell at once */
    int64_t before = scene_leaves(scene, "evidence", "");
    scene_crash(scene);
    intake_link_free(link);
    scene_open(scene);
    link = scene_connect(scene, "log", scene_stream_tables);
    scene_pass(scene, 1000);
    hit(scene, link, 1, 2, "3");
    assert_int_equal(scene_leaves(scene, "evidence", "\"batches\":1501,"), 1);
    hit(scene, link, 1, 2, "4");
    assert_int_equal(scene_leaves(scene, "evidence", ""), before + 1);
    scene_crash(scene);
    intake_link_free(link);
    scene_open(scene);
    scene_settle(scene);
    assert_int_equal(scene_leaves(scene, "evidence", ""), before + 2);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM pending"), 0);
    scene_crash(scene);
}

static void quiet_hours_are_folded(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    int64_t before = scene_leaves(scene, "evidence", ""),
            results = scene_leaves(scene, "result", "");
    for (int i = 1; i <= 6 * 60 * 3; i++) {
        scene_pass(scene, 10000);
        scene_reading(scene, link, 2, NULL, i);
        scene_batch(scene, link, 1, NULL);
        scene_settle(scene);
    }
    assert_int_equal(scene_leaves(scene, "evidence", ""), before);
    assert_in_range(scene_leaves(scene, "coverage", ""), 4,
                    6); /* the stream's and the engine's own */
    assert_in_range(scene_leaves(scene, "result", ""), results, results + 1);
    /* The gauge that moved at each interval is in the ledger: its samples are. */
    assert_true(scene_count(scene, "SELECT count(*) FROM payloads WHERE kind = 4") >= 4);
    scene_crash(scene);
    intake_link_free(link);
}

static void interval(struct scene *scene, struct intake_link *link, int64_t status, const char *why)
{
    scene_pass(scene, 10000);
    if (status)
        scene_outcome(scene, link, status, why);
    scene_batch(scene, link, 1, NULL);
    scene_settle(scene);
}

/* A stream that has nothing to follow says so at each interval: once is enough, until it says
 * something else. */
static void standing_by_is_folded(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    int64_t before = scene_leaves(scene, "evidence", ""),
            folds = scene_leaves(scene, "coverage", "");
    interval(scene, link, 0, "");
    for (int i = 0; i < 100; i++)
        interval(scene, link, CFD_STANDBY, "");
    assert_int_equal(scene_leaves(scene, "evidence", ""), before + 1);
    /* The quiet one before it was told at once: it was not like what came then. */
    assert_int_equal(scene_leaves(scene, "coverage", ""), folds + 1);
    for (int i = 0; i < 10; i++)
        interval(scene, link, CFD_ABSENT, "no file");
    assert_int_equal(scene_leaves(scene, "evidence", ""), before + 2);
    assert_int_equal(scene_leaves(scene, "coverage", ""), folds + 2);
    for (int i = 0; i < 10; i++)
        interval(scene, link, CFD_ABSENT, "no folder");
    assert_int_equal(scene_leaves(scene, "evidence", ""), before + 3);
    interval(scene, link, 0, "");
    assert_int_equal(scene_leaves(scene, "evidence", ""), before + 4);
    scene_crash(scene);
    intake_link_free(link);
}

static void watch(struct scene *scene, struct intake_link *link, const char *source, uint64_t bytes,
                  uint64_t lines)
{
    assert_int_equal(scene_watched(scene, link, source, bytes, lines), 0);
}

/* How much of the sources was read is in the leaf, which of them beside it. */
static void what_was_watched_is_told(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    assert_int_equal(scene_leaves(scene, "evidence", "\"bytes\""), 0); /* it did not say */
    scene_pass(scene, 10000);
    scene_reading(scene, link, 1, "ann", 1);
    watch(scene, link, "/log/a", 100, 2);
    watch(scene, link, "/log/b", 11, 1);
    watch(scene, link, "/log/a", 100, 2);
    scene_batch(scene, link, 0, "1");
    scene_settle(scene);
    assert_int_equal(scene_leaves(scene, "evidence", "\"bytes\":211,"), 1);
    assert_int_equal(scene_leaves(scene, "evidence", "\"lines\":5,"), 1);
    /* What waits for the interval's end outlives a crash. */
    watch(scene, link, "/log/a", 7, 1);
    hit(scene, link, 1, 0, "2");
    watch(scene, link, "/log/a", 6, 1);
    hit(scene, link, 1, 0, "3");
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM pending"), 2);
    scene_crash(scene);
    intake_link_free(link);
    scene_open(scene);
    link = scene_connect(scene, "log", scene_stream_tables);
    scene_pass(scene, 10000);
    scene_batch(scene, link, 1, "4");
    scene_settle(scene);
    assert_int_equal(scene_leaves(scene, "evidence", "\"bytes\":13,"), 1);
    for (int i = 0; i < 6 * 61; i++) {
        scene_pass(scene, 10000);
        watch(scene, link, "/log/b", i == 5 ? 50 : 0, i == 5);
        scene_batch(scene, link, 1, NULL);
        scene_settle(scene);
        if (i != 100)
            continue;
        scene_crash(scene);
        intake_link_free(link);
        scene_open(scene);
        link = scene_connect(scene, "log", scene_stream_tables);
    }
    assert_int_equal(scene_leaves(scene, "coverage", "\"bytes\":50,"), 1);
    assert_int_equal(scene_leaves(scene, "coverage", "/log/"), 0);
    assert_int_equal(scene_leaves(scene, "evidence", "/log/"), 0);
    CLEAN(buffer_finish) struct buffer text = {0};
    int64_t leaf = scene_count(scene, "SELECT max(leaf) FROM payloads WHERE kind = 3 AND"
                                      " CAST(body AS TEXT) LIKE '%\"sources\"%'");
    assert_int_equal(
        ledger_payload(scene->engine->turn.ledger, leaf, PAYLOAD_TEXT, &text, &scene->error), 0);
    assert_non_null(strstr(text.data, "\"sources\":{\"/log/b\":[50,1]}"));
    assert_int_equal(scene_watched(scene, link, "/log/a", (uint64_t)1 << 53, 0), ERROR_PEER);
    scene_crash(scene);
    intake_link_free(link);
}

static void results_once_a_day(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "x", HOUR);
    scene_measure(scene, "M1", "count(conformd_actions_open)", "== 1");
    scene_open(scene);
    scene_pass(scene, HOUR);
    int64_t before = scene_leaves(scene, "result", "");
    scene_pass(scene, 3 * DAY);
    assert_int_equal(scene_leaves(scene, "result", ""), before + 3);
}

/* What an accounts collector of forty users reads each hour. */
static void run_accounts(struct scene *scene)
{
    static char names[40][8];
    const char *users[41] = {NULL};
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "u%d", i);
        users[i] = names[i];
    }
    scene_run(scene, "accounts", 0, users);
}

static int64_t bytes(struct scene *scene, const char *what, const char *sql)
{
    int64_t count = scene_count(scene, sql);
    print_message("%s: %lld bytes\n", what, (long long)count);
    return count;
}

/* A day of a stream at 10 s whose gauge moves at every interval, with a few events an hour, of
 * hourly snapshots and of twenty measures. The shape of the default profile, not its collectors. */
static void a_quiet_day(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "log", 10000);
    scene_collector(scene, "accounts", HOUR);
    for (int i = 0; i < 20; i++) {
        char id[8];
        snprintf(id, sizeof id, "M%d", i);
        scene_measure(scene, id, i % 2 ? "sum(x_bad)" : "max(x_age)", "< 1000000");
    }
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    for (int i = 0; i < 6 * 60 * 24; i++) {
        scene_pass(scene, 10000);
        scene_reading(scene, link, 2, NULL, i % 90 * 10.25);
        if (i % 90 == 7)
            scene_reading(scene, link, 1, i % 4 ? "ann" : "bob", 1);
        scene_batch(scene, link, 1, i % 90 == 7 ? "on" : NULL);
        scene_settle(scene);
        if (i % 360 == 5)
            run_accounts(scene);
    }
    int64_t sum = bytes(scene, "leaves", "SELECT sum(length(entries)) FROM bundles") +
                  bytes(scene, "tiles", "SELECT coalesce(sum(length(hashes)), 0) FROM tiles") +
                  bytes(scene, "payloads", "SELECT sum(length(body) + 16) FROM payloads");
    bytes(scene, "of these samples", "SELECT sum(length(body)) FROM payloads WHERE kind = 4");
    assert_true(scene_leaves(scene, "evidence", "") > 90);
    assert_in_range(sum, 1, 2000000);
    scene_crash(scene);
    intake_link_free(link);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(evidence_once_an_interval, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(urgent_at_once, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(urgent_is_bounded, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(many_batches_are_one, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(urgent_after_a_crash, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(quiet_hours_are_folded, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(standing_by_is_folded, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(what_was_watched_is_told, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(results_once_a_day, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(a_quiet_day, scene_set_up, scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
