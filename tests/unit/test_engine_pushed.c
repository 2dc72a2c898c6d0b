/* Sources that keep nothing: what a crash took is told once, with its time; a stop loses nothing.
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
#include "kit/engine_scene.h"

enum { EVERY = 10000, INTERVAL = 1 };

static const char tables[] =
    "{\"plugin\":\"x\",\"version\":\"1\",\"sha256\":\"aa\",\"stream\":true,\"pushed\":true,"
    "\"attributes\":[{\"name\":\"x_bad\",\"kind\":\"gauge\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_hits\",\"kind\":\"event\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_age\",\"kind\":\"gauge\",\"labels\":[]}]}";

/* A process that reads from now on. */
static struct intake_link *begin(struct scene *scene)
{
    struct intake_link *link = scene_connect(scene, "push", tables);
    scene_batch(scene, link, 0, NULL);
    scene_settle(scene);
    return link;
}

static void hear(struct scene *scene, struct intake_link *link, int64_t for_ms)
{
    for (int64_t at = 0; at < for_ms; at += EVERY) {
        scene_pass(scene, EVERY);
        scene_reading(scene, link, 1, "ann", 1);
        scene_batch(scene, link, INTERVAL, NULL);
        scene_settle(scene);
    }
}

static void end(struct scene *scene, struct intake_link *link, int code, const char *reason)
{
    scene_eof(link);
    scene_ended(scene, "push", code, reason);
    scene_settle(scene);
    intake_link_free(link);
}

/* One that was heard for two minutes. */
static int set_up(void **state)
{
    struct scene *scene = scene_new();
    scene_collector(scene, "push", EVERY);
    json_t *measure = scene_measure(scene, "M1", "sum(sum_over_time(x_hits[1m]))", "> 0");
    json_object_set_new(measure, "coverage", json_real(0.95));
    scene_open(scene);
    *state = scene;
    return 0;
}

static int64_t losses(struct scene *scene)
{
    return scene_leaves(scene, "evidence", "\"losses\":1");
}

static bool watched(struct scene *scene, int64_t at_ms)
{
    return spans_hold(&scene_instance(scene, "push")->standing.watched, at_ms);
}

/* Told once, from the last batch to the moment at which it reads again, which was not watched. */
static void expect_loss(struct scene *scene, int64_t from_ms, int64_t to_ms)
{
    char from[TEXT_TIME_SIZE], to[TEXT_TIME_SIZE];
    text_from_time(from_ms, from);
    text_from_time(to_ms, to);
    CLEAN(clean_text)
    char *sql = text_format("SELECT count(*) FROM findings WHERE key = 'losses:push' AND body LIKE "
                            "'%%%s to %s%%' AND body LIKE '%%how much is unknown%%'",
                            from, to);
    assert_int_equal(scene_count(scene, sql), 1);
    assert_true(watched(scene, from_ms - 1));
    assert_false(watched(scene, from_ms + 1));
    assert_false(watched(scene, to_ms - 1));
    scene_expect(scene, "M1", "unknown");
}

static void goes_on_without_another(struct scene *scene, struct intake_link *link, int64_t count)
{
    hear(scene, link, 2 * MINUTE);
    assert_int_equal(losses(scene), count);
    scene_expect(scene, "M1", "met");
}

static void crash_of_the_collector(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    assert_int_equal(losses(scene), 0);
    hear(scene, link, 2 * MINUTE);
    scene_act_well(scene, "adopt", json_object());
    scene_expect(scene, "M1", "met");
    int64_t from_ms = scene_instance(scene, "push")->standing.last_end_ms;
    scene_pass(scene, 3000);
    end(scene, link, 7, "exited");
    assert_int_equal(losses(scene), 0);
    scene_pass(scene, 2000);
    link = begin(scene);
    int64_t to_ms = scene_instance(scene, "push")->standing.last_end_ms;
    assert_true(to_ms - from_ms >= 5000 && to_ms - from_ms < 5100);
    assert_int_equal(losses(scene), 1);
    scene_pass(scene, 1000);
    scene_reading(scene, link, 1, "ann", 1);
    scene_batch(scene, link, INTERVAL, NULL);
    scene_pass(scene, 1000);
    expect_loss(scene, from_ms, to_ms);
    goes_on_without_another(scene, link, 1);
    intake_link_free(link);
}

/* The host's is the same: what is stored is all that is left. */
static void crash_of_the_engine(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    hear(scene, link, 2 * MINUTE);
    scene_act_well(scene, "adopt", json_object());
    /* Each of them is known to the next engine, within an interval too. */
    for (int i = 0; i < 3; i++) {
        scene_pass(scene, 1000);
        scene_reading(scene, link, 1, "ann", 1);
        scene_batch(scene, link, 0, NULL);
        scene_settle(scene);
    }
    int64_t from_ms = scene_instance(scene, "push")->standing.last_end_ms;
    scene_pass(scene, 5000);
    scene_crash(scene);
    intake_link_free(link);
    scene->now.wall_ms += 4000;
    scene->now.boot_ms += 4000;
    scene_open(scene);
    link = begin(scene);
    int64_t to_ms = scene_instance(scene, "push")->standing.last_end_ms;
    assert_true(to_ms - from_ms >= 9000 && to_ms - from_ms < 9100);
    hear(scene, link, EVERY);
    expect_loss(scene, from_ms, to_ms);
    goes_on_without_another(scene, link, 1);
    intake_link_free(link);
}

/* Only the time in which it was away was not watched. */
static void stop_in_order(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    hear(scene, link, MINUTE);
    int64_t from_ms = scene->now.wall_ms;
    scene_reading(scene, link, 1, "ann", 1);
    scene_batch(scene, link, INTERVAL, NULL);
    end(scene, link, 0, "stopped");
    scene_pass(scene, 5000);
    link = begin(scene);
    goes_on_without_another(scene, link, 0);
    assert_true(watched(scene, from_ms - 1));
    assert_false(watched(scene, from_ms + 2000));
    intake_link_free(link);
}

/* Its last words and its end come in the engine's own last turn. */
static void stop_of_all(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    hear(scene, link, MINUTE);
    scene_batch(scene, link, INTERVAL, NULL);
    scene_eof(link);
    scene_ended(scene, "push", 0, "stopped");
    scene_close(scene);
    intake_link_free(link);
    scene->now.wall_ms += 4000;
    scene->now.boot_ms += 4000;
    scene_open(scene);
    link = begin(scene);
    goes_on_without_another(scene, link, 0);
    intake_link_free(link);
}

/* Ended on purpose all the same, and not in order: by force, or in the middle of a batch. */
static void stop_that_loses(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    hear(scene, link, EVERY);
    end(scene, link, 1, "stopped");
    scene_pass(scene, 2000);
    link = begin(scene);
    assert_int_equal(losses(scene), 1);
    hear(scene, link, EVERY);
    scene_reading(scene, link, 1, "ann", 1);
    end(scene, link, 0, "stopped");
    scene_pass(scene, 2000);
    link = begin(scene);
    assert_int_equal(losses(scene), 2);
    intake_link_free(link);
}

/* A process that cannot begin is none that reads, and its end in order takes nothing back. */
static void loss_waits_for_one_that_reads(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    hear(scene, link, EVERY);
    end(scene, link, 7, "exited");
    scene_pass(scene, 2000);
    link = scene_connect(scene, "push", tables);
    scene_outcome(scene, link, -3, "the address is taken");
    scene_batch(scene, link, INTERVAL, NULL);
    scene_settle(scene);
    end(scene, link, 0, "stopped");
    scene_pass(scene, 2000);
    assert_int_equal(losses(scene), 0);
    link = begin(scene);
    assert_int_equal(losses(scene), 1);
    intake_link_free(link);
}

/* A source that can be read again loses nothing: it reads on from its position. */
static void what_is_kept_is_not_lost(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = scene_connect(scene, "push", scene_stream_tables);
    hear(scene, link, EVERY);
    end(scene, link, 7, "exited");
    scene_pass(scene, 2000);
    link = scene_connect(scene, "push", scene_stream_tables);
    hear(scene, link, MINUTE);
    assert_int_equal(losses(scene), 0);
    intake_link_free(link);
}

static void says_what_a_crash_loses(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    hear(scene, link, EVERY);
    CLEAN(clean_json) json_t *shown = scene_state(scene, "instance", "push");
    assert_true(json_flag_of(shown, "pushed", false));
    assert_non_null(strstr(json_text_of(shown, "crash_loses", ""), "its source keeps nothing"));
    assert_int_equal(scene_leaves(scene, "collector", "\"pushed\":true"), 1);
    intake_link_free(link);
}

/* What another interval starts anew goes on here, so that its last words are taken. */
static void reload_waits_for_its_last_words(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = begin(scene);
    hear(scene, link, EVERY);
    json_t *config = json_deep_copy(scene->config);
    json_t *row = json_array_get(json_object_get(config, "collectors"), 0);
    json_object_set_new(row, "every", json_integer(2 * EVERY));
    scene_reload(scene, config);
    assert_ptr_equal(link->instance, scene_instance(scene, "push"));
    assert_int_equal(scene_instance(scene, "push")->every_ms, 2 * EVERY);
    scene_batch(scene, link, INTERVAL, NULL);
    end(scene, link, 0, "stopped");
    scene_pass(scene, 2000);
    link = begin(scene);
    assert_int_equal(losses(scene), 0);
    intake_link_free(link);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(crash_of_the_collector, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(crash_of_the_engine, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(stop_in_order, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(stop_of_all, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(stop_that_loses, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(loss_waits_for_one_that_reads, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(what_is_kept_is_not_lost, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(says_what_a_crash_loses, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(reload_waits_for_its_last_words, set_up, scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
