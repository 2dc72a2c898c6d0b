/* The journal plugin against a fake host, with journals that systemd-journal-remote writes. */
#include "fake/fake_asserts.h"

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define WRITER  "/usr/lib/systemd/systemd-journal-remote"
#define SKIPPED 77
#define FAILED  "Failed password for root from 192.0.2.1 port 22 ssh2"

struct place {
    struct fake *fake;
    char *root;
    char *folder; /* the journal's */
    uint64_t time_us;
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->fake = fake_load(PLUGIN_PATH);
    place->root = fake_tree();
    place->folder = text_format("%s/journal", place->root);
    place->time_us = UINT64_C(1700000000000000);
    fake_set(place->fake, "path", place->folder);
    fake_set(place->fake, "start", "beginning");
    fake_set_rule(place->fake, 0, "id", "t.failed");
    fake_set_rule(place->fake, 0, "pattern", "^Failed (?<method>\\S+) for");
    fake_set_rule(place->fake, 0, "labels[0]", "method");
    fake_set_rule(place->fake, 0, "feeds", "log_failures");
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    fake_free(place->fake);
    fake_remove_tree(place->root);
    free(place->root);
    free(place->folder);
    free(place);
    return 0;
}

/* An entry of the journal export format (systemd's JOURNAL_EXPORT_FORMATS). */
static void print_entry(struct place *place, struct buffer *text, const char *unit,
                        const char *message)
{
    place->time_us += 1000;
    buffer_print(text,
                 "__REALTIME_TIMESTAMP=%llu\n__MONOTONIC_TIMESTAMP=%llu\n"
                 "_BOOT_ID=11111111111111111111111111111111\n"
                 "_SYSTEMD_UNIT=%s\nSYSLOG_IDENTIFIER=sshd\n",
                 (unsigned long long)place->time_us, (unsigned long long)place->time_us, unit);
    uint64_t length = strlen(message);
    buffer_text(text, "MESSAGE\n");
    for (int i = 0; i < 8; i++)
        buffer_byte(text, (char)(length >> (8 * i)));
    buffer_print(text, "%s\n\n", message);
}

static void write_journal(const struct place *place, const char *name, const struct buffer *text)
{
    CLEAN(clean_text) char *input = text_format("%s/export", place->root);
    CLEAN(clean_text) char *output = text_format("--output=%s/%s", place->folder, name);
    (void)mkdir(place->folder, 0755);
    fake_bytes(place->root, "export", text->data, text->length);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 2);
        execl(WRITER, WRITER, "--split-mode=none", output, input, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void add_entries(struct place *place, const char *name, const char *unit, int count)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    for (int i = 0; i < count; i++)
        print_entry(place, &text, unit, FAILED);
    write_journal(place, name, &text);
}

static void expect(struct place *place, int status, double failures)
{
    fake_expect(place->fake, status, "log_failures", failures);
}

static void test_absent(void **state)
{
    struct place *place = *state;
    expect(place, CFD_ABSENT, 0);
    assert_true(fake_logged(place->fake, "no journal"));
    assert_int_equal(mkdir(place->folder, 0755), 0);
    expect(place, CFD_ABSENT, 0);
}

static void test_standby(void **state)
{
    struct place *place = *state;
    CLEAN(clean_text) char *path = text_format("%s/auth.log", place->root);
    fake_set(place->fake, "unless_exists", path);
    fake_file(place->root, "auth.log", "");
    expect(place, CFD_STANDBY, 0);
    assert_int_equal(unlink(path), 0);
    expect(place, CFD_ABSENT, 0);
}

static void test_counts(void **state)
{
    struct place *place = *state;
    CLEAN(buffer_finish) struct buffer text = {0};
    print_entry(place, &text, "ssh.service", FAILED);
    print_entry(place, &text, "ssh.service", "Failed none for x");
    print_entry(place, &text, "ssh.service", "hello\n" FAILED);
    print_entry(place, &text, "ssh.service", "");
    write_journal(place, "system.journal", &text);
    expect(place, CFD_OK, 2);
    assert_true(fake_sum(place->fake, "log_lines", "source=journal") == 4);
    assert_int_equal(place->fake->watched.pair[0].to, 4);
    assert_true(place->fake->watched.pair[0].number > 0);
    assert_true(fake_excerpted(place->fake, "log_failures", FAILED));
    expect(place, CFD_OK, 0);
    add_entries(place, "system.journal", "ssh.service", 3);
    expect(place, CFD_OK, 3);
    fake_crash(place->fake);
    add_entries(place, "system.journal", "ssh.service", 2);
    expect(place, CFD_OK, 2);
    assert_int_equal(place->fake->lost.count, 0);
}

/* The batch with an urgent rule's message is, and no other. */
static void test_urgent(void **state)
{
    struct place *place = *state;
    fake_set_rule(place->fake, 0, "urgent", "true");
    CLEAN(buffer_finish) struct buffer text = {0};
    print_entry(place, &text, "ssh.service", "nothing of that kind");
    write_journal(place, "system.journal", &text);
    expect(place, CFD_OK, 0);
    assert_int_equal(place->fake->urgent_count, 0);
    add_entries(place, "system.journal", "ssh.service", 1);
    expect(place, CFD_OK, 1);
    assert_int_equal(place->fake->urgent_count, 1);
}

/* Of the last message; a clock that stands before it makes no negative silence. */
static void test_silence(void **state)
{
    struct place *place = *state;
    add_entries(place, "system.journal", "ssh.service", 1);
    place->fake->now_ms = (int64_t)(place->time_us / 1000) + 5000;
    expect(place, CFD_OK, 1);
    assert_true(fake_value_of(place->fake, "log_silence_seconds", "source=journal") == 5);
    place->fake->now_ms -= 6000;
    expect(place, CFD_OK, 0);
    assert_true(fake_value_of(place->fake, "log_silence_seconds", "source=journal") == 0);
}

static void test_units(void **state)
{
    struct place *place = *state;
    fake_set(place->fake, "units", "ssh.service");
    add_entries(place, "system.journal", "ssh.service", 2);
    add_entries(place, "system.journal", "evil.service", 5);
    expect(place, CFD_OK, 2);
    assert_true(fake_sum(place->fake, "log_lines", NULL) == 2);
    fake_crash(place->fake);
    fake_set(place->fake, "identifiers", "sudo");
    add_entries(place, "system.journal", "ssh.service", 1);
    expect(place, CFD_OK, 0);
}

static void test_starts_at_end(void **state)
{
    struct place *place = *state;
    fake_set(place->fake, "start", "end");
    add_entries(place, "system.journal", "ssh.service", 3);
    expect(place, CFD_OK, 0);
    /* What was there already tells how long it has been silent. */
    assert_true(fake_value_of(place->fake, "log_silence_seconds", "source=journal") >= 0);
    fake_crash(place->fake);
    add_entries(place, "system.journal", "ssh.service", 2);
    expect(place, CFD_OK, 2);
}

/* The file with the last entry read is gone, and with it what nobody knows. */
static void test_vacuumed(void **state)
{
    struct place *place = *state;
    CLEAN(clean_text) char *path = text_format("%s/system.journal", place->folder);
    add_entries(place, "system.journal", "ssh.service", 3);
    expect(place, CFD_OK, 3);
    fake_crash(place->fake);
    add_entries(place, "system.journal", "ssh.service", 2);
    assert_int_equal(unlink(path), 0);
    add_entries(place, "system.journal", "ssh.service", 4);
    expect(place, CFD_OK, 4);
    assert_int_equal(place->fake->lost.count, 1);
}

/* Bytes that are no journal. */
static void test_hostile(void **state)
{
    struct place *place = *state;
    fake_file(place->root, "journal/system.journal", "LPKSHHRH and then nothing of a journal");
    int status = fake_run(place->fake);
    assert_true(status < 0 || fake_sum(place->fake, "log_failures", NULL) == 0);
    add_entries(place, "other.journal", "ssh.service", 1);
    fake_crash(place->fake);
    expect(place, CFD_OK, 1);
}

/* Killed anywhere: each message once. */
static void test_each_once(void **state)
{
    struct place *place = *state;
    double sum = 0;
    for (int round = 0; round < 12; round++) {
        add_entries(place, "system.journal", "ssh.service", 1 + round % 3);
        if (round % 4 != 1)
            fake_run(place->fake);
        sum += fake_sum(place->fake, "log_failures", NULL);
        fake_clear(place->fake);
        if (round % 3 == 2)
            fake_crash(place->fake);
    }
    fake_run(place->fake);
    sum += fake_sum(place->fake, "log_failures", NULL);
    assert_true(sum == 24);
}

static void test_selftest(void **state)
{
    struct place *place = *state;
    assert_int_equal(fake_selftest(place->fake, SOURCE_DIR "/plugins/journal/selftest"), CFD_OK);
    fake_file(place->root, "good/var/log/auth.log", "sshd[1]: Failed password for x from y port 1");
    assert_int_equal(fake_selftest(place->fake, place->root), CFD_ERROR);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest always[] = {CASE(test_absent), CASE(test_standby), CASE(test_selftest)};
    const struct CMUnitTest with_writer[] = {
        CASE(test_counts),   CASE(test_silence), CASE(test_units),     CASE(test_starts_at_end),
        CASE(test_vacuumed), CASE(test_hostile), CASE(test_each_once), CASE(test_urgent),
    };
    int failed = cmocka_run_group_tests(always, NULL, NULL);
    if (failed)
        return failed;
    if (access(WRITER, X_OK) != 0) {
        printf("skipped: %s (package systemd-journal-remote) writes the journals\n", WRITER);
        return SKIPPED;
    }
    return cmocka_run_group_tests(with_writer, NULL, NULL);
}
