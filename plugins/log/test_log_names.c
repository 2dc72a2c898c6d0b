/* Names in lines: what is no account is not kept, what is personal is marked. */
#include "test_log.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void set_rule(struct place *place, const char *accounts)
{
    struct fake *fake = place->fake;
    CLEAN(clean_text) char *passwd = text_format("%s/passwd", place->root);
    fake_set(fake, "account_files", passwd);
    fake_set(fake, "known_accounts", "ldap-*");
    fake_set_rule(fake, 0, "id", "t.failed");
    fake_set_rule(fake, 0, "pattern", "Failed (?:\\S+) for (?<user>.*) from (?<source>\\S+)");
    fake_set_rule(fake, 0, "labels[0]", "user");
    fake_set_rule(fake, 0, "labels[1]", "source");
    fake_set_rule(fake, 0, "personal[0]", "user");
    fake_set_rule(fake, 0, "personal[1]", "source");
    fake_set_rule(fake, 0, "feeds", "log_names");
    if (accounts)
        fake_set_rule(fake, 0, "accounts[0]", accounts);
}

static void collect(struct place *place, const char *lines, double expected)
{
    fake_append(place->root, "a.log", lines);
    assert_int_equal(fake_run(place->fake), CFD_OK);
    assert_true(fake_sum(place->fake, "log_names", NULL) == expected);
}

static double value_of(const struct place *place, const char *labels)
{
    double value = -1;
    return fake_value(place->fake, "log_names", labels, &value) ? value : -1;
}

/* Each line with how its text and its personal parts come out. */
static const struct {
    const char *line, *text, *personal;
} lines[] = {
    {"Failed password for ann from 192.0.2.1", "Failed password for ann from 192.0.2.1",
     "ann|192.0.2.1|"},
    {"Failed password for hunter2 from 192.0.2.1", "Failed password for (invalid) from 192.0.2.1",
     "192.0.2.1|"},
    {"x hunter2; Failed password for hunter2 from 192.0.2.1 port 1 (hunter2)",
     "x (invalid); Failed password for (invalid) from 192.0.2.1 port 1 ((invalid))", "192.0.2.1|"},
    {"anna ann Failed password for ann from 192.0.2.1 192.0.2.11",
     "anna ann Failed password for ann from 192.0.2.1 192.0.2.11", "ann|ann|192.0.2.1|"},
    {"Failed password for my pass word from 192.0.2.1",
     "Failed password for (invalid) from 192.0.2.1", "192.0.2.1|"},
    {"Failed password for for from from", "Failed password (invalid) (invalid) from from",
     "from|from|"},
    {"Failed password for ldap-bob from ldap-bob", "Failed password for ldap-bob from ldap-bob",
     "ldap-bob|ldap-bob|"},
    {"Failed password for  from 192.0.2.1", "Failed password for  from 192.0.2.1", "192.0.2.1|"},
};

static void each_line(void **state)
{
    struct place *place = *state;
    set_rule(place, "user");
    fake_file(place->root, "passwd", "root:x:0:0::/:/bin/sh\nann:x:1:1::/:/bin/sh\n+nis::::::\n");
    fake_file(place->root, "a.log", "");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        CLEAN(clean_text) char *line = text_format("%s\n", lines[i].line);
        collect(place, line, 1);
        /* The other rule keeps the line too, and takes no name in it. */
        assert_true(place->fake->excerpt_count > 0);
        for (size_t e = 0; e < place->fake->excerpt_count; e++) {
            const struct fake_excerpt *excerpt = &place->fake->excerpts[e];
            if (strcmp(excerpt->bytes, lines[i].text) ||
                strcmp(excerpt->personal, lines[i].personal))
                fail_msg("%s: %s (%s)", lines[i].line, excerpt->bytes, excerpt->personal);
        }
    }
}

/* A folded line stands as it was written, and what it took may stand anywhere in it. */
static void a_folded_line(void **state)
{
    struct place *place = *state;
    set_rule(place, "user");
    fake_file(place->root, "passwd", "ann:x:1:1::/:/bin/sh\n");
    fake_file(place->root, "a.log", "");
    collect(place,
            "Nov 22 06:20:00 h sshd[1]: message repeated 3 times: [ Failed password for hunter2 "
            "from 192.0.2.1 port 7]\n",
            3);
    assert_true(fake_excerpted(place->fake, "log_names", "Failed password for (invalid) from"));
    assert_string_equal(place->fake->excerpts[0].personal, "192.0.2.1|");
}

static void accounts_are_read_again(void **state)
{
    struct place *place = *state;
    set_rule(place, "user");
    fake_file(place->root, "passwd", "ann:x:1:1::/:/bin/sh\n");
    fake_file(place->root, "a.log", "");
    collect(place, "", 0);
    assert_int_equal(place->fake->missing.count, 0);
    collect(place, "Failed x for eve from h\n", 1);
    assert_true(value_of(place, "user=(invalid),source=h") == 1);
    fake_file(place->root, "passwd", "ann:x:1:1::/:/bin/sh\neve:x:2:2::/:/bin/sh\n");
    collect(place, "Failed x for eve from h\nFailed x for ann from h\n", 2);
    assert_true(value_of(place, "user=eve,source=h") == 1);
    /* What was read before holds while the file is away. */
    log_move(place, "passwd", "passwd.away");
    collect(place, "Failed x for eve from h\n", 1);
    assert_true(value_of(place, "user=eve,source=h") == 1);
    assert_int_equal(place->fake->missing.count, 0);
}

static void without_accounts_nobody_is_known(void **state)
{
    struct place *place = *state;
    set_rule(place, "user");
    fake_file(place->root, "a.log", "");
    collect(place, "Failed x for root from h\nFailed x for ldap-7 from h\n", 2);
    assert_true(value_of(place, "user=(invalid),source=h") == 1);
    assert_true(value_of(place, "user=ldap-7,source=h") == 1);
    assert_int_equal(place->fake->missing.count, 1);
    assert_string_equal(place->fake->missing.pair[0].name, "log_names");
    assert_non_null(strstr(place->fake->missing.pair[0].text, "is not there"));
}

/* The hash of lines that are not shown tells nobody whether a name or password is in them. */
static char *hash_of(struct place *place, const char *user)
{
    fake_file(place->root, "a.log", "");
    for (int i = 0; i < 40; i++) {
        CLEAN(clean_text) char *line = text_format("Failed x for %s from h%d\n", user, i % 2);
        fake_append(place->root, "a.log", line);
    }
    assert_int_equal(fake_run(place->fake), CFD_OK);
    const struct fake_excerpt *last = &place->fake->excerpts[place->fake->excerpt_count - 1];
    assert_non_null(strstr(last->place, "without names"));
    return strdup(last->bytes);
}

static void the_hash_is_without_names(void **state)
{
    struct place *place = *state;
    set_rule(place, "user");
    fake_file(place->root, "passwd", "ann:x:1:1::/:/bin/sh\neve:x:1:1::/:/bin/sh\n");
    CLEAN(clean_text) char *first = hash_of(place, "ann");
    CLEAN(clean_text) char *second = hash_of(place, "eve");
    assert_string_equal(first, second);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, log_set_up, log_tear_down)

int test_log_names(void)
{
    const struct CMUnitTest tests[] = {
        CASE(each_line),
        CASE(a_folded_line),
        CASE(accounts_are_read_again),
        CASE(without_accounts_nobody_is_known),
        CASE(the_hash_is_without_names),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
