/* An engine whose process ends whenever a turn fails, as its program has it: the next one goes on
 * from the store, what was not acknowledged is handed over again, and in the end everything was
 * counted once. */
#include "turn/broken.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/looking.h"
#include "turn/faults.h"
#include "turn/seen.h"

enum {
    TICKS = 16,  /* of ten seconds, two batches of the stream in each */
    EVENTS = 26, /* batches that may hold some; what they hold is told by the end */
    FLAG_INTERVAL = 1,
    FLAG_URGENT = 2,
};

struct life {
    struct scene *scene;
    struct intake_link *log;
    int ended; /* processes that a failed turn ended */
};

static void configure(struct scene *scene)
{
    scene_collector(scene, "log", 10000);
    scene_collector(scene, "accounts", HOUR);
    scene_channel(scene, "ops");
    json_t *hits = scene_measure(scene, "M1", "sum(sum_over_time(x_hits[1h]))", "< 20");
    json_object_set_new(hits, "coverage", json_string("0"));
    json_t *bad = scene_measure(scene, "M2", "sum(x_bad)", "== 0");
    json_object_set_new(bad, "when_empty", json_string("met"));
}

/* The next process: it may fail, too. */
static void start(struct life *life)
{
    struct scene *scene = life->scene;
    scene_crash(scene);
    intake_link_free(life->log);
    for (int tries = 0; scene_start(scene); tries++)
        if (tries == 3)
            scene_must(scene, ERROR_STATE);
    life->log = scene_connect(scene, "log", scene_stream_tables);
}

static void end_process(struct life *life)
{
    life->ended++;
    start(life);
}

static void settle(struct life *life)
{
    struct scene *scene = life->scene;
    for (int i = 0; engine_wants_turn(scene->engine, scene->now); i++) {
        assert_in_range(i, 0, 30);
        if (engine_turn(scene->engine, scene->now, &scene->error))
            end_process(life);
        scene_resume(scene);
        scene->now.wall_ms++;
        scene->now.boot_ms++;
    }
}

static void pass(struct life *life, int64_t ms)
{
    struct scene *scene = life->scene;
    scene->now.wall_ms += ms;
    scene->now.boot_ms += ms;
    settle(life);
    if (engine_idle(scene->engine, scene->now, &scene->error))
        end_process(life);
}

/* Of the stream, by the store: what comes after it is handed over again. */
static int position(struct life *life)
{
    CLEAN(clean_json) json_t *told = NULL;
    struct scene *scene = life->scene;
    const struct instance *log = scene_instance(scene, "log");
    while (intake_positions(&scene->engine->intake, log, &told, &scene->error))
        continue;
    return (int)strtol(json_text_of(json_object_get(told, "positions"), "file", "0"), NULL, 10);
}

/* Every second batch ends an interval; the others hold events, some urgent. */
static bool has_events(int batch)
{
    return batch <= EVENTS && (batch % 2 == 0 || batch % 7 == 0);
}

static const char *user_of(int batch)
{
    return batch % 3 ? "ann" : "eve";
}

static void send(struct life *life, int batch)
{
    char at[16];
    bool interval = batch % 2;
    snprintf(at, sizeof at, "%d", batch);
    if (interval)
        scene_reading(life->scene, life->log, 2, NULL, batch);
    if (has_events(batch))
        scene_reading(life->scene, life->log, 1, user_of(batch), batch);
    if (batch == 9)
        scene_missing(life->scene, life->log, 0, "it went away");
    scene_batch(life->scene, life->log,
                interval         ? FLAG_INTERVAL
                : batch % 5 == 0 ? FLAG_URGENT
                                 : 0,
                at);
    settle(life);
}

static void send_up_to(struct life *life, int batch)
{
    for (int i = position(life) + 1; i <= batch; i = position(life) + 1)
        send(life, i);
}

/* A run, again until it was sealed. */
static void run(struct life *life, int64_t status, const char *const *users)
{
    int before;
    do {
        before = life->ended;
        struct intake_link *link = scene_connect(life->scene, "accounts", scene_tables);
        for (const char *const *user = users; *user; user++)
            scene_reading(life->scene, link, 0, *user, 1);
        scene_outcome(life->scene, link, status, status < 0 ? "it says why" : "");
        scene_eof(link);
        scene_ended(life->scene, "accounts", 0, "exited");
        settle(life);
        intake_link_free(link);
    } while (life->ended != before);
}

/* Asked again until it is taken; a step of the clock that fails in its name ends the process. */
static void adopt(struct life *life, const char *id)
{
    for (;;) {
        CLEAN(clean_json)
        json_t *answer = scene_act(life->scene, "adopt", json_pack("{s:[s]}", "measures", id));
        settle(life);
        if (json_flag_of(answer, "ok", false))
            return;
        assert_true(faults_happened());
    }
}

static void live(struct life *life)
{
    static const char *const bad[] = {"ann", "bob", NULL}, *const nobody[] = {NULL};
    for (int tick = 1; tick <= TICKS; tick++) {
        pass(life, 10000);
        send_up_to(life, 2 * tick);
        if (tick == 2 || tick == 3)
            run(life, 0, bad);
        if (tick == 4)
            adopt(life, "M2");
        if (tick == 5)
            adopt(life, "M1");
        if (tick == 6)
            run(life, -1, nobody);
        if (tick == 8)
            life->scene->now.wall_ms += 2 * HOUR;
        if (tick == 11)
            life->scene->now.wall_ms -= 30 * (int64_t)MINUTE;
        if (tick == 13)
            run(life, 0, nobody);
    }
}

/* How much of an event the evidence holds, or -1 where a line cannot be read. */
static double told_hits(const char *leaves, const char *user)
{
    double sum = 0;
    const char *attribute = "{\"attribute\":\"x_hits\",\"labels\":{\"user\":\"";
    for (const char *at = leaves; (at = strstr(at, attribute));) {
        char value[32] = "";
        at += strlen(attribute);
        if (strncmp(at, user, strlen(user)) != 0)
            continue;
        if (sscanf(at + strlen(user), "\"},\"value\":\"%31[0-9.]", value) != 1)
            return -1;
        sum += strtod(value, NULL);
    }
    return sum;
}

static void everything_told_once(struct scene *scene)
{
    static const char *const users[] = {"ann", "eve"};
    CLEAN(clean_text) char *leaves = seen_leaves(scene);
    for (size_t u = 0; u < 2; u++) {
        double sent = 0;
        for (int i = 1; i <= EVENTS; i++)
            if (has_events(i) && strcmp(user_of(i), users[u]) == 0)
                sent += i;
        assert_true(told_hits(leaves, users[u]) == sent);
    }
}

/* What people see in the end. */
static char *outcome(struct scene *scene)
{
    struct buffer out = {0};
    struct store_query *query =
        store_query(scene->engine->turn.store,
                    "SELECT kind, id, json_extract(body, '$.state'), '' FROM states WHERE kind IN"
                    " ('measure', 'instance') UNION ALL SELECT 'finding', key, state,"
                    " iif(json_extract(body, '$.condition_cleared_at') IS NULL, '', 'cleared') FROM"
                    " findings ORDER BY 1, 2");
    int row;
    while ((row = store_step(query, &scene->error)) > 0)
        buffer_print(&out, "%s %s %s %s\n", store_text(query, 0), store_text(query, 1),
                     store_text(query, 2), store_text(query, 3));
    scene_must(scene, row);
    /* What the step back took away is gone, and nothing else. */
    buffer_print(&out, "%g %g\n", scene_query(scene, "max_over_time(x_hits_total{user='ann'}[1d])"),
                 scene_query(scene, "max_over_time(x_hits_total{user='eve'}[1d])"));
    return buffer_take(&out);
}

/* Lives through it all, and answers what came of it. ret_steps: how many statements there were. */
static char *live_through(int64_t at, enum faults_kind kind, int64_t *ret_steps)
{
    struct life life = {.scene = scene_new()};
    struct scene *scene = life.scene;
    configure(scene);
    faults_begin(at, kind);
    start(&life);
    settle(&life);
    live(&life);
    *ret_steps = faults_end();
    everything_told_once(scene);
    char *seen = outcome(scene);
    scene_crash(scene);
    intake_link_free(life.log);
    looking_expect_equal(scene);
    scene_free(scene);
    return seen;
}

static void broken(enum faults_kind kind, int64_t first, int64_t stride)
{
    int64_t steps, ignored;
    CLEAN(clean_text) char *expected = live_through(0, kind, &steps);
    print_message("%lld steps\n%s", (long long)steps, expected);
    for (int64_t at = first; at <= steps; at += stride) {
        CLEAN(clean_text) char *seen = live_through(at, kind, &ignored);
        CLEAN(clean_text)
        char *what = text_format("broken at step %lld (%.80s)", (long long)at, faults_sql());
        assert_true(faults_happened());
        seen_equal(what, expected, seen);
    }
}

static void a_statement_fails(void **state)
{
    const int64_t *stride = *state;
    broken(FAULTS_STATEMENT, 1, *stride);
}

static void the_disk_is_full(void **state)
{
    const int64_t *stride = *state;
    broken(FAULTS_FULL, *stride == 1 ? 1 : 2, *stride);
}

int broken_ordinary(int64_t stride)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_statement_fails, &stride),
        cmocka_unit_test_prestate(the_disk_is_full, &stride),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
