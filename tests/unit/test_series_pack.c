/* Samples packed for the ledger come back bit by bit; damaged bodies are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/series/pack.h"
#include "ground/base/clean.h"
#include "kit/store_scene.h"

#define DAY  86400000LL
#define NOON (20000 * DAY + DAY / 2)

struct scene {
    char folder[STORE_SCENE_FOLDER];
    struct store *store;
    struct series_set *set, *back;
    struct series_unpacker *unpacker;
    int64_t told_ms, previous_ms;
    size_t differences;
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    *state = scene;
    scene->store = store_scene_new(scene->folder);
    return series_open(scene->store, NULL, &scene->set, NULL) ||
           series_open_empty(NULL, &scene->back) ||
           series_unpacker_new(scene->back, &scene->unpacker);
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    series_unpacker_free(scene->unpacker);
    series_close(scene->back);
    series_close(scene->set);
    store_close(scene->store);
    store_scene_remove(scene->folder);
    free(scene);
    return 0;
}

/* A run of instance "a": a gauge and an event of this user. */
static void run(struct scene *scene, int64_t time_ms, const char *user, double value,
                enum series_outcome outcome)
{
    struct series_run *open;
    const struct label pairs[] = {{"user", user}};
    bool overflow;
    assert_int_equal(series_run_begin(scene->set, "a", 20000, &open), 0);
    struct series_reading gauge = {SERIES_GAUGE, "x_age", pairs, 1, value, NULL};
    struct series_reading event = {SERIES_EVENT, "x_hits", pairs, 1, 1, NULL};
    assert_int_equal(series_run_reading(open, &gauge, &overflow), 0);
    assert_int_equal(series_run_reading(open, &event, &overflow), 0);
    assert_int_equal(series_run_end(open, outcome, time_ms, scene->previous_ms, NULL), 0);
    scene->previous_ms = time_ms;
}

/* What a leaf at this time tells is read back; gives its bytes. */
static size_t tell(struct scene *scene, int64_t now_ms)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    assert_int_equal(series_pack(scene->set, "a", scene->told_ms, now_ms, &body), 0);
    if (body.length)
        assert_int_equal(series_unpack(scene->unpacker, body.data, body.length), 0);
    scene->told_ms = now_ms;
    return body.length;
}

static bool wants_all(void *context, const struct series_samples *samples, size_t at)
{
    (void)context;
    (void)samples;
    (void)at;
    return true;
}

static int on_difference(void *context, const struct labels *labels, int64_t time_ms)
{
    struct scene *scene = context;
    (void)labels;
    (void)time_ms;
    scene->differences++;
    return 0;
}

static size_t differences(struct scene *scene)
{
    struct series_comparison comparison = {wants_all, on_difference, scene};
    scene->differences = 0;
    assert_int_equal(series_compare(scene->set, scene->back, &comparison), 0);
    return scene->differences;
}

static void come_back(void **state)
{
    struct scene *scene = *state;
    static const double values[] = {1,  1,    1,         2.5, (double)NAN, (double)INFINITY, -0.0,
                                    -3, 1e15, 1.0 / 3.0, 0};
    size_t count = sizeof values / sizeof *values;
    for (size_t i = 0; i < 300; i++) {
        run(scene, NOON + (int64_t)i * 10000 + (int64_t)(i % 7), i % 11 == 3 ? "bob" : "al",
            values[i % count], i % 29 == 28 ? SERIES_FAILED : SERIES_WELL);
        if (i % 40 == 39)
            assert_true(tell(scene, NOON + (int64_t)i * 10000 + 9));
    }
    assert_true(differences(scene) > 0);
    tell(scene, NOON + 3000009);
    assert_int_equal(differences(scene), 0);
    assert_int_equal(tell(scene, NOON + 3000010), 0);
}

/* Labels are stated once a day: what is packed on a day can be read by itself. */
static void each_day_by_itself(void **state)
{
    struct scene *scene = *state;
    struct series_set *other = NULL;
    struct series_unpacker *unpacker = NULL;
    CLEAN(buffer_finish) struct buffer body = {0};
    run(scene, NOON, "al", 1, SERIES_WELL);
    size_t first = tell(scene, NOON);
    run(scene, NOON + 10000, "al", 1, SERIES_WELL);
    assert_true(tell(scene, NOON + 10000) < first / 2);
    run(scene, NOON + DAY, "al", 1, SERIES_WELL);
    assert_int_equal(series_pack(scene->set, "a", scene->told_ms, NOON + DAY, &body), 0);
    assert_int_equal(series_open_empty(NULL, &other), 0);
    assert_int_equal(series_unpacker_new(other, &unpacker), 0);
    assert_int_equal(series_unpack(unpacker, body.data, body.length), 0);
    buffer_reset(&body);
    run(scene, NOON + DAY + 10000, "al", 1, SERIES_WELL);
    assert_int_equal(series_pack(scene->set, "a", NOON + DAY, NOON + DAY + 10000, &body), 0);
    assert_int_equal(series_unpack(unpacker, body.data, body.length), 0);
    series_unpacker_free(unpacker);
    series_close(other);
    other = NULL;
    assert_int_equal(series_open_empty(NULL, &other), 0);
    assert_int_equal(series_unpacker_new(other, &unpacker), 0);
    assert_int_equal(series_unpack(unpacker, body.data, body.length), ERROR_MISSING);
    series_unpacker_free(unpacker);
    series_close(other);
}

/* The clock was set back: store and what is rebuilt are cut at the same sample. */
static void cut(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 10; i++)
        run(scene, NOON + i * 10000, i < 6 ? "al" : "bob", i, SERIES_WELL);
    assert_int_equal(series_save(scene->set, NOON + 90000, NULL), 0);
    tell(scene, NOON + 90000);
    assert_int_equal(series_drop_after(scene->set, NOON + 50000, NULL), 0);
    assert_true(differences(scene) > 0);
    assert_int_equal(series_cut(scene->back, NOON + 50000), 0);
    assert_int_equal(differences(scene), 0);
    assert_int_equal(series_reload(scene->set, NULL), 0);
    assert_int_equal(differences(scene), 0);
}

static void damaged(void **state)
{
    struct scene *scene = *state;
    CLEAN(buffer_finish) struct buffer body = {0};
    for (int i = 0; i < 20; i++)
        run(scene, NOON + i * 10000, i % 3 ? "al" : "bob", i * 0.3, SERIES_WELL);
    assert_int_equal(series_pack(scene->set, "a", 0, NOON + 200000, &body), 0);
    for (size_t i = 0; i < body.length; i++) {
        struct series_set *other = NULL;
        struct series_unpacker *unpacker = NULL;
        CLEAN(clean_memory) char *copy = malloc(body.length);
        memcpy(copy, body.data, body.length);
        copy[i] = (char)(copy[i] ^ 0xff);
        assert_int_equal(series_open_empty(NULL, &other), 0);
        assert_int_equal(series_unpacker_new(other, &unpacker), 0);
        assert_true(series_unpack(unpacker, copy, body.length) <= 0);
        assert_true(series_unpack(unpacker, body.data, i) < 0);
        series_unpacker_free(unpacker);
        series_close(other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_day_by_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("series pack", tests, NULL, NULL);
}
