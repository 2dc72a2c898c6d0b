/* The small languages of single settings, by tables of what is taken and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ground/base/clean.h"
#include "parent/config/schema.h"
#include "parent/config/syntax.h"

struct row {
    const char *text;
    bool is_valid;
};

static void check_rows(const struct row *row, bool (*is_valid)(const char *text))
{
    for (; row->text; row++) {
        if (is_valid(row->text) != row->is_valid)
            print_error("\"%s\" should %sbe taken\n", row->text, row->is_valid ? "" : "not ");
        assert_int_equal(is_valid(row->text), row->is_valid);
    }
}

static void names(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a", true},    {"auth-log_2", true}, {"", false},    {"2a", false},       {"A", false},
        {"a b", false}, {"-a", false},        {"a.b", false}, {"\xc3\xa4", false}, {NULL, false},
    };
    static const struct row ids[] = {
        {"M009", true}, {"O1.a-b_c", true}, {"9", false},
        {"", false},    {"M 9", false},     {NULL, false},
    };
    static const struct row marks[] = {
        {"user", true},  {"valid=yes", true}, {"valid=", false},
        {"=yes", false}, {"a b", false},      {NULL, false},
    };
    check_rows(rows, syntax_is_name);
    check_rows(ids, syntax_is_id);
    check_rows(marks, syntax_is_mark);
}

static void addresses(void **state)
{
    (void)state;
    static const struct row listens[] = {
        {"127.0.0.1:9191", true},   {"[::1]:9191", true},  {"localhost:1", true},
        {"0.0.0.0:65535", true},    {"[::]:80", true},     {"host.example:80", true},
        {"127.0.0.1", false},       {"127.0.0.1:", false}, {"127.0.0.1:0", false},
        {"127.0.0.1:65536", false}, {":9191", false},      {"::1:9191", false},
        {"[127.0.0.1]:80", false},  {"*:80", false},       {"1.2.3:80", false},
        {"256.0.0.1:80", false},    {"[::1:80", false},    {"a b:80", false},
        {"127.0.0.1:+80", false},   {"", false},           {NULL, false},
    };
    static const struct row loopbacks[] = {
        {"127.0.0.1:80", true}, {"127.9.9.9:80", true},          {"[::1]:80", true},
        {"localhost:80", true}, {"0.0.0.0:80", false},           {"[::]:80", false},
        {"10.0.0.1:80", false}, {"127.0.0.1.example:80", false}, {"localhost.example:80", false},
        {NULL, false},
    };
    static const struct row targets[] = {
        {"/dev/log", true},
        {"udp://log.example:514", true},
        {"tcp://[::1]:601", true},
        {"udp://log.example", false},
        {"tls://log.example:6514", false},
        {"log", false},
        {"", false},
        {NULL, false},
    };
    check_rows(listens, syntax_is_listen);
    check_rows(loopbacks, syntax_is_loopback);
    check_rows(targets, syntax_is_target);
}

static void urls(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"https://h.example", true},
        {"https://h.example/a?b=c#d", true},
        {"https://h.example:8443/x", true},
        {"https://[2001:db8::1]/x", true},
        {"http://127.0.0.1:9/x", true},
        {"http://[::1]/", true},
        {"http://localhost", true},
        {"http://h.example/", false},
        {"http://localhost.example/", false},
        {"http://127.0.0.1@h.example/", false},
        {"https://me:pw@h.example/", false},
        {"https://", false},
        {"https:///x", false},
        {"ftp://h.example/", false},
        {"https://h.example/a b", false},
        {"https://h.example/\xc3\xa4", false},
        {"https://h.example\\@x/", false},
        {"HTTPS://h.example", false},
        {"", false},
        {NULL, false},
    };
    check_rows(rows, syntax_is_url);
}

static void secrets_and_references(void **state)
{
    (void)state;
    static const struct row secrets[] = {
        {"credential:ops", true},
        {"credential:ops.token-1", true},
        {"credential:", false},
        {"credential:../x", false},
        {"credential:a/b", false},
        {"hunter2", false},
        {"", false},
        {NULL, false},
    };
    static const struct row references[] = {
        {"27001:2022 A.8.5", true},
        {"27001:2022 9.1", true},
        {"CIS:8 5.2", true},
        {"A.8.5", false},
        {"27001 A.8.5", false},
        {"27001:2022", false},
        {"27001:2022 ", false},
        {"27001:2022  9.1", false},
        {"", false},
        {NULL, false},
    };
    check_rows(secrets, syntax_is_secret);
    check_rows(references, syntax_is_reference);
}

static void bounds(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"== 0", true},  {"<=2.5", true},   {"> -1", true},  {"!= 1e3", true},  {"= 0", false},
        {"<= ", false},  {"0", false},      {"<= x", false}, {"<= 1 2", false}, {"< 1e999", false},
        {"=< 1", false}, {"<= nan", false}, {"", false},     {NULL, false},
    };
    static const struct {
        const char *target, *tolerance;
        bool is_wider;
    } pairs[] = {
        {"== 0", "<= 2", true},    {"<= 1", "<= 2", true},    {"< 1", "<= 1", true},
        {">= 99", ">= 95", true},  {"== 100", ">= 95", true}, {"<= 2", "<= 1", false},
        {">= 95", ">= 99", false}, {"<= 1", ">= 2", false},   {"== 0", "== 1", false},
        {"== 5", "<= 4", false},   {"!= 0", "<= 1", false},   {"<= 1", "", false},
    };
    check_rows(rows, syntax_is_bound);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_int_equal(syntax_is_wider(pairs[i].target, pairs[i].tolerance), pairs[i].is_wider);
}

static void misspellings(void **state)
{
    (void)state;
    assert_true(schema_is_near("evry", "every"));
    assert_true(schema_is_near("enabeld", "enabled"));
    assert_false(schema_is_near("certificate", "listen"));
    assert_false(schema_is_near("x", "y"));
    assert_string_equal(schema_nearest(schema_table, "colectors"), "collectors");
    assert_null(schema_nearest(schema_table, "zzz"));
}

static void check_preset(const struct setting *setting)
{
    CLEAN(clean_json) json_t *preset = config_value_preset(setting);
    if (setting->preset && !preset)
        print_error("the preset of %s is not what it allows\n", setting->name);
    assert_true(!setting->preset || preset);
}

/* A preset that its own row would refuse would be lost in silence. */
static void every_preset_is_allowed(void **state)
{
    (void)state;
    for (const struct setting *row = schema_table; row->name; row++) {
        check_preset(row);
        for (const struct setting *member = row->members; member && member->name; member++) {
            check_preset(member);
            for (const struct setting *last = member->members; last && last->name; last++)
                check_preset(last);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(addresses),
        cmocka_unit_test(urls),
        cmocka_unit_test(secrets_and_references),
        cmocka_unit_test(bounds),
        cmocka_unit_test(misspellings),
        cmocka_unit_test(every_preset_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
