/* The parser of formulas: what it refuses and where, how it prints, what it says of a formula. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evaluation/promql/selectors.h"
#include "ground/base/buffer.h"
#include "ground/base/clean.h"

static struct promql *parsed(const char *text)
{
    struct promql *promql = NULL;
    struct promql_fault fault = {0};
    int code = promql_parse(text, &promql, &fault);
    if (code)
        fail_msg("%s: column %zu: %s", text, fault.column, fault.sentence);
    return promql;
}

struct fault_case {
    const char *text;
    size_t column;
    const char *says; /* stands in the sentence */
};

static const struct fault_case faults[] = {
    {"", 1, "empty"},
    {"  # nothing\n", 1, "empty"},
    {"foo{", 5, "label name"},
    {"foo{a}", 6, "= != =~ !~"},
    {"foo{a=b}", 7, "in quotes"},
    {"foo{a=\"b\"", 10, "\"}\""},
    {"foo{a=\"b\" c=\"d\"}", 11, "\",\""},
    {"foo{a==\"b\"}", 6, "= != =~ !~"},
    {"foo{,}", 5, "label name"},
    {"foo{__name__=\"bar\"}", 5, "given twice"},
    {"{}", 1, "at least one matcher"},
    {"{a=\"\"}", 1, "at least one matcher"},
    {"{a=~\".*\"}", 1, "at least one matcher"},
    {"{a!=\"x\"}", 1, "at least one matcher"},
    {"sum(foo", 8, "\")\""},
    {"(foo", 5, "close the parenthesis"},
    {"foo)", 4, "closes nothing"},
    {"foo bar", 5, "an operator or the end"},
    {"foo +", 6, "an expression"},
    {"1 + * 2", 5, "an expression"},
    {"foo = 1", 5, "an operator"},
    {"rte(foo[5m])", 1, "did you mean \"rate\"?"},
    {"nonsense(foo)", 1, "no function \"nonsense\""},
    {"RATE(foo[5m])", 1, "did you mean \"rate\"?"},
    {"rate(foo)", 6, "range vector"},
    {"abs(foo[5m])", 5, "instant vector"},
    {"abs(1)", 5, "vector()"},
    {"abs()", 1, "takes 1 argument, not 0"},
    {"abs(foo, bar)", 1, "takes 1 argument, not 2"},
    {"round(foo, 1, 2)", 1, "at most 2"},
    {"round()", 1, "at least 1"},
    {"label_replace(foo, \"a\", \"b\", \"c\")", 1, "takes 5 arguments"},
    {"label_replace(foo, \"a-b\", \"b\", \"c\", \"d\")", 20, "not a label name"},
    {"label_replace(foo, \"a\", \"b\", \"c\", \"(\")", 35, "not a regular expression"},
    {"label_join(foo, \"a\", \"-\", \"0b\")", 27, "not a label name"},
    {"time(1)", 1, "takes 0 arguments"},
    {"abs(foo,)", 8, "missing after"},
    {"sum(foo,)", 8, "missing after"},
    {"sum()", 1, "takes 1 argument"},
    {"sum(1)", 5, "instant vector"},
    {"sum(foo[5m])", 5, "rate(x[5m])"},
    {"topk(foo)", 1, "takes 2 arguments"},
    {"topk(foo, 3)", 11, "instant vector"},
    {"topk(\"a\", foo)", 6, "scalar"},
    {"count_values(3, foo)", 14, "string"},
    {"count_values(\"a:b\", foo)", 14, "not a label name"},
    {"sum by (a b) (foo)", 11, "\",\""},
    {"sum by (a:b) (foo)", 9, "label name"},
    {"sum by (without) (foo)", 9, "label name"},
    {"sum by a (foo)", 8, "\"(\""},
    {"foo[5]", 5, "needs a unit"},
    {"foo[]", 5, "a duration"},
    {"foo[5x]", 5, "not a duration"},
    {"foo[5m1h]", 5, "not a duration"},
    {"foo[0s]", 5, "greater than 0"},
    {"foo[300y]", 5, "292 years"},
    {"foo[5m", 7, "\"]\" or \":\""},
    {"foo[5m:1m", 10, "\"]\""},
    {"(foo)[5m]", 6, "follows a selector directly"},
    {"foo[5m][5m]", 8, "follows a selector directly"},
    {"foo offset 5m [5m]", 15, "follows the range"},
    {"foo @ 5 [5m]", 9, "follows the range"},
    {"foo[5m:1m][5m:1m]", 4, "a subquery takes"},
    {"1[5m:1m]", 1, "a subquery takes"},
    {"foo offset", 11, "a duration"},
    {"foo offset 5", 12, "needs a unit"},
    {"foo offset 5m offset 5m", 15, "twice"},
    {"sum(foo) offset 5m", 10, "offset follows"},
    {"foo @ 1 @ 2", 9, "twice"},
    {"foo @ bar", 7, "start() or end()"},
    {"foo @ start", 12, "\"(\""},
    {"foo @ Inf", 7, "out of range"},
    {"sum(foo) @ 1", 10, "@ follows"},
    {"1 == 1", 3, "bool"},
    {"1 + bool 1", 3, "comparisons only"},
    {"1 and foo", 3, "on both sides"},
    {"foo + \"a\"", 7, "not a string"},
    {"foo + bar[5m]", 7, "not a range vector"},
    {"-\"a\"", 1, "not a string"},
    {"foo + on(a) 1", 5, "is a scalar"},
    {"foo and on(a) group_left bar", 5, "no group_left"},
    {"foo * on(a) group_left(a) bar", 5, "one of them"},
    {"foo * group_left bar", 7, "an expression"},
    {"foo * on bar", 10, "\"(\""},
    {"\"abc", 1, "no closing"},
    {"foo{a=\"b\nc\"}", 7, "no closing"},
    {"\"a\\q\"", 3, "not an escape"},
    {"\"\\400\"", 2, "not an escape"},
    {"\"\\000\"", 2, "not an escape"},
    {"'\\\"'", 2, "not an escape"},
    {"\"\\xff\"", 1, "UTF-8"},
    {"1e", 1, "not a number"},
    {"0x", 1, "not a number"},
    {"5z", 1, "not a duration"},
    {"foo $ bar", 5, "means nothing"},
    {"foo ! bar", 5, "means nothing"},
    {"foo{a=~\"(\"}", 8, "not a regular expression"},
    {"foo{a=~\"(.)\\\\1\"}", 8, "backreferences"},
    {"foo{a=~\"a(?=b)\"}", 8, "lookahead"},
    {"foo{a=~\"(?<!a)b\"}", 8, "lookbehind"},
    {"foo{a=~\"a*+\"}", 8, "a repetition"},
    {"foo{a=~\"(?>a)\"}", 8, "group"},
    {"foo{a=~\"(?R)\"}", 8, "group"},
    {"foo{a=~\"(*ACCEPT)\"}", 8, "verbs"},
    {"foo{a=~\"a{1001}\"}", 8, "1000"},
    {"foo{a=~\"\\\\K\"}", 8, "this escape"},
    {"foo{a=~\"\\\\k<x>\"}", 8, "backreferences"},
};

static void faults_have_place_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct promql *promql = NULL;
        struct promql_fault fault = {0};
        int code = promql_parse(faults[i].text, &promql, &fault);
        if (code != ERROR_FORMAT || fault.column != faults[i].column ||
            !strstr(fault.sentence, faults[i].says))
            fail_msg("%s: %d, column %zu (not %zu): %s", faults[i].text, code, fault.column,
                     faults[i].column, fault.sentence ? fault.sentence : "no fault");
        assert_null(promql);
        promql_fault_finish(&fault);
        assert_int_equal(promql_parse(faults[i].text, &promql, NULL), ERROR_FORMAT);
    }
}

static int parse_repeated(const char *head, const char *part, size_t times, const char *tail)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    buffer_text(&text, head);
    for (size_t i = 0; i < times; i++)
        buffer_text(&text, part);
    buffer_text(&text, tail);
    struct promql *promql = NULL;
    struct promql_fault fault = {0};
    int code = promql_parse(text.data, &promql, &fault);
    assert_int_equal(code == 0, fault.sentence == NULL);
    promql_fault_finish(&fault);
    promql_free(promql);
    return code;
}

static void limits_hold(void **state)
{
    (void)state;
    assert_int_equal(parse_repeated("foo", " + foo", 90, ""), 0);
    assert_int_equal(parse_repeated("foo", " + foo", 200, ""), ERROR_LIMIT);
    assert_int_equal(parse_repeated("", "abs(", 400, "foo"), ERROR_LIMIT);
    assert_int_equal(parse_repeated("", "(", 8000, ""), ERROR_LIMIT);
    assert_int_equal(parse_repeated("", "-", 8000, "foo"), ERROR_LIMIT);
    assert_int_equal(parse_repeated("2", "^2", 4000, ""), ERROR_LIMIT);
    assert_int_equal(parse_repeated("foo", "[1h:1m]", 2000, ""), ERROR_LIMIT);
    assert_int_equal(parse_repeated("foo", " ", 16381, ""), 0);
    assert_int_equal(parse_repeated("foo", " ", 16382, ""), ERROR_LIMIT);
}

/* Text, and how it is printed. */
static const char *const prints[][2] = {
    {"foo", "foo"},
    {"sum", "sum"},
    {"offset offset 5m", "offset offset 5m"},
    {"by+without*start", "by + without * start"},
    {"and and and or or", "and and and or or"},
    {":a:b{c='d'}", ":a:b{c=\"d\"}"},
    {"{__name__=~'a|b', bool!=\"\",}", "{__name__=~\"a|b\",bool!=\"\"}"},
    {"foo{on='1',inf='2',sum='3'}", "foo{on=\"1\",inf=\"2\",sum=\"3\"}"},
    {"foo{a=`b\\n\"`}", "foo{a=\"b\\\\n\\\"\"}"},
    {"foo{a='\\u00e9\\x41\\101\\t'}", "foo{a=\"\xc3\xa9"
                                      "AA\\t\"}"},
    {"rate(foo[90m])", "rate(foo[1h30m])"},
    {"foo[5m] offset -1d @ 7", "foo[5m] @ 7.000 offset -1d"},
    {"foo @ -1.5", "foo @ -1.500"},
    {"foo{}[5m:] @ end()", "foo[5m:] @ end()"},
    {"(a+b)[1h:5m] offset 3m", "(a + b)[1h:5m] offset 3m"},
    {"SUM BY (a,b,)(foo)", "sum by (a, b) (foo)"},
    {"sum(foo) without (a)", "sum without (a) (foo)"},
    {"sum without() (foo)", "sum without () (foo)"},
    {"sum by () (foo)", "sum(foo)"},
    {"topk by (bool, on) (3, foo)", "topk by (bool, on) (3, foo)"},
    {"count_values('v', foo)", "count_values(\"v\", foo)"},
    {"a ==bool b", "a == bool b"},
    {"a * on(x,y) group_left(z) b", "a * on (x, y) group_left (z) b"},
    {"a / ignoring(x) group_right b", "a / ignoring (x) group_right () b"},
    {"a / ignoring() b", "a / b"},
    {"a AND ON () b", "a and on () b"},
    {"a UNLESS b", "a unless b"},
    {"a atan2 b", "a atan2 b"},
    {"-foo^2", "-foo ^ 2"},
    {"-1", "-1"},
    {"+foo", "+foo"},
    {"1e3", "1000"},
    {"1e6", "1e+06"},
    {"0x1F", "31"},
    {"010", "8"},
    {"089", "89"},
    {".5", "0.5"},
    {"1e-5", "1e-05"},
    {"0.0001", "0.0001"},
    {"Inf ^ Inf ^ 2", "Inf ^ Inf ^ 2"},
    {"foo + on() group_left 1", "foo + 1"},
    {"iNf - -NaN", "+Inf - NaN"},
    {"'a\\'b'", "\"a'b\""},
    {"time() # now\n + 1", "time() + 1"},
    {"foo[1y2w3d4h5m6s7ms]", "foo[1y2w3d4h5m6s7ms]"},
};

static void prints_and_reads_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof prints / sizeof *prints; i++) {
        struct promql *promql = parsed(prints[i][0]);
        CLEAN(clean_text) char *text = promql_print(promql);
        promql_free(promql);
        struct promql *again = parsed(text);
        CLEAN(clean_text) char *second = promql_print(again);
        promql_free(again);
        if (!strstr(prints[i][1], "1y"))
            assert_string_equal(text, prints[i][1]);
        assert_string_equal(text, second);
    }
}

static void types_are_known(void **state)
{
    static const struct {
        const char *text;
        enum promql_type type;
    } cases[] = {
        {"1 + 1", PROMQL_SCALAR},        {"foo", PROMQL_VECTOR},  {"1 + foo", PROMQL_VECTOR},
        {"foo[5m]", PROMQL_MATRIX},      {"'a'", PROMQL_STRING},  {"scalar(foo)", PROMQL_SCALAR},
        {"(foo[5m:1m])", PROMQL_MATRIX}, {"pi()", PROMQL_SCALAR}, {"hour()", PROMQL_VECTOR},
        {"1 == bool 2", PROMQL_SCALAR},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct promql *promql = parsed(cases[i].text);
        assert_int_equal(promql_type(promql), cases[i].type);
        promql_free(promql);
    }
}

static void write_selector(void *context, const struct promql_selector *selector)
{
    buffer_print(context, "%s %zu %lld %lld %d %zu;", selector->name ? selector->name : "-",
                 selector->count, (long long)selector->range_ms / 1000,
                 (long long)selector->offset_ms / 1000, selector->has_at, selector->column);
}

/* name, matchers, range, offset (seconds), pinned, column */
static const char *const selectors[][2] = {
    {"1", ""},
    {"foo", "foo 1 0 0 0 1;"},
    {"foo{a='b'} + {c='d'}", "foo 2 0 0 0 1;- 1 0 0 0 14;"},
    {"rate(foo[5m] offset 1m)", "foo 1 300 60 0 6;"},
    {"max_over_time(rate(foo[5m] offset 1m)[1h:1m] offset 1d)", "foo 1 3900 86460 0 20;"},
    {"max_over_time(foo[1h:1m] offset -1m)", "foo 1 3600 -60 0 15;"},
    {"sum_over_time(max_over_time(foo[1h:1m])[1d:1h])", "foo 1 90000 0 0 29;"},
    {"foo @ 5 offset 1m", "foo 1 0 60 1 1;"},
    {"sum_over_time((foo @ end())[1h:1m])", "foo 1 0 0 0 16;"},
    {"sum_over_time(max_over_time(foo[1h:1m] @ 9 offset 2m)[1d:1h])", "foo 1 3600 120 1 29;"},
    {"sum_over_time((foo + bar @ 5)[1h:1m] @ 9)", "foo 1 3600 0 1 16;bar 1 0 0 1 22;"},
};

static void selectors_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) {
        struct promql *promql = parsed(selectors[i][0]);
        CLEAN(buffer_finish) struct buffer out = {0};
        buffer_text(&out, "");
        promql_each_selector(promql, write_selector, &out);
        assert_string_equal(out.data, selectors[i][1]);
        promql_free(promql);
    }
}

/* What stands around a selector: which function over its range, and whether all is only added up.
 */
static const struct {
    const char *text;
    const char *over;
    bool summed;
} surroundings[] = {
    {"sum(foo)", "", true},
    {"sum by (instance) (-(foo))", "", true},
    {"sum(foo) / 3 > 1", "", true},
    {"max(sum(sum_over_time(foo[5m])))", "sum_over_time", true},
    {"sum(rate(foo[5m]))", "rate", true},
    {"foo", "", false},
    {"sum by (user) (foo)", "", false},
    {"sum without (instance) (foo)", "", false},
    {"sum(foo{user=\"ann\"})", "", false},
    {"sum(foo{instance=\"a\"})", "", true},
    {"sum(foo > 1)", "", false},
    {"count(foo)", "", false},
    {"sum(max_over_time(foo[5m]))", "max_over_time", false},
    {"sum(sum_over_time(foo[5m:1m]))", "", false},
};

static void note_surroundings(void *context, const struct promql_selector *selector)
{
    *(struct promql_selector *)context = *selector;
}

static void surroundings_are_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof surroundings / sizeof *surroundings; i++) {
        struct promql *promql = parsed(surroundings[i].text);
        struct promql_selector selector = {0};
        promql_each_selector(promql, note_surroundings, &selector);
        if (selector.summed != surroundings[i].summed ||
            strcmp(selector.over ? selector.over : "", surroundings[i].over) != 0)
            fail_msg("%s: %d, %s", surroundings[i].text, selector.summed,
                     selector.over ? selector.over : "");
        promql_free(promql);
    }
}

static void ends_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t end_s;
    } cases[] = {{"foo", 1000},         {"foo offset 1m", 940},       {"foo @ 500", 500},
                 {"foo @ end()", 1000}, {"foo @ 500 offset 1m", 440}, {"foo offset -1m", 1060}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct promql *promql = parsed(cases[i].text);
        struct promql_selector selector = {0};
        promql_each_selector(promql, note_surroundings, &selector);
        assert_int_equal(promql_selector_end(&selector, 1000000), cases[i].end_s * 1000);
        promql_free(promql);
    }
}

static void inventions_are_known(void **state)
{
    static const struct {
        const char *text;
        bool invents;
    } cases[] = {{"sum(foo or vector(0))", true},
                 {"absent_over_time(bar[5m])", true},
                 {"1 + absent(foo)", true},
                 {"foo or hour() * 0", true},
                 {"hour(foo)", false},
                 {"sum(foo) or bar", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct promql *promql = parsed(cases[i].text);
        assert_int_equal(promql_invents(promql), cases[i].invents);
        promql_free(promql);
    }
}

static void empty_answers_are_foreseen(void **state)
{
    static const struct {
        const char *text;
        bool may_be_empty;
    } cases[] = {
        {"count(foo == 0)", true},
        {"(foo > 1)", true},
        {"foo > bool 1", false},
        {"sum(foo > 1)", true},
        {"sum(foo > 1) or vector(0)", false},
        {"count(foo > bool 1) + 1", true},
        {"sum(foo or bar)", false},
        {"foo unless bar", true},
        {"absent(foo)", true},
        {"foo", false},
        {"count(foo) > 3", true},
        {"-count(foo)", true},
        {"count_over_time(foo[5m])", false},
        {"1 < bool 2", false},
        {"foo and bar", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct promql *promql = parsed(cases[i].text);
        assert_int_equal(promql_may_be_empty(promql), cases[i].may_be_empty);
        promql_free(promql);
    }
}

static void matched_by(void *context, const struct promql_selector *selector)
{
    const char *const *values = context;
    for (; *values; values += 2) {
        bool wants = promql_matcher_wants(&selector->matchers[0], values[0]);
        if (wants != (*values[1] == 'y'))
            fail_msg("%s and %s", selector->matchers[0].value, values[0]);
    }
}

static void expressions_match_as_re2(void **state)
{
    static const struct {
        const char *text;
        const char *values[12];
    } cases[] = {
        {"foo{a=~'b|cd'}", {"b", "y", "cd", "y", "bd", "n", "xb", "n", "b\n", "n"}},
        {"foo{a!~'b.*'}", {"b", "n", "abc", "y", "", "y", "b\n", "y"}},
        {"foo{a=~'(?s)b.*'}", {"b\nc", "y"}},
        {"foo{a=~'(?i)AbC'}", {"aBc", "y", "abd", "n"}},
        {"foo{a=~'\\\\s'}", {" ", "y", "\v", "n", "\t", "y"}},
        {"foo{a=~'[\\\\S]'}", {"\v", "y", "a", "y", " ", "n"}},
        {"foo{a=~'\\\\v'}", {"\v", "y", "\n", "n", "\r", "n"}},
        {"foo{a=~'\\\\Qa.b\\\\E.'}", {"a.bx", "y", "axbx", "n"}},
        {"foo{a=~'\\\\x41\\\\102'}", {"AB", "y"}},
        {"foo{a=~'x{,2}'}", {"x{,2}", "y", "xx", "n"}},
        {"foo{a=~'[[:alpha:]]+?'}", {"abc", "y", "a1", "n"}},
        {"foo{a=~'[]a]'}", {"]", "y", "a", "y", "b", "n"}},
        {"foo{a=~'\\\\pL.'}", {"\xc3\xa9\xc3\xa9", "y", "1\xc3\xa9", "n"}},
        {"foo{a=~'(?P<n>a)(?:b)'}", {"ab", "y"}},
        {"foo{a=~'a$'}", {"a", "y", "a\n", "n"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct promql *promql = parsed(cases[i].text);
        promql_each_selector(promql, matched_by, (void *)cases[i].values);
        promql_free(promql);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_have_place_and_reason), cmocka_unit_test(limits_hold),
        cmocka_unit_test(prints_and_reads_back),        cmocka_unit_test(types_are_known),
        cmocka_unit_test(selectors_are_told),           cmocka_unit_test(inventions_are_known),
        cmocka_unit_test(surroundings_are_known),       cmocka_unit_test(ends_are_known),
        cmocka_unit_test(empty_answers_are_foreseen),   cmocka_unit_test(expressions_match_as_re2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
