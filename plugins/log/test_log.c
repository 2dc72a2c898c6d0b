/* The log plugin against a fake host: rotation, truncation, crashes, hostile files; each line once.
 */
#include "test_log.h"

#include "fake/fake_asserts.h"
#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define HIT "Failed password for root from 192.0.2.1 port 22 ssh2\n"

/* Counts each value of n in lines such as "line n=12". */
static void set_number_rule(struct fake *fake)
{
    fake_set_rule(fake, 0, "id", "t.number");
    fake_set_rule(fake, 0, "pattern", "n=(?<n>\\d+)$");
    fake_set_rule(fake, 0, "labels[0]", "n");
    fake_set_rule(fake, 0, "feeds", "log_numbers");
    fake_set_rule(fake, 1, "id", "t.failed");
    fake_set_rule(fake, 1, "pattern", "Failed (?<method>\\S+) for");
    fake_set_rule(fake, 1, "labels[0]", "method");
    fake_set_rule(fake, 1, "labels[1]", "kind=login");
    fake_set_rule(fake, 1, "feeds", "log_failures");
    fake_set_rule(fake, 1, "match", "Failed password for root");
    fake_set_rule(fake, 1, "no_match", "Accepted password for root");
}

int log_set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->fake = fake_load(PLUGIN_PATH);
    place->root = fake_tree();
    place->path = text_format("%s/a.log", place->root);
    fake_set(place->fake, "files", place->path);
    fake_set(place->fake, "start", "beginning");
    set_number_rule(place->fake);
    *state = place;
    return 0;
}

int log_tear_down(void **state)
{
    struct place *place = *state;
    fake_free(place->fake);
    fake_remove_tree(place->root);
    free(place->root);
    free(place->path);
    free(place);
    return 0;
}

void log_move(const struct place *place, const char *from, const char *to)
{
    CLEAN(clean_text) char *old = text_format("%s/%s", place->root, from);
    CLEAN(clean_text) char *new = text_format("%s/%s", place->root, to);
    assert_int_equal(rename(old, new), 0);
}

void log_cut(const struct place *place, const char *name, off_t size)
{
    CLEAN(clean_text) char *path = text_format("%s/%s", place->root, name);
    assert_int_equal(truncate(path, size), 0);
}

static void expect(struct place *place, int status, double failures)
{
    fake_expect(place->fake, status, "log_failures", failures);
}

static void test_counts(void **state)
{
    struct place *place = *state;
    double value = -1;
    fake_file(place->root, "a.log", "nothing\n" HIT HIT "Failed none for x\r\n" HIT);
    expect(place, CFD_OK, 4);
    assert_true(fake_value(place->fake, "log_failures", "method=password,kind=login", &value));
    assert_true(value == 3);
    assert_true(fake_sum(place->fake, "log_lines", NULL) == 5);
    assert_int_equal(place->fake->watched.count, 1);
    assert_string_equal(place->fake->watched.pair[0].name, place->path);
    assert_int_equal(place->fake->watched.pair[0].number,
                     sizeof("nothing\nFailed none for x\r\n" HIT HIT HIT) - 1);
    assert_int_equal(place->fake->watched.pair[0].to, 5);
    assert_true(fake_excerpted(place->fake, "log_failures", "Failed none for x"));
    expect(place, CFD_OK, 0);
    fake_append(place->root, "a.log", HIT);
    expect(place, CFD_OK, 1);
}

static void test_starts_at_end(void **state)
{
    struct place *place = *state;
    fake_set(place->fake, "start", "end");
    fake_file(place->root, "a.log", HIT HIT "half a line, Failed pass");
    expect(place, CFD_OK, 0);
    fake_append(place->root, "a.log", "word for root\n" HIT);
    expect(place, CFD_OK, 2);
}

static void test_later_files_from_beginning(void **state)
{
    struct place *place = *state;
    CLEAN(clean_text) char *glob = text_format("%s/*.log", place->root);
    fake_set(place->fake, "files", glob);
    fake_set(place->fake, "start", "end");
    fake_file(place->root, "a.log", HIT);
    expect(place, CFD_OK, 0);
    fake_file(place->root, "b.log", HIT HIT);
    expect(place, CFD_OK, 2);
    fake_crash(place->fake);
    fake_file(place->root, "c.log", HIT);
    expect(place, CFD_OK, 1);
}

static void test_unterminated(void **state)
{
    struct place *place = *state;
    fake_file(place->root, "a.log", HIT "Failed password for x");
    expect(place, CFD_OK, 1);
    log_move(place, "a.log", "a.log.1");
    fake_file(place->root, "a.log", "");
    expect(place, CFD_OK, 0);
    fake_append(place->root, "a.log", HIT);
    expect(place, CFD_OK, 2);
}

/* A file that is written no more: its last line counts once, whatever comes behind it. */
static void test_quiet_last_line(void **state)
{
    struct place *place = *state;
    fake_file(place->root, "a.log", HIT "Failed password for x");
    place->fake->now_ms = INT64_C(4102444800000);
    expect(place, CFD_OK, 2);
    expect(place, CFD_OK, 0);
    fake_crash(place->fake);
    fake_append(place->root, "a.log", "\r\n" HIT "n=");
    expect(place, CFD_OK, 1);
    assert_int_equal(place->fake->lost.count, 0);
    fake_append(place->root, "a.log", "4");
    expect(place, CFD_OK, 0);
    assert_true(fake_sum(place->fake, "log_numbers", "n=4") == 1);
    fake_append(place->root, "a.log", "2\n");
    expect(place, CFD_OK, 0);
    assert_true(fake_sum(place->fake, "log_numbers", NULL) == 0);
    assert_int_equal(place->fake->lost.count, 1);
}

static void test_rename(void **state)
{
    struct place *place = *state;
    fake_file(place->root, "a.log", HIT);
    expect(place, CFD_OK, 1);
    fake_append(place->root, "a.log", HIT);
    fake_crash(place->fake);
    log_move(place, "a.log", "a.log.1");
    fake_file(place->root, "a.log", HIT HIT);
    log_move(place, "a.log.1", "a.log.2");
    log_move(place, "a.log", "a.log.1");
    fake_file(place->root, "a.log", HIT HIT HIT HIT);
    expect(place, CFD_OK, 7);
    assert_int_equal(place->fake->lost.count, 0);
    fake_crash(place->fake);
    expect(place, CFD_OK, 0);
}

/* Rotated twice between two looks, and the file that is being read deleted. */
static void test_deleted_while_read(void **state)
{
    struct place *place = *state;
    CLEAN(clean_text) char *old = text_format("%s/a.log.1", place->root);
    fake_file(place->root, "a.log.1", "old " HIT);
    fake_file(place->root, "a.log", HIT);
    expect(place, CFD_OK, 1);
    fake_append(place->root, "a.log", HIT);
    assert_int_equal(unlink(place->path), 0);
    const struct timespec times[2] = {{4102444800, 0}, {4102444800, 0}};
    fake_file(place->root, "a.log.1", HIT HIT);
    assert_int_equal(utimensat(AT_FDCWD, old, times, 0), 0);
    fake_file(place->root, "a.log", HIT HIT HIT HIT);
    expect(place, CFD_OK, 7);
    expect(place, CFD_OK, 0);
}

/* A wildcard that also finds what a file was renamed to: read once, also after a crash. */
static void test_glob_finds_renamed(void **state)
{
    struct place *place = *state;
    CLEAN(clean_text) char *glob = text_format("%s/a*.log", place->root);
    fake_set(place->fake, "files", glob);
    fake_file(place->root, "a.log", HIT);
    fake_file(place->root, "a.log.1", HIT);
    expect(place, CFD_OK, 1);
    fake_append(place->root, "a.log", HIT);
    fake_crash(place->fake);
    log_move(place, "a.log", "a-old.log");
    fake_file(place->root, "a.log", HIT HIT);
    expect(place, CFD_OK, 3);
    expect(place, CFD_OK, 0);
    fake_crash(place->fake);
    expect(place, CFD_OK, 0);
}

static void test_copytruncate(void **state)
{
    struct place *place = *state;
    fake_file(place->root, "a.log", HIT HIT);
    expect(place, CFD_OK, 2);
    fake_append(place->root, "a.log", HIT);
    fake_copy(place->root, "a.log.1", place->path);
    log_cut(place, "a.log", 0);
    expect(place, CFD_OK, 1);
    fake_append(place->root, "a.log", "n=5\n");
    expect(place, CFD_OK, 0);
    assert_true(fake_sum(place->fake, "log_numbers", "n=5") == 1);
    assert_int_equal(place->fake->lost.count, 0);
}

static void test_truncated_without_copy(void **state)
{
    struct place *place = *state;
    fake_file(place->root, "a.log", HIT HIT);
    expect(place, CFD_OK, 2);
    log_cut(place, "a.log", 0);
    fake_append(place->root, "a.log",
                "n=5\nlonger than it was before it was cut: "
                "Failed password for root from somewhere, and then more\n");
    expect(place, CFD_OK, 1);
    assert_int_equal(place->fake->lost.count, 1);
    assert_int_equal(place->fake->lost.pair[0].number, 2 * strlen(HIT));
}

static void test_replaced_while_down(void **state)
{
    struct place *place = *state;
    fake_file(place->root, "a.log", HIT HIT);
    expect(place, CFD_OK, 2);
    fake_crash(place->fake);
    assert_int_equal(unlink(place->path), 0);
    fake_file(place->root, "a.log", "n=1 \nother " HIT HIT HIT);
    expect(place, CFD_OK, 3);
    assert_int_equal(place->fake->lost.count, 1);
}

static void test_missing_and_denied(void **state)
{
    struct place *place = *state;
    CLEAN(clean_text) char *other = text_format("%s/b.log", place->root);
    expect(place, CFD_ABSENT, 0);
    assert_true(fake_logged(place->fake, "a.log"));
    fake_file(place->root, "a.log", HIT);
    expect(place, CFD_OK, 1);
    fake_crash(place->fake);
    fake_set(place->fake, "files[1]", other);
    expect(place, CFD_OK, 0);
    fake_file(place->root, "b.log", HIT);
    fake_deny(place->fake, other, CFD_DENIED);
    fake_append(place->root, "a.log", HIT);
    expect(place, CFD_PARTIAL, 1);
    assert_non_null(fake_missing(place->fake, "log_failures"));
    assert_non_null(fake_missing(place->fake, "log_lines"));
    fake_deny(place->fake, place->path, CFD_DENIED);
    fake_crash(place->fake);
    expect(place, CFD_DENIED, 0);
}

static void test_gone(void **state)
{
    struct place *place = *state;
    CLEAN(clean_text) char *other = text_format("%s/b.log", place->root);
    fake_set(place->fake, "files[0]", place->path);
    fake_set(place->fake, "files[1]", other);
    fake_file(place->root, "a.log", HIT);
    fake_file(place->root, "b.log", HIT);
    expect(place, CFD_OK, 2);
    assert_int_equal(unlink(other), 0);
    expect(place, CFD_OK, 0);
    place->fake->now_ms += 61000;
    expect(place, CFD_PARTIAL, 0);
    assert_int_equal(unlink(place->path), 0);
    expect(place, CFD_PARTIAL, 0);
    place->fake->now_ms += 61000;
    expect(place, CFD_ABSENT, 0);
}

/* A line of 200 KiB and one that no buffer holds: cut, counted once, told. */
static void test_long_lines(void **state)
{
    struct place *place = *state;
    for (size_t length = 200000; length <= 1000000; length += 800000) {
        CLEAN(clean_text) char *line = malloc(length + 1);
        memset(line, 'x', length);
        line[length] = '\0';
        memcpy(line, "Failed password for", 19);
        fake_append(place->root, "a.log", line);
        expect(place, CFD_OK, 0);
        fake_append(place->root, "a.log", "\n" HIT);
        expect(place, CFD_OK, 2);
        assert_int_equal(place->fake->lost.count, 1);
        assert_int_equal(place->fake->lost.pair[0].to - place->fake->lost.pair[0].number,
                         (int64_t)length - 65536);
        assert_true(fake_sum(place->fake, "log_lines", NULL) == 2);
    }
}

static void test_hostile_bytes(void **state)
{
    struct place *place = *state;
    static const char bytes[] = "\0\0Failed pass\xff\x01word for \0\n\n\r\n\xc0\x80 n=7\n";
    fake_bytes(place->root, "a.log", bytes, sizeof bytes - 1);
    expect(place, CFD_OK, 1);
    assert_true(fake_sum(place->fake, "log_failures", "method=pass\\xff\\x01word") == 1);
    assert_true(fake_sum(place->fake, "log_numbers", "n=7") == 1);
    assert_true(fake_sum(place->fake, "log_lines", NULL) == 4);
}

/* A pattern that doubles with each character: its limits are a loss, not "no match". */
static void test_evil_rule(void **state)
{
    struct place *place = *state;
    fake_set_rule(place->fake, 2, "id", "t.evil");
    fake_set_rule(place->fake, 2, "pattern", "^(?:a+)+$");
    fake_set_rule(place->fake, 2, "feeds", "log_evil");
    fake_file(place->root, "a.log", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n");
    expect(place, CFD_OK, 0);
    assert_int_equal(place->fake->lost.count, 1);
    assert_non_null(strstr(place->fake->lost.pair[0].text, "t.evil"));
}

static void test_wrong_rules(void **state)
{
    struct place *place = *state;
    static const struct {
        const char *member, *text, *fault;
    } cases[] = {
        {"pattern", "Failed (?<method>\\S+ for", "rule[1].pattern"},
        {"match", "no such thing", "rule[1].match"},
        {"no_match", "Failed password for root", "rule[1].no_match"},
        {"labels[0]", "user", "rule[1].labels"},
        {"personal[0]", "user", "rule[1].personal"},
        {"feeds", "log_lines", "rule[1].feeds"},
        {"feeds", "accounts_present", "rule[1].feeds"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fake_unset_all(place->fake);
        fake_set(place->fake, "files", place->path);
        set_number_rule(place->fake);
        fake_set_rule(place->fake, 1, cases[i].member, cases[i].text);
        assert_int_equal(fake_open(place->fake), CFD_INVALID);
        if (!fake_fault(place->fake, cases[i].fault))
            fake_print(place->fake);
        assert_non_null(fake_fault(place->fake, cases[i].fault));
        fake_close(place->fake);
        fake_clear(place->fake);
    }
}

static void test_many_excerpts(void **state)
{
    struct place *place = *state;
    for (int i = 0; i < 100; i++)
        fake_append(place->root, "a.log", HIT);
    expect(place, CFD_OK, 100);
    assert_int_equal(place->fake->excerpt_count, 26);
    assert_non_null(strstr(place->fake->excerpts[25].place, "and 75 more lines"));
    assert_int_equal(place->fake->excerpts[25].length, 64);
}

/* More label sets than a batch keeps: several batches, each line once. */
static void test_many_sets(void **state)
{
    struct place *place = *state;
    CLEAN(buffer_finish) struct buffer text = {0};
    for (int i = 0; i < 5000; i++)
        buffer_print(&text, "line n=%d\n", i);
    fake_file(place->root, "a.log", text.data);
    expect(place, CFD_OK, 0);
    assert_true(fake_sum(place->fake, "log_numbers", NULL) == 5000);
    assert_int_equal(fake_count(place->fake, "log_numbers", NULL), 5000);
}

static void test_urgent_ends_batch(void **state)
{
    struct place *place = *state;
    fake_set_rule(place->fake, 1, "urgent", "true");
    fake_file(place->root, "a.log", HIT);
    assert_int_equal(fake_open(place->fake), CFD_OK);
    assert_int_equal(fake_start(place->fake), CFD_OK);
    assert_int_equal(fake_collect(place->fake), CFD_MORE);
    assert_true(fake_sum(place->fake, "log_failures", NULL) == 1);
    assert_non_null(fake_position(place->fake, place->path));
    assert_int_equal(place->fake->urgent_count, 1);
    /* What else comes is not. */
    assert_int_equal(fake_collect(place->fake), CFD_OK);
    fake_append(place->root, "a.log", "nothing\n");
    assert_int_equal(fake_collect(place->fake), CFD_OK);
    assert_int_equal(place->fake->urgent_count, 1);
    /* A daemon that does not know the word: the line all the same. */
    place->fake->host.size = offsetof(struct cfd_host, urgent);
    fake_append(place->root, "a.log", HIT);
    assert_int_equal(fake_collect(place->fake), CFD_MORE);
    assert_true(fake_sum(place->fake, "log_failures", NULL) == 2);
    assert_int_equal(place->fake->urgent_count, 1);
}

static void test_wakes(void **state)
{
    struct place *place = *state;
    fake_file(place->root, "a.log", "");
    expect(place, CFD_OK, 0);
    struct pollfd poll_fd = {.fd = place->fake->fd, .events = POLLIN};
    assert_true(poll_fd.fd >= 0);
    assert_int_equal(poll(&poll_fd, 1, 0), 0);
    fake_append(place->root, "a.log", HIT);
    assert_int_equal(poll(&poll_fd, 1, 1000), 1);
    expect(place, CFD_OK, 1);
    assert_int_equal(poll(&poll_fd, 1, 0), 0);
}

static void test_selftest(void **state)
{
    struct place *place = *state;
    assert_int_equal(fake_selftest(place->fake, SOURCE_DIR "/plugins/log/selftest"), CFD_OK);
    fake_file(place->root, "good/var/log/auth.log", "sshd[1]: Failed password for x from y port 1");
    assert_int_equal(fake_selftest(place->fake, place->root), CFD_ERROR);
}

/* What the host does not take is missing; the stream goes on. */
static void test_refused(void **state)
{
    struct place *place = *state;
    fake_file(place->root, "a.log", "n=1\n");
    place->fake->refuse = CFD_LIMIT;
    assert_int_equal(fake_run(place->fake), CFD_OK);
    assert_non_null(fake_missing(place->fake, "log_numbers"));
    assert_non_null(fake_missing(place->fake, "log_lines"));
    place->fake->refuse = CFD_OK;
    fake_append(place->root, "a.log", "n=2\n");
    assert_int_equal(fake_run(place->fake), CFD_OK);
    assert_int_equal(fake_count(place->fake, "log_numbers", NULL), 1);
    assert_null(fake_missing(place->fake, "log_numbers"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, log_set_up, log_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_counts),
        CASE(test_selftest),
        CASE(test_starts_at_end),
        CASE(test_later_files_from_beginning),
        CASE(test_unterminated),
        CASE(test_quiet_last_line),
        CASE(test_rename),
        CASE(test_deleted_while_read),
        CASE(test_glob_finds_renamed),
        CASE(test_copytruncate),
        CASE(test_truncated_without_copy),
        CASE(test_replaced_while_down),
        CASE(test_missing_and_denied),
        CASE(test_gone),
        CASE(test_long_lines),
        CASE(test_hostile_bytes),
        CASE(test_evil_rule),
        CASE(test_wrong_rules),
        CASE(test_many_excerpts),
        CASE(test_many_sets),
        CASE(test_urgent_ends_batch),
        CASE(test_wakes),
        CASE(test_refused),
        cmocka_unit_test(test_each_line_once_rename),
        cmocka_unit_test(test_each_line_once_copytruncate),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + test_log_names();
}
