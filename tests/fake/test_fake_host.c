/* The fake host itself: what it lends must be what the daemon lends, or plugin tests prove nothing.
 */
#include "fake/fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct cfd_option inner[] = {
    {"label", CFD_STRING, CFD_LIST, 0, 0, NULL, "", NULL, NULL}, {0}};
static const struct cfd_option check[] = {
    {"program", CFD_PROGRAM, 0, 0, 0, NULL, "", NULL, NULL},
    {"timeout", CFD_DURATION, 0, 1000, 60000, "10s", "", NULL, NULL},
    {"readings", CFD_GROUP, 0, 0, 0, NULL, "", inner, NULL},
    {0}};
static const struct cfd_option options[] = {
    {"files", CFD_GLOB, CFD_LIST, 0, 0, "/a,/b", "", NULL, NULL},
    {"size", CFD_BYTES, 0, 0, 0, NULL, "", NULL, NULL},
    {"flag", CFD_BOOLEAN, 0, 0, 0, "true", "", NULL, NULL},
    {"checks", CFD_GROUP, 0, 0, 0, NULL, "", check, NULL},
    {0}};

static const char *const labels[] = {"user", "source", NULL};
static const struct cfd_attribute attributes[] = {
    {"trial_events", CFD_EVENT, 1, "", "", labels, 0, 0}, {0}};

static int trial_open(const struct cfd_host *host, void **ret_self)
{
    const struct cfd_attribute good = {"trial_more", CFD_GAUGE, 1, "", "", NULL, 0, 0};
    const struct cfd_attribute other = {"other_more", CFD_GAUGE, 1, "", "", NULL, 0, 0};

    *ret_self = NULL;
    assert_int_equal(host->declare(host, &good), 1);
    assert_int_equal(host->declare(host, &good), CFD_INVALID);
    assert_int_equal(host->declare(host, &other), CFD_INVALID);
    assert_int_equal(host->open_file(host, "/etc/passwd"), CFD_INVALID);
    return CFD_OK;
}

static int emit(const struct cfd_host *host, double value, const char *user, const char *source)
{
    const char *const values[] = {user, source, NULL};
    struct cfd_reading reading = {
        .size = sizeof(reading), .attribute = 0, .value = value, .labels = values};

    return host->emit(host, &reading);
}

static int trial_collect(void *self, const struct cfd_host *host)
{
    (void)self;
    assert_int_equal(emit(host, 1, "a,source=x", "s"), CFD_OK);
    assert_int_equal(emit(host, -1, "b", "s"), CFD_INVALID);
    assert_int_equal(emit(host, 1, "\xff", "s"), CFD_INVALID);
    assert_int_equal(host->position_set(host, "f", "7"), CFD_OK);
    assert_int_equal(emit(host, 2, "b", "s"), CFD_OK);
    return CFD_OK;
}

static int trial_start(void *self, const struct cfd_host *host, int *ret_fd)
{
    (void)self;
    (void)host;
    *ret_fd = -1;
    return CFD_OK;
}

static void trial_stop(void *self, const struct cfd_host *host)
{
    (void)self;
    (void)host;
}

static const struct cfd_collector trial = {
    CFD_COLLECTOR_HEAD,       .flags = CFD_STREAM,  .name = "trial",          .version = "1",
    .summary = "A trial.",    .options = options,   .attributes = attributes, .open = trial_open,
    .collect = trial_collect, .start = trial_start, .stop = trial_stop};

static int set_up(void **state)
{
    *state = fake_new(&trial);
    return 0;
}

static int tear_down(void **state)
{
    fake_free(*state);
    return 0;
}

static struct cfd_value get(struct fake *fake, const char *path, int expected)
{
    struct cfd_value value = {.size = sizeof(value)};

    print_message("%s\n", path);
    assert_int_equal(fake->host.setting(&fake->host, path, &value), expected);
    return value;
}

static void test_presets(void **state)
{
    assert_int_equal(get(*state, "files", CFD_OK).count, 2);
    assert_string_equal(get(*state, "files[1]", CFD_OK).text, "/b");
    get(*state, "files[2]", CFD_ABSENT);
    get(*state, "size", CFD_ABSENT);
    assert_int_equal(get(*state, "flag", CFD_OK).integer, 1);
    get(*state, "checks", CFD_ABSENT);
    get(*state, "nothing", CFD_INVALID);
}

static void test_given(void **state)
{
    fake_set(*state, "files[0]", "/x,y");
    fake_set(*state, "size", "64KiB");
    fake_set(*state, "flag", "false");
    fake_set(*state, "checks[1].program[0]", "/bin/p");
    fake_set(*state, "checks[1].program[1]", "-v");
    fake_set(*state, "checks[1].timeout", "2m");
    fake_set(*state, "checks[0].readings[2].label", "l");
    assert_int_equal(get(*state, "files", CFD_OK).count, 1);
    assert_string_equal(get(*state, "files[0]", CFD_OK).text, "/x,y");
    get(*state, "files[1]", CFD_ABSENT);
    assert_int_equal(get(*state, "size", CFD_OK).integer, 65536);
    assert_int_equal(get(*state, "flag", CFD_OK).integer, 0);
    assert_int_equal(get(*state, "checks", CFD_OK).count, 2);
    assert_int_equal(get(*state, "checks[1].program", CFD_OK).count, 2);
    assert_string_equal(get(*state, "checks[1].program", CFD_OK).text, "/bin/p");
    assert_string_equal(get(*state, "checks[1].program[1]", CFD_OK).text, "-v");
    get(*state, "checks[1].timeout", CFD_INVALID);
    assert_int_equal(get(*state, "checks[0].timeout", CFD_OK).integer, 10000);
    assert_int_equal(get(*state, "checks[0].readings", CFD_OK).count, 3);
    assert_string_equal(get(*state, "checks[0].readings[2].label[0]", CFD_OK).text, "l");
    fake_set(*state, "files", NULL);
}

static void test_empty_list(void **state)
{
    fake_set(*state, "files", NULL);
    assert_int_equal(get(*state, "files", CFD_OK).count, 0);
    get(*state, "files[0]", CFD_ABSENT);
}

static void test_life(void **state)
{
    struct fake *fake = *state;
    double value = 0;

    assert_int_equal(fake_run(fake), CFD_OK);
    assert_int_equal(fake_count(fake, "trial_events", NULL), 2);
    assert_true(fake_value(fake, "trial_events", "user=a,source=x,source=s", &value));
    assert_true(value == 1);
    assert_false(fake_value(fake, "trial_events", "user=a", &value));
    assert_true(fake_sum(fake, "trial_events", "source=s") == 3);
    fake_crash(fake);
    assert_int_equal(fake_count(fake, "trial_events", NULL), 1);
    assert_string_equal(fake_position(fake, "f"), "7");
    assert_int_equal(fake_run(fake), CFD_OK);
    assert_int_equal(fake_count(fake, "trial_events", NULL), 2);
}

static int run(struct fake *fake, const char *program, const char *word, struct cfd_ran *ran)
{
    const char *const argv[] = {program, word, NULL};

    *ran = (struct cfd_ran){.size = sizeof(*ran)};
    return fake->host.run_program(&fake->host, argv, 300, 5, ran);
}

static void test_programs(void **state)
{
    struct fake *fake = *state;
    struct cfd_ran ran;

    assert_int_equal(run(fake, "/bin/echo", "abc", &ran), CFD_ABSENT);
    fake_program(fake, "/bin/canned", "out", 3);
    assert_int_equal(run(fake, "/bin/canned", NULL, &ran), CFD_OK);
    assert_int_equal(ran.exit_code, 3);
    assert_string_equal(ran.output, "out");
    fake->real_programs = true;
    assert_int_equal(run(fake, "/bin/echo", "abc", &ran), CFD_OK);
    assert_string_equal(ran.output, "abc\n");
    assert_int_equal(run(fake, "/bin/echo", "abcdefg", &ran), CFD_LIMIT);
    assert_string_equal(ran.output, "abcde");
    assert_int_equal(run(fake, "/bin/sleep", "5", &ran), CFD_LATE);
    assert_int_equal(ran.signal, 9);
    assert_int_equal(run(fake, "/nonexistent", NULL, &ran), CFD_ABSENT);
    assert_int_equal(run(fake, "echo", NULL, &ran), CFD_INVALID);
}

static void test_files(void **state)
{
    struct fake *fake = *state;
    char *root = fake_tree();
    char byte = 0;
    int fd;

    fake_file(root, "a/b", "old");
    fake_file(root, "a/b", "x");
    fake_append(root, "a/b", "y");
    fake_root(fake, root);
    fd = fake->host.open_file(&fake->host, "/a/b");
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    close(fd);
    assert_int_equal(fake->host.open_file(&fake->host, "/a/c"), CFD_ABSENT);
    assert_int_equal(fake->host.open_file(&fake->host, "/a/../a/b"), CFD_INVALID);
    fake_deny(fake, "/a/b", CFD_DENIED);
    assert_int_equal(fake->host.open_file(&fake->host, "/a/b"), CFD_DENIED);
    fake_remove_tree(root);
    assert_int_not_equal(access(root, F_OK), 0);
    free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_presets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_given, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_programs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_files, set_up, tear_down)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
