/* The kit of collectors: files and lines, with their limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <conformd/kit/lines.h>

#include "kit_scene.h"

static void test_files(void **state)
{
    static const struct {
        const char *path;
        int status;
        const char *reason;
    } cases[] = {{"/absent", CFD_ABSENT, "/absent: is not there"},
                 {"/denied", CFD_DENIED, "/denied: may not be read"},
                 {"/folder", CFD_ERROR, "/folder: could not be read"},
                 {"/large", CFD_LIMIT, "/large: has more than 6 bytes"},
                 {"/fits", CFD_OK, NULL},
                 {"/empty", CFD_OK, NULL}};
    const struct kit_item item = {.attribute = VALUE};
    struct scene *scene = *state;
    fake_file(scene->root, "/denied", "abc");
    fake_deny(scene->fake, "/denied", CFD_DENIED);
    fake_file(scene->root, "/folder/file", "abc");
    fake_file(scene->root, "/large", "abcdefg");
    fake_file(scene->root, "/fits", "ab\ncd\n");
    fake_file(scene->root, "/empty", "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kit_file file = {0};
        assert_int_equal(kit_file_read(&scene->run, cases[i].path, 6, &item, &file),
                         cases[i].status);
        assert_int_equal(file.bytes != NULL, cases[i].status == CFD_OK);
        if (cases[i].reason)
            assert_string_equal(kit_why(scene, "kit_value"), cases[i].reason);
        kit_file_finish(&file);
        assert_int_equal(kit_run_finish(&scene->run), cases[i].reason ? CFD_PARTIAL : CFD_OK);
        fake_clear(scene->fake);
    }
}

/* A file that is larger than one read comes whole. */
static void test_large_file(void **state)
{
    struct scene *scene = *state;
    struct kit_file file = {0};
    size_t length = 100000;
    char *bytes = malloc(length + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < length; i++)
        bytes[i] = i % 100 == 99 ? '\n' : (char)('a' + i % 26);
    bytes[length] = '\0';
    fake_file(scene->root, "/large", bytes);
    assert_int_equal(kit_file_read(&scene->run, "/large", length, NULL, &file), CFD_OK);
    assert_int_equal(file.length, length);
    assert_memory_equal(file.bytes, bytes, length + 1);
    assert_int_equal(file.lines, 1000);
    kit_file_finish(&file);
    assert_int_equal(kit_file_read(&scene->run, "/large", length - 1, NULL, &file), CFD_LIMIT);
    assert_null(file.bytes);
    assert_int_equal(scene->fake->missing.count, 0);
    free(bytes);
}

/* Lines that are given, each with '|' behind it, and why the attribute is missing. */
static const struct {
    const char *bytes;
    size_t length;
    size_t limit_bytes;
    uint64_t limit_lines;
    const char *given;
    const char *reason;
} line_cases[] = {
    {"a\nb\n", 4, 0, 0, "a|b|", NULL},
    {"a\nb", 3, 0, 0, "a|b|", NULL},
    {"\n\n", 2, 0, 0, "||", NULL},
    {"", 0, 0, 0, "", NULL},
    {"abc\nde\n", 7, 3, 2, "abc|de|", NULL},
    {"abcd\nde\n", 8, 3, 0, "de|", "/f line 1: the line is too long"},
    {"x\na\0b\nc", 7, 0, 0, "x|c|", "/f line 2: the line has a NUL in it"},
    {"abcd\n\0\nabcd", 11, 3, 0, "", "/f line 1: the line is too long; and 2 more"},
    {"a\nb\nc\nd", 7, 0, 2, "a|b|",
     "/f line 3: there are too many lines: this one and the rest were not read"},
};

static void test_lines(void **state)
{
    const struct kit_item item = {.attribute = VALUE};
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof line_cases / sizeof *line_cases; i++) {
        char given[64] = "";
        struct kit_file file = {0};
        fake_bytes(scene->root, "/f", line_cases[i].bytes, line_cases[i].length);
        assert_int_equal(kit_file_read(&scene->run, "/f", 100, &item, &file), CFD_OK);
        struct kit_lines lines = {.run = &scene->run,
                                  .file = &file,
                                  .item = &item,
                                  .limit_bytes = line_cases[i].limit_bytes,
                                  .limit_lines = line_cases[i].limit_lines};
        while (kit_lines_next(&lines)) {
            size_t length = strlen(given);
            assert_int_equal(strlen(lines.text), lines.length);
            assert_null(lines.fault);
            snprintf(given + length, sizeof given - length, "%s|", lines.text);
        }
        assert_string_equal(given, line_cases[i].given);
        assert_int_equal(kit_run_finish(&scene->run), line_cases[i].reason ? CFD_PARTIAL : CFD_OK);
        if (line_cases[i].reason)
            assert_string_equal(kit_why(scene, "kit_value"), line_cases[i].reason);
        kit_file_finish(&file);
        fake_clear(scene->fake);
    }
}

/* Without an item the caller gets the line and its fault, and nothing is dropped. */
static void test_lines_with_faults(void **state)
{
    struct scene *scene = *state;
    struct kit_file file = {0};
    fake_file(scene->root, "/f", "long line\nb\nc\nd\n");
    assert_int_equal(kit_file_read(&scene->run, "/f", 100, NULL, &file), CFD_OK);
    struct kit_lines lines = {
        .run = &scene->run, .file = &file, .limit_bytes = 3, .limit_lines = 2};
    assert_true(kit_lines_next(&lines) && lines.fault && lines.number == 1);
    assert_true(kit_lines_next(&lines) && !lines.fault && lines.number == 2);
    assert_true(kit_lines_next(&lines) && lines.fault && lines.number == 3);
    assert_false(kit_lines_next(&lines));
    assert_int_equal(kit_run_finish(&scene->run), CFD_OK);
    kit_file_finish(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_large_file, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_lines, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_lines_with_faults, kit_set_up, kit_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
