/* What an untrusted collector may send, and what each malformed message leads to. */
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

static int set_up(void **state)
{
    struct scene *scene = scene_new();
    scene_collector(scene, "fast", 10000);
    scene_open(scene);
    *state = scene;
    return 0;
}

static void put_reading(struct buffer *body, uint32_t number, double value, uint16_t labels,
                        const char *label)
{
    wire_put_u32(body, 1);
    wire_put_u32(body, number);
    wire_put_double(body, value);
    wire_put_u16(body, labels);
    for (uint16_t i = 0; i < labels; i++)
        wire_put_text(body, label);
}

static void unknown_attribute(struct buffer *body)
{
    put_reading(body, 3, 1, 0, NULL);
}

static void far_attribute(struct buffer *body)
{
    put_reading(body, UINT32_MAX, 1, 0, NULL);
}

static void too_many_labels(struct buffer *body)
{
    put_reading(body, 0, 1, 2, "a");
}

static void endless_labels(struct buffer *body)
{
    put_reading(body, 0, 1, 65535, "a");
}

static void label_no_utf8(struct buffer *body)
{
    put_reading(body, 0, 1, 1, "\xff\xfe");
}

static void label_too_long(struct buffer *body)
{
    static char label[5000];
    memset(label, 'a', sizeof label - 1);
    put_reading(body, 0, 1, 1, label);
}

static void event_nan(struct buffer *body)
{
    put_reading(body, 1, (double)NAN, 1, "a");
}

static void event_negative(struct buffer *body)
{
    put_reading(body, 1, -1, 1, "a");
}

static void event_infinite(struct buffer *body)
{
    put_reading(body, 1, (double)INFINITY, 1, "a");
}

static void count_too_great(struct buffer *body)
{
    put_reading(body, 0, 1, 1, "a");
    body->data[0] = 2;
}

static void count_too_small(struct buffer *body)
{
    put_reading(body, 0, 1, 1, "a");
    body->data[0] = 0;
}

static void only_a_count(struct buffer *body)
{
    wire_put_u32(body, UINT32_MAX);
}

static void excerpt_of_nothing(struct buffer *body)
{
    wire_put_u32(body, 9);
    wire_put_text(body, "s");
    wire_put_text(body, "p");
    wire_put_bytes(body, "x", 1);
}

static void excerpt_cut(struct buffer *body)
{
    wire_put_u32(body, 0);
    wire_put_u32(body, 60000);
    wire_put_u64(body, 0);
}

static void missing_no_utf8(struct buffer *body)
{
    wire_put_u32(body, 0);
    wire_put_text(body, "\xc3(");
}

static void missing_unknown(struct buffer *body)
{
    wire_put_u32(body, 200);
    wire_put_text(body, "why");
}

static void zeros(struct buffer *body)
{
    static const char bytes[64];
    buffer_append(body, bytes, sizeof bytes);
}

static void outcome_long(struct buffer *body)
{
    wire_put_i64(body, 0);
    wire_put_text(body, "");
    buffer_byte(body, 'x');
}

static void batch(struct buffer *body)
{
    wire_put_u32(body, 1);
    wire_put_u32(body, 0);
}

static void tables_again(struct buffer *body)
{
    buffer_text(body, scene_tables);
}

static void one_byte(struct buffer *body)
{
    buffer_byte(body, 1);
}

static void beyond_the_most(struct buffer *body)
{
    static const char bytes[CHANNEL_MOST];
    buffer_append(body, bytes, sizeof bytes);
}

/* After tables and one good reading; sentence is a part of what the record says, or "" where the
 * channel's own check says it. */
static const struct hostile {
    uint32_t type;
    void (*put)(struct buffer *body);
    const char *sentence;
} hostile[] = {
    {MESSAGE_READINGS, unknown_attribute, "attribute 3, of 3"},
    {MESSAGE_READINGS, far_attribute, "attribute 4294967295, of 3"},
    {MESSAGE_READINGS, too_many_labels, "2 labels, of 1"},
    {MESSAGE_READINGS, endless_labels, ""},
    {MESSAGE_READINGS, label_no_utf8, "not UTF-8"},
    {MESSAGE_READINGS, label_too_long, "too long"},
    {MESSAGE_READINGS, event_nan, "not an increment"},
    {MESSAGE_READINGS, event_negative, "not an increment"},
    {MESSAGE_READINGS, event_infinite, "not an increment"},
    {MESSAGE_READINGS, count_too_great, "cut off"},
    {MESSAGE_READINGS, count_too_small, "more than the readings"},
    {MESSAGE_READINGS, only_a_count, "cut off"},
    {MESSAGE_READINGS, one_byte, ""},
    {MESSAGE_READINGS, beyond_the_most, ""},
    {MESSAGE_EXCERPT, excerpt_of_nothing, "excerpt"},
    {MESSAGE_EXCERPT, excerpt_cut, "excerpt"},
    {MESSAGE_EXCERPT, one_byte, ""},
    {MESSAGE_MISSING, missing_no_utf8, "missing"},
    {MESSAGE_MISSING, missing_unknown, "missing"},
    {MESSAGE_MISSING, one_byte, ""},
    {MESSAGE_LOST, zeros, "loss"},
    {MESSAGE_LOST, one_byte, ""},
    {MESSAGE_OPENED, zeros, "opened"},
    {MESSAGE_OPENED, one_byte, ""},
    {MESSAGE_WATCHED, zeros, "what it read"},
    {MESSAGE_WATCHED, one_byte, ""},
    {MESSAGE_PROVED, zeros, "selftest"},
    {MESSAGE_PROVED, one_byte, ""},
    {MESSAGE_BATCH, batch, "only a stream"},
    {MESSAGE_BATCH, one_byte, ""},
    {MESSAGE_OUTCOME, outcome_long, "outcome"},
    {MESSAGE_OUTCOME, one_byte, ""},
    {MESSAGE_SAID, zeros, "line for the log"},
    {MESSAGE_SAID, one_byte, ""},
    {MESSAGE_TABLES, tables_again, "second time"},
    {MESSAGE_TABLES, one_byte, ""},
    {MESSAGE_ACK, batch, ""},
    {MESSAGE_START, batch, ""},
    {0xffffffff, batch, ""},
};

static void expect_broken(struct scene *scene, const char *sentence)
{
    CLEAN(clean_json) json_t *shown = scene_state(scene, "instance", "fast");
    const char *reason = json_text_of(shown, "reason", "");
    assert_string_equal(json_text_of(shown, "state", ""), "failed");
    if (!strstr(reason, "it broke the protocol: ") || !strstr(reason, sentence))
        fail_msg("%s: %s", sentence, reason);
}

static void each_ends_the_link_and_nothing_else(void **state)
{
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        CLEAN(buffer_finish) struct buffer body = {0};
        struct intake_link *link = scene_connect(scene, "fast", scene_tables);
        scene_reading(scene, link, 0, "ann", 1);
        hostile[i].put(&body);
        int code = scene_send(scene, link, hostile[i].type, &body);
        if (!code)
            fail_msg("row %zu was taken", i);
        /* As process/peers does when the channel refuses. */
        intake_link_end(link, "a message that its rule refuses");
        scene_settle(scene);
        scene_ended(scene, "fast", 0, "stopped");
        scene_settle(scene);
        expect_broken(scene, hostile[i].sentence);
        assert_true(isnan(scene_query(scene, "x_bad")));
        intake_link_free(link);
        scene_pass(scene, 10000);
    }
    assert_int_equal(scene->starts, 1 + (int)(sizeof hostile / sizeof *hostile));
}

static const char *const bad_tables[] = {
    "[]",
    "{ ",
    "{}x",
    "{\"attributes\":[{\"name\":\"x y\",\"kind\":\"gauge\"}]}",
    "{\"attributes\":[{\"name\":\"x\",\"kind\":\"histogram\"}]}",
    "{\"attributes\":[{\"name\":\"conformd_x\",\"kind\":\"gauge\"}]}",
    "{\"attributes\":[7]}",
    "{\"attributes\":[{\"name\":\"x\",\"kind\":\"gauge\"},{\"name\":\"x\",\"kind\":\"event\"}]}",
    "{\"attributes\":[{\"name\":\"x\",\"kind\":\"gauge\",\"labels\":[\"instance\"]}]}",
    "{\"attributes\":[{\"name\":\"x\",\"kind\":\"gauge\",\"labels\":[\"overflow\"]}]}",
    "{\"attributes\":[{\"name\":\"x\",\"kind\":\"gauge\",\"labels\":[\"__name__\"]}]}",
    "{\"attributes\":[{\"name\":\"x\",\"kind\":\"text\",\"labels\":[\"value\"]}]}",
    "{\"attributes\":[{\"name\":\"x\",\"kind\":\"gauge\",\"labels\":[\"a\",\"a\"]}]}",
    "{\"attributes\":[{\"name\":\"x\",\"kind\":\"gauge\",\"labels\":[1]}]}",
    ("{\"attributes\":[{\"name\":\"x\",\"kind\":\"gauge\",\"labels\":[\"a\",\"b\",\"c\",\"d\","
     "\"e\","
     "\"f\",\"g\",\"h\",\"i\"]}]}"),
};

static void tables_that_are_none(void **state)
{
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof bad_tables / sizeof *bad_tables; i++) {
        struct intake_link *link = scene_connect(scene, "fast", NULL);
        if (!scene_send_text(scene, link, MESSAGE_TABLES, bad_tables[i]))
            fail_msg("taken: %s", bad_tables[i]);
        assert_non_null(link->why);
        intake_link_free(link);
    }
    /* Before its tables nothing is taken, whatever the process before declared. */
    struct intake_link *link = scene_connect(scene, "fast", scene_tables);
    scene_outcome(scene, link, 0, "");
    scene_settle(scene);
    intake_link_free(link);
    link = scene_connect(scene, "fast", NULL);
    CLEAN(buffer_finish) struct buffer body = {0};
    put_reading(&body, 0, 1, 1, "a");
    assert_int_equal(scene_send(scene, link, MESSAGE_READINGS, &body), ERROR_PEER);
    assert_string_equal(link->why, "a message before its tables");
    intake_link_free(link);
}

static void limits_of_a_run(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = scene_connect(scene, "fast", scene_tables);
    static char text[4001];
    memset(text, 'x', sizeof text - 1);
    int code = 0;
    size_t count = 0;
    for (; !code && count < 4000; count++) {
        CLEAN(buffer_finish) struct buffer body = {0};
        put_reading(&body, 0, 1, 1, text);
        code = scene_send(scene, link, MESSAGE_READINGS, &body);
    }
    assert_int_equal(code, ERROR_PEER);
    assert_true(count > 2000 && count < 2200); /* 8 MiB */
    assert_non_null(strstr(link->why, "bytes of readings"));
    intake_link_free(link);
    link = scene_connect(scene, "fast", scene_tables);
    for (size_t i = 0; i < 400; i++) {
        CLEAN(buffer_finish) struct buffer body = {0};
        wire_put_u32(&body, 0);
        wire_put_text(&body, "source");
        wire_put_text(&body, "1");
        wire_put_text(&body, text);
        wire_put_u32(&body, 0);
        assert_int_equal(scene_send(scene, link, MESSAGE_EXCERPT, &body), 0);
    }
    const struct run *run = &scene_instance(scene, "fast")->run;
    assert_true(run->excerpts.length <= RUN_EXCERPTS_LIMIT && run->excerpts_dropped > 100);
    assert_int_equal(run->excerpt_count + run->excerpts_dropped, 400);
    assert_int_equal(run->excerpts.data[run->excerpts.length - 1], '\n');
    for (int i = 0; i < 1000; i++) {
        CLEAN(buffer_finish) struct buffer body = {0};
        wire_put_u32(&body, 6);
        wire_put_text(&body, "again");
        assert_int_equal(scene_send(scene, link, MESSAGE_SAID, &body), 0);
    }
    assert_int_equal(scene->lines, 200);
    intake_link_free(link);
}

/* Behind a whole batch a stream may have no more on its way than its credit. */
static void credit_of_a_stream(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = scene_connect(scene, "fast", scene_stream_tables);
    scene_batch(scene, link, 1, "1");
    int code = 0;
    size_t count = 0;
    for (; !code && count < 5000; count++) {
        CLEAN(buffer_finish) struct buffer body = {0};
        put_reading(&body, 1, 1, 1, "a");
        code = scene_send(scene, link, MESSAGE_READINGS, &body);
    }
    assert_int_equal(code, ERROR_PEER);
    assert_true(count * 40 <= CHANNEL_CREDIT + 40);
    intake_link_free(link);
}

static void hostile_words_are_kept_as_text(void **state)
{
    struct scene *scene = *state;
    struct intake_link *link = scene_connect(scene, "fast", scene_tables);
    scene_outcome(scene, link, -1, "a\x1b[31m\xff\n");
    scene_settle(scene);
    CLEAN(clean_json) json_t *shown = scene_state(scene, "instance", "fast");
    assert_string_equal(json_text_of(shown, "reason", ""), "a\\x1b[31m\\xff\\x0a");
    intake_link_free(link);
}

static void spans_of_watching(void **state)
{
    (void)state;
    struct spans spans = {0};
    assert_int_equal(spans_add(&spans, 0, 10), 0);
    assert_int_equal(spans_add(&spans, 10, 20), 0);
    assert_int_equal(spans_add(&spans, 30, 40), 0);
    assert_int_equal(spans_add(&spans, 50, 45), ERROR_RANGE);
    assert_int_equal(spans.count, 2);
    assert_int_equal(spans_covered(&spans, 0, 40), 30);
    assert_int_equal(spans_covered(&spans, 15, 35), 10);
    assert_int_equal(spans_covered(&spans, 40, 90), 0);
    CLEAN(clean_json) json_t *json = spans_to_json(&spans);
    struct spans again = {0};
    assert_int_equal(spans_from_json(json, &again), 0);
    assert_int_equal(spans_covered(&again, 0, 40), 30);
    spans_cut(&again, 35);
    assert_int_equal(spans_covered(&again, 0, 40), 25);
    spans_cut(&again, 5);
    assert_int_equal(again.count, 1);
    assert_int_equal(spans_covered(&again, 0, 40), 5);
    spans_trim(&spans, 25);
    assert_int_equal(spans_covered(&spans, 0, 40), 10);
    spans_finish(&spans);
    spans_finish(&again);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_ends_the_link_and_nothing_else, set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(tables_that_are_none, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(limits_of_a_run, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(credit_of_a_stream, set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(hostile_words_are_kept_as_text, set_up, scene_tear_down),
        cmocka_unit_test(spans_of_watching),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
