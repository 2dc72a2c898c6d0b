/* What the organization states, as the engine takes it: classes of records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/engine/state.h"
#include "evaluation/isms/isms.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "kit/engine_scene.h"
#include "kit/presets.h"

/* The row of a list whose member is that text. */
static const json_t *row_of(const json_t *list, const char *key, const char *text)
{
    size_t index;
    json_t *row;
    json_array_foreach ((json_t *)list, index, row) {
        if (strcmp(json_text_of(row, key, ""), text) == 0)
            return row;
    }
    fail_msg("there is no %s %s", key, text);
    return NULL;
}

static void assert_word(const json_t *row, const char *key, const char *word)
{
    if (!strstr(json_text_of(row, key, ""), word))
        fail_msg("%s is \"%s\", without \"%s\"", key, json_text_of(row, key, ""), word);
}

static const char stated_classes[] =
    "[{\"id\":\"excerpts\",\"legal_basis\":\"works agreement 7\"},"
    "{\"id\":\"tickets\",\"description\":\"D\",\"location\":\"L\",\"protection\":\"P\","
    "\"retention\":\"R\",\"disposal\":\"X\",\"legal_basis\":\"B\"}]";

static void classes_of_records(void **state)
{
    struct scene *scene = *state;
    json_object_set_new(scene->config, "keep", json_integer(90LL * 86400000));
    json_object_set_new(scene->config, "record_classes", json_loads(stated_classes, 0, NULL));
    scene_open(scene);
    CLEAN(clean_json) json_t *records = scene_state(scene, "daemon", "records");
    const json_t *list = json_object_get(records, "classes");
    assert_int_equal(json_array_size(list), 13);
    assert_word(row_of(list, "id", "excerpts"), "legal_basis", "works agreement 7");
    assert_word(row_of(list, "id", "excerpts"), "location", "payloads");
    assert_string_equal(json_text_of(row_of(list, "id", "readings"), "legal_basis", "?"), "");
    assert_word(row_of(list, "id", "samples"), "retention", "90d");
    assert_word(row_of(list, "id", "tickets"), "disposal", "X");
    assert_false(json_flag_of(row_of(list, "id", "tickets"), "own", true));
}

/* What a reload states is shown at once. */
static void a_reload_states_anew(void **state)
{
    struct scene *scene = *state;
    scene_open(scene);
    CLEAN(clean_json) json_t *config = json_deep_copy(scene->config);
    json_object_set_new(config, "record_classes", json_loads(stated_classes, 0, NULL));
    presets_fill(config);
    assert_int_equal(engine_reload(scene->engine, config, scene->now, &scene->error), 0);
    CLEAN(clean_json) json_t *records = scene_state(scene, "daemon", "records");
    assert_int_equal(json_array_size(json_object_get(records, "classes")), 13);
}

struct told {
    char setting[80];
    char sentence[200];
    int count;
};

static void on_fault(void *context, const struct isms_fault *fault)
{
    struct told *told = context;
    snprintf(told->setting, sizeof told->setting, "%s", fault->setting);
    snprintf(told->sentence, sizeof told->sentence, "%s", fault->sentence);
    told->count++;
}

static void classes_that_are_refused(void **state)
{
    static const struct {
        const char *stated, *setting, *word;
    } cases[] = {
        {"[{\"id\":\"excerpts\",\"retention\":\"1d\"}]", "record_classes[0].retention",
         "describes itself"},
        {"[{\"id\":\"excerpts\"},{\"id\":\"tickets\",\"description\":\"D\",\"location\":\"L\","
         "\"protection\":\"P\",\"retention\":\"R\",\"legal_basis\":\"B\"}]",
         "record_classes[1].disposal", "found nothing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct told told = {0};
        CLEAN(clean_json)
        json_t *config = json_pack("{s:o}", "record_classes", json_loads(cases[i].stated, 0, NULL));
        assert_int_equal(isms_check(config, NULL, on_fault, &told), 0);
        assert_int_equal(told.count, 1);
        assert_string_equal(told.setting, cases[i].setting);
        assert_non_null(strstr(told.sentence, cases[i].word));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(classes_of_records, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(a_reload_states_anew, scene_set_up, scene_tear_down),
        cmocka_unit_test(classes_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
