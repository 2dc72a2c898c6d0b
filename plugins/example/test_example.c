/* The example against a good source, a missing, an empty and a malformed one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake/fake_host.h"

/* Runs it on a tree that holds this text as /proc/loadavg (NULL: no such file). */
static struct fake *run(const char *text)
{
    struct fake *fake = fake_load(PLUGIN_PATH);
    char *root = fake_tree();
    if (text)
        fake_file(root, "/proc/loadavg", text);
    fake_root(fake, root);
    fake_run(fake);
    fake_remove_tree(root);
    free(root);
    return fake;
}

static void test_good(void **state)
{
    (void)state;
    struct fake *fake = run("0.25 1.50 12.00 2/345 6789\n");
    double value = 0;
    assert_int_equal(fake_status(fake), CFD_OK);
    assert_int_equal(fake_count(fake, "example_load", NULL), 3);
    assert_true(fake_value(fake, "example_load", "minutes=1", &value) && value == 0.25);
    assert_true(fake_value(fake, "example_load", "minutes=5", &value) && value == 1.5);
    assert_true(fake_value(fake, "example_load", "minutes=15", &value) && value == 12);
    fake_free(fake);
}

static void test_missing(void **state)
{
    (void)state;
    struct fake *fake = run(NULL);
    assert_int_equal(fake_status(fake), CFD_ABSENT);
    assert_int_equal(fake_count(fake, "example_load", NULL), 0);
    fake_free(fake);
}

static void test_malformed(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "0.25", "a b c", "0.25 1.50", "\xff\xff"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct fake *fake = run(texts[i]);
        assert_int_equal(fake_status(fake), CFD_PARTIAL);
        assert_non_null(strstr(fake_missing(fake, "example_load"), "/proc/loadavg: does not"));
        assert_int_equal(fake_count(fake, "example_load", NULL), 0);
        fake_free(fake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
