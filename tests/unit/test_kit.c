/* The kit of collectors: what it sends, what it drops, and who learns of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit_scene.h"

static void test_printable(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *shown;
    } cases[] = {
        {"plain\t", 6, "plain\t"},
        {"a\0b", 3, "a\\x00b"},
        {"\x1b[1m\x7f", 5, "\\x1b[1m\\x7f"},
        {"gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f"},
        {"\xe2\x82\xac\xf0\x9f\x98\x80", 7, "\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xc2\x85", 2, "\\xc2\\x85"},
        {"\xc0\xaf\xc1\x81", 4, "\\xc0\\xaf\\xc1\\x81"},
        {"\xe0\x80\x80", 3, "\\xe0\\x80\\x80"},
        {"\xed\xa0\x80", 3, "\\xed\\xa0\\x80"},
        {"\xf4\x90\x80\x80\xf5", 5, "\\xf4\\x90\\x80\\x80\\xf5"},
        {"\xf0\x8f\xbf\xbf", 4, "\\xf0\\x8f\\xbf\\xbf"},
        {"\xe2\x82", 2, "\\xe2\\x82"},
        {"\xe2\x82X", 3, "\\xe2\\x82X"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown = kit_printable(cases[i].bytes, cases[i].length);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }
}

static void test_cut(void **state)
{
    static const struct {
        const char *text;
        size_t most;
        const char *left;
        int was_cut;
    } cases[] = {{"abc", 3, "abc", 0},
                 {"abc", 2, "ab", 1},
                 {"a\xe2\x82\xac", 4, "a\xe2\x82\xac", 0},
                 {"a\xe2\x82\xac", 3, "a", 1},
                 {"\xe2\x82\xac", 1, "", 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[16];
        snprintf(text, sizeof text, "%s", cases[i].text);
        assert_int_equal(kit_cut(text, cases[i].most), cases[i].was_cut);
        assert_string_equal(text, cases[i].left);
    }
}

/* --- readings --- */

static const char *const two[] = {"x", "y\n", NULL};

static void test_emit(void **state)
{
    struct scene *scene = *state;
    double value = 0;
    kit_emit(&scene->run, VALUE, 4, two);
    kit_emit(&scene->run, EVENT, 1, NULL);
    kit_emit_text(&scene->run, TEXT, "a\x01", two);
    assert_true(fake_value(scene->fake, "kit_value", "a=x,b=y\\x0a", &value) && value == 4);
    assert_string_equal(fake_text(scene->fake, "kit_text", NULL), "a\\x01");
    assert_int_equal(kit_run_finish(&scene->run), CFD_OK);
    assert_int_equal(scene->fake->missing.count, 0);
}

/* The first failure is kept, and later readings are still sent. */
static void test_first_failure(void **state)
{
    struct scene *scene = *state;
    scene->fake->refuse = CFD_LATE;
    kit_emit(&scene->run, VALUE, 1, two);
    scene->fake->refuse = CFD_ERROR;
    kit_emit(&scene->run, VALUE, 1, two);
    scene->fake->refuse = CFD_OK;
    kit_emit(&scene->run, VALUE, 2, two);
    assert_int_equal(fake_count(scene->fake, "kit_value", NULL), 1);
    assert_non_null(strstr(kit_why(scene, "kit_value"), "could not be sent"));
    assert_int_equal(kit_run_finish(&scene->run), CFD_LATE);
    assert_int_equal(scene->run.status, CFD_OK);
}

/* What was refused is unknown, and says nothing of other attributes. */
static void test_refused(void **state)
{
    struct scene *scene = *state;
    kit_emit(&scene->run, EVENT, -1, NULL);
    scene->fake->refuse = CFD_LIMIT;
    kit_emit(&scene->run, VALUE, 1, two);
    scene->fake->refuse = CFD_OK;
    kit_emit(&scene->run, VALUE, 2, two);
    assert_int_equal(fake_count(scene->fake, "kit_value", NULL), 1);
    assert_non_null(strstr(kit_why(scene, "kit_event"), "not valid"));
    assert_non_null(strstr(kit_why(scene, "kit_value"), "more series than are kept"));
    assert_int_equal(kit_run_finish(&scene->run), CFD_PARTIAL);
}

static void test_too_many_labels(void **state)
{
    static const char *const nine[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", NULL};
    struct scene *scene = *state;
    kit_emit(&scene->run, VALUE, 1, nine);
    assert_non_null(kit_why(scene, "kit_value"));
    assert_int_equal(kit_run_finish(&scene->run), CFD_PARTIAL);
}

static void test_long_text(void **state)
{
    struct scene *scene = *state;
    char text[KIT_TEXT_MOST + 3];
    memset(text, 'x', sizeof text);
    memcpy(text + KIT_TEXT_MOST - 1, "\xc3\xbc", 3);
    kit_emit_text(&scene->run, TEXT, text, two);
    assert_int_equal(strlen(fake_text(scene->fake, "kit_text", NULL)), KIT_TEXT_MOST - 1);
    assert_non_null(strstr(kit_why(scene, "kit_text"), "was cut"));
    assert_int_equal(kit_run_finish(&scene->run), CFD_PARTIAL);
}

static void test_deadline(void **state)
{
    struct scene *scene = *state;
    assert_false(kit_is_late(&scene->run));
    scene->fake->left_ms = 0;
    assert_true(kit_is_late(&scene->run));
    assert_int_equal(kit_run_finish(&scene->run), CFD_LATE);
}

static void test_excerpts(void **state)
{
    struct scene *scene = *state;
    const struct cfd_excerpt excerpt = {
        .source = "/a", .place = "line 1", .attribute = VALUE, .length = 2, .bytes = "ab"};
    for (int i = 0; i < KIT_EXCERPTS_MOST + 5; i++)
        kit_excerpt(&scene->run, &excerpt);
    assert_int_equal(scene->fake->excerpt_count, KIT_EXCERPTS_MOST);
    assert_true(fake_excerpted(scene->fake, "kit_value", "ab"));
    assert_int_equal(kit_run_finish(&scene->run), CFD_OK);
}

/* An older daemon does not offer what lies beyond its table's size. */
static void test_older_host(void **state)
{
    struct scene *scene = *state;
    struct cfd_host older = scene->fake->host;
    older.size = offsetof(struct cfd_host, urgent);
    assert_int_equal(kit_watched(&older, "/a", 1, 1), CFD_OK);
    assert_int_equal(kit_urgent(&older), CFD_OK);
    assert_int_equal(scene->fake->watched.count + scene->fake->urgent_count, 0);
    assert_int_equal(kit_watched(scene->run.host, "/a", 2, 1), CFD_OK);
    assert_int_equal(scene->fake->watched.pair[0].number, 2);
}

/* --- what is dropped --- */

static void test_reasons(void **state)
{
    static const struct {
        struct kit_item item;
        const char *reason;
    } cases[] = {
        {{.attribute = VALUE}, "is odd"},
        {{.attribute = VALUE, .source = "/etc/x"}, "/etc/x: is odd"},
        {{.attribute = VALUE, .source = "/etc/x", .line = 7}, "/etc/x line 7: is odd"},
        {{.attribute = VALUE, .line = 7}, "line 7: is odd"},
        {{.attribute = VALUE, .source = "/x", .name = "eth0\x1b"}, "/x: eth0\\x1b: is odd"},
        {{.attribute = VALUE, .name = "eth0", .labels = two}, "eth0 {x, y\\x0a}: is odd"},
        {{.attribute = VALUE,
          .source = "/x",
          .line = 1,
          .name = "ann",
          .labels = two,
          .personal = 1},
         "/x line 1: is odd"},
    };
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kit_drop(&scene->run, &cases[i].item, "is %s", "odd");
        assert_string_equal(kit_why(scene, "kit_value"), cases[i].reason);
        assert_true(fake_logged(scene->fake, cases[i].reason));
        assert_int_equal(kit_run_finish(&scene->run), CFD_PARTIAL);
        fake_clear(scene->fake);
    }
}

/* One reason an attribute, which names the first item and counts the others; the log is bounded. */
static void test_many_dropped(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        kit_drop(&scene->run, &(struct kit_item){.attribute = VALUE, .attributes = 2, .name = name},
                 "is odd");
    }
    assert_int_equal(kit_run_finish(&scene->run), CFD_PARTIAL);
    assert_string_equal(kit_why(scene, "kit_value"), "n0: is odd; and 999 more");
    assert_string_equal(kit_why(scene, "kit_text"), "n0: is odd; and 999 more");
    assert_null(kit_why(scene, "kit_event"));
    assert_int_equal(scene->fake->missing.count, 4);
    assert_int_equal(scene->fake->log.count, KIT_LOGGED_MOST + 1);
    assert_true(fake_logged(scene->fake, "980 more items"));
}

/* A stream that says when reasons change does not want them in the log again and again. */
static void test_quiet(void **state)
{
    struct scene *scene = *state;
    scene->run.quiet = 1;
    for (int i = 0; i < 100; i++)
        kit_drop(&scene->run, &(struct kit_item){.attribute = VALUE}, "is odd");
    assert_int_equal(kit_run_finish(&scene->run), CFD_PARTIAL);
    assert_string_equal(kit_why(scene, "kit_value"), "is odd; and 99 more");
    assert_int_equal(scene->fake->log.count, 0);
}

static void test_long_reason(void **state)
{
    struct scene *scene = *state;
    char name[4096];
    memset(name, '\xff', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    kit_drop(&scene->run, &(struct kit_item){.attribute = VALUE, .source = name, .name = name},
             "%s", name);
    assert_int_equal(strlen(kit_why(scene, "kit_value")), KIT_WHY_MOST);
    kit_drop(&scene->run, &(struct kit_item){.attribute = TEXT}, "%s", "");
    assert_non_null(strstr(kit_why(scene, "kit_text"), "could not be used"));
    assert_int_equal(kit_run_finish(&scene->run), CFD_PARTIAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_cut),
        cmocka_unit_test_setup_teardown(test_emit, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_first_failure, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_too_many_labels, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_long_text, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_deadline, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_excerpts, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_older_host, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_reasons, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_many_dropped, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_refused, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_quiet, kit_set_up, kit_tear_down),
        cmocka_unit_test_setup_teardown(test_long_reason, kit_set_up, kit_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
