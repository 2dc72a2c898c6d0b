/* The upkeep of the store's log: pauses, who holds it, and commit times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/upkeep/upkeep.h"
#include "kit/store_scene.h"

/* What the upkeep asked for. */
struct asked {
    bool paused;
    int64_t ended; /* a process */
    int ends;
    int lines;
};

struct bench {
    char folder[STORE_SCENE_FOLDER];
    struct turn turn;
    struct upkeep upkeep;
    struct asked asked;
    struct error error;
    struct moment now;
    pid_t holder;
};

static void on_pause(void *context, bool paused)
{
    ((struct asked *)context)->paused = paused;
}

static void on_end_reader(void *context, int64_t pid, const char *reason)
{
    struct asked *asked = context;
    assert_non_null(strstr(reason, "log"));
    asked->ended = pid;
    asked->ends++;
}

static void on_log(void *context, int level, const char *text)
{
    (void)level;
    (void)text;
    ((struct asked *)context)->lines++;
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    bench->turn.store = store_scene_new(bench->folder);
    bench->upkeep.turn = &bench->turn;
    bench->upkeep.asks = (struct upkeep_asks){&bench->asked, on_pause, on_end_reader, on_log};
    bench->now = (struct moment){1795323600000, 1000000};
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    if (bench->holder)
        store_scene_let_go(bench->holder);
    store_close(bench->turn.store);
    store_scene_remove(bench->folder);
    error_finish(&bench->error);
    free(bench);
    return 0;
}

/* A commit of so many MiB. */
static void grow(struct bench *bench, int mebibytes)
{
    struct store_query *query =
        store_query(bench->turn.store, "INSERT INTO meta(key, value) VALUES('big', zeroblob(?1))"
                                       " ON CONFLICT DO UPDATE SET value = excluded.value");
    store_bind_integer(query, 1, (int64_t)mebibytes << 20);
    assert_int_equal(store_run(query, &bench->error), 0);
}

static void tend(struct bench *bench, int64_t after_ms)
{
    bench->now.wall_ms += after_ms;
    bench->now.boot_ms += after_ms;
    assert_int_equal(upkeep_tend_log(&bench->upkeep, bench->now, &bench->error), 0);
}

static void let_go(struct bench *bench)
{
    store_scene_let_go(bench->holder);
    bench->holder = 0;
}

static void test_quiet_log_pauses_nobody(void **state)
{
    struct bench *bench = *state;
    struct store_log log;
    grow(bench, 40);
    tend(bench, 1000);
    assert_false(bench->asked.paused);
    assert_int_equal(bench->asked.ends, 0);
    assert_int_equal(store_meta_set(bench->turn.store, "a", "b", &bench->error), 0);
    store_log(bench->turn.store, &log);
    assert_true(log.bytes < 1 << 20);
}

/* What stands still is paused for, named, and goes; then all is as before. */
static void test_holder_is_ended(void **state)
{
    struct bench *bench = *state;
    grow(bench, 1);
    bench->holder = store_scene_hold(bench->folder);
    grow(bench, 2);
    tend(bench, 1000);
    tend(bench, 1000);
    assert_false(bench->asked.paused);
    assert_int_equal(bench->asked.ends, 0);
    tend(bench, 1000);
    tend(bench, 1000);
    assert_true(bench->asked.paused);
    tend(bench, 1000);
    assert_int_equal(bench->asked.ended, bench->holder);
    assert_int_equal(bench->asked.ends, 1);
    let_go(bench);
    tend(bench, 1000);
    assert_false(bench->asked.paused);
    assert_int_equal(bench->asked.ends, 1);
    assert_int_equal(bench->asked.lines, 0);
}

/* Above 32 MB nobody begins to read, at once. */
static void test_long_log_pauses(void **state)
{
    struct bench *bench = *state;
    grow(bench, 1);
    bench->holder = store_scene_hold(bench->folder);
    grow(bench, 40);
    assert_int_equal(upkeep_hurry_log(&bench->upkeep, bench->now, &bench->error), 0);
    assert_true(bench->asked.paused);
    assert_true(bench->upkeep.log.paused);
    let_go(bench);
    bench->now.boot_ms += 1000;
    assert_int_equal(upkeep_hurry_log(&bench->upkeep, bench->now, &bench->error), 0);
    assert_false(bench->asked.paused);
}

/* Who is still there after the parent was asked is none of ours: named once, paused for no more. */
static void test_stranger_is_named(void **state)
{
    struct bench *bench = *state;
    grow(bench, 1);
    bench->holder = store_scene_hold(bench->folder);
    grow(bench, 2);
    for (int i = 0; i < 20; i++)
        tend(bench, 1000);
    assert_int_equal(bench->upkeep.log.outsider, bench->holder);
    assert_int_equal(bench->asked.ends, 1);
    assert_int_equal(bench->asked.lines, 1);
    assert_false(bench->asked.paused);
    let_go(bench);
    tend(bench, 1000);
    assert_int_equal(bench->upkeep.log.outsider, 0);
    assert_int_equal(bench->asked.lines, 2);
}

static void test_commit_times_are_counted(void **state)
{
    struct bench *bench = *state;
    const struct commit_times *times = &bench->upkeep.commits;
    upkeep_note_commit(&bench->upkeep, 100);
    upkeep_note_commit(&bench->upkeep, 500);
    upkeep_note_commit(&bench->upkeep, 501);
    upkeep_note_commit(&bench->upkeep, 60000000);
    assert_int_equal(times->counts[0], 2);
    assert_int_equal(times->counts[1], 1);
    assert_int_equal(times->counts[COMMITS_BOUNDS], 1);
    assert_true(times->seconds > 60 && times->seconds < 60.002);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_quiet_log_pauses_nobody),  TEST(test_holder_is_ended),
        TEST(test_long_log_pauses),          TEST(test_stranger_is_named),
        TEST(test_commit_times_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
