/* Known and unknown: nothing that falls silent improves a result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "evaluation/isms/isms.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/engine_scene.h"
#include "kit/presets.h"

#define MINUTE 60000
#define HOUR   (60 * MINUTE)

static void expect_counts(struct scene *scene, const char *id, int expected, int seen,
                          int breaching)
{
    CLEAN(clean_json) json_t *row = scene_state(scene, "measure", id);
    if (json_integer_of(row, "expected", -1) != expected ||
        json_integer_of(row, "seen", -1) != seen ||
        json_integer_of(row, "breaching", -1) != breaching)
        fail_msg("%s: expected %lld, seen %lld, breaching %lld", id,
                 (long long)json_integer_of(row, "expected", -1),
                 (long long)json_integer_of(row, "seen", -1),
                 (long long)json_integer_of(row, "breaching", -1));
}

static void set_text(json_t *measure, const char *key, const char *value)
{
    json_object_set_new(measure, key, json_string(value));
}

/* x_bad is 1 or 0 for each host (its label is called user). */
static void run_values(struct scene *scene, int64_t status, const char *const *users,
                       const double *values)
{
    struct intake_link *link = scene_connect(scene, "accounts", scene_tables);
    for (size_t i = 0; users[i]; i++)
        scene_reading(scene, link, 0, users[i], values[i]);
    if (status == CFD_PARTIAL)
        scene_missing(scene, link, 0, "some cannot be read");
    scene_outcome(scene, link, status, "");
    scene_leave(scene, link, "accounts", 0);
}

static json_t *of_population(struct scene *scene, const char *id, const char *formula,
                             const char *target)
{
    json_t *measure = scene_measure(scene, id, formula, target);
    json_object_set_new(measure, "population", json_pack("[s, s]", "ann", "bob"));
    set_text(measure, "population_by", "user");
    return measure;
}

static void population_is_seen(void **state)
{
    static const double good[] = {0, 0}, bad[] = {0, 1};
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    set_text(of_population(scene, "COUNT", "count(x_bad == 1)", "== 0"), "when_empty", "met");
    of_population(scene, "SUM", "sum(x_bad)", "== 0");
    of_population(scene, "EACH", "x_bad", "== 0");
    of_population(scene, "LEAST", "count(x_bad == 0)", ">= 2");
    set_text(of_population(scene, "HALF", "sum(x_bad)", "== 0"), "min_coverage", "0.5");
    scene_open(scene);
    run_values(scene, 0, scene_both, good);
    scene_expect(scene, "COUNT", "met");
    scene_expect(scene, "SUM", "met");
    scene_expect(scene, "LEAST", "met");
    expect_counts(scene, "EACH", 2, 2, 0);
    scene_pass(scene, HOUR);
    run_values(scene, 0, scene_both, bad);
    scene_expect(scene, "COUNT", "missed");
    expect_counts(scene, "EACH", 2, 2, 1);
    scene_expect(scene, "LEAST", "missed");
    /* The one that failed falls silent: nobody takes that for an improvement. */
    scene_pass(scene, HOUR);
    run_values(scene, 0, scene_ann, good);
    scene_expect_reason(scene, "COUNT", "unknown",
                        "too few: 1 of 2 in the population are silent: bob");
    scene_expect_reason(scene, "SUM", "unknown",
                        "too few: 1 of 2 in the population are silent: bob");
    scene_expect_reason(scene, "EACH", "unknown", "too few");
    scene_expect_reason(scene, "LEAST", "unknown",
                        "too few"); /* nor for a breach of those that are left */
    scene_expect(scene, "HALF", "met");
    expect_counts(scene, "SUM", 2, 1, 0);
    /* What breaches by its own value does, whoever else is silent. */
    scene_pass(scene, HOUR);
    run_values(scene, 0, scene_bob, bad + 1);
    scene_expect_reason(scene, "EACH", "missed", "a breach all the same");
    expect_counts(scene, "EACH", 2, 1, 1);
    scene_pass(scene, HOUR);
    run_values(scene, 0, scene_both, good);
    scene_expect(scene, "EACH", "met");
    scene_expect(scene, "COUNT", "met");
}

static void population_of_an_inventory(void **state)
{
    static const double ones[] = {1, 1};
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    json_t *measure = scene_measure(scene, "M", "x_age + on () group_right x_bad", "<= 9");
    set_text(measure, "when_empty", "met");
    set_text(measure, "population", "x_bad{user!=\"zoe\"}");
    set_text(measure, "population_by", "user");
    scene_open(scene);
    scene_expect_reason(scene, "M", "unknown", "not set up");
    scene_run(scene, "accounts", 0, scene_nobody);
    scene_expect_reason(scene, "M", "unknown", "the population has no member");
    scene_pass(scene, HOUR);
    /* x_age names no user: nobody is seen by it. */
    run_values(scene, 0, scene_both, ones);
    scene_expect_reason(scene, "M", "unknown", "2 of 2 in the population are silent: ann, bob");
}

static void most_of_a_population(void **state)
{
    static const double bad[] = {1, 1};
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    of_population(scene, "M1", "x_bad", "== 0");
    scene_open(scene);
    scene_act_well(scene, "adopt", json_object());
    run_values(scene, 0, scene_both, bad);
    expect_counts(scene, "M1", 2, 2, 2);
    CLEAN(clean_json) json_t *row = scene_state(scene, "measure", "M1");
    assert_true(json_flag_of(row, "systemic", false));
    assert_int_equal(scene_findings(scene), 1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE"
                                        " json_extract(body, '$.title') LIKE 'Systemic: %'"),
                     1);
}

/* A window of the past was watched or it was not, whatever is known of now. */
static void a_moment_of_the_past(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    set_text(scene_measure(scene, "THEN", "x_bad offset 90m", "== 0"), "when_empty", "met");
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_nobody);
    scene_expect_reason(scene, "THEN", "unknown",
                        "too few"); /* nothing is known of the time before */
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", CFD_ERROR, NULL);
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_nobody);
    scene_expect_reason(scene, "THEN", "unknown",
                        "too few"); /* a failed run ended what was watched */
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_nobody);
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_nobody);
    scene_expect(scene, "THEN", "met");
}

/* A range that holds a time in which the attribute was missing, although its instance ran well. */
static void missing_within_a_range(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "M", "sum(sum_over_time(x_hits[4h]))", "== 0");
    set_text(scene_measure(scene, "OTHER", "max(max_over_time(x_age[4h]))", "<= 9"), "when_empty",
             "met");
    scene_open(scene);
    for (int i = 0; i < 10; i++) {
        struct intake_link *link = scene_connect(scene, "accounts", scene_tables);
        scene_reading(scene, link, 1, "ann", 0);
        if (i == 5)
            scene_missing(scene, link, 1, "not today");
        scene_outcome(scene, link, 0, "");
        scene_eof(link);
        scene_ended(scene, "accounts", 0, "exited");
        scene_settle(scene);
        intake_link_free(link);
        if (i == 4 || i == 9)
            scene_expect(scene, "M", "met");
        if (i == 6)
            scene_expect_reason(scene, "M", "unknown", "too few: 75 %");
        if (i >= 4)
            scene_expect(scene, "OTHER", "met");
        scene_pass(scene, HOUR);
    }
}

/* What a partial run did not read again stays for a while, and its end is no repair. */
static void an_accepted_partial_run(void **state)
{
    static const double values[] = {1, 0};
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    json_t *measure = scene_measure(scene, "M", "sum(x_bad)", "== 0");
    json_object_set_new(measure, "accept_partial", json_true());
    set_text(measure, "when_empty", "met");
    scene_open(scene);
    run_values(scene, 0, scene_both, values);
    scene_expect(scene, "M", "missed");
    scene_pass(scene, HOUR);
    run_values(scene, CFD_PARTIAL, scene_bob, values + 1);
    scene_expect(scene, "M", "missed");
    scene_pass(scene, HOUR);
    run_values(scene, CFD_PARTIAL, scene_bob, values + 1);
    scene_expect_reason(scene, "M", "unknown",
                        "lost: collector accounts: some cannot be read; something that was read");
    scene_pass(scene, HOUR);
    run_values(scene, 0, scene_bob, values + 1);
    scene_expect(scene, "M", "met"); /* repaired, as a whole run says */
    scene_pass(scene, HOUR);
    run_values(scene, CFD_PARTIAL, scene_bob, values + 1);
    scene_expect_reason(scene, "M", "met", "partial");
}

/* What was read last is in the future by now: what stands before it is not what is. */
static void the_clock_is_set_back(void **state)
{
    static const double bad[] = {1}, good[] = {0};
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    set_text(scene_measure(scene, "M", "sum(x_bad)", "== 0"), "when_empty", "met");
    scene_open(scene);
    run_values(scene, 0, scene_ann, good);
    scene_pass(scene, HOUR);
    run_values(scene, 0, scene_ann, bad);
    scene_expect(scene, "M", "missed");
    scene->now.wall_ms -= 10 * MINUTE;
    scene_pass(scene, 2 * MINUTE);
    scene_expect_reason(scene, "M", "unknown", "lost: the clock was set back");
    scene_close(scene);
    scene_open(scene);
    scene_pass(scene, 2 * MINUTE);
    scene_expect_reason(scene, "M", "unknown", "lost: the clock was set back");
    run_values(scene, 0, scene_ann, bad);
    scene_expect(scene, "M", "missed");
}

/* Of elements beyond the limit only the sum is known. */
static void beyond_the_limit(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "SUM", "sum(x_bad)", "== 0");
    scene_measure(scene, "COUNT", "count(x_bad)", ">= 0");
    set_text(scene_measure(scene, "BREACH", "count(x_bad > 0)", "== 0"), "when_empty", "met");
    set_text(scene_measure(scene, "ONE", "x_bad{user=\"u1200\"}", "== 1"), "when_empty", "met");
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "accounts", scene_tables);
    for (int i = 0; i < 1300; i++) {
        char user[16];
        snprintf(user, sizeof user, "u%d", i);
        scene_reading(scene, link, 0, user, i == 7);
    }
    scene_outcome(scene, link, 0, "");
    scene_leave(scene, link, "accounts", 0);
    scene_expect(scene, "SUM", "missed");
    scene_expect_reason(scene, "COUNT", "unknown", "invalid: x_bad has more series than its limit");
    scene_expect_reason(scene, "BREACH", "missed", "a breach all the same");
    scene_expect_reason(scene, "ONE", "unknown", "invalid: x_bad has more");
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_ann);
    scene_expect(scene, "COUNT", "met");
    scene_expect(scene, "ONE", "met");
}

/* Which of several reasons is told. */
static void the_worst_reason(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "A", "sum(x_bad) + sum(y_none)", "== 0");
    scene_measure(scene, "B", "sum(y_none) + sum(x_bad)", "== 0");
    set_text(scene_measure(scene, "OWN", "conformd_nothing > 0", "== 0"), "when_empty", "met");
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_ann);
    scene_expect_reason(scene, "A", "unknown", "not set up: no collector has declared y_none");
    scene_expect_reason(scene, "OWN", "unknown",
                        "not set up: conformd has no series conformd_nothing");
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", CFD_ERROR, NULL);
    scene_expect_reason(scene, "A", "unknown", "lost: collector accounts: failed");
    scene_expect_reason(scene, "B", "unknown", "lost: collector accounts: failed");
}

/* conformd was down: its own fault for as long as a collector may take, then the collector's. */
static void stopped_then_lost(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "M", "sum(x_bad)", "== 1");
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_ann);
    scene_close(scene);
    scene->now.wall_ms += 10 * HOUR;
    scene->now.boot_ms += 10 * HOUR;
    scene_open(scene);
    scene_expect_reason(scene, "M", "unknown", "stopped: conformd was not running");
    scene_pass(scene, HOUR);
    scene_expect_reason(scene, "M", "unknown", "stopped");
    scene_pass(scene, HOUR + 2 * MINUTE);
    scene_expect_reason(scene, "M", "unknown", "lost: collector accounts is late");
    scene_run(scene, "accounts", 0, scene_ann);
    scene_expect(scene, "M", "met");
}

/* That nothing is there of a collector that there is not is no answer, though others tell it. */
static void an_instance_by_its_name(void **state)
{
    static const double zero[] = {0};
    static const char *const asked[][2] = {{"GONE", "gone"}, {"HERE", "acc.*"}, {"NOT", ".*"}};
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        CLEAN(clean_text)
        char *formula =
            text_format("count(x_bad{instance%s\"%s\"} > 0)", i == 2 ? "!~" : "=~", asked[i][1]);
        set_text(scene_measure(scene, asked[i][0], formula, "== 0"), "when_empty", "met");
    }
    set_text(scene_measure(scene, "DUE", "sum(conformd_runs_due{instance=\"gone\"})", "== 0"),
             "when_empty", "met");
    scene_open(scene);
    run_values(scene, 0, scene_ann, zero);
    scene_pass(scene, MINUTE);
    scene_expect_reason(scene, "GONE", "unknown",
                        "the formula asks for x_bad of an instance by its name");
    scene_expect_reason(scene, "NOT", "unknown",
                        "the formula asks for x_bad of an instance by its name");
    scene_expect_reason(scene, "DUE", "unknown",
                        "the formula asks for conformd_runs_due of an instance");
    scene_expect(scene, "HERE", "met");
}

/* A sample that is not a number is passed over by an extreme, and met no criterion. */
static void no_number_within_a_range(void **state)
{
    static const double none[] = {NAN}, zero[] = {0};
    static const char *const formulas[] = {
        "max(max_over_time(x_bad[2h]))", "min(min_over_time(x_bad[2h]))",
        "max(quantile_over_time(1, x_bad[2h]))", "sum(resets(x_bad[2h]))"};
    enum { FORMULAS = sizeof formulas / sizeof *formulas };
    static const char *const ids[FORMULAS] = {"MAX", "MIN", "MOST", "RESETS"};
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    for (size_t i = 0; i < FORMULAS; i++)
        set_text(scene_measure(scene, ids[i], formulas[i], "<= 0"), "coverage", "0");
    scene_open(scene);
    run_values(scene, 0, scene_ann, none);
    scene_pass(scene, HOUR);
    run_values(scene, 0, scene_ann, zero);
    for (size_t i = 0; i < FORMULAS; i++)
        scene_expect_reason(scene, ids[i], "unknown", "is not a number");
    for (int i = 0; i < 2; i++) {
        scene_pass(scene, HOUR);
        run_values(scene, 0, scene_ann, zero);
    }
    for (size_t i = 0; i < FORMULAS; i++)
        scene_expect(scene, ids[i], "met");
}

/* What --check says of a formula: nothing, a warning, or that it is refused. */
static const struct checked {
    const char *formula;
    const char *coverage;
    const char *says; /* NULL: nothing */
    bool warning;
} checked[] = {
    {"sum(x_bad)", "0.9", NULL, false},
    {"sum(increase(x_hits_total[2h]))", "0", NULL, false},
    {"sum(increase(x_hits_total[119m]))", "0",
     "the range of increase() over x_hits_total, which "
     "collector accounts reads each 1h, is too short: "
     "allowed is 2h or more",
     false},
    {"sum(rate(x_hits_total[90m]))", "0", "too short", false},
    {"sum(sum_over_time(x_hits[90m]))", "0", NULL, false},
    {"sum(sum_over_time(x_hits[10h]))", "0.9", NULL, false},
    {"sum(sum_over_time(x_hits[4h]))", "0.9", "at most 75 % of the range was observed", true},
    {"sum(sum_over_time(x_hits[4h]))", "0.75", NULL, false},
    {"sum(x_bad > 0)", "0.9", "may be empty where all is well", true},
    {"count(x_bad)", "0.9", "may be empty where all is well", true},
    {"sum(y_bad)", "0.9", "no collector of this configuration declares y_bad", true},
    {"sum(conformd_nothing)", "0.9", "conformd has no series conformd_nothing", true},
    {"sum(conformd_runs_due)", "0.9", NULL, false},
};

static void note_fault(void *context, const struct isms_fault *fault)
{
    const struct checked *row = context;
    if (!row->says || !strstr(fault->sentence, row->says) || fault->warning != row->warning)
        fail_msg("%s: %s%s", row->formula, fault->warning ? "warning: " : "", fault->sentence);
    assert_string_equal(fault->setting, "measures[0].formula");
    check_expected(row->formula);
}

static void check_mode(void **state)
{
    (void)state;
    CLEAN(clean_json)
    json_t *tables = json_pack("{s:o}", "accounts", json_loads(scene_tables, 0, NULL));
    for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
        struct scene *scene = scene_new();
        scene_collector(scene, "accounts", HOUR);
        set_text(scene_measure(scene, "M", checked[i].formula, "== 0"), "coverage",
                 checked[i].coverage);
        if (checked[i].says)
            expect_any(note_fault, row->formula);
        presets_fill(scene->config);
        assert_int_equal(isms_check(scene->config, tables, note_fault, (void *)&checked[i]), 0);
        scene_free(scene);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(population_is_seen, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(population_of_an_inventory, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(most_of_a_population, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(a_moment_of_the_past, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(missing_within_a_range, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(an_accepted_partial_run, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(the_clock_is_set_back, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(beyond_the_limit, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(the_worst_reason, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(stopped_then_lost, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(an_instance_by_its_name, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(no_number_within_a_range, scene_set_up, scene_tear_down),
        cmocka_unit_test(check_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
