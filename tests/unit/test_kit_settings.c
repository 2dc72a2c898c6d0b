/* The kit of collectors: settings into structs, and selftests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <conformd/kit/lines.h>
#include <conformd/kit/options.h>
#include <conformd/kit/trial.h>

#include "kit_scene.h"

struct words {
    struct kit_texts words;
};
struct named {
    char *name;
    struct kit_texts program;
    struct kit_groups inner;
};
struct settings {
    char *path, *preset;
    int64_t limit, wait;
    double ratio;
    int flag;
    struct kit_texts files;
    struct kit_groups groups;
};

static const struct kit_option inner_rows[] = {
    {"words", KIT_TEXTS, offsetof(struct words, words), NULL, 0}, {0}};
static const struct kit_option group_rows[] = {
    {"name", KIT_TEXT, offsetof(struct named, name), NULL, 0},
    {"program", KIT_TEXTS, offsetof(struct named, program), NULL, 0},
    {"inner", KIT_GROUPS, offsetof(struct named, inner), inner_rows, sizeof(struct words)},
    {0}};
static const struct kit_option rows[] = {
    {"path", KIT_TEXT, offsetof(struct settings, path), NULL, 0},
    {"preset", KIT_TEXT, offsetof(struct settings, preset), NULL, 0},
    {"limit", KIT_INTEGER, offsetof(struct settings, limit), NULL, 0},
    {"wait", KIT_INTEGER, offsetof(struct settings, wait), NULL, 0},
    {"ratio", KIT_NUMBER, offsetof(struct settings, ratio), NULL, 0},
    {"flag", KIT_BOOLEAN, offsetof(struct settings, flag), NULL, 0},
    {"files", KIT_TEXTS, offsetof(struct settings, files), NULL, 0},
    {"groups", KIT_GROUPS, offsetof(struct settings, groups), group_rows, sizeof(struct named)},
    {0}};

/* --- settings --- */

static void test_options(void **state)
{
    struct scene *scene = *state;
    struct settings settings = {.limit = 7, .ratio = 0.5};
    assert_int_equal(kit_options_read(scene->run.host, "", rows, &settings), CFD_OK);
    assert_null(settings.path);
    assert_string_equal(settings.preset, "as preset");
    assert_int_equal(settings.limit, 7);
    assert_true(settings.ratio == 0.5 && !settings.flag && !settings.groups.count);
    assert_int_equal(settings.files.count, 2);
    assert_string_equal(settings.files.text[1], "/b");
    assert_null(settings.files.text[2]);
    kit_options_finish(rows, &settings);
    assert_null(settings.preset);

    fake_set(scene->fake, "path", "/etc/x");
    fake_set(scene->fake, "limit", "64KiB");
    fake_set(scene->fake, "wait", "2s");
    fake_set(scene->fake, "ratio", "0.25");
    fake_set(scene->fake, "flag", "true");
    fake_set(scene->fake, "groups[0].program[0]", "/bin/true");
    fake_set(scene->fake, "groups[0].program[1]", "now");
    fake_set(scene->fake, "groups[1].name", "second");
    fake_set(scene->fake, "groups[1].inner[0].words", "one");
    assert_int_equal(kit_options_read(scene->run.host, "", rows, &settings), CFD_OK);
    assert_string_equal(settings.path, "/etc/x");
    assert_true(settings.limit == 65536 && settings.wait == 2000 && settings.ratio == 0.25 &&
                settings.flag);
    assert_int_equal(settings.groups.count, 2);
    const struct named *named = settings.groups.group;
    assert_string_equal(named[0].name, "none");
    assert_int_equal(named[0].program.count, 2);
    assert_string_equal(named[0].program.text[1], "now");
    assert_string_equal(named[1].name, "second");
    assert_int_equal(named[1].inner.count, 1);
    const struct words *words = named[1].inner.group;
    assert_string_equal(words[0].words.text[0], "one");
    kit_options_finish(rows, &settings);
    kit_options_finish(rows, &settings);
}

/* All faults are reported at once, each with its path. */
static void test_options_with_faults(void **state)
{
    static const struct kit_option unknown[] = {
        {"unknown", KIT_TEXT, offsetof(struct settings, path), NULL, 0},
        {"limit", KIT_INTEGER, offsetof(struct settings, limit), NULL, 0},
        {"preset", KIT_TEXT, offsetof(struct settings, preset), NULL, 0},
        {0}};
    struct scene *scene = *state;
    struct settings settings = {0};
    fake_set(scene->fake, "limit", "5");
    assert_int_equal(kit_options_read(scene->run.host, "", unknown, &settings), CFD_INVALID);
    assert_non_null(fake_fault(scene->fake, "unknown"));
    assert_non_null(fake_fault(scene->fake, "limit"));
    assert_string_equal(settings.preset, "as preset");
    kit_options_finish(unknown, &settings);
}

static int short_setting(const struct cfd_host *host, const char *path, struct cfd_value *ret_value)
{
    (void)host;
    ret_value->count = 2;
    ret_value->text = "/a";
    return strcmp(path, "files[1]") == 0 ? CFD_ABSENT : CFD_OK;
}

/* A list that is shorter than its count would be a setting that nobody wrote. */
static void test_short_list(void **state)
{
    static const struct kit_option files[] = {
        {"files", KIT_TEXTS, offsetof(struct settings, files), NULL, 0}, {0}};
    struct scene *scene = *state;
    struct settings settings = {0};
    struct cfd_host host = scene->fake->host;
    host.setting = short_setting;
    assert_int_equal(kit_options_read(&host, "", files, &settings), CFD_ERROR);
    assert_true(fake_logged(scene->fake, "list is incomplete"));
    kit_options_finish(files, &settings);
}

/* --- selftests --- */

static int method(void *self, const struct cfd_host *host)
{
    static const char *const first[] = {"x", "y", NULL};
    static const char *const second[] = {"x", "z", NULL};
    const struct kit_item item = {.attribute = EVENT};
    struct kit_run run = {.host = host};
    struct kit_file file = {0};
    struct cfd_value preset = {.size = sizeof preset};
    struct cfd_ran ran = {.size = sizeof ran};
    assert_int_equal(host->setting(host, "preset", &preset), CFD_OK);
    assert_int_equal(host->run_program(host, first, 1, 1, &ran), CFD_ABSENT);
    (*(int *)self)++;
    if (kit_file_read(&run, "/f", 100, &item, &file) == CFD_OK) {
        kit_emit(&run, VALUE, strtod(file.bytes, NULL), first);
        kit_emit(&run, VALUE, 1, second);
        kit_emit_text(&run, TEXT, file.bytes, NULL);
    }
    kit_file_finish(&file);
    return kit_run_finish(&run);
}

static const struct {
    struct kit_expected expected;
    int status;
} trial_cases[] = {
    {{"/good", KIT_SUM, VALUE, {NULL}, 5, NULL}, CFD_OK},
    {{"/good", KIT_SUM, VALUE, {"x", "y"}, 4, NULL}, CFD_OK},
    {{"/good", KIT_SUM, VALUE, {NULL, "z"}, 1, NULL}, CFD_OK},
    {{"/good", KIT_COUNT, VALUE, {"x"}, 2, NULL}, CFD_OK},
    {{"/good", KIT_COUNT, VALUE, {"other"}, 0, NULL}, CFD_OK},
    {{"/good", KIT_LAST, TEXT, {NULL}, 0, "4"}, CFD_OK},
    {{"/bad", KIT_MISSING, EVENT, {NULL}, 0, NULL}, CFD_OK},
    {{"/bad", KIT_MISSING, EVENT, {NULL}, 0, "is not there"}, CFD_OK},
    {{"/good", KIT_SUM, VALUE, {NULL}, 4, NULL}, CFD_ERROR},
    {{"/good", KIT_COUNT, VALUE, {NULL}, 1, NULL}, CFD_ERROR},
    {{"/good", KIT_SUM, VALUE, {"x", "y", "more"}, 4, NULL}, CFD_ERROR},
    {{"/good", KIT_LAST, TEXT, {NULL}, 0, "5"}, CFD_ERROR},
    {{"/good", KIT_LAST, EVENT, {NULL}, 0, "5"}, CFD_ERROR},
    {{"/good", KIT_MISSING, EVENT, {NULL}, 0, NULL}, CFD_ERROR},
    {{"/bad", KIT_MISSING, EVENT, {NULL}, 0, "another reason"}, CFD_ERROR},
    {{"/bad", KIT_COUNT, VALUE, {NULL}, 0, NULL}, CFD_PARTIAL},
};

static void test_trial(void **state)
{
    struct scene *scene = *state;
    fake_file(scene->root, "/good/f", "4");
    for (size_t i = 0; i < sizeof trial_cases / sizeof *trial_cases; i++) {
        const struct kit_expected expected[] = {trial_cases[i].expected, {0}};
        int runs = 0, status = trial_cases[i].status;
        const struct kit_trial trial = {method, &runs, expected, 0};
        /* What is missing and not expected so is a difference. */
        status = status == CFD_PARTIAL ? CFD_ERROR : status;
        assert_int_equal(kit_trial_run(scene->run.host, &trial), status);
        assert_int_equal(runs, 1);
        bool told = false;
        for (size_t j = 0; j < scene->fake->log.count; j++)
            told = told || scene->fake->log.pair[j].number == CFD_LOG_ERROR;
        assert_int_equal(told, status != CFD_OK);
        assert_int_equal(scene->fake->reading_count + scene->fake->missing.count, 0);
        fake_clear(scene->fake);
    }
}

static int lenient_method(void *self, const struct cfd_host *host)
{
    return (void)method(self, host), CFD_OK;
}

/* What is missing is a difference, also where the method answers that all is well. */
static void test_trial_of_lenient_method(void **state)
{
    static const struct kit_expected expected[] = {{"/bad", KIT_COUNT, VALUE, {NULL}, 0, NULL},
                                                   {0}};
    struct scene *scene = *state;
    int runs = 0;
    const struct kit_trial trial = {lenient_method, &runs, expected, 0};
    assert_int_equal(kit_trial_run(scene->run.host, &trial), CFD_ERROR);
    assert_true(fake_logged(scene->fake, "attribute 2 of /bad is missing"));
}

static void test_trial_of_two_trees(void **state)
{
    static const struct kit_expected expected[] = {{"/good", KIT_SUM, VALUE, {NULL}, 5, NULL},
                                                   {"/good", KIT_COUNT, VALUE, {NULL}, 2, NULL},
                                                   {"/other", KIT_SUM, VALUE, {NULL}, 8, NULL},
                                                   {0}};
    struct scene *scene = *state;
    int runs = 0;
    const struct kit_trial trial = {method, &runs, expected, 0};
    fake_file(scene->root, "/good/f", "4");
    fake_file(scene->root, "/other/f", "7");
    assert_int_equal(kit_trial_run(scene->run.host, &trial), CFD_OK);
    assert_int_equal(runs, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_options, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_options_with_faults, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_short_list, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_trial_of_lenient_method, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_trial, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_trial_of_two_trees, kit_set_up, kit_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
