/* The accounts plugin against a fake host: good, bad, missing, unreadable, truncated, hostile. */
#include "fake/fake_asserts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
    *state = fake_place_new(PLUGIN_PATH);
    return 0;
}

static void write_files(struct fake_place *place, const char *passwd, const char *shadow,
                        const char *group)
{
    fake_file(place->root, "etc/passwd", passwd);
    fake_file(place->root, "etc/shadow", shadow);
    fake_file(place->root, "etc/group", group);
}

#define HASH "Zm9yYmlkZGVuSGFzaFRleHQ"

/* One account a row: its two password fields and shell, and what must be said of it; -1: nothing.
 */
struct verdict {
    const char *name;
    const char *secret;
    const char *shadow; /* NULL: no line */
    const char *shell;
    int empty, locked, strong, login;
};

static const struct verdict verdicts[] = {
    {"yescrypt", "x", "$y$j9T$s$" HASH, "/bin/bash", 0, 0, 1, 1},
    {"gost", "x", "$gy$j9T$s$" HASH, "/bin/sh", 0, 0, 1, 1},
    {"sha512", "x", "$6$s$" HASH, "/bin/bash", 0, 0, 1, 1},
    {"bcrypt", "x", "$2b$12$" HASH, "/bin/bash", 0, 0, 1, 1},
    {"sha256", "x", "$5$s$" HASH, "/bin/bash", 0, 0, 0, 1},
    {"md5", "x", "$1$s$" HASH, "/bin/bash", 0, 0, 0, 1},
    {"des", "x", "abJnggxhB/yWI", "/bin/bash", 0, 0, 0, 1},
    {"unknown", "x", "$zz$s$" HASH, "/bin/bash", 0, 0, 0, 1},
    {"empty", "x", "", "/bin/bash", 1, 0, -1, 1},
    {"emptynologin", "x", "", "/usr/sbin/nologin", 1, 0, -1, 0},
    {"bang", "x", "!", "/bin/bash", 0, 1, -1, 0},
    {"bangbang", "x", "!!", "/bin/bash", 0, 1, -1, 0},
    {"star", "x", "*", "/bin/bash", 0, 1, -1, 0},
    {"lockedhash", "x", "!$6$s$" HASH, "/bin/bash", 0, 1, -1, 0},
    {"lk", "x", "*LK*", "/bin/bash", 0, 1, -1, 0},
    {"nologintext", "x", "NOLOGIN", "/bin/bash", 0, 1, -1, 0},
    {"nashadow", "x", NULL, "/bin/bash", 0, 1, -1, 0},
    {"inpasswd", "$6$s$" HASH, NULL, "/bin/bash", 0, 0, 1, 1},
    {"weakinpasswd", "abJnggxhB/yWI", NULL, "/bin/bash", 0, 0, 0, 1},
    {"emptyinpasswd", "", NULL, "/bin/bash", 1, 0, -1, 1},
    {"starinpasswd", "*", NULL, "/bin/bash", 0, 1, -1, 0},
    {"daemonlike", "x", "$6$s$" HASH, "/usr/sbin/nologin", 0, 0, 1, 0},
    {"noshell", "x", "$6$s$" HASH, "", 0, 0, 1, 1},
};

static void check_verdict(struct fake *fake, const struct verdict *verdict)
{
    char labels[64];
    double value;

    snprintf(labels, sizeof(labels), "user=%s", verdict->name);
    print_message("%s\n", verdict->name);
    assert_true(fake_value_of(fake, "accounts_empty_password", labels) == verdict->empty);
    assert_true(fake_value_of(fake, "accounts_password_locked", labels) == verdict->locked);
    assert_true(fake_value_of(fake, "accounts_login_enabled", labels) == verdict->login);
    if (verdict->strong < 0)
        assert_false(fake_value(fake, "accounts_hash_strong", labels, &value));
    else
        assert_true(fake_value_of(fake, "accounts_hash_strong", labels) == verdict->strong);
}

static void test_password_fields(void **state)
{
    struct fake_place *place = *state;
    size_t count = sizeof(verdicts) / sizeof(verdicts[0]);
    char line[256];

    write_files(place, "", "", "");
    for (size_t i = 0; i < count; i++) {
        const struct verdict *verdict = &verdicts[i];

        snprintf(line, sizeof(line), "%s:%s:%zu:%zu::/:%s\n", verdict->name, verdict->secret,
                 i + 100, i + 100, verdict->shell);
        fake_append(place->root, "etc/passwd", line);
        snprintf(line, sizeof(line), "%s:%s:20000:0:90:7:::\n", verdict->name,
                 verdict->shadow ? verdict->shadow : "");
        if (verdict->shadow)
            fake_append(place->root, "etc/shadow", line);
    }
    assert_int_equal(fake_run(place->fake), CFD_OK);
    for (size_t i = 0; i < count; i++)
        check_verdict(place->fake, &verdicts[i]);
    assert_int_equal(place->fake->watched.count, 3); /* passwd, shadow, group */
    assert_int_equal(place->fake->watched.pair[0].to, count);
    assert_true(place->fake->watched.pair[1].number > 0);
    assert_int_equal(place->fake->watched.pair[2].to, 0);
    assert_false(fake_told(place->fake, HASH));
    assert_false(fake_told(place->fake, "abJnggxhB"));
    assert_true(fake_excerpted(place->fake, "accounts_hash_strong", "md5:$1$(hash):20000"));
    assert_true(fake_excerpted(place->fake, "accounts_empty_password", "empty::20000"));
    for (size_t i = 0; i < place->fake->excerpt_count; i++) {
        const struct fake_excerpt *excerpt = &place->fake->excerpts[i];
        size_t name = strcspn(excerpt->bytes, ":");
        assert_int_equal(strncmp(excerpt->personal, excerpt->bytes, name), 0);
        assert_int_equal(excerpt->personal[name], '|');
    }
    assert_true(fake_value_of(place->fake, "accounts_present", NULL) == (double)count);
}

static void test_numbers(void **state)
{
    struct fake_place *place = *state;
    struct fake *fake = place->fake;

    write_files(place,
                "toor:x:0:0::/:/bin/sh\nroot:x:0:0::/:/bin/sh\nroot:x:0:0::/:/bin/sh\n"
                "a:x:1000:1000::/:/bin/sh\nb:x:1000:27::/:/bin/sh\n short:$1$" HASH ":00:0\n",
                "root:$6$s$" HASH ":20000:0:90:7:::\na:$6$s$" HASH ":0:0::7:::\n"
                "b:$6$s$" HASH ":20000:0:99999:7::1:\n",
                "root:x:0:\nsudo:" HASH ":27:a, c,b\nsudo:x:28:\nother:x:27:d\n");
    assert_int_equal(fake_run(fake), CFD_OK);
    assert_true(fake_value_of(fake, "accounts_extra_uid0", "user=toor") == 1);
    assert_true(fake_value_of(fake, "accounts_extra_uid0", "user=short") == 1);
    assert_true(fake_sum(fake, "accounts_extra_uid0", "user=root") == 1);
    assert_int_equal(fake_count(fake, "accounts_extra_uid0", "user=root"), 2);
    assert_true(fake_value_of(fake, "accounts_extra_uid0", "user=a") == 0);
    assert_true(fake_value_of(fake, "accounts_duplicates", "kind=uid") == 4);
    assert_true(fake_value_of(fake, "accounts_duplicates", "kind=user") == 1);
    assert_true(fake_value_of(fake, "accounts_duplicates", "kind=group") == 1);
    assert_true(fake_value_of(fake, "accounts_duplicates", "kind=gid") == 1);
    assert_int_equal(fake_count(fake, "accounts_privileged_member", "group=sudo"), 3);
    assert_int_equal(fake_count(fake, "accounts_privileged_member", "group=sudo,user=b"), 1);
    assert_int_equal(fake_count(fake, "accounts_privileged_member", "group=other"), 0);
    assert_int_equal(fake_count(fake, "accounts_privileged_member", "group=root,user=toor"), 1);
    int64_t age = fake->now_ms / 1000 - INT64_C(20000) * 86400;
    assert_true(fake_value_of(fake, "accounts_password_age_seconds", "user=b") == (double)age);
    assert_true(fake_value_of(fake, "accounts_password_max_age_seconds", "user=b") ==
                99999.0 * 86400);
    assert_int_equal(fake_count(fake, "accounts_password_age_seconds", "user=a"), 0);
    assert_int_equal(fake_count(fake, "accounts_password_max_age_seconds", "user=a"), 0);
    assert_true(fake_value_of(fake, "accounts_login_enabled", "user=b") == 0);
    assert_true(fake_value_of(fake, "accounts_login_enabled", "user=a") == 1);
    assert_false(fake_told(fake, HASH));
}

static void test_shadow_denied(void **state)
{
    static const char *const resting[] = {"accounts_empty_password",
                                          "accounts_password_locked",
                                          "accounts_hash_strong",
                                          "accounts_password_age_seconds",
                                          "accounts_password_max_age_seconds",
                                          "accounts_login_enabled"};
    struct fake_place *place = *state;
    struct fake *fake = place->fake;

    write_files(place, "root:x:0:0::/:/bin/sh\nopen::5:5::/:/bin/sh\n", "root:!:1:0:9:7:::\n",
                "root:x:0:\n");
    fake_deny(fake, "/etc/shadow", CFD_DENIED);
    assert_int_equal(fake_run(fake), CFD_PARTIAL);
    for (size_t i = 0; i < sizeof(resting) / sizeof(resting[0]); i++) {
        assert_non_null(fake_missing(fake, resting[i]));
        assert_non_null(strstr(fake_missing(fake, resting[i]), "CAP_DAC_READ_SEARCH"));
        assert_int_equal(fake_count(fake, resting[i], "user=root"), 0);
    }
    assert_null(fake_missing(fake, "accounts_extra_uid0"));
    assert_null(fake_missing(fake, "accounts_duplicates"));
    assert_true(fake_value_of(fake, "accounts_extra_uid0", "user=root") == 0);
    assert_true(fake_value_of(fake, "accounts_empty_password", "user=open") == 1);
}

static void test_group_missing(void **state)
{
    struct fake_place *place = *state;

    fake_file(place->root, "etc/passwd", "root:x:0:0::/:/bin/sh\n");
    fake_file(place->root, "etc/shadow", "root:!:1:0:9:7:::\n");
    assert_int_equal(fake_run(place->fake), CFD_PARTIAL);
    assert_non_null(fake_missing(place->fake, "accounts_privileged_member"));
    assert_non_null(fake_missing(place->fake, "accounts_duplicates"));
    assert_null(fake_missing(place->fake, "accounts_password_locked"));
}

static void test_passwd_missing(void **state)
{
    struct fake_place *place = *state;

    assert_int_equal(fake_run(place->fake), CFD_ABSENT);
    fake_file(place->root, "etc/passwd", "root:x:0:0::/:/bin/sh\n");
    fake_deny(place->fake, "/etc/passwd", CFD_DENIED);
    assert_int_equal(fake_run(place->fake), CFD_DENIED);
    assert_int_equal(place->fake->reading_count, 0);
}

static void test_truncated(void **state)
{
    struct fake_place *place = *state;

    write_files(place, "root:x:0:0::/:/bin/sh\nalice:x:10", "root:!:1:0:9:7:::\nalice:$6$s$" HASH,
                "root:x:0:\nsud");
    assert_int_equal(fake_run(place->fake), CFD_OK);
    assert_true(fake_value_of(place->fake, "accounts_present", NULL) == 1);
    assert_true(fake_sum(place->fake, "accounts_malformed_lines", NULL) == 3);
    assert_true(fake_logged(place->fake, "/etc/passwd: 1 malformed lines, the first is line 2"));
    assert_false(fake_told(place->fake, HASH));
}

static void test_hostile(void **state)
{
    static const char nul[] = "nul\0x:x:1:1::/:/bin/sh\nroot:x:0:0::/:/bin/sh\n";
    struct fake_place *place = *state;
    struct fake *fake = place->fake;
    char *huge = malloc(300000);

    assert_non_null(huge);
    memset(huge, 'a', 299999);
    huge[299999] = '\0';
    write_files(place, "", "root:!:9999999999999999999:-5:zz:7:::\n::::::::\n:\n", "");
    fake_bytes(place->root, "etc/passwd", nul, sizeof(nul) - 1);
    fake_append(place->root, "etc/passwd", huge);
    fake_append(
        place->root, "etc/passwd",
        "\n# comment\n\n+::::::\n-user::::::\n:x:5:5::/:/bin/sh\nneg:x:-5:5::/:/bin/sh\n"
        "big:x:4294967296:5::/:/bin/sh\nword:x:five:5::/:/bin/sh\nn\xff\x1b:*:7:7::/:a:b\n");
    assert_int_equal(fake_run(fake), CFD_OK);
    assert_true(fake_value_of(fake, "accounts_present", NULL) == 2);
    assert_true(fake_value_of(fake, "accounts_malformed_lines", "file=/etc/passwd") == 6);
    assert_true(fake_value_of(fake, "accounts_password_locked", "user=n\\xff\\x1b") == 1);
    assert_true(fake_logged(fake, "NIS"));
    assert_true(fake_value_of(fake, "accounts_password_locked", "user=root") == 1);
    free(huge);
}

/* What stands before a NUL, or at the front of a line that is too long, could pass for an account.
 */
static void test_lines_that_are_cut(void **state)
{
    static const char nul[] = "root:x:0:0::/:/bin/sh\nevil:x:0:0::/:/bin/sh\0more\n";
    struct fake_place *place = *state;
    char *huge = malloc(70000);

    assert_non_null(huge);
    memset(huge, '/', 69999);
    huge[69999] = '\0';
    write_files(place, "", "root:!:1:0:9:7:::\n", "");
    fake_bytes(place->root, "etc/passwd", nul, sizeof(nul) - 1);
    fake_append(place->root, "etc/passwd", "long:x:0:0::");
    fake_append(place->root, "etc/passwd", huge);
    assert_int_equal(fake_run(place->fake), CFD_OK);
    assert_true(fake_value_of(place->fake, "accounts_present", NULL) == 1);
    assert_true(fake_value_of(place->fake, "accounts_malformed_lines", "file=/etc/passwd") == 2);
    free(huge);
}

static void test_huge_group_line(void **state)
{
    struct fake_place *place = *state;

    write_files(place, "root:x:0:0::/:/bin/sh\n", "root:!:1:0:9:7:::\n", "sudo:x:27:u0");
    for (int i = 1; i < 20000; i++) {
        char member[16];

        snprintf(member, sizeof(member), ",u%d", i);
        fake_append(place->root, "etc/group", member);
    }
    assert_int_equal(fake_run(place->fake), CFD_OK);
    assert_int_equal(fake_count(place->fake, "accounts_privileged_member", "group=sudo"), 20000);
    assert_true(fake_excerpted(place->fake, "accounts_privileged_member", "sudo:x:27:u0,u1"));
    assert_int_equal(strncmp(place->fake->excerpts[0].personal, "u0|u1|u2|", 9), 0);
}

static void test_late_and_full(void **state)
{
    struct fake_place *place = *state;

    write_files(place, "root:x:0:0::/:/bin/sh\n", "root:!:1:0:9:7:::\n", "root:x:0:\n");
    place->fake->left_calls = 0;
    assert_int_equal(fake_run(place->fake), CFD_LATE);
    place->fake->left_calls = -1;
    place->fake->refuse = CFD_LIMIT;
    assert_int_equal(fake_run(place->fake), CFD_PARTIAL);
    assert_non_null(fake_missing(place->fake, "accounts_empty_password"));
    assert_non_null(fake_missing(place->fake, "accounts_present"));
}

static void test_settings(void **state)
{
    struct fake_place *place = *state;

    fake_file(place->root, "p", "root:x:0:0::/:/bin/sh\n");
    fake_file(place->root, "s", "root:!:1:0:9:7:::\n");
    fake_file(place->root, "g", "ops:x:7:eve\nsudo:x:8:eve\n");
    fake_set(place->fake, "passwd", "/p");
    fake_set(place->fake, "shadow", "/s");
    fake_set(place->fake, "group", "/g");
    fake_set(place->fake, "privileged_groups[0]", "ops");
    assert_int_equal(fake_run(place->fake), CFD_OK);
    assert_int_equal(fake_count(place->fake, "accounts_privileged_member", NULL), 1);
    assert_int_equal(fake_count(place->fake, "accounts_privileged_member", "group=ops,user=eve"),
                     1);
}

static void test_selftest(void **state)
{
    static const char *const names[] = {"passwd", "shadow", "group"};
    struct fake_place *place = *state;

    assert_int_equal(fake_selftest(place->fake, SOURCE_DIR "/plugins/accounts/selftest"), CFD_OK);
    assert_int_equal(place->fake->reading_count, 0);
    /* A tree in which nothing is wrong must not pass for the bad one. */
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char from[512], to[64];

        snprintf(from, sizeof(from), "%s/plugins/accounts/selftest/good/etc/%s", SOURCE_DIR,
                 names[i]);
        snprintf(to, sizeof(to), "good/etc/%s", names[i]);
        fake_copy(place->root, to, from);
        snprintf(to, sizeof(to), "bad/etc/%s", names[i]);
        fake_copy(place->root, to, from);
    }
    assert_true(fake_selftest(place->fake, place->root) != CFD_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_password_fields, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_numbers, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_shadow_denied, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_group_missing, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_passwd_missing, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_truncated, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_hostile, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_lines_that_are_cut, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_huge_group_line, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_late_and_full, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_settings, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_selftest, set_up, fake_place_tear_down)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
