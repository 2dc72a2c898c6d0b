/* Criteria: bounds, verdicts, `for`, recovery, restarts; objectives from their measures. */
#include "evaluation/criterion/criterion.h"
#include "evaluation/criterion/objective.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <math.h>

static struct criterion make(const char *target, const char *tolerance, int64_t for_ms,
                             int64_t recover_ms)
{
    struct criterion criterion;
    json_t *json = json_pack("{s:s, s:s, s:I, s:I}", "target", target, "tolerance", tolerance,
                             "for", (json_int_t)for_ms, "recover", (json_int_t)recover_ms);
    assert_int_equal(criterion_from_json(json, &criterion, NULL), 0);
    json_decref(json);
    return criterion;
}

static void test_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *target, *tolerance;
        double value;
        enum verdict verdict;
    } cases[] = {
        {"== 0", "", 0, VERDICT_MET},
        {"== 0", "", 1, VERDICT_MISSED},
        {"== 0", "<= 2", 1, VERDICT_AT_RISK},
        {"== 0", "<= 2", 3, VERDICT_MISSED},
        {">= 99", ">=95", 99, VERDICT_MET},
        {">= 99", ">=95", 98.9, VERDICT_AT_RISK},
        {">= 99", ">=95", 94, VERDICT_MISSED},
        {"< 1", "", 1, VERDICT_MISSED},
        {"> 1", "", 1.5, VERDICT_MET},
        {"!= 3", "", 3, VERDICT_MISSED},
        {"<= 1", "", NAN, VERDICT_UNKNOWN},
        {"<= 1", "", INFINITY, VERDICT_UNKNOWN},
        {"<= 1", "", -INFINITY, VERDICT_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct criterion criterion = make(cases[i].target, cases[i].tolerance, 0, 0);
        assert_int_equal(criterion_judge(&criterion, cases[i].value), cases[i].verdict);
    }
}

static void test_malformed_bounds(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "0", "= 0", "=< 1", "<= ", "<= x", "<= inf", "<= 1 2"};
    struct bound bound;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_not_equal(criterion_bound_parse(texts[i], &bound), 0);
}

/* One judgement a minute; each letter is a verdict, each answer a move. */
static void play(struct criterion criterion, const char *verdicts, const char *moves)
{
    struct criterion_memory memory = {0};
    int64_t boot_ms = 1000000;
    for (; *verdicts; verdicts++, moves++, boot_ms += 60000) {
        enum verdict verdict = *verdicts == 'M'   ? VERDICT_MISSED
                               : *verdicts == 'g' ? VERDICT_MET
                               : *verdicts == 'r' ? VERDICT_AT_RISK
                                                  : VERDICT_UNKNOWN;
        enum criterion_move move = criterion_step(&criterion, &memory, verdict, boot_ms, 120000);
        char expected = *moves;
        char found = "-REC"[move];
        if (found != expected)
            print_message("at %s: %c, expected %c\n", verdicts, found, expected);
        assert_int_equal(found, expected);
    }
}

static void test_for_and_recovery(void **state)
{
    (void)state;
    play(make("== 0", "", 0, 120000), "gMMgggM", "-RE--CR");
    play(make("== 0", "", 120000, 60000), "MMMMgg", "--RE-C");
    /* A single good judgement resets a miss that was not raised yet. */
    play(make("== 0", "", 120000, 60000), "MMgMMM", "-----R");
    /* Unknown neither raises, nor clears, nor resets. */
    play(make("== 0", "", 120000, 60000), "MMuM", "----");
    play(make("== 0", "", 120000, 60000), "MMuMM", "----R");
    play(make("== 0", "", 0, 60000), "Muuuuu", "R-----");
    play(make("== 0", "", 0, 60000), "Mgugg", "R---C");
    /* At risk is not a return. */
    play(make("== 0", "<= 2", 0, 60000), "Mrrrrgg", "R-----C");
    /* Cleared and missed again: raised again. */
    play(make("== 0", "", 0, 0), "MgMg", "RCRC");
}

static void test_gap_counts_in_part(void **state)
{
    (void)state;
    struct criterion criterion = make("== 0", "", 3600000, 0);
    struct criterion_memory memory = {0};
    assert_int_equal(criterion_step(&criterion, &memory, VERDICT_MISSED, 0, 120000),
                     CRITERION_NOTHING);
    /* A day in which nobody looked is not a day of missing. */
    assert_int_equal(criterion_step(&criterion, &memory, VERDICT_MISSED, 86400000, 120000),
                     CRITERION_NOTHING);
    assert_int_equal(memory.missed_ms, 120000);
}

static void test_memory_survives(void **state)
{
    (void)state;
    struct criterion criterion = make("== 0", "", 120000, 60000);
    struct criterion_memory memory = {0}, again;
    (void)criterion_step(&criterion, &memory, VERDICT_MISSED, 1000, 120000);
    (void)criterion_step(&criterion, &memory, VERDICT_MISSED, 61000, 120000);
    json_t *json = criterion_memory_to_json(&memory);
    criterion_memory_from_json(json, false, 90000, &again);
    assert_int_equal(again.missed_ms, 60000);
    assert_int_equal(criterion_step(&criterion, &again, VERDICT_MISSED, 121000, 120000),
                     CRITERION_RAISE);
    /* Another boot: its clock began anew, what was counted stays. */
    criterion_memory_from_json(json, true, 5000, &again);
    assert_int_equal(criterion_step(&criterion, &again, VERDICT_MISSED, 5000, 120000),
                     CRITERION_NOTHING);
    assert_int_equal(criterion_step(&criterion, &again, VERDICT_MISSED, 65000, 120000),
                     CRITERION_RAISE);
    json_decref(json);
}

static void test_objectives(void **state)
{
    (void)state;
    const enum verdict met[] = {VERDICT_MET, VERDICT_NOT_APPLICABLE};
    const enum verdict missed[] = {VERDICT_MET, VERDICT_MISSED};
    const enum verdict risk[] = {VERDICT_AT_RISK};
    const enum verdict unknown[] = {VERDICT_MET, VERDICT_UNKNOWN};
    const enum verdict none[] = {VERDICT_NOT_APPLICABLE};
    assert_int_equal(objective_judge(met, 2, 100, 99), OBJECTIVE_ON_COURSE);
    assert_int_equal(objective_judge(met, 2, 100, 100), OBJECTIVE_ACHIEVED);
    assert_int_equal(objective_judge(missed, 2, 100, 99), OBJECTIVE_BEHIND);
    assert_int_equal(objective_judge(missed, 2, 100, 100), OBJECTIVE_MISSED);
    assert_int_equal(objective_judge(risk, 1, 100, 99), OBJECTIVE_BEHIND);
    assert_int_equal(objective_judge(risk, 1, 100, 100), OBJECTIVE_MISSED);
    assert_int_equal(objective_judge(unknown, 2, 100, 99), OBJECTIVE_UNKNOWN);
    assert_int_equal(objective_judge(unknown, 2, 100, 100), OBJECTIVE_UNKNOWN);
    assert_int_equal(objective_judge(none, 1, 100, 99), OBJECTIVE_UNKNOWN);
    assert_int_equal(objective_judge(NULL, 0, 100, 200), OBJECTIVE_UNKNOWN);
}

static void provisional_good_counts_for_nothing(void **state)
{
    (void)state;
    struct criterion criterion = {.recover_ms = 120000, .for_ms = 60000};
    struct criterion_memory memory = {0};
    /* A miss counts. */
    (void)criterion_step_provisional(&criterion, &memory, VERDICT_MISSED, 1000, 120000);
    assert_int_equal(criterion_step_provisional(&criterion, &memory, VERDICT_MISSED, 61000, 120000),
                     CRITERION_RAISE);
    /* What is met provisionally never recovers, also over a store. */
    int64_t at_ms = 61000;
    for (int i = 0; i < 10; i++)
        assert_int_equal(
            criterion_step_provisional(&criterion, &memory, VERDICT_MET, at_ms += 60000, 120000),
            CRITERION_NOTHING);
    json_t *json = criterion_memory_to_json(&memory);
    criterion_memory_from_json(json, false, at_ms, &memory);
    json_decref(json);
    /* Nor does the time since the last such one. */
    assert_int_equal(criterion_step(&criterion, &memory, VERDICT_MET, at_ms += 60000, 120000),
                     CRITERION_NOTHING);
    assert_int_equal(criterion_step(&criterion, &memory, VERDICT_MET, at_ms += 60000, 120000),
                     CRITERION_NOTHING);
    assert_int_equal(criterion_step(&criterion, &memory, VERDICT_MET, at_ms += 60000, 120000),
                     CRITERION_CLEAR);
    /* It does not break off a miss either. */
    (void)criterion_step(&criterion, &memory, VERDICT_MISSED, at_ms += 30000, 120000);
    (void)criterion_step(&criterion, &memory, VERDICT_MISSED, at_ms += 30000, 120000);
    (void)criterion_step_provisional(&criterion, &memory, VERDICT_MET, at_ms += 1000, 120000);
    (void)criterion_step(&criterion, &memory, VERDICT_MISSED, at_ms += 1000, 120000);
    assert_int_equal(criterion_step(&criterion, &memory, VERDICT_MISSED, at_ms += 30000, 120000),
                     CRITERION_RAISE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_malformed_bounds),
        cmocka_unit_test(test_for_and_recovery),
        cmocka_unit_test(test_gap_counts_in_part),
        cmocka_unit_test(test_memory_survives),
        cmocka_unit_test(test_objectives),
        cmocka_unit_test(provisional_good_counts_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
