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
#include "kit/store_scene.h"

const char scene_tables[] =
    "{\"plugin\":\"x\",\"version\":\"1\",\"sha256\":\"aa\",\"stream\":false,\"attributes\":["
    "{\"name\":\"x_bad\",\"kind\":\"gauge\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_hits\",\"kind\":\"event\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_age\",\"kind\":\"gauge\",\"labels\":[]}]}";
const char scene_stream_tables[] =
    "{\"plugin\":\"x\",\"version\":\"1\",\"sha256\":\"aa\",\"stream\":true,\"attributes\":["
    "{\"name\":\"x_bad\",\"kind\":\"gauge\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_hits\",\"kind\":\"event\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_age\",\"kind\":\"gauge\",\"labels\":[]}]}";

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

static void must(struct scene *scene, int code)
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

void scene_open(struct scene *scene)
{
    must(scene, engine_open(scene->config, &calls, scene, &scene->engine, &scene->error));
    if (!scene->proves)
        prove_all(scene);
    scene_settle(scene);
}

void scene_reload(struct scene *scene, json_t *config)
{
    must(scene, engine_reload(scene->engine, config, scene->now, &scene->error));
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
    must(scene, engine_close(engine, &scene->error));
}

void scene_crash(struct scene *scene)
{
    engine_abort(scene->engine);
    scene->engine = NULL;
}

static void resume(struct scene *scene)
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
        must(scene, engine_turn(scene->engine, scene->now, &scene->error));
        resume(scene);
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
        must(scene, engine_idle(scene->engine, scene->now, &scene->error));
        if (at_ms >= until_ms)
            return;
    }
}

struct instance *scene_instance(struct scene *scene, const char *name)
{
    struct instance *instance = intake_find(engine_intake(scene->engine), name);
    assert_non_null(instance);
    return instance;
}

int scene_send(struct scene *scene, struct intake_link *link, uint32_t type,
               const struct buffer *body)
{
    struct channel_message message = {.type = type,
                                      .sequence = ++scene->sequence,
                                      .body = (const uint8_t *)(body->data ? body->data : ""),
                                      .length = body->length,
                                      .fd = -1};
    for (const struct channel_rule *rule = intake_rules; rule->type; rule++) {
        if (rule->type != type)
            continue;
        if (body->length < rule->least || body->length > rule->most)
            return ERROR_PEER;
        return intake_take(link, &message);
    }
    return ERROR_PEER;
}

int scene_send_text(struct scene *scene, struct intake_link *link, uint32_t type, const char *text)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    buffer_text(&body, text);
    return scene_send(scene, link, type, &body);
}

struct intake_link *scene_connect(struct scene *scene, const char *name, const char *tables)
{
    struct intake_link *link =
        intake_link_new(engine_intake(scene->engine), scene_instance(scene, name));
    assert_non_null(link);
    engine_began(scene_instance(scene, name), scene->now);
    if (tables)
        assert_int_equal(scene_send_text(scene, link, MESSAGE_TABLES, tables), 0);
    return link;
}

void scene_reading(struct scene *scene, struct intake_link *link, uint32_t attribute,
                   const char *user, double value)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_u32(&body, 1);
    wire_put_u32(&body, attribute);
    wire_put_double(&body, value);
    wire_put_u16(&body, user ? 1 : 0);
    if (user)
        wire_put_text(&body, user);
    assert_int_equal(scene_send(scene, link, MESSAGE_READINGS, &body), 0);
}

void scene_missing(struct scene *scene, struct intake_link *link, uint32_t attribute,
                   const char *why)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_u32(&body, attribute);
    wire_put_text(&body, why);
    assert_int_equal(scene_send(scene, link, MESSAGE_MISSING, &body), 0);
}

int scene_watched(struct scene *scene, struct intake_link *link, const char *source, uint64_t bytes,
                  uint64_t lines)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_text(&body, source);
    wire_put_u64(&body, bytes);
    wire_put_u64(&body, lines);
    return scene_send(scene, link, MESSAGE_WATCHED, &body);
}

void scene_outcome(struct scene *scene, struct intake_link *link, int64_t status, const char *why)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_i64(&body, status);
    wire_put_text(&body, why);
    assert_int_equal(scene_send(scene, link, MESSAGE_OUTCOME, &body), 0);
}

void scene_batch(struct scene *scene, struct intake_link *link, uint32_t flags, const char *at)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_u32(&body, flags);
    wire_put_u32(&body, at ? 1 : 0);
    if (at) {
        wire_put_text(&body, "file");
        wire_put_text(&body, at);
    }
    assert_int_equal(scene_send(scene, link, MESSAGE_BATCH, &body), 0);
}

void scene_eof(struct intake_link *link)
{
    intake_link_end(link, NULL);
}

void scene_ended(struct scene *scene, const char *name, int code, const char *reason)
{
    CLEAN(clean_json)
    json_t *ended =
        json_pack("{s:s, s:s, s:I, s:i, s:i, s:b, s:s}", "role", "collector", "instance", name,
                  "run", (json_int_t)scene_instance(scene, name)->process_run, "code", code,
                  "signal", 0, "started", true, "reason", reason);
    engine_ended(scene->engine, ended, scene->now);
}

void scene_run(struct scene *scene, const char *name, int64_t status, const char *const *users)
{
    struct intake_link *link = scene_connect(scene, name, scene_tables);
    for (; users && *users; users++)
        scene_reading(scene, link, 0, *users, 1);
    scene_outcome(scene, link, status, status < 0 ? "it says why" : "");
    scene_eof(link);
    scene_ended(scene, name, 0, "exited");
    scene_settle(scene);
    intake_link_free(link);
}

json_t *scene_state(struct scene *scene, const char *kind, const char *id)
{
    json_t *json = NULL;
    int code = states_get(scene->engine->turn.store, kind, id, &json, &scene->error);
    if (code && code != ERROR_MISSING)
        must(scene, code);
    return json;
}

void scene_expect(struct scene *scene, const char *id, const char *state)
{
    CLEAN(clean_json) json_t *row = scene_state(scene, "measure", id);
    const char *found = json_text_of(row, "state", "none");
    if (strcmp(found, state) != 0)
        fail_msg("%s is %s (%s), not %s", id, found, json_text_of(row, "reason", ""), state);
}

const char *scene_reason(struct scene *scene, const char *id)
{
    static char reason[512];
    CLEAN(clean_json) json_t *row = scene_state(scene, "measure", id);
    snprintf(reason, sizeof reason, "%s", json_text_of(row, "reason", ""));
    return reason;
}

int64_t scene_count(struct scene *scene, const char *sql)
{
    struct store_query *query = store_query(scene->engine->turn.store, sql);
    int row = store_step(query, &scene->error);
    if (row < 0)
        must(scene, row);
    int64_t count = row ? store_integer(query, 0) : -1;
    store_reset(query);
    return count;
}

int64_t scene_leaves(struct scene *scene, const char *type, const char *words)
{
    int64_t found = 0, size = scene_count(scene, "SELECT max(first + count) FROM bundles");
    CLEAN(clean_text) char *member = text_format("\"t\":\"%s\"", type);
    for (int64_t i = 0; i < size; i++) {
        CLEAN(buffer_finish) struct buffer leaf = {0};
        must(scene, ledger_read(scene->engine->turn.ledger, i, &leaf, &scene->error));
        found += strstr(leaf.data, member) && strstr(leaf.data, words);
    }
    return found;
}

json_t *scene_act(struct scene *scene, const char *command, json_t *arguments)
{
    CLEAN(clean_json)
    json_t *request = json_pack("{s:s, s:o}", "command", command, "arguments", arguments);
    struct acts_asker asker = {.uid = 0, .loginuid = 1000, .asker = scene};
    return acts_control(scene->engine, request, &asker, scene->now);
}

void scene_act_well(struct scene *scene, const char *command, json_t *arguments)
{
    CLEAN(clean_json) json_t *answer = scene_act(scene, command, arguments);
    if (!json_flag_of(answer, "ok", false))
        fail_msg("%s: %s", command, json_text_of(answer, "sentence", "no answer"));
    scene_settle(scene);
}

double scene_query(struct scene *scene, const char *formula)
{
    struct promql *promql = NULL;
    struct promql_fault fault = {0};
    struct promql_value value = {0};
    /* Several turns in one millisecond go ahead of the clock. */
    int64_t at_ms = scene->now.wall_ms;
    if (at_ms < scene->engine->turn_ms)
        at_ms = scene->engine->turn_ms;
    struct promql_request request = {
        .source = measure_source(scene->engine->turn.series),
        .options = {.reach_ms = coverage_reach_ms(&scene->engine->watch)},
        .from_ms = at_ms,
        .to_ms = at_ms};
    assert_int_equal(promql_parse(formula, &promql, &fault), 0);
    must(scene, promql_evaluate(promql, &request, &value, &scene->error));
    double number = value.count ? value.rows[0].points[0].value : (double)NAN;
    series_release(scene->engine->turn.series);
    promql_value_finish(&value);
    promql_free(promql);
    return number;
}
