/* A day of the shipped configuration on a quiet host, in simulated time: what its ledger takes.
 *
 * The engine room, the collector room and the shared objects of the package are the real ones, with
 * etc/conformd.conf, its measures and its rules; each collector's life is a coroutine here, and the
 * clock that all of the rooms read (clock_now) is the test's. Only the paths in the collectors'
 * settings are others: the host is made of files (host.c). One day is that of a host with an
 * auth.log, where the journal's collector stands by, one that of a host with a journal alone. */
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
#include "volume/parts.h"
#include "volume/task.h"

enum { HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS, MOST = 2000000 };

/* In place of the room's (--wrap). */
struct moment __wrap_clock_now(void);
struct moment __wrap_clock_now(void)
{
    return here->scene->now;
}

/* --- what the engine asks for --- */

static void on_start(void *context, const char *instance, int64_t run, int64_t deadline_ms)
{
    struct world *world = context;
    (void)run;
    (void)deadline_ms;
    json_array_append_new(world->asked, json_string(instance));
}

static void on_collect(void *context, struct instance *instance, int64_t run, int64_t deadline_ms)
{
    struct task *task = task_find(context, instance->name);
    assert_non_null(task);
    task_ask(task, run, deadline_ms);
}

static void on_end(void *context, const char *instance, const char *reason)
{
    (void)context;
    fail_msg("%s was to be ended: %s", instance, reason);
}

static bool on_deliver(void *context, const json_t *item)
{
    struct world *world = context;
    json_array_append_new(world->taken, json_integer((json_int_t)json_integer_of(item, "id", 0)));
    return true;
}

static void on_reply(void *context, void *asker, json_t *answer)
{
    (void)context;
    (void)asker;
    json_decref(answer);
}

static void on_log(void *context, int level, const char *text)
{
    (void)context;
    (void)level;
    (void)text;
}

static struct moment on_now(void *context)
{
    const struct world *world = context;
    return world->scene->now;
}

static const struct engine_calls calls = {.start = on_start,
                                          .collect = on_collect,
                                          .end = on_end,
                                          .deliver = on_deliver,
                                          .reply = on_reply,
                                          .log = on_log,
                                          .now = on_now};

static void deliver(struct world *world)
{
    size_t i;
    json_t *id;
    CLEAN(clean_json) json_t *taken = world->taken;
    world->taken = json_array();
    json_array_foreach (taken, i, id) {
        CLEAN(clean_json)
        json_t *delivered =
            json_pack("{s:O, s:b, s:i, s:s}", "id", id, "ok", 1, "after_ms", 0, "why", "");
        must(engine_delivered(world->scene->engine, delivered, world->scene->now,
                              &world->scene->error),
             &world->scene->error);
        world->moved = true;
    }
}

static void start_asked(struct world *world)
{
    size_t i;
    json_t *name;
    CLEAN(clean_json) json_t *asked = world->asked;
    world->asked = json_array();
    json_array_foreach (asked, i, name)
        task_start(world, json_string_value(name));
}

/* --- time --- */

/* All that happens at this time. */
static void settle(struct world *world)
{
    int rounds = 0;
    do {
        if (rounds++ == 1000)
            fail_msg("it never is quiet");
        world->moved = false;
        scene_settle(world->scene);
        deliver(world);
        start_asked(world);
        task_run_all(world);
    } while (world->moved);
}

static int64_t next_ms(const struct world *world)
{
    struct moment now = world->scene->now;
    int64_t next = engine_next_ms(world->scene->engine, now);
    int64_t lines = now.boot_ms + world->host.next_ms - now.wall_ms;
    next = lines < next ? lines : next;
    for (size_t i = 0; i < TASKS; i++)
        if (world->tasks[i] && world->tasks[i]->wake_ms < next)
            next = world->tasks[i]->wake_ms;
    return next;
}

static void pass(struct world *world, int64_t ms)
{
    struct scene *scene = world->scene;
    int64_t until_ms = scene->now.boot_ms + ms;
    while (scene->now.boot_ms < until_ms) {
        int64_t next = next_ms(world);
        int64_t at_ms = next < until_ms ? next : until_ms;
        int64_t step_ms = at_ms > scene->now.boot_ms ? at_ms - scene->now.boot_ms : 1;
        scene->now.boot_ms += step_ms;
        scene->now.wall_ms += step_ms;
        host_write(&world->host, scene->now.wall_ms);
        settle(world);
        must(engine_idle(scene->engine, scene->now, &scene->error), &scene->error);
    }
}

/* --- the day --- */

static void open_world(struct world *world)
{
    struct scene *scene = world->scene;
    world->parts = parts_read(SOURCE_DIR "/etc/conformd.conf");
    assert_non_null(world->parts);
    json_decref(scene->config);
    scene->config = json_incref(json_object_get(world->parts, ""));
    json_object_set_new(scene->config, "state_dir", json_string(scene->folder));
    must(engine_open(scene->config, &calls, world, &scene->engine, &scene->error), &scene->error);
    settle(world);
}

/* An organisation that took all of it up: findings are written too. */
static void adopt_all(struct world *world)
{
    size_t i;
    json_t *measure;
    json_t *ids = json_array();
    json_array_foreach (json_object_get(world->scene->config, "measures"), i, measure)
        json_array_append(ids, json_object_get(measure, "id"));
    assert_true(json_array_size(ids) >= 10);
    scene_act_well(world->scene, "adopt", json_pack("{s:o}", "measures", ids));
    settle(world);
}

static int64_t bytes(struct world *world, const char *what, const char *sql)
{
    int64_t count = scene_count(world->scene, sql);
    printf("%-28s %9lld bytes\n", what, (long long)count);
    return count;
}

/* 0 where there is none. */
static int64_t leaves(struct world *world, const char *type)
{
    int64_t count = scene_leaves(world->scene, type, "");
    printf("%-28s %9lld leaves\n", type, (long long)count);
    return count;
}

static void tell_runs(const struct world *world)
{
    const char *name;
    json_t *count;
    json_object_foreach (world->runs, name, count)
        printf("%-28s %9lld runs asked for\n", name, (long long)json_integer_value(count));
}

/* That the day took place: what was in the log is in the series, and snapshots were taken. */
static void expect_the_day(struct world *world)
{
    struct scene *scene = world->scene;
    assert_int_equal(json_integer_of(world->runs, "auth", 0), 1);
    assert_int_equal(json_integer_of(world->runs, "journal", 0), 1);
    assert_in_range(json_integer_of(world->runs, "accounts", 0), 24, 26);
    assert_in_range(json_integer_of(world->runs, "sshd", 0), 24, 26);
    assert_true(world->host.lines > 24 * 5);
    assert_true(scene_query(scene, "sum(log_auth_accepted_total)") == 1);
    assert_true(scene_query(scene, "sum(log_auth_failures_total)") == 24);
    assert_true(scene_query(scene, "count(accounts_empty_password)") >= 40);
    assert_true(scene_query(scene, "max(sshd_root_login_unrestricted)") == 0);
    bool journal = world->host.journal;
    assert_int_equal(scene_instance(scene, "auth")->condition,
                     journal ? CONDITION_ABSENT : CONDITION_WELL);
    assert_int_equal(scene_instance(scene, "journal")->condition,
                     journal ? CONDITION_WELL : CONDITION_STANDBY);
    assert_int_equal(scene_instance(scene, "accounts")->condition, CONDITION_WELL);
    assert_int_equal(scene_instance(scene, "sshd")->condition, CONDITION_WELL);
    assert_true(leaves(world, "evidence") >= 24);
    assert_true(leaves(world, "coverage") >= 24);
    assert_true(leaves(world, "result") >= 10);
    leaves(world, "finding");
}

static void stop_all(struct world *world)
{
    for (size_t i = 0; i < TASKS; i++)
        if (world->tasks[i])
            world->tasks[i]->life.stopping = true;
    settle(world);
    for (size_t i = 0; i < TASKS; i++)
        assert_null(world->tasks[i]);
}

static void a_quiet_day(struct world *world, bool journal)
{
    if (!host_make(&world->host, journal, world->scene->now.wall_ms)) {
        printf("skipped: package systemd-journal-remote writes the journal\n");
        skip();
    }
    open_world(world);
    adopt_all(world);
    pass(world, DAY_MS);
    tell_runs(world);
    expect_the_day(world);
    int64_t sum = bytes(world, "bundles", "SELECT sum(length(entries)) FROM bundles") +
                  bytes(world, "tiles", "SELECT coalesce(sum(length(hashes)), 0) FROM tiles") +
                  bytes(world, "payloads", "SELECT sum(length(body) + length(salt)) FROM payloads");
    bytes(world, "of these samples",
          "SELECT coalesce(sum(length(body)), 0) FROM payloads WHERE "
          "kind = 4");
    printf("%-28s %9lld bytes, at most %d\n", "ledger of the day", (long long)sum, MOST);
    stop_all(world);
    assert_in_range(sum, 1, MOST);
}

static void with_log_files(void **state)
{
    a_quiet_day(*state, false);
}

static void with_a_journal(void **state)
{
    a_quiet_day(*state, true);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    here = *state = world;
    world->scene = scene_new();
    world->asked = json_array();
    world->taken = json_array();
    world->runs = json_object();
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    host_free(&world->host);
    scene_free(world->scene);
    json_decref(world->parts);
    json_decref(world->asked);
    json_decref(world->taken);
    json_decref(world->runs);
    free(world);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_log_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(with_a_journal, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
