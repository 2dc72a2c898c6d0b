/* A person's act whose turn is broken at each of its steps: refused, it leaves nothing behind, in
 * memory or in the store; tried again, it does what it does when nothing breaks. */
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
#include "turn/broken.h"
#include "turn/faults.h"
#include "turn/seen.h"

/* What a case is about. */
struct row {
    const char *name;
    int (*act)(struct scene *scene, const char *argument); /* 0: it was taken */
    const char *argument;
    bool judges; /* the act's turn judges, and so tells what waits */
};

struct stage {
    struct scene *scene;
    struct intake_link *link;
    int position;
};

static int by_command(struct scene *scene, const char *command, json_t *arguments)
{
    CLEAN(clean_json) json_t *answer = scene_act(scene, command, arguments);
    return json_flag_of(answer, "ok", false) ? 0 : ERROR_DATABASE;
}

static int adopt(struct scene *scene, const char *id)
{
    return by_command(scene, "adopt", json_pack("{s:[s]}", "measures", id));
}

static int approve(struct scene *scene, const char *id)
{
    return by_command(scene, "approve", json_pack("{s:s, s:s}", "id", id, "reason", "seen"));
}

static int take(struct scene *scene, const char *ref)
{
    return by_command(scene, "nc_take", json_pack("{s:s, s:s}", "ref", ref, "owner", "it"));
}

static int dismiss(struct scene *scene, const char *ref)
{
    return by_command(scene, "nc_dismiss", json_pack("{s:s, s:s}", "ref", ref, "reason", "test"));
}

static int test_alert(struct scene *scene, const char *channel)
{
    return by_command(scene, "alert_test", json_pack("{s:s}", "channel", channel));
}

static int make_link(struct scene *scene, const char *nothing)
{
    (void)nothing;
    return by_command(scene, "open", json_object());
}

/* The token is known beforehand, for what is random differs between two runs. */
static int begin_session(struct scene *scene, const char *token)
{
    struct session_begun begun = {0};
    int code = acts_session_begin(scene->engine, token, scene->now.wall_ms, &begun, &scene->error);
    acts_session_begun_finish(&begun);
    return code;
}

/* In an adopted baseline of M3 are ann and bob. */
static const struct row rows[] = {
    {"adopt, one measure", adopt, "M1", true},
    {"adopt, a baseline", adopt, "M3", true},
    {"approve, a changed text", approve, "M2", true},
    {"approve, an objective", approve, "O1", true},
    {"take a finding", take, "NC-2026-0001", true},
    {"dismiss a finding", dismiss, "NC-2026-0001", true},
    {"test an alert", test_alert, "ops", true},
    {"open", make_link, "", true},
    {"begin a session", begin_session, "a-token-that-is-known", false},
};

static void configure(struct scene *scene)
{
    scene_collector(scene, "log", 10000);
    scene_collector(scene, "accounts", HOUR);
    scene_channel(scene, "ops");
    json_t *hits = scene_measure(scene, "M1", "sum(sum_over_time(x_hits[1h]))", "< 100");
    json_object_set_new(hits, "coverage", json_string("0"));
    json_t *bad = scene_measure(scene, "M2", "sum(x_bad)", "== 0");
    json_object_set_new(bad, "when_empty", json_string("met"));
    json_t *known =
        scene_measure(scene, "M3", "count(x_bad unless on(user) conformd_baseline)", "== 0");
    json_object_set_new(known, "baseline", json_pack("[s]", "user"));
    json_object_set_new(known, "when_empty", json_string("met"));
    json_array_append_new(json_object_get(scene->config, "objectives"),
                          json_pack("{s:s, s:s, s:[s], s:s}", "id", "O1", "statement", "none",
                                    "measures", "M2", "due", "2026-01-01"));
}

static void tick(struct stage *stage, bool hits)
{
    char position[16];
    snprintf(position, sizeof position, "%d", ++stage->position);
    scene_pass(stage->scene, 10000);
    scene_reading(stage->scene, stage->link, 2, NULL, stage->position);
    if (hits)
        scene_reading(stage->scene, stage->link, 1, "ann", 1);
    scene_batch(stage->scene, stage->link, 1, position);
    scene_settle(stage->scene);
}

/* Another text of M2, which waits for its approval. */
static void change_text(struct scene *scene)
{
    json_t *config = json_deep_copy(scene->config);
    json_t *measure = json_array_get(json_object_get(config, "measures"), 1);
    json_object_set_new(measure, "version", json_integer(2));
    json_object_set_new(measure, "formula", json_string("sum(x_bad) + 0"));
    json_object_set_new(config, "hash", json_string("c1"));
    scene_reload(scene, config);
}

static void put_link(struct scene *scene, const char *token)
{
    char hash[DIGEST_TEXT_SIZE];
    assert_int_equal(digest_text(token, strlen(token), hash), 0);
    struct store_query *query = store_query(
        scene->engine->turn.store, "INSERT INTO sessions(hash, kind, actor, created_ms, expires_ms)"
                                   " VALUES(?1, 'link', 'uid 1000', 0, ?2)");
    store_bind_text(query, 1, hash);
    store_bind_integer(query, 2, INT64_MAX);
    scene_must(scene, store_run(query, &scene->error));
}

/* In the turn that comes. Else the store may be a minute behind of an instance, and ten seconds of
 * a measure: so much of `for` and recovery is lost when an act is taken back, as by a restart. */
static void save_all(struct engine *engine)
{
    intake_mark_all(&engine->intake);
    for (size_t i = 0; i < engine->judge.measure_count; i++)
        engine->judge.measures[i].saved_ms = 0;
    judge_touch_all(&engine->judge);
}

static void hit(struct stage *stage, const char *position)
{
    scene_reading(stage->scene, stage->link, 1, "eve", 1);
    scene_batch(stage->scene, stage->link, 0, position);
    scene_settle(stage->scene);
}

/* Right before midnight M1 is missed on trial, M2 is adopted and found, and of the stream a batch
 * waits for its leaf. Right after it all measures are to be judged, and a result is a leaf on each
 * day: so judging in the act's turn tells what waits. */
static void prepare(struct stage *stage)
{
    static const char *const bad[] = {"ann", "bob", NULL};
    struct scene *scene = stage->scene = scene_new();
    scene->now.wall_ms += 18 * HOUR + 50 * (int64_t)MINUTE;
    configure(scene);
    scene_open(scene);
    stage->link = scene_connect(scene, "log", scene_stream_tables);
    for (int i = 0; i < 6; i++)
        tick(stage, i % 2);
    scene_run(scene, "accounts", 0, bad);
    scene_act_well(scene, "adopt", json_pack("{s:[s]}", "measures", "M2"));
    assert_int_equal(scene_findings(scene), 1);
    change_text(scene);
    put_link(scene, "a-token-that-is-known");
    scene_reading(scene, stage->link, 1, "eve", 500);
    scene_batch(scene, stage->link, 2, "500");
    scene_settle(scene);
    scene_expect(scene, "M1", "missed");
    while (scene->now.wall_ms < SCENE_START + 19 * HOUR - 15000)
        tick(stage, false);
    hit(stage, "501"); /* a leaf, and */
    save_all(scene->engine);
    hit(stage, "502"); /* one that waits for the interval's end */
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM pending"), 1);
    judge_touch_all(&scene->engine->judge);
    scene->now.wall_ms += 20000;
    scene->now.boot_ms += 20000;
    assert_true(scene->now.wall_ms > SCENE_START + 19 * HOUR);
}

static void leave(struct stage *stage)
{
    scene_free(stage->scene);
    intake_link_free(stage->link);
}

/* What a process that starts on the store would hold is what this one holds. */
static void agrees_with_a_start(struct scene *scene)
{
    struct scene *fresh = seen_copy(scene);
    scene_must(fresh, scene_start(fresh));
    CLEAN(clean_text) char *here = seen_memory(scene), *there = seen_memory(fresh);
    seen_equal("memory, and that of a process that starts", here, there);
    CLEAN(clean_text) char *judged = seen_judged(scene), *again = seen_judged(fresh);
    seen_equal("what is judged, and by a process that starts", judged, again);
    scene_free(fresh);
}

/* True: the fault came, and the act was refused. False: it did not come, and the act was taken. */
static bool break_at(struct scene *scene, const struct row *row, int64_t at, enum faults_kind kind)
{
    CLEAN(clean_text) char *store = seen_store(scene), *memory = seen_memory(scene);
    CLEAN(clean_text) char *marks = seen_marks(scene);
    faults_begin(at, kind);
    int code = row->act(scene, row->argument);
    faults_end();
    if (!faults_happened()) {
        scene_must(scene, code);
        return false;
    }
    if (!code)
        fail_msg("%s, step %lld: taken, although this failed: %s", row->name, (long long)at,
                 faults_sql());
    CLEAN(clean_text)
    char *what = text_format("%s, step %lld (%.60s)", row->name, (long long)at, faults_sql());
    CLEAN(clean_text) char *store_after = seen_store(scene), *memory_after = seen_memory(scene);
    CLEAN(clean_text) char *marks_after = seen_marks(scene);
    seen_equal(what, store, store_after);
    seen_equal(what, memory, memory_after);
    seen_equal(what, marks, marks_after);
    agrees_with_a_start(scene);
    return true;
}

/* A day goes on after the act, and is held against its ledger. */
static char *go_on(struct stage *stage, const struct row *row)
{
    static const char *const nobody[] = {NULL};
    struct scene *scene = stage->scene;
    const char *waiting = "SELECT count(*) FROM pending";
    assert_int_equal(scene_count(scene, waiting), row->judges ? 0 : 1);
    scene->now.wall_ms++;
    scene->now.boot_ms++;
    scene_settle(scene);
    for (int i = 0; i < 12; i++)
        tick(stage, i % 3 == 0);
    scene_run(scene, "accounts", 0, nobody);
    for (int i = 0; i < 12; i++)
        tick(stage, i % 4 == 0);
    char *leaves = seen_leaves(scene);
    scene_crash(scene);
    looking_expect_equal(scene);
    return leaves;
}

static void broken(const struct row *row, enum faults_kind kind)
{
    struct stage whole, stage;
    int64_t at = 1;
    memset(&whole, 0, sizeof whole);
    memset(&stage, 0, sizeof stage);
    prepare(&whole);
    scene_must(whole.scene, row->act(whole.scene, row->argument));
    CLEAN(clean_text) char *expected = go_on(&whole, row);
    prepare(&stage);
    while (break_at(stage.scene, row, at, kind))
        at++;
    print_message("%s: broken at %lld steps\n", row->name, (long long)at - 1);
    assert_true(at > 5);
    CLEAN(clean_text) char *leaves = go_on(&stage, row);
    seen_equal(row->name, expected, leaves);
    leave(&whole);
    leave(&stage);
}

static void a_statement_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        broken(&rows[i], FAULTS_STATEMENT);
}

static void the_disk_is_full(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        broken(&rows[i], FAULTS_FULL);
}

/* As the engine's program does it: a turn that fails is the last of the process. */
static void start_anew(struct stage *stage)
{
    struct scene *scene = stage->scene;
    assert_true(engine_wants_turn(scene->engine, scene->now));
    assert_int_not_equal(engine_turn(scene->engine, scene->now, &scene->error), 0);
    CLEAN(clean_json) json_t *answer = scene_act(scene, "open", json_object());
    assert_false(json_flag_of(answer, "ok", true));
    scene_crash(scene);
    intake_link_free(stage->link);
    scene_open(scene);
    stage->link = scene_connect(scene, "log", scene_stream_tables);
}

/* Nothing can be read any more by which memory and store could be brought together. */
static void the_disk_is_gone(void **state)
{
    const struct row *row = &rows[0];
    bool happened = true;
    (void)state;
    for (int64_t at = 1; happened; at += 5) {
        struct stage stage = {0};
        prepare(&stage);
        faults_begin(at, FAULTS_LASTING);
        int code = row->act(stage.scene, row->argument);
        faults_end();
        happened = faults_happened();
        assert_int_equal(happened, code != 0);
        if (happened) {
            start_anew(&stage);
            scene_must(stage.scene, row->act(stage.scene, row->argument));
        }
        free(go_on(&stage, row));
        leave(&stage);
    }
}

/* The step is told once, in a turn of its own: where that turn fails the program ends and the next
 * process takes the step; where the act's own fails the step stands. */
static void the_clock_steps(void **state)
{
    const struct row *row = &rows[0];
    bool happened = true;
    (void)state;
    for (int64_t at = 1; happened; at += 3) {
        struct stage stage = {0};
        prepare(&stage);
        stage.scene->now.wall_ms += 2 * HOUR;
        faults_begin(at, FAULTS_STATEMENT);
        int code = row->act(stage.scene, row->argument);
        faults_end();
        happened = faults_happened();
        assert_int_equal(happened, code != 0);
        if (stage.scene->engine->failed_turn)
            start_anew(&stage);
        else if (happened)
            agrees_with_a_start(stage.scene);
        if (happened)
            scene_must(stage.scene, row->act(stage.scene, row->argument));
        assert_int_equal(scene_leaves(stage.scene, "clock", "from"), 1);
        free(go_on(&stage, row));
        leave(&stage);
    }
}

int broken_acts(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_fails),
        cmocka_unit_test(the_disk_is_full),
        cmocka_unit_test(the_disk_is_gone),
        cmocka_unit_test(the_clock_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
