/* The sshd plugin against a fake host: asked, read from files, missing, hostile; and the real one.
 */
#include "fake/fake_asserts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CONFIG "etc/ssh/sshd_config"

static int set_up(void **state)
{
    *state = fake_place_new(PLUGIN_PATH);
    return 0;
}

static void assert_setting(struct fake *fake, const char *setting, const char *match,
                           const char *expected)
{
    char labels[512];
    const char *text;

    snprintf(labels, sizeof(labels), "setting=%s,match=%s", setting, match);
    text = fake_text(fake, "sshd_setting", labels);
    if (!text && expected)
        fake_print(fake);
    if (expected)
        assert_string_equal(text ? text : "(nothing)", expected);
    else
        assert_null(text);
}

static void test_presets(void **state)
{
    struct fake_place *place = *state;
    struct fake *fake = place->fake;

    fake_file(place->root, CONFIG, "# nothing is set\n");
    assert_int_equal(fake_run(fake), CFD_OK);
    assert_string_equal(fake_text(fake, "sshd_method", NULL), "files");
    assert_true(fake_value_of(fake, "sshd_root_login_unrestricted", "match=") == 0);
    assert_true(fake_value_of(fake, "sshd_password_authentication", "match=") == 1);
    assert_true(fake_value_of(fake, "sshd_max_auth_tries", "match=") == 6);
    assert_true(fake_value_of(fake, "sshd_login_grace_seconds", NULL) == 120);
    assert_setting(fake, "permitrootlogin", "", "prohibit-password");
    assert_setting(fake, "x11forwarding", "", "no");
    assert_setting(fake, "ciphers", "", NULL);
}

static void test_asked(void **state)
{
    struct fake_place *place = *state;
    struct fake *fake = place->fake;

    fake_file(place->root, CONFIG, "PermitRootLogin no\nMatch User root\nPermitRootLogin yes\n");
    fake_program(fake, "/usr/sbin/sshd",
                 "port 22\nport 2222\npermitrootlogin without-password\npasswordauthentication no\n"
                 "maxauthtries 3\nlogingracetime 60\nciphers a,b\nunknown x\n",
                 0);
    assert_int_equal(fake_run(fake), CFD_OK);
    assert_string_equal(fake->ran.pair[0].text, "/usr/sbin/sshd -T -f /etc/ssh/sshd_config");
    assert_string_equal(fake_text(fake, "sshd_method", NULL), "sshd -T");
    assert_setting(fake, "permitrootlogin", "", "prohibit-password");
    assert_setting(fake, "permitrootlogin", "User root", "yes");
    assert_setting(fake, "port", "", "22 2222");
    assert_setting(fake, "usepam", "", NULL);
    assert_true(fake_value_of(fake, "sshd_root_login_unrestricted", "match=") == 0);
    assert_true(fake_value_of(fake, "sshd_root_login_unrestricted", "match=User root") == 1);
    assert_true(fake_value_of(fake, "sshd_password_authentication", "match=") == 0);
    assert_true(fake_value_of(fake, "sshd_max_auth_tries", "match=") == 3);
    assert_true(fake_value_of(fake, "sshd_login_grace_seconds", NULL) == 60);
    assert_true(fake_excerpted(fake, "sshd_root_login_unrestricted", "PermitRootLogin yes"));
    assert_int_equal(fake->watched.pair[0].number,
                     sizeof("PermitRootLogin no\nMatch User root\nPermitRootLogin yes\n") - 1);
    assert_int_equal(fake->watched.pair[0].to, 3);
    assert_string_equal(fake->excerpts[1].place, "line 3");
}

static void test_refused(void **state)
{
    struct fake_place *place = *state;

    fake_file(place->root, CONFIG, "PermitRootLogin YES\n");
    fake_program(place->fake, "/usr/sbin/sshd", "", 1);
    assert_int_equal(fake_run(place->fake), CFD_OK);
    assert_string_equal(fake_text(place->fake, "sshd_method", NULL), "files");
    assert_true(fake_logged(place->fake, "sshd -T gave 1"));
    assert_true(fake_value_of(place->fake, "sshd_root_login_unrestricted", "match=") == 1);
    /* Good by its code and empty: not to be taken for an answer. */
    fake_program(place->fake, "/usr/sbin/sshd", "\n", 0);
    assert_int_equal(fake_run(place->fake), CFD_OK);
    assert_string_equal(fake_text(place->fake, "sshd_method", NULL), "files");
}

static void test_include(void **state)
{
    struct fake_place *place = *state;
    struct fake *fake = place->fake;

    fake_file(place->root, CONFIG,
              "MaxAuthTries 5\nInclude sshd_config.d/*.conf \"/etc/ssh/more files/[ab]?/x\"\n"
              "PermitRootLogin yes\nMaxAuthTries 9\nAllowUsers a b\n");
    fake_file(place->root, "etc/ssh/sshd_config.d/20-b.conf", "PermitRootLogin no\nBanner /b\n");
    fake_file(place->root, "etc/ssh/sshd_config.d/10-a.conf",
              "PermitRootLogin forced-commands-only\nMatch Group g\nX11Forwarding yes\n");
    fake_file(place->root, "etc/ssh/sshd_config.d/.hidden.conf", "MaxSessions 1\n");
    fake_file(place->root, "etc/ssh/sshd_config.d/other.txt", "MaxSessions 1\n");
    fake_file(place->root, "etc/ssh/more files/a1/x", "AllowUsers c\nLoginGraceTime 1h30m\n");
    assert_int_equal(fake_run(fake), CFD_OK);
    assert_setting(fake, "permitrootlogin", "", "forced-commands-only");
    assert_setting(fake, "banner", "", "/b");
    assert_setting(fake, "maxsessions", "", "10");
    assert_setting(fake, "x11forwarding", "", "no");
    assert_setting(fake, "x11forwarding", "Group g", "yes");
    assert_setting(fake, "allowusers", "", "c a b");
    assert_true(fake_value_of(fake, "sshd_max_auth_tries", "match=") == 5);
    assert_true(fake_value_of(fake, "sshd_login_grace_seconds", NULL) == 5400);
}

static void test_match(void **state)
{
    struct fake_place *place = *state;
    struct fake *fake = place->fake;

    fake_file(place->root, CONFIG,
              "PasswordAuthentication no\nMatch User  alice,bob   Address 10.0.0.0/8 # why\n"
              "  PasswordAuthentication yes\n  PasswordAuthentication no\n"
              "Match Group ops\nInclude ops.conf\nMaxAuthTries 2\n"
              "Match all\nPasswordAuthentication = yes\n");
    fake_file(place->root, "etc/ssh/ops.conf", "MaxAuthTries 8\nMatch User eve\nMaxSessions 4\n");
    assert_int_equal(fake_run(fake), CFD_OK);
    assert_true(fake_value_of(fake, "sshd_password_authentication",
                              "match=User alice,bob Address 10.0.0.0/8") == 1);
    assert_true(fake_value_of(fake, "sshd_max_auth_tries", "match=Group ops") == 8);
    assert_setting(fake, "maxsessions", "Group ops User eve", "4");
    assert_setting(fake, "maxsessions", "", "10");
    assert_true(fake_value_of(fake, "sshd_password_authentication", "match=") == 1);
}

static void test_missing(void **state)
{
    struct fake_place *place = *state;
    struct fake *fake = place->fake;

    assert_int_equal(fake_run(fake), CFD_ABSENT);
    assert_int_equal(fake->reading_count, 0);
    fake_program(fake, "/usr/sbin/sshd", "", 255);
    assert_int_equal(fake_run(fake), CFD_ERROR);
    fake_deny(fake, "/etc/ssh/sshd_config", CFD_DENIED);
    assert_int_equal(fake_run(fake), CFD_DENIED);
    /* The server answers, its file may not be read: the global part stands, Match is unknown. */
    fake_program(fake, "/usr/sbin/sshd", "permitrootlogin no\n", 0);
    assert_int_equal(fake_run(fake), CFD_PARTIAL);
    assert_non_null(fake_missing(fake, "sshd_root_login_unrestricted"));
    assert_setting(fake, "permitrootlogin", "", "no");
}

static void test_part_denied(void **state)
{
    struct fake_place *place = *state;

    fake_file(place->root, CONFIG, "Include conf.d/*\nPermitRootLogin no\n");
    fake_file(place->root, "etc/ssh/conf.d/a", "PermitRootLogin yes\n");
    fake_deny(place->fake, "/etc/ssh/conf.d/a", CFD_DENIED);
    assert_int_equal(fake_run(place->fake), CFD_PARTIAL);
    assert_non_null(strstr(fake_missing(place->fake, "sshd_root_login_unrestricted"), "conf.d/a"));
}

static void test_hostile(void **state)
{
    struct fake_place *place = *state;
    struct fake *fake = place->fake;
    char *huge = malloc(200001);

    assert_non_null(huge);
    memset(huge, 'x', 200000);
    huge[200000] = '\0';
    fake_file(place->root, CONFIG, "Include sshd_config\nPermitRootLogin yes\n");
    assert_int_equal(fake_run(fake), CFD_PARTIAL);
    assert_non_null(fake_missing(fake, "sshd_setting"));
    fake_file(place->root, CONFIG, "Include sshd_config sshd_config sshd_config\n");
    assert_int_equal(fake_run(fake), CFD_PARTIAL);
    fake_file(place->root, CONFIG, "PermitRootLogin no\nMatch ");
    fake_append(place->root, CONFIG, huge);
    assert_int_equal(fake_run(fake), CFD_PARTIAL);
    fake_file(place->root, CONFIG,
              "MaxAuthTries many\nLoginGraceTime 3x\n=\n\"\nMatch\nPort\n"
              "Banner \"\xff\xfe\x1b\n");
    assert_int_equal(fake_run(fake), CFD_PARTIAL);
    assert_non_null(fake_missing(fake, "sshd_max_auth_tries"));
    assert_non_null(fake_missing(fake, "sshd_login_grace_seconds"));
    assert_setting(fake, "banner", "", "\\xff\\xfe\\x1b");
    fake_bytes(place->root, CONFIG, "PermitRootLogin no\n\0PermitRootLogin yes\n", 41);
    assert_int_equal(fake_run(fake), CFD_PARTIAL);
    fake_file(place->root, CONFIG, "MaxAuthTries\nPermitRootLogin no\n");
    assert_int_equal(fake_run(fake), CFD_PARTIAL);
    assert_non_null(strstr(fake_missing(fake, "sshd_max_auth_tries"), "line 1: maxauthtries"));
    assert_null(fake_missing(fake, "sshd_root_login_unrestricted"));
    huge[3000] = '\0';
    fake_file(place->root, CONFIG, "Banner /");
    fake_append(place->root, CONFIG, huge);
    assert_int_equal(fake_run(fake), CFD_PARTIAL);
    assert_int_equal(strlen(fake_text(fake, "sshd_setting", "setting=banner")), 1024);
    assert_non_null(strstr(fake_missing(fake, "sshd_setting"), "was cut"));
    free(huge);
}

/* A label has 256 bytes: of two Match lines that differ behind them neither passes for the other.
 */
static void test_long_match(void **state)
{
    struct fake_place *place = *state;
    char names[300];
    char *text = NULL;

    memset(names, 'n', sizeof(names) - 1);
    names[sizeof(names) - 1] = '\0';
    assert_true(asprintf(&text, "Match User %s\nMaxAuthTries 3\n", names) > 0);
    fake_file(place->root, CONFIG, text);
    assert_int_equal(fake_run(place->fake), CFD_OK);
    assert_int_equal(fake_count(place->fake, "sshd_max_auth_tries", NULL), 2);
    const struct fake_reading *last = NULL;
    for (size_t i = 0; i < place->fake->reading_count; i++)
        if (strcmp(place->fake->readings[i].attribute->name, "sshd_max_auth_tries") == 0)
            last = &place->fake->readings[i];
    assert_int_equal(strlen(last->labels[0]), 256);
    fake_append(place->root, CONFIG, text);
    assert_int_equal(fake_run(place->fake), CFD_OK);
    text[strlen(text) - strlen("\nMaxAuthTries 3\n") - 1] = 'm';
    fake_append(place->root, CONFIG, text);
    assert_int_equal(fake_run(place->fake), CFD_PARTIAL);
    assert_non_null(strstr(fake_missing(place->fake, "sshd_max_auth_tries"), "line 6: maxauth"));
    assert_non_null(fake_missing(place->fake, "sshd_setting"));
    assert_null(fake_missing(place->fake, "sshd_root_login_unrestricted"));
    free(text);
}

/* Words that are left out would ask another program than the one that was configured. */
static void test_many_words(void **state)
{
    struct fake_place *place = *state;
    for (int i = 0; i < 17; i++) {
        char path[32];
        snprintf(path, sizeof path, "program[%d]", i);
        fake_set(place->fake, path, "/usr/sbin/sshd");
    }
    assert_int_equal(fake_open(place->fake), CFD_INVALID);
    assert_non_null(fake_fault(place->fake, "program"));
}

static void test_late(void **state)
{
    struct fake_place *place = *state;

    fake_file(place->root, CONFIG, "PermitRootLogin no\n");
    for (int calls = 0; calls < 2; calls++) {
        place->fake->left_calls = calls;
        assert_int_equal(fake_run(place->fake), CFD_LATE);
    }
}

static void test_selftest(void **state)
{
    struct fake_place *place = *state;

    assert_int_equal(fake_selftest(place->fake, SOURCE_DIR "/plugins/sshd/selftest"), CFD_OK);
    assert_int_equal(place->fake->reading_count, 0);
    fake_file(place->root, "good/etc/ssh/sshd_config", "PermitRootLogin yes\n");
    fake_file(place->root, "bad/etc/ssh/sshd_config", "PermitRootLogin yes\n");
    assert_true(fake_selftest(place->fake, place->root) != CFD_OK);
}

/* The server's own answer to a file, and ours of the same file: they must agree. */
static void test_real(void **state)
{
    static const char *const compared[] = {"permitrootlogin",
                                           "passwordauthentication",
                                           "maxauthtries",
                                           "logingracetime",
                                           "maxstartups",
                                           "permitemptypasswords",
                                           "ignorerhosts",
                                           "strictmodes",
                                           "x11forwarding",
                                           "allowtcpforwarding",
                                           "gatewayports",
                                           "permittunnel",
                                           "clientaliveinterval",
                                           "clientalivecountmax",
                                           "maxsessions",
                                           "loglevel",
                                           "syslogfacility",
                                           "banner",
                                           "port",
                                           "allowusers",
                                           "hostbasedauthentication",
                                           "permituserenvironment",
                                           "usepam",
                                           "pubkeyauthentication"};
    struct fake_place *place = *state;
    struct fake *fake = place->fake;
    char path[512], labels[128];

    if (access("/usr/sbin/sshd", X_OK) != 0) {
        print_message("no sshd here: not compared\n");
        skip();
    }
    fake_file(place->root, "c",
              "MaxAuthTries 4\nBanner /etc/issue\nAllowUsers a b\nAllowUsers c\n"
              "ClientAliveInterval 77\nMaxAuthTries 5\nLoginGraceTime 90\n");
    snprintf(path, sizeof(path), "%s/c", place->root);
    fake_root(fake, "");
    fake_set(fake, "config", path);
    fake->real_programs = true;
    assert_int_equal(fake_run(fake), CFD_OK);
    if (strcmp(fake_text(fake, "sshd_method", NULL), "sshd -T") != 0) {
        print_message("sshd -T is refused here: not compared\n");
        skip();
    }
    for (size_t i = 0; i < sizeof(compared) / sizeof(compared[0]); i++) {
        char asked[1200], read[1200];

        fake->real_programs = true;
        fake_run(fake);
        snprintf(labels, sizeof(labels), "setting=%s,match=", compared[i]);
        snprintf(asked, sizeof(asked), "%s", fake_text(fake, "sshd_setting", labels));
        fake->real_programs = false;
        fake_run(fake);
        snprintf(read, sizeof(read), "%s", fake_text(fake, "sshd_setting", labels));
        assert_string_equal(asked, read);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_presets, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_asked, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_include, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_match, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_missing, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_part_denied, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_hostile, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_long_match, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_many_words, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_late, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_selftest, set_up, fake_place_tear_down),
        cmocka_unit_test_setup_teardown(test_real, set_up, fake_place_tear_down)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
