/* Judging over samples in memory: known or not, empty or not, number or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation/measure/measure.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "kit/presets.h"
#include "kit/store_scene.h"

#define NOW 1795323600000

struct bench {
    char folder[STORE_SCENE_FOLDER];
    struct store *store;
    struct series_set *series;
    struct error error;
    struct watch_answer answer; /* of whatever is asked; reason is a literal */
};

static void put(struct bench *bench, const char *name, const char *user, double value,
                int64_t age_ms)
{
    struct label pairs[] = {{LABELS_NAME, name}, {"user", user}};
    CLEAN(labels_clean) struct labels *labels = NULL;
    assert_int_equal(labels_new(pairs, 2, &labels), 0);
    assert_int_equal(series_put(bench->series, labels, NOW - age_ms, value, 7200000), 0);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    bench->store = store_scene_new(bench->folder);
    assert_int_equal(series_open(bench->store, NULL, &bench->series, &bench->error), 0);
    put(bench, "bad", "ann", 3, 3600000); /* an hour old, of a collector with every = 1h */
    put(bench, "bad", "bob", 1, 0);
    put(bench, "zero", "ann", 0, 0);
    put(bench, "old_index", "ann", 1, 0);
    put(bench, "ratio", "ann", (double)NAN, 0);
    put(bench, "ratio", "bob", 1, 0);
    bench->answer.covered = 1;
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    series_close(bench->series);
    store_close(bench->store);
    store_scene_remove(bench->folder);
    error_finish(&bench->error);
    free(bench);
    return 0;
}

static int watch(void *context, const char *name, int64_t from_ms, int64_t to_ms,
                 struct watch_answer *ret)
{
    const struct bench *bench = context;
    (void)name;
    assert_true(from_ms <= to_ms);
    *ret = bench->answer;
    ret->reason = bench->answer.reason ? strdup(bench->answer.reason) : NULL;
    ret->partly_reason = bench->answer.partly_reason ? strdup(bench->answer.partly_reason) : NULL;
    return 0;
}

/* Words that a construct may be given: "key=value;key=value". */
static json_t *construct_of(const char *formula, const char *target, const char *more)
{
    json_t *construct =
        json_pack("{s:s, s:s, s:i, s:{s:s, s:i, s:i}}", "id", "M", "formula", formula, "every",
                  3600000, "criterion", "target", target, "for", 0, "recover", 3600000);
    CLEAN(clean_text) char *copy = strdup(more);
    char *rest = copy;
    for (char *word; (word = strsep(&rest, ";")) && *word;) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        if (strcmp(value, "true") == 0)
            json_object_set_new(construct, word, json_true());
        else if (strcmp(word, "tolerance") == 0)
            json_object_set_new(json_object_get(construct, "criterion"), word, json_string(value));
        else
            json_object_set_new(construct, word, json_string(value));
    }
    return construct;
}

static void judge(struct bench *bench, json_t *construct, struct result *ret)
{
    struct measure *measure = NULL;
    struct measure_fault fault = {0};
    struct measure_world world = {.series = bench->series,
                                  .now_ms = NOW,
                                  .reach_ms = 7200000,
                                  .context = bench,
                                  .watch = watch};
    presets_fill_measure(construct);
    if (measure_new(construct, &measure, &fault))
        fail_msg("%s: %s", fault.setting, fault.sentence);
    json_decref(construct);
    *ret = (struct result){0};
    if (measure_judge(measure, &world, ret, &bench->error))
        fail_msg("%s", error_sentence(&bench->error));
    measure_free(measure);
}

static const struct judgement {
    const char *formula;
    const char *target;
    const char *more;
    enum verdict verdict;
    enum unknown_kind unknown;
    double value; /* NaN: none */
    size_t breaching;
} judgements[] = {
    {"sum(bad)", "== 4", "", VERDICT_MET, KNOWN, 4, 0},
    {"sum(bad)", "== 0", "", VERDICT_MISSED, KNOWN, 4, 1},
    {"bad", "<= 1", "", VERDICT_MISSED, KNOWN, 3, 1},
    {"bad", "<= 1", "tolerance=<= 5", VERDICT_AT_RISK, KNOWN, 3, 0},
    {"bad", "== 0", "", VERDICT_MISSED, KNOWN, 3, 2},
    {"scalar(sum(bad)) - 1", "== 3", "", VERDICT_MET, KNOWN, 3, 0},
    {"ratio > 5", "== 0", "when_empty=met", VERDICT_UNKNOWN, UNKNOWN_INVALID, NAN, 0},
    {"ratio > bool 5", "== 0", "", VERDICT_UNKNOWN, UNKNOWN_INVALID, NAN, 0},
    {"max(ratio)", "== 1", "", VERDICT_UNKNOWN, UNKNOWN_INVALID, NAN, 0},
    {"bad > 2 or ratio > 5", "== 0", "", VERDICT_MISSED, KNOWN, 3, 1},
    {"ratio > 5", "== 0", "when_empty=met;zero_denominator=met", VERDICT_MET, KNOWN, NAN, 0},
    {"ratio > 5", "== 0", "when_empty=met;zero_denominator=7", VERDICT_MISSED, KNOWN, 7, 1},
    {"bad > scalar(gone)", "== 0", "when_empty=met", VERDICT_UNKNOWN, UNKNOWN_INVALID, NAN, 0},
    {"sum(bad)", "== 4", "valid_when=bad > 1", VERDICT_UNKNOWN, UNKNOWN_INVALID, NAN, 0},
    {"bad > 9", "== 0", "", VERDICT_UNKNOWN, UNKNOWN_TOO_FEW, NAN, 0},
    {"bad > 9", "== 0", "when_empty=met", VERDICT_MET, KNOWN, NAN, 0},
    {"bad > 9", "== 0", "when_empty=0", VERDICT_MET, KNOWN, 0, 0},
    {"bad > 9", "== 0", "when_empty=2", VERDICT_MISSED, KNOWN, 2, 1},
    {"zero / zero", "== 0", "", VERDICT_UNKNOWN, UNKNOWN_INVALID, NAN, 0},
    {"bad / on(user) zero", "== 0", "", VERDICT_UNKNOWN, UNKNOWN_INVALID, NAN, 0},
    {"zero / zero", "== 0", "zero_denominator=met", VERDICT_MET, KNOWN, NAN, 0},
    {"zero / zero", ">= 1", "zero_denominator=0", VERDICT_MISSED, KNOWN, 0, 1},
    {"sum(bad)", "== 4", "valid_when=old_index < 1", VERDICT_UNKNOWN, UNKNOWN_INVALID, NAN, 0},
    {"sum(bad)", "== 4", "valid_when=old_index == bool 7", VERDICT_UNKNOWN, UNKNOWN_INVALID, NAN,
     0},
    {"sum(bad)", "== 4", "valid_when=old_index > 0", VERDICT_MET, KNOWN, 4, 0},
    {"bad + on() bad", "== 0", "", VERDICT_UNKNOWN, UNKNOWN_INVALID, NAN, 0},
};

static void verdicts(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof judgements / sizeof *judgements; i++) {
        const struct judgement *row = &judgements[i];
        struct result result;
        judge(bench, construct_of(row->formula, row->target, row->more), &result);
        if (result.verdict != row->verdict || result.unknown != row->unknown ||
            result.has_value != !isnan(row->value) ||
            (result.has_value && result.value != row->value) || result.breaching != row->breaching)
            fail_msg("%s %s %s: %s, %s, %g, %zu (%s)", row->formula, row->target, row->more,
                     criterion_verdict_text(result.verdict),
                     measure_unknown_kind_text(result.unknown), result.value, result.breaching,
                     result.reason ? result.reason : "");
        if (result.verdict == VERDICT_UNKNOWN)
            assert_true(strlen(result.reason) > 10);
        measure_result_finish(&result);
    }
}

static const struct watching {
    struct watch_answer answer;
    const char *target;
    const char *more;
    enum verdict verdict;
    enum unknown_kind unknown;
    bool part_watched;
} watchings[] = {
    {{.covered = 1}, "== 4", "", VERDICT_MET, KNOWN, false},
    {{.unknown = UNKNOWN_LOST, .reason = (char *)"gone", .covered = 1},
     "== 4",
     "",
     VERDICT_UNKNOWN,
     UNKNOWN_LOST,
     false},
    {{.unknown = UNKNOWN_LOST, .reason = (char *)"gone", .covered = 1},
     "== 0",
     "",
     VERDICT_UNKNOWN,
     UNKNOWN_LOST,
     false},
    {{.partly = UNKNOWN_LOST, .partly_reason = (char *)"some", .covered = 1},
     "== 4",
     "",
     VERDICT_UNKNOWN,
     UNKNOWN_LOST,
     false},
    {{.partly = UNKNOWN_LOST, .partly_reason = (char *)"some", .covered = 1},
     "== 4",
     "accept_partial=true",
     VERDICT_MET,
     KNOWN,
     false},
    {{.unknown = UNKNOWN_LOST, .reason = (char *)"gone", .covered = 1},
     "== 4",
     "accept_partial=true",
     VERDICT_UNKNOWN,
     UNKNOWN_LOST,
     false},
    {{.covered = 0.9}, "== 4", "", VERDICT_MET, KNOWN, false},
    {{.covered = 0.89}, "== 4", "", VERDICT_UNKNOWN, UNKNOWN_TOO_FEW, false},
    {{.covered = 0.89}, "== 4", "coverage=0.5", VERDICT_MET, KNOWN, false},
    {{.covered = 0.1}, "<= 3", "", VERDICT_MISSED, KNOWN, true},
    {{.covered = 0.1}, "< 4", "", VERDICT_MISSED, KNOWN, true},
    {{.covered = 0.1}, ">= 5", "", VERDICT_UNKNOWN, UNKNOWN_TOO_FEW, false},
    {{.covered = 0.1}, "== 3", "", VERDICT_UNKNOWN, UNKNOWN_TOO_FEW, false},
};

static void watched(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof watchings / sizeof *watchings; i++) {
        const struct watching *row = &watchings[i];
        struct result result;
        bench->answer = row->answer;
        judge(bench, construct_of("sum(bad)", row->target, row->more), &result);
        if (result.verdict != row->verdict || result.unknown != row->unknown ||
            result.part_watched != row->part_watched)
            fail_msg("row %zu: %s, %s", i, criterion_verdict_text(result.verdict),
                     measure_unknown_kind_text(result.unknown));
        measure_result_finish(&result);
    }
}

static void reach(void **state)
{
    struct bench *bench = *state;
    struct measure *measure = NULL;
    struct measure_fault fault = {0};
    struct result result = {0};
    struct measure_world world = {
        .series = bench->series, .now_ms = NOW, .context = bench, .watch = watch};
    CLEAN(clean_json)
    json_t *construct = construct_of("sum(bad) + 0 * max(max_over_time(zero[2h] offset 1h))",
                                     "== 4", "when_empty=met");
    presets_fill_measure(construct);
    assert_int_equal(measure_new(construct, &measure, &fault), 0);
    assert_int_equal(measure_reach_ms(measure), 3 * 3600000);
    measure_free(measure);
    /* A look back of five minutes would not see what is read each hour. */
    CLEAN(clean_json) json_t *instant = construct_of("sum(bad)", "== 4", "");
    presets_fill_measure(instant);
    assert_int_equal(measure_new(instant, &measure, &fault), 0);
    assert_int_equal(measure_judge(measure, &world, &result, &bench->error), 0);
    assert_true(result.value == 1);
    measure_result_finish(&result);
    world.reach_ms = 7200000;
    assert_int_equal(measure_judge(measure, &world, &result, &bench->error), 0);
    assert_true(result.value == 4);
    measure_result_finish(&result);
    measure_free(measure);
}

static const struct mistake {
    const char *formula;
    const char *target;
    const char *more;
    const char *setting;
} mistakes[] = {
    {"sum(bad", "== 0", "", "formula"},
    {"bad[5m]", "== 0", "", "formula"},
    {"3", "== 3", "", "formula"},
    {"vector(1)", "== 1", "allow_absent=because", "formula"},
    {"bad or hour() * 0", "== 0", "", "formula"},
    {"bad", "== 0", "population=sum(hosts)", "population"},
    {"bad", "== 0", "population=all hosts", "population"},
    {"bad", "== 0", "population={env=\"prod\"}", "population"},
    {"\"text\"", "== 0", "", "formula"},
    {"{user=\"ann\"}", "== 0", "", "formula"},
    {"bad or vector(0)", "== 0", "", "formula"},
    {"absent(bad)", "== 0", "", "formula"},
    {"bad", "== 0", "valid_when=bad[", "valid_when"},
    {"bad", "== 0", "when_empty=good", "when_empty"},
    {"bad", "== 0", "zero_denominator=1x", "zero_denominator"},
    {"bad", "about 0", "", "criterion"},
    {"bad", "== 0", "tolerance=some", "criterion"},
};

static void mistakes_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        const struct mistake *row = &mistakes[i];
        CLEAN(clean_json) json_t *construct = construct_of(row->formula, row->target, row->more);
        struct measure *measure = NULL;
        struct measure_fault fault = {0};
        presets_fill_measure(construct);
        if (measure_new(construct, &measure, &fault) != ERROR_FORMAT)
            fail_msg("taken: %s", row->formula);
        assert_string_equal(fault.setting, row->setting);
        assert_true(fault.sentence && strlen(fault.sentence) > 10);
        measure_fault_finish(&fault);
    }
    struct measure *measure = NULL;
    struct measure_fault fault = {0};
    CLEAN(clean_json)
    json_t *forgiven = construct_of("bad or vector(0)", "== 0", "allow_absent=known to be rare");
    presets_fill_measure(forgiven);
    assert_int_equal(measure_new(forgiven, &measure, &fault), 0);
    measure_free(measure);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(verdicts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(watched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reach, set_up, tear_down),
        cmocka_unit_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
