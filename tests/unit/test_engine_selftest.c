/* A method counts when it was shown to work: selftests, their record, and what is provisional. */
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

static const char digest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const char other[] = "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static int set_up(void **state)
{
    struct scene *scene = scene_new();
    scene->proves = true;
    *state = scene;
    return 0;
}

/* The process that was asked for is for the selftest, and says so; NULL: it dies. */
static void prove_file(struct scene *scene, const char *status, const char *sha256)
{
    assert_true(scene_instance(scene, "accounts")->course.work == COURSE_PROVES);
    struct intake_link *link = scene_connect(scene, "accounts", NULL);
    if (status)
        assert_int_equal(scene_proved(scene, link, status, sha256), 0);
    /* The order of the two does not matter. */
    scene_ended(scene, "accounts", status ? 0 : 1, "exited");
    scene_settle(scene);
    assert_true(scene_instance(scene, "accounts")->course.work == COURSE_PROVES);
    scene_eof(link);
    scene_settle(scene);
    intake_link_free(link);
}

static void prove(struct scene *scene, const char *status)
{
    prove_file(scene, status, digest);
}

static void run(struct scene *scene, const char *sha256, const char *const *users)
{
    CLEAN(clean_text)
    char *tables = text_format("{\"plugin\":\"x\",\"version\":\"1\",\"sha256\":\"%s\",\"stream\":"
                               "false,\"attributes\":[{\"name\":\"x_bad\",\"kind\":\"gauge\","
                               "\"labels\":[\"user\"]}]}",
                               sha256);
    assert_false(scene_instance(scene, "accounts")->course.work == COURSE_PROVES);
    struct intake_link *link = scene_connect(scene, "accounts", tables);
    for (; *users; users++)
        scene_reading(scene, link, 0, *users, 1);
    scene_outcome(scene, link, 0, "");
    scene_leave(scene, link, "accounts", 0);
}

static void open_scene(struct scene *scene)
{
    scene_collector(scene, "accounts", HOUR);
    scene_measure_bad(scene);
    scene_open(scene);
}

static void first_the_selftest_then_runs(void **state)
{
    struct scene *scene = *state;
    open_scene(scene);
    assert_int_equal(scene->starts, 1);
    prove(scene, "passed");
    assert_int_equal(scene->starts, 2);
    assert_int_equal(scene_leaves(scene, "selftest", "\"status\":\"passed\""), 1);
    assert_int_equal(scene_leaves(scene, "selftest", digest), 1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM runs"), 0);
    run(scene, digest, scene_bob);
    scene_expect(scene, "M1", "missed");
    assert_false(scene_is_provisional(scene, "M1"));
    /* It is remembered, also over a crash; a month later it is tried again. */
    scene_crash(scene);
    scene_open(scene);
    assert_false(scene_instance(scene, "accounts")->course.work == COURSE_PROVES);
    run(scene, digest, scene_bob);
    scene->now.wall_ms += 31LL * DAY;
    scene->now.boot_ms += 31LL * DAY;
    scene_settle(scene);
    prove(scene, "passed");
    run(scene, digest, scene_bob);
    assert_int_equal(scene_leaves(scene, "selftest", ""), 2);
    CLEAN(clean_json) json_t *row = scene_state(scene, "selftest", "accounts");
    assert_string_equal(json_text_of(row, "status", ""), "passed");
}

/* What was not shown to work raises, and does not recover. */
static void unproven_never_recovers(void **state)
{
    static const char *const words[] = {"failed", "none", NULL};
    struct scene *scene = *state;
    open_scene(scene);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (i) {
            scene_instance(scene, "accounts")->proof.tried_boot_ms = 0;
            free(scene_instance(scene, "accounts")->proof.status);
            scene_instance(scene, "accounts")->proof.status = NULL;
            scene_pass(scene, HOUR);
        }
        prove(scene, words[i]);
        run(scene, digest, scene_bob);
        if (!i)
            scene_act_well(scene, "adopt", json_object());
        assert_true(scene_is_provisional(scene, "M1"));
        assert_int_equal(scene_findings(scene), 1);
        scene_pass(scene, HOUR);
        if (scene_instance(scene, "accounts")->course.work == COURSE_PROVES)
            prove(scene, words[i]);
        run(scene, digest, scene_nobody);
        scene_expect(scene, "M1", "met");
        assert_true(scene_is_provisional(scene, "M1"));
        scene_pass(scene, 30 * MINUTE);
        assert_int_equal(scene_count(scene, "SELECT count(*) FROM finding_events WHERE event ="
                                            " 'condition_cleared'"),
                         0);
    }
    CLEAN(clean_json) json_t *row = scene_state(scene, "selftest", "accounts");
    assert_string_equal(json_text_of(row, "status", ""), "failed");
    assert_string_equal(json_text_of(row, "why", ""),
                        "it exited with code 1 before its run had ended");
    /* Shown to work: what is met counts from now on. */
    scene_pass(scene, HOUR);
    prove(scene, "passed");
    run(scene, digest, scene_nobody);
    scene_pass(scene, 30 * MINUTE);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM finding_events WHERE event ="
                                        " 'condition_cleared'"),
                     1);
}

/* So an objective that was missed is not reached by what was not shown to work. */
static void unproven_reaches_no_objective(void **state)
{
    static const char cleared[] =
        "SELECT count(*) FROM finding_events WHERE event = 'condition_cleared'";
    struct scene *scene = *state;
    json_object_set_new(scene->config, "objectives",
                        json_pack("[{s:s, s:i, s:s, s:[s], s:s, s:b}]", "id", "O1", "version", 1,
                                  "statement", "Nobody is bad.", "measures", "M1", "due",
                                  "2026-11-01", "enabled", 1));
    open_scene(scene);
    prove(scene, "passed");
    run(scene, digest, scene_bob);
    scene_act_well(scene, "approve", json_pack("{s:s, s:s}", "id", "O1", "role", "ciso"));
    scene_pass(scene, HOUR);
    run(scene, digest, scene_bob);
    assert_int_equal(scene_findings(scene), 1);
    scene_pass(scene, HOUR);
    run(scene, other, scene_nobody);
    assert_true(scene_is_provisional(scene, "M1"));
    assert_int_equal(scene_count(scene, cleared), 0);
    scene_pass(scene, HOUR);
    prove_file(scene, "passed", other);
    run(scene, other, scene_nobody);
    assert_int_equal(scene_count(scene, cleared), 1);
}

static void another_file_is_tried_anew(void **state)
{
    struct scene *scene = *state;
    open_scene(scene);
    prove(scene, "passed");
    run(scene, digest, scene_bob);
    assert_false(scene_is_provisional(scene, "M1"));
    scene_pass(scene, HOUR);
    run(scene, other, scene_bob);
    assert_true(scene_is_provisional(scene, "M1"));
    scene_pass(scene, HOUR);
    prove_file(scene, "passed", other);
    run(scene, other, scene_bob);
    assert_false(scene_is_provisional(scene, "M1"));
}

/* A stream makes room for it, and goes on. */
static void stream_makes_room(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", 10000);
    scene_open(scene);
    prove(scene, "passed");
    CLEAN(clean_text)
    char *tables = text_format("{\"plugin\":\"x\",\"version\":\"1\",\"sha256\":\"%s\",\"stream\":"
                               "true,\"attributes\":[]}",
                               digest);
    struct intake_link *link = scene_connect(scene, "accounts", tables);
    scene_batch(scene, link, 1, "1");
    scene_settle(scene);
    assert_int_equal(scene->ends, 0);
    scene->now.wall_ms += 31LL * DAY;
    scene->now.boot_ms += 31LL * DAY;
    scene_batch(scene, link, 1, "2");
    scene_settle(scene);
    scene_pass(scene, MINUTE);
    assert_int_equal(scene->ends, 1);
    scene_eof(link);
    scene_ended(scene, "accounts", 0, "stopped");
    scene_settle(scene);
    intake_link_free(link);
    scene_pass(scene, 2000);
    prove(scene, "passed");
    int starts = scene->starts;
    scene_pass(scene, 2000);
    assert_false(scene_instance(scene, "accounts")->course.work == COURSE_PROVES);
    assert_true(scene->starts >= starts);
    assert_true(course_has_process(&scene_instance(scene, "accounts")->course));
    assert_int_equal(scene_instance(scene, "accounts")->condition, CONDITION_WELL);
}

/* Only a process that was asked for it may say it, once, and in these words. */
static void words_that_are_refused(void **state)
{
    struct scene *scene = *state;
    open_scene(scene);
    struct intake_link *link = scene_connect(scene, "accounts", NULL);
    assert_int_equal(scene_proved(scene, link, "well", digest), ERROR_PEER);
    assert_int_equal(scene_proved(scene, link, "passed", "xyz"), ERROR_PEER);
    assert_int_equal(scene_proved(scene, link, "failed", digest), 0);
    assert_int_equal(scene_proved(scene, link, "passed", digest), ERROR_PEER);
    scene_leave(scene, link, "accounts", 0);
    link = scene_connect(scene, "accounts", scene_tables);
    assert_int_equal(scene_proved(scene, link, "passed", digest), ERROR_PEER);
    intake_link_free(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_the_selftest_then_runs, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(unproven_never_recovers, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(unproven_reaches_no_objective, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(another_file_is_tried_anew, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(stream_makes_room, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(words_that_are_refused, set_up, scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
