/* The setting rights: names become numbers, whoever is not known is refused. The host's accounts
 * are the test's: the calls that read them are defined here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "parent/config/config_inner.h"

static const struct passwd accounts[] = {
    {.pw_name = (char *)"ann", .pw_uid = 1001, .pw_gid = 1001},
    {.pw_name = (char *)"bob", .pw_uid = 1000, .pw_gid = 50},
    {.pw_name = (char *)"cid", .pw_uid = 1002, .pw_gid = 1002},
};
enum { ACCOUNTS = sizeof accounts / sizeof *accounts, LARGE = 100000 };
static char *members[] = {(char *)"cid", (char *)"gone", (char *)"ann", (char *)"bob", NULL};
static char *nobody[] = {NULL};
static size_t at;

int getpwnam_r(const char *restrict name, struct passwd *restrict account, char *restrict memory,
               size_t size, struct passwd **restrict ret)
{
    (void)memory, (void)size;
    *ret = NULL;
    for (size_t i = 0; i < ACCOUNTS; i++)
        if (strcmp(accounts[i].pw_name, name) == 0) {
            *account = accounts[i];
            *ret = account;
        }
    return 0;
}

void setpwent(void)
{
    at = 0;
}

void endpwent(void)
{
}

int getpwent_r(struct passwd *restrict account, char *restrict memory, size_t size,
               struct passwd **restrict ret)
{
    (void)memory, (void)size;
    *ret = NULL;
    if (at == ACCOUNTS)
        return ENOENT;
    *account = accounts[at++];
    *ret = account;
    return 0;
}

/* isms is too large for the memory that is offered first. */
int getgrnam_r(const char *restrict name, struct group *restrict group, char *restrict memory,
               size_t size, struct group **restrict ret)
{
    (void)memory;
    *ret = NULL;
    bool isms = strcmp(name, "isms") == 0;
    if (!isms && strcmp(name, "staff") != 0 && strcmp(name, "empty") != 0)
        return 0;
    if (isms && size < LARGE)
        return ERANGE;
    *group = (struct group){.gr_gid = strcmp(name, "staff") == 0 ? 50 : 60,
                            .gr_mem = isms ? members : nobody};
    *ret = group;
    return 0;
}

static struct config *load(const char *text)
{
    struct config *config = NULL;
    assert_int_equal(config_load_text("t.conf", text, strlen(text), &config), 0);
    return config;
}

static void assert_uids(const struct config *config, size_t row, const char *expected)
{
    CLEAN(clean_json) json_t *part = config_part(config, ROLE_ENGINE, NULL);
    const json_t *right = json_array_get(json_object_get(part, "rights"), row);
    CLEAN(clean_text) char *text = json_canonical(json_object_get(right, "uids"));
    assert_string_equal(text, expected);
}

static void names_become_numbers(void **state)
{
    (void)state;
    struct config *config =
        load("rights = ( { who = [\"ann\", \"group:isms\"]; acts = \"decide\"; },"
             "{ who = [\"group:staff\", \"uid:4294967294\"];"
             " acts = [\"open\", \"operate\"]; } );");
    assert_true(config_is_valid(config));
    assert_uids(config, 0, "{\"ann\":[1001],\"group:isms\":[1000,1001,1002]}");
    /* By the first group of an account, without being listed. */
    assert_uids(config, 1, "{\"group:staff\":[1000],\"uid:4294967294\":[4294967294]}");
    config_free(config);
}

static void unknown_ones_are_refused(void **state)
{
    static const struct {
        const char *who, *acts, *says;
        bool valid;
    } cases[] = {
        {"\"anna\"", "\"open\"",
         "rights[0].who[0]: found \"anna\", allowed is a user of this host, \"group:\" and a group "
         "of "
         "it, or \"uid:\" and a number",
         false},
        {"\"group:ann\"", "\"open\"", "rights[0].who[0]: found \"group:ann\", allowed is ", false},
        {"\"uid:4294967295\"", "\"open\"",
         "rights[0].who[0]: found \"uid:4294967295\", allowed is ", false},
        {"\"uid:-1\"", "\"open\"", "rights[0].who[0]: found \"uid:-1\", allowed is ", false},
        {"\"uid:\"", "\"open\"", "rights[0].who[0]: found \"uid:\", allowed is ", false},
        {"\"group:empty\"", "\"open\"",
         "rights[0].who[0]: found \"group:empty\", in which nobody is", true},
        {"\"ann\"", "\"adopted\"",
         "rights[0].acts: found \"adopted\", allowed is \"operate\", \"decide\", \"collect\", ",
         false},
        {"[]", "\"open\"", "rights[0].who: found an empty list, allowed is ", false},
        {"\"ann\"", "[]", "rights[0].acts: found an empty list, allowed is ", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(clean_text)
        char *text =
            text_format("\nrights = (\n{ who = %s;\n acts = %s; } );", cases[i].who, cases[i].acts);
        struct config *config = load(text);
        size_t count;
        const struct config_fault *faults = config_faults(config, &count);
        assert_int_equal(config_is_valid(config), cases[i].valid);
        assert_int_equal(count, 1);
        assert_string_equal(faults[0].place,
                            strstr(cases[i].says, ".acts:") ? "t.conf:4" : "t.conf:3");
        if (strncmp(faults[0].sentence, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s\nis not: %s", faults[0].sentence, cases[i].says);
        config_free(config);
    }
}

/* Whose rights they are is part of what the configuration is. */
static void membership_is_in_the_hash(void **state)
{
    static const char text[] = "rights = ( { who = \"group:isms\"; acts = \"decide\"; } );";
    (void)state;
    struct config *before = load(text);
    members[0] = (char *)"gone";
    struct config *after = load(text);
    members[0] = (char *)"cid";
    assert_uids(after, 0, "{\"group:isms\":[1000,1001]}");
    assert_string_not_equal(config_hash(before), config_hash(after));
    config_free(before);
    config_free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_become_numbers),
                                       cmocka_unit_test(unknown_ones_are_refused),
                                       cmocka_unit_test(membership_is_in_the_hash)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
