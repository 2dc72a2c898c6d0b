/* The exposition in both dialects, its refusals, and which one a reader gets. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ground/base/clean.h"
#include "ground/exposition/exposition.h"

static const char *const states[] = {"met", "missed", NULL};

/* Everything once: each type, both escapes, odd doubles, a unit. */
static void write_all(struct exposition *expose)
{
    struct label pair[] = {{"measure", "M\"1\"\\\n"}};
    const struct exposition_family families[] = {
        {"conformd_build", "What \"it\" is:\n\\", NULL, EXPOSITION_INFO},
        {"conformd_run_seconds", "Time.", "seconds", EXPOSITION_GAUGE},
        {"conformd_runs_total", "Runs.", NULL, EXPOSITION_COUNTER},
        {"conformd_state", NULL, NULL, EXPOSITION_STATESET},
        {"conformd_other", NULL, "bytes", EXPOSITION_UNKNOWN},
    };
    struct label version = {"version", "0.1.0"};
    assert_int_equal(exposition_family(expose, &families[0]), 0);
    assert_int_equal(exposition_point(expose, &version, 1, 17), 0);
    assert_int_equal(exposition_family(expose, &families[1]), 0);
    assert_int_equal(exposition_point(expose, pair, 1, 0.1), 0);
    assert_int_equal(exposition_point(expose, NULL, 0, INFINITY), 0);
    assert_int_equal(exposition_family(expose, &families[2]), 0);
    assert_int_equal(exposition_point(expose, NULL, 0, 100000), 0);
    assert_int_equal(exposition_family(expose, &families[3]), 0);
    struct label measure = {"measure", "M1"};
    assert_int_equal(exposition_states(expose, &measure, 1, states, "missed"), 0);
    assert_int_equal(exposition_family(expose, &families[4]), 0);
    assert_int_equal(exposition_point(expose, NULL, 0, NAN), 0);
    assert_int_equal(exposition_finish(expose), 0);
}

static void test_openmetrics(void **state)
{
    (void)state;
    CLEAN(buffer_finish) struct buffer buffer = {0};
    struct exposition expose = {.buffer = &buffer, .dialect = EXPOSITION_OPENMETRICS};
    write_all(&expose);
    assert_string_equal(buffer.data, "# TYPE conformd_build info\n"
                                     "# HELP conformd_build What \\\"it\\\" is:\\n\\\\\n"
                                     "conformd_build_info{version=\"0.1.0\"} 1\n"
                                     "# TYPE conformd_run_seconds gauge\n"
                                     "# UNIT conformd_run_seconds seconds\n"
                                     "# HELP conformd_run_seconds Time.\n"
                                     "conformd_run_seconds{measure=\"M\\\"1\\\"\\\\\\n\"} 0.1\n"
                                     "conformd_run_seconds +Inf\n"
                                     "# TYPE conformd_runs counter\n"
                                     "# HELP conformd_runs Runs.\n"
                                     "conformd_runs_total 100000\n"
                                     "# TYPE conformd_state stateset\n"
                                     "conformd_state{measure=\"M1\",conformd_state=\"met\"} 0\n"
                                     "conformd_state{measure=\"M1\",conformd_state=\"missed\"} 1\n"
                                     "# TYPE conformd_other unknown\n"
                                     "conformd_other NaN\n"
                                     "# EOF\n");
}

static void test_text(void **state)
{
    (void)state;
    CLEAN(buffer_finish) struct buffer buffer = {0};
    struct exposition expose = {.buffer = &buffer, .dialect = EXPOSITION_TEXT};
    write_all(&expose);
    assert_string_equal(buffer.data, "# HELP conformd_build_info What \"it\" is:\\n\\\\\n"
                                     "# TYPE conformd_build_info gauge\n"
                                     "conformd_build_info{version=\"0.1.0\"} 1\n"
                                     "# HELP conformd_run_seconds Time.\n"
                                     "# TYPE conformd_run_seconds gauge\n"
                                     "conformd_run_seconds{measure=\"M\\\"1\\\"\\\\\\n\"} 0.1\n"
                                     "conformd_run_seconds +Inf\n"
                                     "# HELP conformd_runs_total Runs.\n"
                                     "# TYPE conformd_runs_total counter\n"
                                     "conformd_runs_total 100000\n"
                                     "# TYPE conformd_state gauge\n"
                                     "conformd_state{measure=\"M1\",conformd_state=\"met\"} 0\n"
                                     "conformd_state{measure=\"M1\",conformd_state=\"missed\"} 1\n"
                                     "# TYPE conformd_other untyped\n"
                                     "conformd_other NaN\n");
}

/* What is refused leaves no trace, so that the whole stays valid. */
static void test_histogram(void **state)
{
    (void)state;
    static const double bounds[] = {0.5, 2};
    static const uint64_t counts[] = {3, 0, 4};
    struct exposition_buckets buckets = {bounds, counts, 2, 12.5};
    struct exposition_family family = {
        .name = "x_seconds", .unit = "seconds", .type = EXPOSITION_HISTOGRAM};
    struct exposition_family gauge = {.name = "y", .type = EXPOSITION_GAUGE};
    CLEAN(buffer_finish) struct buffer buffer = {0};
    struct exposition expose = {.buffer = &buffer};
    assert_int_equal(exposition_family(&expose, &family), 0);
    assert_int_equal(exposition_point(&expose, NULL, 0, 1), ERROR_STATE);
    assert_int_equal(exposition_histogram(&expose, &buckets), 0);
    assert_int_equal(exposition_family(&expose, &gauge), 0);
    assert_int_equal(exposition_histogram(&expose, &buckets), ERROR_STATE);
    assert_int_equal(exposition_finish(&expose), 0);
    assert_string_equal(buffer.data, "# TYPE x_seconds histogram\n"
                                     "x_seconds_bucket{le=\"0.5\"} 3\n"
                                     "x_seconds_bucket{le=\"2\"} 3\n"
                                     "x_seconds_bucket{le=\"+Inf\"} 7\n"
                                     "x_seconds_sum 12.5\n"
                                     "x_seconds_count 7\n"
                                     "# TYPE y gauge\n");
}

static void test_refusals(void **state)
{
    (void)state;
    CLEAN(buffer_finish) struct buffer buffer = {0};
    struct exposition expose = {.buffer = &buffer, .dialect = EXPOSITION_OPENMETRICS};
    const struct exposition_family x = {"x", NULL, NULL, EXPOSITION_COUNTER};
    const struct exposition_family clashes = {"x_total", NULL, NULL, EXPOSITION_GAUGE};
    const struct exposition_family same = {"x", NULL, NULL, EXPOSITION_GAUGE};
    const struct exposition_family bad = {"9x", NULL, NULL, EXPOSITION_GAUGE};
    assert_int_equal(exposition_point(&expose, NULL, 0, 1), ERROR_STATE);
    assert_int_equal(exposition_family(&expose, &x), 0);
    struct label twice[] = {{"a", "1"}, {"a", "2"}};
    struct label reserved = {"__name__", "y"}, dashed = {"a-b", "y"};
    assert_int_equal(exposition_point(&expose, twice, 2, 1), ERROR_RANGE);
    assert_int_equal(exposition_point(&expose, &reserved, 1, 1), ERROR_RANGE);
    assert_int_equal(exposition_point(&expose, &dashed, 1, 1), ERROR_RANGE);
    assert_int_equal(exposition_states(&expose, NULL, 0, states, NULL), ERROR_STATE);
    assert_int_equal(exposition_family(&expose, &same), ERROR_EXISTS);
    assert_int_equal(exposition_point(&expose, NULL, 0, 1), ERROR_STATE);
    assert_int_equal(exposition_family(&expose, &clashes), ERROR_EXISTS);
    assert_int_equal(exposition_family(&expose, &bad), ERROR_RANGE);
    assert_int_equal(exposition_finish(&expose), 0);
    assert_string_equal(buffer.data, "# TYPE x counter\n# EOF\n");
}

static void test_foreign_bytes(void **state)
{
    (void)state;
    CLEAN(buffer_finish) struct buffer buffer = {0};
    struct exposition expose = {.buffer = &buffer, .dialect = EXPOSITION_TEXT};
    const struct exposition_family x = {"x", NULL, NULL, EXPOSITION_GAUGE};
    struct label pair = {"a", "\xff\xfe"};
    assert_int_equal(exposition_family(&expose, &x), 0);
    assert_int_equal(exposition_point(&expose, &pair, 1, 1), 0);
    assert_int_equal(exposition_finish(&expose), 0);
    assert_string_equal(buffer.data, "# TYPE x gauge\nx{a=\"\\\\xff\\\\xfe\"} 1\n");
}

static void test_limit(void **state)
{
    (void)state;
    CLEAN(buffer_finish) struct buffer buffer = {.limit = 20};
    struct exposition expose = {.buffer = &buffer, .dialect = EXPOSITION_OPENMETRICS};
    const struct exposition_family x = {"long_name", NULL, NULL, EXPOSITION_GAUGE};
    assert_int_equal(exposition_family(&expose, &x), 0);
    assert_int_equal(exposition_finish(&expose), ERROR_LIMIT);
}

static void test_choose(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum exposition_dialect dialect;
    } cases[] = {
        {NULL, EXPOSITION_TEXT},
        {"", EXPOSITION_TEXT},
        {"*/*", EXPOSITION_TEXT},
        {"text/html,application/xhtml+xml,*/*;q=0.8", EXPOSITION_TEXT},
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
         "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text; version=1.0.0; charset=utf-8", EXPOSITION_OPENMETRICS},
        {"Application/OpenMetrics-Text", EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;version=\"1.0.0\"", EXPOSITION_OPENMETRICS},
        {"application/openmetrics-text;version=2.0.0", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=0", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=0.3,text/plain;q=0.5", EXPOSITION_TEXT},
        {"application/openmetrics-text;q=nonsense", EXPOSITION_TEXT},
        {",;,=;q=,", EXPOSITION_TEXT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (exposition_choose(cases[i].accept) != cases[i].dialect)
            fail_msg("Accept: %s", cases[i].accept ? cases[i].accept : "(none)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openmetrics), cmocka_unit_test(test_text),
        cmocka_unit_test(test_refusals),    cmocka_unit_test(test_foreign_bytes),
        cmocka_unit_test(test_histogram),   cmocka_unit_test(test_limit),
        cmocka_unit_test(test_choose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
