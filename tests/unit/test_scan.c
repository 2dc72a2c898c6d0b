/* Rules, literals, the scan, what is kept: tables of cases. */
#include "host/scan/kept.h"
#include "host/scan/scan.h"
#include "host/scan/tally.h"

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_literals(void **state)
{
    static const struct {
        const char *pattern, *literal;
    } cases[] = {
        {"Failed password for", "Failed password for"},
        {"^(?:prefix longer than that )?Failed (?<m>password|none) for", "Failed "},
        {"abc|def", ""},
        {"(?:abc|def)ghi", "ghi"},
        {"(?<user>abcdef)gh", "abcdef"},
        {"(abcdef)?gh", "gh"},
        {"(abcdef){0}gh", "gh"},
        {"abcd?ef", "abc"},
        {"abcd+ef", "abcd"},
        {"abcd{0,2}ef", "abc"},
        {"abcd*?ef", "abc"},
        {"ab{c|de", ""},
        {"sshd\\[\\d+\\]: x", "sshd["},
        {"a\\x41bcdef", ""},
        {"\\Qabc|\\E", ""},
        {"(?i)abc", ""},
        {"(?!abcdef)gh", "gh"},
        {"(?<=abcdef)gh", "gh"},
        {"(?<!abcdef)gh", "gh"},
        {"[abc]def[^]x]gh", "def"},
        {"[[:alpha:]]x\\.y", "x.y"},
        {"(*UTF)abc", ""},
        {"a(?#comment)bc", ""},
        {"(?|abc|def)", ""},
        {"^.*$", ""},
        {"((((abc))))", "abc"},
        {"(abc", ""},
        {"abc)", ""},
        {"abc\\", ""},
        {"[abc", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct literal literal = literal_required(cases[i].pattern);
        CLEAN(clean_text) char *text = strndup(literal.bytes, literal.length);
        if (strcmp(text, cases[i].literal) != 0)
            fail_msg("%s gives \"%s\"", cases[i].pattern, text);
    }
}

struct seen {
    struct buffer text; /* "rule:start-end*count[capture] " of each hit */
    const struct rule_set *set;
};

static void on_hit(void *context, const struct scan_hit *hit)
{
    struct seen *seen = context;
    buffer_print(&seen->text, "%zu:%zu-%zu*%llu%s", hit->rule, hit->start, hit->end,
                 (unsigned long long)hit->count, hit->undecided ? "?" : "");
    for (size_t i = 0; !hit->undecided && i < seen->set->rules[hit->rule].label_count; i++)
        buffer_print(&seen->text, "[%.*s]", (int)hit->captures[i].length, hit->captures[i].bytes);
    buffer_text(&seen->text, " ");
}

static void add_rule(struct rule_set *set, const char *pattern, const char *label)
{
    struct rule_text text = {.id = "r", .pattern = pattern, .feeds = "log_x"};
    CLEAN(error_finish) struct error error = {0};
    if (label)
        text.labels = (struct rule_list){&label, 1};
    if (scan_set_add(set, &text, NULL, &error))
        fail_msg("%s", error_sentence(&error));
}

static void check_scan(const struct rule_set *set, const char *bytes, size_t length,
                       const char *expected)
{
    struct scan *scan = NULL;
    struct seen seen = {.set = set};
    struct scan_sink sink = {on_hit, &seen};
    assert_int_equal(scan_new(set, &scan), 0);
    assert_int_equal(scan_buffer(scan, bytes, length, &sink), 0);
    assert_string_equal(seen.text.data ? seen.text.data : "", expected);
    buffer_finish(&seen.text);
    scan_free(scan);
}

static void test_lines(void **state)
{
    CLEAN(scan_set_finish) struct rule_set set = {0};
    (void)state;
    add_rule(&set, "abc (?<x>\\d*)$", "x");
    check_scan(&set, "", 0, "");
    check_scan(&set, "abc 1", 5, "0:0-5*1[1] ");
    check_scan(&set, "abc 1\nabc abc 2\r\nabc\n", 21, "0:0-5*1[1] 0:6-15*1[2] ");
    check_scan(&set, "\n\nabc \n", 7, "0:2-6*1[] ");
    check_scan(&set, "a\0c abc 3\nab", 12, "0:0-9*1[3] ");
}

static void test_without_literal(void **state)
{
    CLEAN(scan_set_finish) struct rule_set set = {0};
    (void)state;
    add_rule(&set, "^(?<x>[a-c]?)$", "x");
    check_scan(&set, "a\n\nb\r\nz\nc", 9, "0:0-1*1[a] 0:2-2*1[] 0:3-4*1[b] 0:8-9*1[c] ");
}

/* A rule and a line meet once, however often the rule matches in it. */
static void test_once(void **state)
{
    CLEAN(scan_set_finish) struct rule_set set = {0};
    (void)state;
    add_rule(&set, "x", NULL);
    add_rule(&set, "y", NULL);
    check_scan(&set, "xxyx\nyx\n", 8, "0:0-4*1 0:5-7*1 1:0-4*1 1:5-7*1 ");
}

static void check_repeat(const struct rule_set *set, const char *line, const char *expected)
{
    check_scan(set, line, strlen(line), expected);
}

static void test_repeated(void **state)
{
    CLEAN(scan_set_finish) struct rule_set set = {0};
    (void)state;
    add_rule(&set, "^(?:.* sshd\\[\\d+\\]: )?Failed (?<x>.*)$", "x");
    check_repeat(&set, "Dec 10 07:13:56 h sshd[7]: message repeated 5 times: [ Failed x]\r\n",
                 "0:0-64*5[x] ");
    check_repeat(&set, "2026-01-01T00:00:00Z h sshd[7]: message repeated 21 times: [Failed y]",
                 "0:0-69*21[y] ");
    check_repeat(&set, "message repeated 2 times: [ Failed x]", "0:0-37*2[x] ");
    check_repeat(&set, "Dec 10 07:13:56 h sshd[7]: message repeated 0 times: [ Failed x]", "");
    check_repeat(&set, "Dec 10 07:13:56 h sshd[7]: message repeated 5 times: [ Failed x", "");
    check_repeat(&set, "Dec 10 07:13:56 h sshd[7]: message repeated 5 times: [ Other x]", "");
    check_repeat(&set, "Dec 10 07:13:56 h sshd[7]: Failed a: message repeated 9 times: [ b]",
                 "0:0-67*1[a: message repeated 9 times: [ b]] ");
    check_repeat(&set, "Failed a: message repeated 9 times: [ b]",
                 "0:0-40*1[a: message repeated 9 times: [ b]] ");
}

/* A rule that matches in the folded line as well as in what was folded: once, N times. */
static void test_repeated_unanchored(void **state)
{
    CLEAN(scan_set_finish) struct rule_set set = {0};
    (void)state;
    add_rule(&set, "Failed x", NULL);
    check_repeat(&set, "Dec 10 07:13:56 h s: message repeated 5 times: [ Failed x]", "0:0-58*5 ");
}

static void test_limits(void **state)
{
    CLEAN(scan_set_finish) struct rule_set set = {0};
    CLEAN(buffer_finish) struct buffer line = {0};
    (void)state;
    add_rule(&set, "^(?:a+)+$", NULL);
    for (int i = 0; i < 64; i++)
        buffer_text(&line, "a");
    buffer_text(&line, "b\naa\n");
    check_scan(&set, line.data, line.length, "0:0-65*1? 0:66-68*1 ");
}

static void test_sees_64_kib(void **state)
{
    CLEAN(scan_set_finish) struct rule_set set = {0};
    CLEAN(clean_text) char *line = calloc(1, RULE_LINE_MOST + 8);
    (void)state;
    add_rule(&set, "end$", NULL);
    memset(line, 'x', RULE_LINE_MOST);
    memcpy(line + RULE_LINE_MOST - 3, "endend\n", 7);
    CLEAN(clean_text) char *expected = text_format("0:0-%d*1 ", RULE_LINE_MOST + 3);
    check_scan(&set, line, RULE_LINE_MOST + 4, expected);
}

static int add_with(struct rule_set *set, const char *const *labels, size_t count,
                    struct error *error)
{
    struct rule_text text = {
        .id = "r", .pattern = "(?<a>a)(?<b>b)", .feeds = "log_x", .labels = {labels, count}};
    return scan_set_add(set, &text, NULL, error);
}

static void test_union(void **state)
{
    CLEAN(scan_set_finish) struct rule_set set = {0};
    CLEAN(error_finish) struct error error = {0};
    static const char *const first[] = {"a", "kind=x"}, *const second[] = {"b", "kind=y"};
    static const char *const many[] = {"c=1", "d=1", "e=1", "f=1", "g=1", "h=1"};
    (void)state;
    assert_int_equal(add_with(&set, first, 2, &error), 0);
    assert_int_equal(add_with(&set, second, 2, &error), 0);
    assert_int_equal(set.attribute_count, 1);
    assert_int_equal(set.attributes[0].label_count, 3);
    assert_string_equal(set.attributes[0].labels[1], "kind");
    assert_string_equal(set.attributes[0].labels[2], "b");
    assert_null(set.attributes[0].labels[3]);
    assert_int_equal(add_with(&set, many, 6, &error), ERROR_SETTING);
    assert_non_null(strstr(error_sentence(&error), "more than 8 labels"));
}

static void test_personal_differs(void **state)
{
    CLEAN(scan_set_finish) struct rule_set set = {0};
    CLEAN(error_finish) struct error error = {0};
    static const char *const label[] = {"a"};
    struct rule_text text = {
        .id = "r", .pattern = "(?<a>a)", .feeds = "log_x", .labels = {label, 1}};
    (void)state;
    assert_int_equal(scan_set_add(&set, &text, NULL, &error), 0);
    text.personal = (struct rule_list){label, 1};
    assert_int_equal(scan_set_add(&set, &text, NULL, &error), ERROR_SETTING);
    assert_non_null(strstr(error_sentence(&error), "personal in one rule"));
}

static void test_tally(void **state)
{
    struct tally tally = {0};
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3000; i++) {
            CLEAN(clean_text) char *text = text_format("%d", i % 1000);
            struct capture values[2] = {{text, strlen(text)}, {"x", 1}};
            assert_int_equal(tally_add(&tally, 0, values, 2, 1), 0);
            /* "1","1" and "11","" are two sets. */
            struct capture other[2] = {{text, strlen(text)}, {"", 0}};
            assert_int_equal(tally_add(&tally, 0, other, 2, 2), 0);
        }
        assert_int_equal(tally.count, 2000);
        for (size_t i = 0; i < tally.count; i++)
            assert_int_equal(tally.sets[i]->count, tally.sets[i]->values[1].length ? 3 : 6);
        tally_reset(&tally);
    }
    tally_finish(&tally);
}

/* SHA-256 of "0\n1\n...29\n" as sha256sum gives it. */
static void test_kept(void **state)
{
    struct kept kept = {0};
    uint8_t hash[KEPT_HASH_BYTES];
    char text[2 * KEPT_HASH_BYTES + 1];
    (void)state;
    for (int i = 0; i < 30; i++) {
        CLEAN(clean_text) char *bytes = text_format("%d", i);
        struct kept_line line = {
            .bytes = bytes, .length = strlen(bytes), .source = "s", .place = (char *)"p"};
        assert_int_equal(kept_add(&kept, &line, 100000), 0);
    }
    assert_int_equal(kept.first_count, 20);
    assert_int_equal(kept.later, 10);
    assert_string_equal(kept.first[19].bytes, "19");
    assert_string_equal(kept.last[(kept.later - 1) % KEPT_LAST].bytes, "29");
    assert_int_equal(kept_hash(&kept, hash), 0);
    text_from_bytes(hash, sizeof hash, text);
    assert_string_equal(text, "28578fd11254edba90213ffe4e58237e3784002e4a8ade08ac862ac05d67552b");
    kept_reset(&kept);
    struct kept_line line = {
        .bytes = (char *)"x", .length = 1, .source = "s", .place = (char *)"p"};
    assert_int_equal(kept_add(&kept, &line, 109999), 0);
    assert_int_equal(kept.first_count, 0);
    assert_int_equal(kept_add(&kept, &line, 110000), 0);
    assert_int_equal(kept.later, 2);
    kept_reset(&kept);
    assert_int_equal(kept_add(&kept, &line, 110000), 0);
    assert_int_equal(kept.first_count, 1);
    kept_finish(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals),        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_without_literal), cmocka_unit_test(test_once),
        cmocka_unit_test(test_repeated),        cmocka_unit_test(test_repeated_unanchored),
        cmocka_unit_test(test_limits),          cmocka_unit_test(test_sees_64_kib),
        cmocka_unit_test(test_union),           cmocka_unit_test(test_personal_differs),
        cmocka_unit_test(test_tally),           cmocka_unit_test(test_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
