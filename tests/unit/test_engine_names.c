/* What --check says of formulas that ask for a person by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "evaluation/isms/isms.h"
#include "ground/base/clean.h"
#include "kit/engine_scene.h"
#include "kit/presets.h"

/* What --check says of a selector, without a legal basis. */
static const struct asked {
    const char *formula;
    bool refused;
} asked[] = {
    {"sum(x_bad{user=\"root\"})", false},
    {"sum(x_bad{user!=\"(invalid)\"})", false},
    {"sum(x_bad{user=\"\"})", false},
    {"sum(x_bad{user!=\"\"})", false},
    {"sum(x_bad{user=~\".+\"})", false},
    {"sum(x_bad{user!~\".*\"})", false},
    {"sum(x_bad{user!~\"root|\\\\(invalid\\\\)|\"})", false},
    {"sum(x_bad{instance=\"other\",user=\"ann\"})", false},
    {"sum(x_age{user=\"ann\"})", false},
    {"sum(x_bad{user=\"ann\"})", true},
    {"sum(x_bad{user!=\"ann\"})", true},
    {"sum(x_bad{user=~\"root|ann\"})", true},
    {"sum(x_bad{user!~\"adm.*\"})", true},
    {"sum(x_bad{user=~\"(invalid)\"})", true},
    {"sum(x_bad{user!~\"ro.t\"})", true},
    {"sum(x_bad{user=\"p-0123456789abcdef\"})", true},
    {"sum(x_bad{user=\"ann\",instance=~\"slow|other\"})", true},
    {"sum(rate(x_hits_total{user=\"ann\"}[2h]))", true},
};

struct heard {
    int faults, warnings;
    char sentence[400];
};

static void hear(void *context, const struct isms_fault *fault)
{
    struct heard *heard = context;
    heard->faults += !fault->warning;
    heard->warnings += fault->warning;
    snprintf(heard->sentence, sizeof heard->sentence, "%s", fault->sentence);
}

static void check(struct scene *scene, struct heard *heard)
{
    CLEAN(clean_json)
    json_t *declared = json_pack("{s:o}", "slow", json_loads(scene_personal_tables, 0, NULL));
    presets_fill(scene->config);
    assert_int_equal(isms_check(scene->config, declared, hear, heard), 0);
}

static void check_mode_refuses_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct scene *scene = scene_new();
        struct heard none = {0}, stated = {0}, lapsed = {0};
        scene_collector(scene, "slow", 3600000);
        json_object_set_new(scene_measure(scene, "M", asked[i].formula, "== 0"), "coverage",
                            json_string("0"));
        check(scene, &none);
        scene_legal_basis(scene, "2999-12-31");
        check(scene, &stated);
        scene_legal_basis(scene, "2001-12-31");
        check(scene, &lapsed);
        if (none.faults != asked[i].refused || none.warnings || stated.faults || stated.warnings ||
            lapsed.faults || lapsed.warnings != asked[i].refused)
            fail_msg("%s: %d, %d (%s)", asked[i].formula, none.faults, lapsed.warnings,
                     none.sentence);
        assert_true(!asked[i].refused || strstr(none.sentence, "keeps that label as pseudonyms"));
        scene_free(scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(check_mode_refuses_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
