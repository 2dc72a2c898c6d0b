/* The scene of the engine's tests: fake processes, a clock that a test moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/engine_scene.h"
#include "kit/presets.h"
#include "kit/store_scene.h"

static void on_start(void *context, const char *instance, int64_t run, int64_t deadline_ms)
{
    struct scene *scene = context;
    (void)deadline_ms;
    if (strcmp(instance, "courier") == 0) {
        scene->couriers++;
        return;
    }
    scene->starts++;
    scene->run = run;
}

static void on_collect(void *context, struct instance *instance, int64_t run, int64_t deadline_ms)
{
    struct scene *scene = context;
    (void)instance;
    (void)deadline_ms;
    scene->collects++;
    scene->run = run;
}

static void on_end(void *context, const char *instance, const char *reason)
{
    struct scene *scene = context;
    (void)instance;
    (void)reason;
    scene->ends++;
}

static bool on_deliver(void *context, const json_t *item)
{
    struct scene *scene = context;
    if (scene->courier)
        json_array_append(scene->delivered, (json_t *)item);
    return scene->courier;
}

static void on_reply(void *context, void *asker, json_t *answer)
{
    struct scene *scene = context;
    (void)asker;
    json_decref(scene->replied);
    scene->replied = answer;
}

static void on_log(void *context, int level, const char *text)
{
    struct scene *scene = context;
    (void)level;
    (void)text;
    scene->lines++;
}

static struct moment on_now(void *context)
{
    struct scene *scene = context;
    return scene->now;
}

static const struct engine_calls calls = {.start = on_start,
                                          .collect = on_collect,
                                          .end = on_end,
                                          .deliver = on_deliver,
                                          .reply = on_reply,
                                          .log = on_log,
                                          .now = on_now};

void scene_must(struct scene *scene, int code)
{
    if (code)
        fail_msg("%s (%s)", error_sentence(&scene->error), error_text(code));
}

struct scene *scene_new(void)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    /* A turn waits for the disk: thousands of them are quicker where there is none. */
    const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(scene->folder, sizeof scene->folder, "%s/test_engine.XXXXXX", place);
    assert_non_null(mkdtemp(scene->folder));
    scene->now = (struct moment){SCENE_START, 1000000};
    scene->delivered = json_array();
    scene->config = json_pack("{s:s, s:s, s:[], s:[], s:[], s:[]}", "state_dir", scene->folder,
                              "hash", "c0", "collectors", "measures", "objectives", "channels");
    assert_non_null(scene->config);
    return scene;
}

void scene_free(struct scene *scene)
{
    scene_crash(scene);
    store_scene_remove(scene->folder);
    error_finish(&scene->error);
    json_decref(scene->config);
    json_decref(scene->delivered);
    json_decref(scene->replied);
    free(scene);
}

int scene_set_up(void **state)
{
    *state = scene_new();
    return 0;
}

int scene_tear_down(void **state)
{
    scene_free(*state);
    return 0;
}

void scene_collector(struct scene *scene, const char *name, int64_t every_ms)
{
    int64_t deadline_ms = every_ms < 60000 ? every_ms : 60000;
    json_array_append_new(json_object_get(scene->config, "collectors"),
                          json_pack("{s:s, s:s, s:I, s:I}", "name", name, "plugin", "x", "every",
                                    (json_int_t)every_ms, "deadline", (json_int_t)deadline_ms));
}

json_t *scene_measure(struct scene *scene, const char *id, const char *formula, const char *target)
{
    json_t *construct =
        json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:{s:s, s:i, s:i}}", "id", id, "version", 1,
                  "name", id, "formula", formula, "unit", "accounts", "every", 60000, "urgency",
                  "now", "criterion", "target", target, "for", 0, "recover", 60000);
    assert_non_null(construct);
    json_array_append_new(json_object_get(scene->config, "measures"), construct);
    return construct;
}

json_t *scene_measure_bad(struct scene *scene)
{
    json_t *construct = scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    json_object_set_new(construct, "when_empty", json_string("met"));
    return construct;
}

void scene_legal_basis(struct scene *scene, const char *until)
{
    json_t *collector = json_array_get(json_object_get(scene->config, "collectors"), 0);
    json_object_set_new(collector, "legal_basis", json_string("agreement 7"));
    json_object_set_new(collector, "reviewed_by", json_string("dpo"));
    json_object_set_new(collector, "review_due", json_string(until));
}

void scene_channel(struct scene *scene, const char *name)
{
    json_array_append_new(json_object_get(scene->config, "channels"),
                          json_pack("{s:s, s:s}", "name", name, "type", "webhook"));
}

/* The selftest of every plugin has passed. */
static void prove_all(struct scene *scene)
{
    struct intake *intake = engine_intake(scene->engine);
    for (size_t i = 0; i < intake->count; i++) {
        struct proof *proof = &intake->instances[i]->proof;
        proof_finish(proof);
        *proof = (struct proof){.status = strdup("passed"),
                                .sha256 = strdup("aa"),
                                .version = strdup("1"),
                                .why = strdup(""),
                                .at_ms = scene->now.wall_ms,
                                .tried_boot_ms = INT64_MAX / 2};
    }
}

int scene_start(struct scene *scene)
{
    presets_fill(scene->config);
    int code = engine_open(scene->config, &calls, scene, &scene->engine, &scene->error);
    if (!code && !scene->proves)
        prove_all(scene);
    return code;
}

void scene_open(struct scene *scene)
{
    scene_must(scene, scene_start(scene));
    scene_settle(scene);
}

void scene_reload(struct scene *scene, json_t *config)
{
    presets_fill(config);
    scene_must(scene, engine_reload(scene->engine, config, scene->now, &scene->error));
    json_decref(scene->config);
    scene->config = config;
    if (!scene->proves)
        prove_all(scene);
    scene->now.wall_ms++;
    scene->now.boot_ms++;
    scene_settle(scene);
}

void scene_close(struct scene *scene)
{
    struct engine *engine = scene->engine;
    scene->engine = NULL;
    scene_must(scene, engine_close(engine, &scene->error));
}

void scene_crash(struct scene *scene)
{
    engine_abort(scene->engine);
    scene->engine = NULL;
}

void scene_resume(struct scene *scene)
{
    struct intake *intake = engine_intake(scene->engine);
    for (size_t i = 0; i < intake->count; i++)
        if (intake->instances[i]->link)
            assert_int_equal(intake_resume(intake->instances[i]->link), 0);
}

void scene_settle(struct scene *scene)
{
    for (int i = 0; engine_wants_turn(scene->engine, scene->now); i++) {
        if (i == 20)
            fail_msg("the engine spins");
        scene_must(scene, engine_turn(scene->engine, scene->now, &scene->error));
        scene_resume(scene);
        scene->now.wall_ms++;
        scene->now.boot_ms++;
    }
}

void scene_pass(struct scene *scene, int64_t ms)
{
    int64_t until_ms = scene->now.boot_ms + ms;
    for (;;) {
        int64_t next_ms = engine_next_ms(scene->engine, scene->now);
        int64_t at_ms = next_ms < until_ms ? next_ms : until_ms;
        int64_t step_ms = at_ms > scene->now.boot_ms ? at_ms - scene->now.boot_ms : 0;
        scene->now.boot_ms += step_ms;
        scene->now.wall_ms += step_ms;
        scene_settle(scene);
        scene_must(scene, engine_idle(scene->engine, scene->now, &scene->error));
        if (at_ms >= until_ms)
            return;
    }
}
