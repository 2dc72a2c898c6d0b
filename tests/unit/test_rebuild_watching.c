/* What conformd knows of its own work follows from the ledger: concerns, selftests, costs, the key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/looking.h"

static const char digest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* Two snapshots and a measure on them that is adopted; lost after five hours. */
static void open_adopted(struct scene *scene)
{
    json_object_set_new(scene->config, "lost_after", json_integer(5 * HOUR));
    scene_collector(scene, "accounts", HOUR);
    scene_collector(scene, "other", HOUR);
    json_t *measure = scene_measure(scene, "M1", "sum(x_bad)", "<= 2");
    json_object_set_new(measure, "when_empty", json_string("met"));
    json_object_set_new(measure, "urgency", json_string("day"));
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_bob);
    scene_run(scene, "other", 0, scene_bob);
    scene_act_well(scene, "adopt", json_object());
}

static void runs(struct scene *scene, int64_t status, int count)
{
    for (int i = 0; i < count; i++) {
        scene_pass(scene, HOUR);
        scene_run(scene, "accounts", status, status ? scene_nobody : scene_bob);
        scene_run(scene, "other", 0, scene_bob);
    }
}

static void run_soon(struct scene *scene, int64_t status)
{
    json_decref(scene_act(scene, "collect", json_pack("{s:s}", "name", "accounts")));
    scene_run(scene, "accounts", status, status ? scene_nobody : scene_bob);
    scene_pass(scene, 2 * MINUTE);
}

static int64_t concerns(struct scene *scene)
{
    return scene_count(scene, "SELECT count(*) FROM states WHERE kind = 'monitoring'");
}

static void crash_and_look(struct scene *scene)
{
    scene_crash(scene);
    looking_expect_equal(scene);
    scene_open(scene);
}

/* From the first miss over its finding and its return to its end: at each step it is told. */
static void concerns_follow(void **state)
{
    struct scene *scene = *state;
    open_adopted(scene);
    runs(scene, CFD_ERROR, 2);
    assert_int_equal(concerns(scene), 1);
    crash_and_look(scene);
    scene_pass(scene, 10 * MINUTE);
    crash_and_look(scene);
    runs(scene, CFD_ERROR, 5);
    assert_int_equal(scene_events(scene, "raised"), 1);
    crash_and_look(scene);
    /* Not on the hour, at which all is told. */
    run_soon(scene, CFD_ABSENT);
    crash_and_look(scene);
    run_soon(scene, 0);
    crash_and_look(scene);
    scene_pass(scene, 20 * MINUTE);
    scene_close(scene);
    looking_expect_equal(scene);
    scene_open(scene);
    runs(scene, 0, 3);
    assert_int_equal(scene_events(scene, "condition_cleared"), 1);
    assert_int_equal(concerns(scene), 0);
    crash_and_look(scene);
    assert_true(scene_leaves(scene, "state", "\"monitoring\":0") == 1);
}

/* The time that was counted is told by the hour: a quiet concern is not told anew each minute. */
static void an_hour_is_a_leaf(void **state)
{
    struct scene *scene = *state;
    open_adopted(scene);
    runs(scene, CFD_ERROR, 1);
    int64_t before = scene_leaves(scene, "state", "\"monitoring\":1");
    scene->now.wall_ms += 1;
    for (int i = 0; i < 4 * 60; i++)
        scene_pass(scene, MINUTE);
    int64_t told = scene_leaves(scene, "state", "\"monitoring\":1") - before;
    if (told < 3 || told > 5)
        fail_msg("%lld leaves in four hours", (long long)told);
    crash_and_look(scene);
}

static const struct looking_damage damages[] = {
    {"DELETE FROM states WHERE kind = 'monitoring'", "states monitoring/collector:accounts, row"},
    {"UPDATE states SET body = json_set(body, '$.memory.standing', json('false')) WHERE kind ="
     " 'monitoring'",
     "states monitoring/collector:accounts, memory"},
    {"UPDATE states SET body = json_set(body, '$.memory.last', 'met') WHERE kind = 'monitoring'",
     "states monitoring/collector:accounts, memory"},
    {"UPDATE states SET body = json_set(body, '$.memory.missed', 0) WHERE kind = 'monitoring'",
     "states monitoring/collector:accounts, missed"},
    {"UPDATE states SET body = json_set(body, '$.memory.met', 7200000) WHERE kind = 'monitoring'",
     "states monitoring/collector:accounts, met"},
    {"UPDATE states SET body = json_set(body, '$.finding', '') WHERE kind = 'monitoring'",
     "states monitoring/collector:accounts, finding"},
    {"UPDATE states SET body = json_set(body, '$.reason', 'holidays') WHERE kind = 'monitoring'",
     "states monitoring/collector:accounts, reason"},
    {"UPDATE states SET body = json_set(body, '$.raises', json('false')) WHERE kind ="
     " 'monitoring'",
     "states monitoring/collector:accounts, raises"},
    {"INSERT INTO states SELECT kind, 'losses:accounts', body FROM states WHERE kind ="
     " 'monitoring'",
     "states monitoring/losses:accounts, row"},
    {"UPDATE states SET body = json_set(body, '$.bytes', 1) WHERE kind = 'account' AND id ="
     " 'accounts'",
     "states account/accounts, bytes"},
    {"UPDATE states SET body = json_set(body, '$.cpu_ms', 1) WHERE kind = 'account' AND id ="
     " 'other'",
     "states account/other, cpu_ms"},
    {"DELETE FROM states WHERE kind = 'account' AND id = 'other'", "states account/other, runs"},
    {"UPDATE states SET body = json_set(body, '$.id', '00') WHERE id = 'pseudonym_key'",
     "states daemon, pseudonym_key"},
    {"UPDATE states SET body = json_set(body, '$.turn', 5) WHERE kind = 'daemon' AND id = 'boot'",
     "states daemon, boot"},
};

static void cost(struct scene *scene, int64_t cpu_ms)
{
    CLEAN(clean_json)
    json_t *ended =
        json_pack("{s:i, s:s, s:I}", "code", 0, "reason", "exited", "cpu_ms", (json_int_t)cpu_ms);
    struct intake_link *link = scene_connect(scene, "other", scene_tables);
    scene_outcome(scene, link, 0, "");
    scene_eof(link);
    instance_ended(scene_instance(scene, "other"), ended);
    scene_settle(scene);
    intake_link_free(link);
}

static void damage_is_named(void **state)
{
    struct scene *scene = *state;
    open_adopted(scene);
    runs(scene, CFD_ERROR, 7);
    scene_pass(scene, HOUR);
    cost(scene, 70);
    scene_crash(scene);
    looking_expect_equal(scene);
    looking_name_damages(scene, damages, sizeof damages / sizeof *damages);
}

/* What was lost is put right, and the finding comes when it was to come, but for the hour. */
static void rebuilt_goes_on(void **state)
{
    struct scene *scene = *state;
    struct looking told;
    open_adopted(scene);
    runs(scene, CFD_ERROR, 4);
    scene_crash(scene);
    looking_change(scene, "DELETE FROM states WHERE kind IN ('monitoring', 'account')");
    looking_change(scene, "DELETE FROM states WHERE kind = 'daemon'");
    looking_at(scene, true, &told);
    assert_true(told.figures.differences > 3);
    looking_expect_equal(scene);
    scene_open(scene);
    assert_int_equal(scene_leaves(scene, "gap", ""), 1);
    assert_int_equal(scene_leaves(scene, "key", ""), 1);
    assert_int_equal(scene_events(scene, "raised"), 0);
    runs(scene, CFD_ERROR, 3);
    assert_int_equal(scene_events(scene, "raised"), 1);
    /* Of its eight runs one was in no leaf yet. */
    CLEAN(clean_json) json_t *spent = scene_state(scene, "account", "other");
    assert_int_equal(json_integer_of(spent, "runs", 0), 7);
    crash_and_look(scene);
}

static void prove(struct scene *scene, const char *status)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    struct intake_link *link = scene_connect(scene, "accounts", NULL);
    wire_put_text(&body, status);
    wire_put_text(&body, digest);
    wire_put_text(&body, "1");
    wire_put_text(&body, "");
    assert_int_equal(scene_send(scene, link, MESSAGE_PROVED, &body), 0);
    scene_ended(scene, "accounts", 0, "exited");
    scene_eof(link);
    scene_settle(scene);
    intake_link_free(link);
}

/* A method that failed its selftest does not pass by a row that says so. */
static void selftests_follow(void **state)
{
    static const struct looking_damage passed[] = {
        {"UPDATE states SET body = json_set(body, '$.status', 'passed') WHERE kind = 'selftest'",
         "states selftest/accounts, status"},
        {"UPDATE states SET body = json_set(body, '$.at', '2030-01-01T00:00:00.000Z') WHERE kind ="
         " 'selftest'",
         "states selftest/accounts, at"},
        {"DELETE FROM states WHERE kind = 'selftest'", "states selftest/accounts, row"},
    };
    struct scene *scene = *state;
    struct looking told;
    scene->proves = true;
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "M1", "sum(x_bad)", "<= 2");
    scene_open(scene);
    prove(scene, "failed");
    scene_crash(scene);
    looking_expect_equal(scene);
    looking_name_damages(scene, passed, sizeof passed / sizeof *passed);
    looking_change(scene, passed[0].sql);
    looking_at(scene, true, &told);
    scene_open(scene);
    CLEAN(clean_json) json_t *row = scene_state(scene, "selftest", "accounts");
    assert_string_equal(json_text_of(row, "status", ""), "failed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_set_up, scene_tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(concerns_follow), TEST(an_hour_is_a_leaf), TEST(damage_is_named),
        TEST(rebuilt_goes_on), TEST(selftests_follow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
