/* Who is told what and when; the shapes of messages; back-off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "findings/notify/notify.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/store_scene.h"

#define NOW 1795323600000 /* 2026-11-22T05:00:00Z, a Sunday */

static void when(void **state)
{
    (void)state;
    static const struct {
        const char *urgency;
        const char *now;
        const char *at;
    } rows[] = {
        {"now", "2026-11-22T05:00:00Z", "2026-11-22T05:00:00Z"},
        {"what", "2026-11-22T05:00:00Z", "2026-11-22T05:00:00Z"},
        {"day", "2026-11-22T05:00:00Z", "2026-11-22T07:00:00Z"},
        {"day", "2026-11-22T07:00:00Z", "2026-11-22T07:00:00Z"},
        {"day", "2026-11-22T07:00:00.001Z", "2026-11-23T07:00:00Z"},
        {"digest", "2026-11-22T05:00:00Z", "2026-11-23T07:00:00Z"},
        {"digest", "2026-11-23T06:59:59Z", "2026-11-23T07:00:00Z"},
        {"digest", "2026-11-23T07:00:01Z", "2026-11-30T07:00:00Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t now_ms, at_ms;
        assert_int_equal(text_to_time(rows[i].now, &now_ms), 0);
        assert_int_equal(text_to_time(rows[i].at, &at_ms), 0);
        assert_int_equal(notify_when(notify_urgency_from_text(rows[i].urgency), now_ms), at_ms);
    }
}

static void put(struct store_scene *bench, const char *event)
{
    CLEAN(clean_json)
    json_t *channels = json_pack("[{s:s, s:s, s:[s]}, {s:s, s:s}]", "name", "few", "type", "syslog",
                                 "events", "candidate", "name", "all", "type", "webhook");
    CLEAN(clean_json) json_t *data = json_pack("{s:s}", "title", "T");
    struct turn turn = {.store = bench->store, .now = {.wall_ms = NOW}};
    struct notify_context context = {&turn, channels, "host"};
    struct notify_event told = {event, "NC-1", URGENCY_NOW, data};
    assert_int_equal(notify_put(&context, &told, &bench->error), 0);
}

static int64_t waiting(struct store_scene *bench)
{
    struct notify_outbox_figures figures;
    assert_int_equal(notify_outbox_figures(bench->store, &figures, &bench->error), 0);
    return figures.waiting;
}

static void who(void **state)
{
    struct store_scene *bench = *state;
    put(bench, "candidate");
    assert_int_equal(waiting(bench), 2);
    put(bench, "returned");
    assert_int_equal(waiting(bench), 3);
    put(bench, "test"); /* a test of a channel goes to it, whatever it wants */
    assert_int_equal(waiting(bench), 5);
}

static void back_off(void **state)
{
    struct store_scene *bench = *state;
    struct outbox_item item = {0};
    struct notify_outbox_figures figures;
    put(bench, "returned");
    assert_int_equal(notify_outbox_next(bench->store, NOW - 1, 0, &item, &bench->error), 0);
    assert_int_equal(notify_outbox_next(bench->store, NOW, 0, &item, &bench->error), 1);
    assert_int_equal(notify_outbox_next(bench->store, NOW, item.id, &item, &bench->error), 0);
    int64_t wait_ms = 1000, now_ms = NOW;
    for (int i = 0; i < 20; i++) {
        struct outbox_failure failure = {.id = item.id, .why = "refused"};
        assert_int_equal(notify_outbox_failed(bench->store, now_ms, &failure, &bench->error), 0);
        assert_int_equal(notify_outbox_figures(bench->store, &figures, &bench->error), 0);
        assert_int_equal(figures.next_ms, now_ms + wait_ms);
        now_ms += wait_ms;
        wait_ms = wait_ms * 2 < 3600000 ? wait_ms * 2 : 3600000;
    }
    struct outbox_failure failure = {.id = item.id, .after_ms = 7000, .why = "later"};
    assert_int_equal(notify_outbox_failed(bench->store, now_ms, &failure, &bench->error), 0);
    assert_int_equal(notify_outbox_figures(bench->store, &figures, &bench->error), 0);
    assert_int_equal(figures.next_ms, now_ms + 7000);
    assert_int_equal(figures.failed, 1);
    assert_int_equal(notify_outbox_taken(bench->store, item.id, now_ms, &bench->error), 0);
    assert_int_equal(notify_outbox_figures(bench->store, &figures, &bench->error), 0);
    assert_int_equal(figures.waiting, 0);
    assert_true(figures.next_ms == INT64_MAX);
    notify_outbox_item_finish(&item);
}

static void shapes(void **state)
{
    (void)state;
    CLEAN(clean_json)
    json_t *data = json_pack("{s:s, s:s}", "title", "two\nlines", "measure", "a\"]\\\x01");
    struct turn turn = {.now = {.wall_ms = NOW}};
    struct notify_context context = {&turn, NULL, "host"};
    struct notify_event event = {"candidate", "NC-1", URGENCY_NOW, data};
    CLEAN(clean_text) char *line = notify_shape_syslog(&event);
    assert_string_equal(line, "candidate [conformd@32473 ref=\"NC-1\" measure=\"a\\\"\\]\\\\ \"] "
                              "NC-1 candidate: two lines");
    CLEAN(clean_text) char *text = notify_shape_cloudevent(&context, &event, "id1");
    CLEAN(clean_json) json_t *json = json_loads(text, 0, NULL);
    assert_string_equal(json_text_of(json, "specversion", ""), "1.0");
    assert_string_equal(json_text_of(json, "type", ""), "org.conformd.finding.candidate");
    assert_string_equal(json_text_of(json, "source", ""), "//host/conformd");
    assert_string_equal(json_text_of(json, "time", ""), "2026-11-22T05:00:00.000Z");
    assert_true(json_equal(json_object_get(json, "data"), data));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(when),
        cmocka_unit_test_setup_teardown(who, store_scene_set_up, store_scene_tear_down),
        cmocka_unit_test_setup_teardown(back_off, store_scene_set_up, store_scene_tear_down),
        cmocka_unit_test(shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
