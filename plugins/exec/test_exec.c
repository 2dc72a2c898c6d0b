/* The exec collector: states, performance data, JSON; programs that are absent, late, hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake/fake_asserts.h"

#define PROGRAM "/usr/lib/checks/one"

static struct fake *nagios(void)
{
    struct fake *fake = fake_load(PLUGIN_PATH);
    fake_set(fake, "checks[0].name", "c");
    fake_set(fake, "checks[0].program[0]", PROGRAM);
    fake_set(fake, "checks[0].program[1]", "-w");
    return fake;
}

static struct fake *run_nagios(const char *output, int exit_code)
{
    struct fake *fake = nagios();
    fake_program(fake, PROGRAM, output, exit_code);
    fake_run(fake);
    return fake;
}

static void test_states(void **state)
{
    (void)state;
    static const struct {
        int code;
        int state;
    } cases[] = {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 3}, {127, 3}, {255, 3}, {-1, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake *fake = run_nagios("DISK OK - fine | a=1\n", cases[i].code);
        assert_int_equal(fake_status(fake), CFD_OK);
        assert_true(fake_value_of(fake, "exec_state", "check=c") == cases[i].state);
        assert_true(fake_value_of(fake, "exec_run_seconds", "check=c") >= 0);
        assert_true(fake_excerpted(fake, "exec_state", "DISK OK - fine"));
        assert_string_equal(fake->ran.pair[0].text, PROGRAM " -w");
        fake_free(fake);
    }
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *output;
        const char *labels;
        double value;
    } cases[] = {
        {"OK | a=1", "label=a,unit=", 1},
        {"OK|/=2643MB;5948;5958;0;5968", "label=/,unit=MB", 2643},
        {"OK | 'free space'=12.5%;", "label=free space,unit=%", 12.5},
        {"OK | 'it''s'=-3c", "label=it's,unit=c", -3},
        {"OK | 'a=b'=4ms;;;0", "label=a=b,unit=ms", 4},
        {"OK | a=1e3s b=2E-1", "label=a,unit=s", 1000},
        {"OK | a=1e3s b=2E-1", "label=b,unit=", 0.2},
        {"OK | a=5e", "label=a,unit=e", 5},
        {"OK | a=+7", "label=a", 7},
        {"OK | a=1\nlong text\nmore | b=2\nc=3 d=4", "label=d", 4},
        {"OK\nlong | b=2", "label=b", 2},
        {"OK | a=1 = b=2 'open c=3", "label=a", 1},
        {"OK | =1 b=2;;;;;;; c=3", "label=c", 3},
        {"OK | x=1,5 c=3", "label=c", 3},
        {"OK | x=;1;2 c=3", "label=c", 3},
        {"OK | x=nan y=inf z=0x10 c=3", "label=c", 3},
        {"OK | x=1;20:10 c=3", "label=c", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake *fake = run_nagios(cases[i].output, 0);
        if (fake_value_of(fake, "exec_value", cases[i].labels) != cases[i].value)
            fail_msg("%s", cases[i].output);
        assert_int_equal(fake_count(fake, "exec_value", "label=x"), 0);
        fake_free(fake);
    }
}

static void test_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *range;
        const char *value;
        double alerts;
    } cases[] = {
        {"10", "10", 0},     {"10", "10.1", 1},  {"10", "-1", 1},     {"10:", "9", 1},
        {"10:", "10", 0},    {"~:10", "-99", 0}, {"~:10", "11", 1},   {"10:20", "9", 1},
        {"10:20", "20", 0},  {"10:20", "21", 1}, {"@10:20", "10", 1}, {"@10:20", "20", 1},
        {"@10:20", "21", 0}, {"@5", "0", 1},     {"@5", "6", 0},      {"-5:-1", "-3", 0},
        {"0:", "-0.5", 1},   {":5", "3", 0},     {"@~:0", "-7", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char output[128];
        snprintf(output, sizeof output, "OK | a=%s;%s;", cases[i].value, cases[i].range);
        struct fake *fake = run_nagios(output, 0);
        if (fake_value_of(fake, "exec_warning", "check=c,label=a") != cases[i].alerts)
            fail_msg("%s", output);
        assert_int_equal(fake_count(fake, "exec_critical", NULL), 0);
        fake_free(fake);
    }
    struct fake *fake = run_nagios("OK | a=3;1;2 b=1;;2", 0);
    assert_true(fake_value_of(fake, "exec_warning", "label=a") == 1);
    assert_true(fake_value_of(fake, "exec_critical", "label=a") == 1);
    assert_true(fake_value_of(fake, "exec_critical", "label=b") == 0);
    assert_int_equal(fake_count(fake, "exec_warning", "label=b"), 0);
    fake_free(fake);
}

/* What is not known is said to be missing, and never a value. */
static void test_unknown(void **state)
{
    (void)state;
    static const char *const outputs[] = {"OK | a=U;1;2", "OK | a=", "OK | 'a", "OK | a=1=2;x"};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        struct fake *fake = run_nagios(outputs[i], 0);
        assert_int_equal(fake_count(fake, "exec_value", NULL), 0);
        assert_non_null(fake_missing(fake, "exec_value"));
        assert_non_null(fake_missing(fake, "exec_critical"));
        fake_free(fake);
    }
    struct fake *fake = run_nagios("UNKNOWN - no such host", 3);
    assert_non_null(fake_missing(fake, "exec_value"));
    fake_free(fake);
    fake = run_nagios("OK without data", 0);
    assert_null(fake_missing(fake, "exec_value"));
    fake_free(fake);
}

/* The last reason, which is the one that is kept. */
static const char *reason(const struct fake *fake, const char *attribute)
{
    const char *found = "";
    for (size_t i = 0; i < fake->missing.count; i++)
        if (!strcmp(fake->missing.pair[i].name, attribute))
            found = fake->missing.pair[i].text;
    return found;
}

/* A reason names the first item that could not be used, and counts the others. */
static void test_reasons(void **state)
{
    (void)state;
    struct fake *fake = run_nagios("OK | a=1 b=x;2 c=U", 0);
    assert_string_equal(reason(fake, "exec_warning"),
                        "check c: performance data is malformed: b=x;2; and 1 more");
    assert_int_equal(fake_status(fake), CFD_OK);
    assert_int_equal(fake_count(fake, "exec_value", NULL), 1);
    fake_free(fake);
}

/* A reading that the host does not take is missing; the check and the others are as good as before.
 */
static void test_refused_reading(void **state)
{
    (void)state;
    struct fake *fake = nagios();
    fake_program(fake, PROGRAM, "OK | a=1", 0);
    fake->refuse = CFD_LIMIT;
    assert_int_equal(fake_run(fake), CFD_OK);
    assert_non_null(strstr(reason(fake, "exec_value"), "more series than are kept"));
    assert_non_null(strstr(reason(fake, "exec_state"), "more series than are kept"));
    fake->refuse = CFD_OK;
    fake_program(fake, PROGRAM, "OK | \xff=1", 0);
    assert_int_equal(fake_run(fake), CFD_OK);
    assert_true(fake_value_of(fake, "exec_value", "label=\\xff") == 1);
    fake_free(fake);
}

static void test_absent_program(void **state)
{
    (void)state;
    struct fake *fake = nagios();
    fake_set(fake, "checks[1].name", "d");
    fake_set(fake, "checks[1].program", "/usr/lib/checks/two");
    fake_program(fake, "/usr/lib/checks/two", "OK | a=1", 0);
    assert_int_equal(fake_run(fake), CFD_OK);
    assert_true(fake_value_of(fake, "exec_state", "check=c") == 3);
    assert_true(fake_value_of(fake, "exec_state", "check=d") == 0);
    assert_int_equal(fake_count(fake, "exec_run_seconds", "check=c"), 0);
    assert_non_null(strstr(fake_missing(fake, "exec_value"), "not there"));
    fake_free(fake);
}

static void test_late_program(void **state)
{
    (void)state;
    struct fake *fake = fake_load(PLUGIN_PATH);
    fake->real_programs = true;
    fake_set(fake, "checks[0].name", "slow");
    fake_set(fake, "checks[0].program[0]", "/bin/sleep");
    fake_set(fake, "checks[0].program[1]", "60");
    fake_set(fake, "checks[0].timeout", "100ms");
    fake_run(fake);
    assert_true(fake_value_of(fake, "exec_state", "check=slow") == 3);
    assert_non_null(strstr(fake_missing(fake, "exec_value"), "did not end in time"));
    fake_free(fake);
}

static void test_output_limit(void **state)
{
    (void)state;
    static const struct {
        const char *limit;
        size_t length;
        double state;
    } cases[] = {{"1KiB", 1024, 0}, {"1KiB", 1025, 3}, {NULL, 65536, 0}, {NULL, 65537, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake *fake = nagios();
        char *output = malloc(cases[i].length + 1);
        assert_non_null(output);
        memset(output, 'x', cases[i].length);
        output[cases[i].length] = '\0';
        if (cases[i].limit)
            fake_set(fake, "output_limit", cases[i].limit);
        fake_program(fake, PROGRAM, output, 0);
        fake_run(fake);
        assert_true(fake_value_of(fake, "exec_state", "check=c") == cases[i].state);
        free(output);
        fake_free(fake);
    }
}

static struct fake *json(void)
{
    struct fake *fake = nagios();
    fake_set(fake, "checks[0].format", "json");
    fake_set(fake, "checks[0].readings[0].name", "age_seconds");
    fake_set(fake, "checks[0].readings[0].labels", "set");
    fake_set(fake, "checks[0].readings[1].name", "version");
    fake_set(fake, "checks[0].readings[1].kind", "text");
    return fake;
}

static struct fake *run_json(const char *output, int exit_code)
{
    struct fake *fake = json();
    fake_program(fake, PROGRAM, output, exit_code);
    fake_run(fake);
    return fake;
}

static void test_json(void **state)
{
    (void)state;
    struct fake *fake = run_json("{\"age_seconds\": [{\"value\": 12, \"set\": \"home\"},"
                                 " {\"value\": 0.5, \"set\": \"db\"}], \"version\": \"1.2\","
                                 " \"more\": 1}",
                                 1);
    assert_true(fake_value_of(fake, "exec_state", "check=c") == 1);
    assert_true(fake_value_of(fake, "exec_age_seconds", "set=home") == 12);
    assert_true(fake_value_of(fake, "exec_age_seconds", "set=db") == 0.5);
    assert_string_equal(fake_text(fake, "exec_version", NULL), "1.2");
    assert_true(fake_logged(fake, "not among its readings: more"));
    assert_int_equal(fake->missing.count, 0);
    fake_free(fake);
}

static void test_json_hostile(void **state)
{
    (void)state;
    static const struct {
        const char *output;
        const char *missing;
        bool answers;
    } cases[] = {
        {"", "exec_age_seconds", false},
        {"[1]", "exec_version", false},
        {"{\"version\":\"1\",\"version\":\"2\"}", "exec_version", false},
        {"{\"version\":\"1\"", "exec_age_seconds", false},
        {"{\"version\":\"1\"}", "exec_age_seconds", true},
        {"{\"version\":7,\"age_seconds\":1}", "exec_version", true},
        {"{\"version\":\"7\",\"age_seconds\":\"1\"}", "exec_age_seconds", true},
        {"{\"version\":\"7\",\"age_seconds\":null}", "exec_age_seconds", true},
        {"{\"version\":\"7\",\"age_seconds\":[{\"value\":1,\"set\":3}]}", "exec_age_seconds", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake *fake = run_json(cases[i].output, 0);
        if (!fake_missing(fake, cases[i].missing))
            fail_msg("%s: %s is not missing", cases[i].output, cases[i].missing);
        assert_true(fake_value_of(fake, "exec_state", "check=c") == (cases[i].answers ? 0 : 3));
        fake_free(fake);
    }
}

static void test_faults(void **state)
{
    (void)state;
    struct fake *fake = json();
    fake_set(fake, "checks[1].name", "c");
    fake_set(fake, "checks[1].program", "/bin/true");
    assert_int_equal(fake_open(fake), CFD_INVALID);
    assert_string_equal(fake_fault(fake, "checks[1].name"), "another check has this name");
    fake_free(fake);
    fake = json();
    fake_set(fake, "checks[0].readings[2].name", "version");
    assert_int_equal(fake_open(fake), CFD_INVALID);
    assert_non_null(fake_fault(fake, "checks[0].readings[2].name"));
    fake_free(fake);
    fake = nagios();
    fake_set(fake, "checks[0].readings[0].name", "x");
    assert_int_equal(fake_open(fake), CFD_INVALID);
    assert_non_null(fake_fault(fake, "checks[0].readings"));
    fake_free(fake);
    fake = nagios();
    fake_set(fake, "checks[0].format", "json");
    assert_int_equal(fake_open(fake), CFD_INVALID);
    assert_non_null(fake_fault(fake, "checks[0].format"));
    fake_free(fake);
}

static void test_selftest(void **state)
{
    (void)state;
    struct fake *fake = nagios();
    assert_int_equal(fake_selftest(fake, SOURCE_DIR "/plugins/exec/selftest"), CFD_OK);
    assert_true(fake_selftest(fake, SOURCE_DIR "/plugins/exec") != CFD_OK);
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_absent_program),
        cmocka_unit_test(test_late_program),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_hostile),
        cmocka_unit_test(test_selftest),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_output_limit),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_refused_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
