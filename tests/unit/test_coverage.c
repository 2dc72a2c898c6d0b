/* What is known of an attribute, by how its collector stands: no engine, no store, no process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "evaluation/coverage/coverage.h"

#define NOW    1795323600000
#define MINUTE 60000

struct row {
    const char *why;
    struct instance instance;   /* every minute, with a deadline of ten seconds */
    struct attribute attribute; /* "x" */
    enum unknown_kind unknown, partly;
    double covered;
    const char *words; /* of the reason */
};

static const struct row rows[] = {
    {.why = "well and in time",
     .instance = {.condition = CONDITION_WELL,
                  .standing.last_end_ms = NOW - MINUTE,
                  .standing.ended_here = true},
     .covered = 1},
    {.why = "it never ended a run",
     .instance = {.condition = CONDITION_STARTING},
     .unknown = UNKNOWN_NOT_SET_UP,
     .covered = 1,
     .words = "has not ended its first run"},
    {.why = "it failed, and had measured",
     .instance = {.condition = CONDITION_FAILED, .reason = (char *)"no such file"},
     .attribute = {.measured = true},
     .unknown = UNKNOWN_LOST,
     .covered = 1,
     .words = "failed: no such file"},
    {.why = "two intervals and the deadline are not late",
     .instance = {.condition = CONDITION_WELL,
                  .standing.last_end_ms = NOW - 2 * MINUTE - 10000,
                  .standing.ended_here = true},
     .covered = 1},
    {.why = "a millisecond more is",
     .instance = {.condition = CONDITION_WELL,
                  .standing.last_end_ms = NOW - 2 * MINUTE - 10001,
                  .standing.ended_here = true},
     .unknown = UNKNOWN_LOST,
     .covered = 1,
     .words = "is late"},
    {.why = "conformd was not there to start it",
     .instance = {.condition = CONDITION_WELL, .standing.last_end_ms = NOW - 9 * MINUTE},
     .unknown = UNKNOWN_STOPPED,
     .covered = 1,
     .words = "conformd was not running"},
    {.why = "the clock was set back behind its last run",
     .instance = {.condition = CONDITION_WELL,
                  .standing.last_end_ms = NOW,
                  .standing.stepped = true},
     .attribute = {.measured = true},
     .unknown = UNKNOWN_LOST,
     .covered = 1,
     .words = "the clock was set back"},
    {.why = "a partial run named another attribute",
     .instance = {.condition = CONDITION_PARTIAL,
                  .standing.last_end_ms = NOW,
                  .reason = (char *)"half"},
     .partly = UNKNOWN_NOT_SET_UP,
     .covered = 1},
    {.why = "a partial run named this one",
     .instance = {.condition = CONDITION_PARTIAL, .standing.last_end_ms = NOW},
     .attribute = {.missing = true, .measured = true},
     .partly = UNKNOWN_LOST,
     .covered = 1},
    {.why = "the zero of an event was not watched",
     .instance = {.condition = CONDITION_PARTIAL, .standing.last_end_ms = NOW},
     .attribute = {.missing = true, .measured = true, .kind = SERIES_EVENT},
     .partly = UNKNOWN_LOST,
     .covered = 0},
    {.why = "it stands by, and nobody else feeds it",
     .instance = {.condition = CONDITION_STANDBY, .standing.last_end_ms = NOW},
     .unknown = UNKNOWN_NOT_SET_UP,
     .covered = 1,
     .words = "standby"},
};

/* A world of one collector, or of several that feed the same. */
struct world {
    struct instance instances[2], *list[2];
    struct attribute attributes[2];
    struct turn turn;
    struct intake intake;
    struct selfmetrics own;
    struct coverage watch;
};

static void make(struct world *world, const struct row *first, const struct row *second)
{
    const struct row *both[] = {first, second};
    *world = (struct world){.turn = {.now = {.wall_ms = NOW}}, .own = {.started_ms = NOW - MINUTE}};
    for (size_t i = 0; i < 2 && both[i]; i++) {
        world->attributes[i] = both[i]->attribute;
        world->attributes[i].name = "x";
        world->instances[i] = both[i]->instance;
        world->instances[i].name = (char *)(i ? "two" : "one");
        world->instances[i].every_ms = MINUTE;
        world->instances[i].deadline_ms = 10000;
        world->instances[i].attributes.items = &world->attributes[i];
        world->instances[i].attributes.count = 1;
        world->list[i] = &world->instances[i];
        world->intake.count++;
    }
    world->intake.instances = world->list;
    world->watch = (struct coverage){&world->turn, &world->intake, &world->own};
}

static struct watch_answer ask(struct world *world, const char *name, int64_t from_ms,
                               int64_t to_ms)
{
    struct watch_answer answer = {.covered = 1};
    assert_int_equal(coverage_attribute(&world->watch, name, from_ms, to_ms, &answer), 0);
    return answer;
}

static void forget(struct watch_answer *answer)
{
    free(answer->reason);
    free(answer->partly_reason);
}

static void by_how_it_stands(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world world;
        make(&world, &rows[i], NULL);
        struct watch_answer answer = ask(&world, "x", NOW, NOW);
        if (answer.unknown != rows[i].unknown || answer.partly != rows[i].partly ||
            answer.covered != rows[i].covered)
            fail_msg("%s: %s, partly %s, covered %g", rows[i].why,
                     measure_unknown_kind_text(answer.unknown),
                     measure_unknown_kind_text(answer.partly), answer.covered);
        if (rows[i].words && (!answer.reason || !strstr(answer.reason, rows[i].words)))
            fail_msg("%s: \"%s\"", rows[i].why, answer.reason ? answer.reason : "");
        if (!rows[i].words)
            assert_null(answer.reason);
        forget(&answer);
    }
}

/* The worst of those that feed it decides; one that stands by is passed over. */
static void of_several(void **state)
{
    (void)state;
    struct world world;
    make(&world, &rows[0], &rows[2]);
    struct watch_answer answer = ask(&world, "x", NOW, NOW);
    assert_int_equal(answer.unknown, UNKNOWN_LOST);
    assert_non_null(strstr(answer.reason, "two"));
    forget(&answer);
    make(&world, &rows[0], &rows[10]);
    answer = ask(&world, "x", NOW, NOW);
    assert_int_equal(answer.unknown, KNOWN);
    forget(&answer);
}

static void of_a_range(void **state)
{
    (void)state;
    struct world world;
    make(&world, &rows[0], NULL);
    assert_int_equal(spans_add(&world.instances[0].standing.watched, NOW - 10 * MINUTE, NOW), 0);
    assert_int_equal(spans_add(&world.attributes[0].missed, NOW - 4 * MINUTE, NOW - 2 * MINUTE), 0);
    struct watch_answer answer = ask(&world, "x", NOW - 20 * MINUTE, NOW);
    assert_true(answer.covered == 0.4);
    answer = ask(&world, "x", NOW - 3 * MINUTE, NOW - 3 * MINUTE);
    assert_true(answer.covered == 0);
    answer = ask(&world, "x", NOW - 5 * MINUTE, NOW - 5 * MINUTE);
    assert_true(answer.covered == 1);
    answer = ask(&world, "x", NOW + 1, NOW + 1);
    assert_true(answer.covered == 0);
    spans_finish(&world.instances[0].standing.watched);
    spans_finish(&world.attributes[0].missed);
}

static void of_the_engine_itself(void **state)
{
    (void)state;
    struct world world;
    make(&world, &rows[0], NULL);
    assert_int_equal(spans_add(&world.own.watched, NOW - MINUTE, NOW), 0);
    struct watch_answer answer = ask(&world, "conformd_runs_due", NOW - 4 * MINUTE, NOW);
    assert_true(answer.covered == 0.25);
    answer = ask(&world, "conformd_runs_done", NOW, NOW);
    assert_int_equal(answer.unknown, UNKNOWN_NOT_SET_UP);
    forget(&answer);
    selfmetrics_finish(&world.own);
}

static void reach(void **state)
{
    (void)state;
    struct world world;
    make(&world, &rows[0], &rows[1]);
    assert_int_equal(coverage_reach_ms(&world.watch), OWN_LOOKBACK_MS);
    world.instances[1].every_ms = 10 * MINUTE;
    assert_int_equal(coverage_reach_ms(&world.watch), 20 * MINUTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_how_it_stands),
        cmocka_unit_test(of_several),
        cmocka_unit_test(of_a_range),
        cmocka_unit_test(of_the_engine_itself),
        cmocka_unit_test(reach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
