/* What counts as failed and what does not: streams that die early, collectors that are disabled or
 * gone, and failures that go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "engine/engine/state.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/engine_scene.h"

static void expect_kind(struct scene *scene, const char *id, const char *kind, const char *words)
{
    const char *reason = scene_reason(scene, id);
    scene_expect(scene, id, "unknown");
    if (!text_begins(reason, kind) || !strstr(reason, words))
        fail_msg("%s is %s", id, reason);
}

static void expect_instance(struct scene *scene, const char *name, const char *state,
                            const char *words)
{
    CLEAN(clean_json) json_t *shown = scene_state(scene, "instance", name);
    assert_string_equal(json_text_of(shown, "state", ""), state);
    assert_non_null(strstr(json_text_of(shown, "reason", ""), words));
}

/* The configuration with these collectors is put into force. */
static void reload(struct scene *scene, json_t *collectors)
{
    json_t *config = json_deep_copy(scene->config);
    json_object_set_new(config, "collectors", collectors);
    scene_reload(scene, config);
}

/* The collectors as they are, that one enabled or not. */
static json_t *with_enabled(struct scene *scene, size_t at, bool enabled)
{
    json_t *collectors = json_deep_copy(json_object_get(scene->config, "collectors"));
    json_object_set_new(json_array_get(collectors, at), "enabled", json_boolean(enabled));
    return collectors;
}

/* --- streams --- */

static void open_stream(struct scene *scene)
{
    scene_collector(scene, "log", 10000);
    json_object_set_new(scene->config, "lost_after_urgent", json_integer(10 * MINUTE));
    json_t *hits = scene_measure(scene, "M1", "sum(x_hits)", "< 100");
    json_object_set_new(hits, "when_empty", json_string("met"));
    scene_open(scene);
    scene_act_well(scene, "adopt", json_object());
}

static void die(struct scene *scene, struct intake_link *link)
{
    scene_leave(scene, link, "log", 7);
}

/* It has read, and does not any more: that is a loss, though no interval of it ever ended. */
static void a_stream_that_read_and_died_is_lost(void **state)
{
    struct scene *scene = *state;
    open_stream(scene);
    for (int i = 0; i < 6 * 12; i++) {
        struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
        scene_missing(scene, link, 0, "never was there");
        scene_reading(scene, link, 1, "ann", 1);
        scene_batch(scene, link, 0, "1");
        scene_settle(scene);
        die(scene, link);
        expect_instance(scene, "log", "failed", "exited with code 7");
        expect_kind(scene, "M1", "lost", "exited with code 7");
        scene_pass(scene, 10000);
    }
    assert_false(instance_attribute(scene_instance(scene, "log"), "x_bad")->measured);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE"
                                        " key = 'collector:log' AND body ->> 'title' LIKE"
                                        " '%exited with code 7%'"),
                     1);
    assert_int_equal(scene_findings(scene), 1);
}

/* One that never read anything is not set up, and says why. */
static void a_stream_that_never_read_is_not_set_up(void **state)
{
    struct scene *scene = *state;
    open_stream(scene);
    for (int i = 0; i < 6 * 12; i++) {
        die(scene, scene_connect(scene, "log", scene_stream_tables));
        expect_instance(scene, "log", "failed", "exited with code 7");
        expect_kind(scene, "M1", "not set up", "exited with code 7");
        scene_pass(scene, 10000);
    }
    assert_int_equal(scene_findings(scene), 0);
}

/* --- disabled --- */

static void disabled_from_the_start(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    json_object_set_new(json_array_get(json_object_get(scene->config, "collectors"), 0), "enabled",
                        json_false());
    scene_open(scene);
    scene_pass(scene, 5 * HOUR);
    assert_int_equal(scene->starts, 0);
    expect_instance(scene, "accounts", "disabled", "enabled = false");
    expect_kind(scene, "M1", "not set up", "and collector accounts is disabled");
    CLEAN(clean_json)
    json_t *answer = scene_act(scene, "collect", json_pack("{s:s}", "name", "accounts"));
    assert_non_null(strstr(json_text_of(answer, "sentence", ""), "disabled"));
    assert_true(scene_query(scene, "sum(sum_over_time(conformd_runs_due[4h]))") == 0);
    reload(scene, with_enabled(scene, 0, true));
    assert_int_equal(scene->starts, 1);
    scene_run(scene, "accounts", 0, scene_bob);
    scene_expect(scene, "M1", "missed");
}

/* What it read counts no more, and that nothing is read is no loss. */
static void disabled_by_a_reload(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "a", HOUR);
    scene_collector(scene, "b", HOUR);
    json_object_set_new(scene->config, "lost_after_urgent", json_integer(2 * HOUR));
    scene_measure(scene, "M1", "sum(x_bad)", "<= 1");
    scene_open(scene);
    scene_run(scene, "a", 0, scene_bob);
    scene_run(scene, "b", 0, scene_bob);
    scene_act_well(scene, "adopt", json_object());
    scene_expect(scene, "M1", "missed");
    assert_int_equal(scene_findings(scene), 1);
    reload(scene, with_enabled(scene, 0, false));
    scene_expect(scene, "M1", "met"); /* the other one feeds it */
    reload(scene, with_enabled(scene, 1, false));
    expect_kind(scene, "M1", "not set up", "is disabled");
    int starts = scene->starts;
    scene_pass(scene, 48 * HOUR);
    /* A start again changes nothing. */
    scene_crash(scene);
    scene_open(scene);
    scene_pass(scene, 48 * HOUR);
    assert_int_equal(scene->starts, starts);
    expect_instance(scene, "b", "disabled", "");
    expect_kind(scene, "M1", "not set up", "is disabled");
    assert_int_equal(
        scene_count(scene, "SELECT count(*) FROM findings WHERE key LIKE 'collector:%'"), 0);
    /* Enabled, it has to run first, and lost is what was measured then. */
    reload(scene, with_enabled(scene, 1, true));
    expect_kind(scene, "M1", "lost", "has not ended its first run");
    scene_run(scene, "b", 0, scene_bob);
    scene_expect(scene, "M1", "met");
}

/* That nobody looks is no recovery. */
static void what_was_found_of_a_disabled_one_stays(void **state)
{
    struct scene *scene = *state;
    open_stream(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    scene_lost(scene, link, "file", 100);
    scene_reading(scene, link, 1, "ann", 1);
    scene_batch(scene, link, 1, "1");
    scene_settle(scene);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE key = 'losses:log'"),
                     1);
    reload(scene, with_enabled(scene, 0, false));
    intake_link_free(link);
    scene_pass(scene, 48 * HOUR);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM finding_events WHERE"
                                        " event = 'condition_cleared'"),
                     0);
}

/* --- gone --- */

/* What waits for the interval's end, and what is folded, is told before the instance goes. */
static void what_a_gone_one_read_is_told(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "log", 10000);
    scene_collector(scene, "accounts", HOUR);
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    scene_reading(scene, link, 1, "ann", 1);
    scene_batch(scene, link, 1, "1");
    scene_settle(scene);
    for (int i = 0; i < 3; i++) {
        scene_reading(scene, link, 1, "ann", 2);
        scene_batch(scene, link, 0, "2");
        scene_settle(scene);
    }
    for (int i = 0; i < 3; i++)
        scene_run(scene, "accounts", 0, scene_bob);
    int64_t evidence = scene_leaves(scene, "evidence", "");
    int64_t coverage = scene_leaves(scene, "coverage", "\"runs\":2");
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM pending"), 3);
    reload(scene, json_array());
    assert_int_equal(scene_leaves(scene, "evidence", ""), evidence + 1);
    assert_int_equal(scene_leaves(scene, "evidence", "\"batches\":3"), 1);
    assert_int_equal(scene_leaves(scene, "coverage", "\"runs\":2"), coverage + 1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM pending"), 0);
    intake_link_free(link);
}

/* A part of an interval in which nothing was but a gauge stands in no leaf until then. */
static void gauges_of_a_gone_one_are_told(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "log", 10000);
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    scene_reading(scene, link, 2, NULL, 1);
    scene_batch(scene, link, 1, "1");
    scene_settle(scene);
    int64_t samples = scene_count(scene, "SELECT count(*) FROM payloads WHERE kind = 4");
    scene_reading(scene, link, 2, NULL, 2);
    scene_batch(scene, link, 0, "2");
    scene_settle(scene);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM payloads WHERE kind = 4"), samples);
    reload(scene, json_array());
    assert_int_equal(scene_leaves(scene, "coverage", "\"runs\":0"), 1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM payloads WHERE kind = 4"),
                     samples + 1);
    intake_link_free(link);
}

/* --- failing on --- */

/* One run of the snapshot with this status, reason and what is missing. */
static void run_so(struct scene *scene, int64_t status, const char *why, const char *missing)
{
    struct intake_link *link = scene_connect(scene, "accounts", scene_tables);
    if (status >= 0)
        scene_reading(scene, link, 2, NULL, 5);
    if (missing)
        scene_missing(scene, link, 0, missing);
    scene_outcome(scene, link, status, why);
    scene_leave(scene, link, "accounts", 0);
    scene_pass(scene, MINUTE);
}

/* The text beside the last leaf of this type. */
static char *last_text(struct scene *scene, const char *type)
{
    CLEAN(clean_text) char *word = text_format("\"t\":\"%s\"", type);
    struct ledger_head head;
    ledger_head(scene->engine->turn.ledger, &head);
    for (int64_t i = head.size - 1; i >= 0; i--) {
        CLEAN(buffer_finish) struct buffer leaf = {0};
        struct buffer text = {0};
        assert_int_equal(ledger_read(scene->engine->turn.ledger, i, &leaf, &scene->error), 0);
        if (!strstr(leaf.data, word) || strstr(leaf.data, "\"own\":true"))
            continue;
        assert_int_equal(
            ledger_payload(scene->engine->turn.ledger, i, PAYLOAD_TEXT, &text, &scene->error), 0);
        return buffer_take(&text);
    }
    fail_msg("no leaf %s", type);
    return NULL;
}

static void open_snapshot(struct scene *scene)
{
    scene_collector(scene, "accounts", MINUTE);
    json_object_set_new(scene->config, "lost_after_urgent", json_integer(30 * MINUTE));
    scene_measure(scene, "M1", "sum(x_age)", "< 100");
    scene_open(scene);
    run_so(scene, 0, "", NULL);
    scene_act_well(scene, "adopt", json_object());
}

/* The first failure is a leaf at once, as is another reason; between them there is one an hour,
 * which tells how many, from when until when and why. */
static void failing_on_is_folded(void **state)
{
    struct scene *scene = *state;
    open_snapshot(scene);
    int64_t evidence = scene_leaves(scene, "evidence", "");
    run_so(scene, CFD_ERROR, "no memory", NULL);
    assert_int_equal(scene_leaves(scene, "evidence", ""), evidence + 1);
    scene_expect(scene, "M1", "unknown");
    assert_true(isnan(scene_query(scene, "sum(x_age)")));
    for (int i = 0; i < 40; i++) {
        run_so(scene, CFD_ERROR, "no memory", NULL);
        expect_kind(scene, "M1", "lost", "no memory");
    }
    assert_int_equal(scene_leaves(scene, "evidence", ""), evidence + 1);
    assert_int_equal(scene_leaves(scene, "coverage", "\"outcome\":\"failed\""), 0);
    run_so(scene, CFD_ERROR, "no disk", NULL);
    assert_int_equal(scene_leaves(scene, "evidence", ""), evidence + 2);
    assert_int_equal(scene_leaves(scene, "coverage", "\"runs\":40"), 1);
    CLEAN(clean_text) char *before = last_text(scene, "coverage");
    assert_non_null(strstr(before, "\"reason\":\"no memory\""));
    for (int i = 0; i < 3 * 60; i++)
        run_so(scene, CFD_ERROR, "no disk", NULL);
    assert_int_equal(scene_leaves(scene, "evidence", ""), evidence + 2);
    assert_in_range(scene_leaves(scene, "coverage", "\"outcome\":\"failed\""), 3, 4);
    CLEAN(clean_text) char *hourly = last_text(scene, "coverage");
    assert_non_null(strstr(hourly, "\"reason\":\"no disk\""));
    assert_int_equal(scene_findings(scene), 1);
    run_so(scene, 0, "", NULL);
    assert_int_equal(scene_leaves(scene, "evidence", ""), evidence + 3);
    scene_expect(scene, "M1", "met");
}

/* A partial run is like the one before when it read and missed the same. */
static void partial_on_is_folded(void **state)
{
    struct scene *scene = *state;
    open_snapshot(scene);
    int64_t evidence = scene_leaves(scene, "evidence", "");
    for (int i = 0; i < 30; i++)
        run_so(scene, CFD_PARTIAL, "", "no shadow");
    assert_int_equal(scene_leaves(scene, "evidence", ""), evidence + 1);
    run_so(scene, CFD_PARTIAL, "", "no passwd");
    assert_int_equal(scene_leaves(scene, "evidence", ""), evidence + 2);
    assert_int_equal(scene_leaves(scene, "coverage", "\"runs\":29"), 1);
    run_so(scene, CFD_PARTIAL, "and so", "no passwd");
    assert_int_equal(scene_leaves(scene, "evidence", ""), evidence + 3);
    run_so(scene, CFD_PARTIAL, "and so", NULL);
    assert_int_equal(scene_leaves(scene, "evidence", ""), evidence + 4);
}

static void interval(struct scene *scene, struct intake_link *link, double hits, const char *why)
{
    if (hits > 0) {
        scene_reading(scene, link, 1, "ann", hits);
        scene_batch(scene, link, 0, "on");
        scene_settle(scene);
    }
    scene_missing(scene, link, 2, "one of two");
    scene_outcome(scene, link, CFD_DENIED, why);
    scene_batch(scene, link, 1, NULL);
    scene_settle(scene);
    scene_pass(scene, 10000);
}

/* What a stream still reads has its leaf an interval; that it fails as before does not add one. */
static void a_stream_failing_on_is_folded(void **state)
{
    struct scene *scene = *state;
    open_stream(scene);
    struct intake_link *link = scene_connect(scene, "log", scene_stream_tables);
    scene_reading(scene, link, 1, "ann", 1);
    scene_batch(scene, link, 1, "1");
    scene_settle(scene);
    int64_t evidence = scene_leaves(scene, "evidence", "");
    for (int i = 0; i < 60; i++)
        interval(scene, link, 0, "may not be read");
    assert_int_equal(scene_leaves(scene, "evidence", ""), evidence + 1);
    for (int i = 0; i < 60; i++)
        interval(scene, link, i % 6 == 0, "may not be read");
    assert_in_range(scene_leaves(scene, "evidence", ""), evidence + 11, evidence + 12);
    evidence = scene_leaves(scene, "evidence", "");
    interval(scene, link, 0, "gone mad");
    assert_int_equal(scene_leaves(scene, "evidence", ""), evidence + 1);
    intake_link_free(link);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stream_that_read_and_died_is_lost, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(a_stream_that_never_read_is_not_set_up, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(disabled_from_the_start, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(disabled_by_a_reload, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(what_was_found_of_a_disabled_one_stays, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(what_a_gone_one_read_is_told, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(failing_on_is_folded, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(partial_on_is_folded, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(a_stream_failing_on_is_folded, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(gauges_of_a_gone_one_are_told, scene_set_up,
                                        scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
