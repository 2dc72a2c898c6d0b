/* Scope, applicability and roles as they are configured: what is filled in, refused, warned about.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "parent/config/config_inner.h"

#define MEASURE                                                                                    \
    "name = \"T\"; kind = \"performance\"; information_need = \"Q\"; formula = \"sum(a_b)\"; "     \
    "unit = \"1\"; every = \"1h\"; owner = \"it\"; why = \"w\"; if_missed = \"i\"; "               \
    "criterion = { target = \"== 0\"; }; "
#define M   "measures = ( { id = \"M1\"; " MEASURE
#define END "} );\n"
#define A85 "controls = [\"27001:2022 A.8.5\"]; "

static struct config *load(const char *text)
{
    struct config *config = NULL;
    assert_int_equal(config_load_text("t.conf", text, strlen(text), &config), 0);
    return config;
}

static const json_t *first(const struct config *config, const char *list)
{
    return json_array_get(json_object_get(config_json(config), list), 0);
}

static void assert_role(const struct config *config, const char *role, const char *who)
{
    assert_string_equal(json_text_of(first(config, "measures"), role, "?"), who);
}

static void roles_without_a_family(void **state)
{
    (void)state;
    struct config *config = load(M A85 "analyst = \"ann\"; " END);
    assert_true(config_is_valid(config));
    assert_role(config, "analyst", "ann");
    assert_role(config, "client", "ciso");
    assert_role(config, "information_owner", "it");
    assert_role(config, "information_collector", "conformd");
    const json_t *unasked = json_object_get(config_json(config), "unasked");
    assert_int_equal(json_array_size(unasked), 1);
    config_free(config);
}

/* The longest family that the first control is below; "A.8" is not above "A.85". */
static void roles_of_the_nearest_family(void **state)
{
    static const struct {
        const char *control, *client, *analyst;
        size_t unasked;
    } cases[] = {
        {"27001:2022 A.8.5", "cio", "ann", 0},
        {"27001:2022 A.8.9", "cio", "ciso", 0},
        {"27001:2022 A.85", "ciso", "ciso", 1},
        {"27001:2013 A.8.5", "ciso", "ciso", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(clean_text)
        char *text = text_format(
            "families = ( { controls = \"27001:2022 A.8\"; client = \"cio\"; },\n"
            "{ controls = \"27001:2022 A.8.5\"; client = \"cio\"; analyst = \"ann\"; } );\n"
            "measures = ( { id = \"M1\"; " MEASURE "controls = [\"%s\"]; } );\n",
            cases[i].control);
        struct config *config = load(text);
        assert_true(config_is_valid(config));
        assert_role(config, "client", cases[i].client);
        assert_role(config, "analyst", cases[i].analyst);
        assert_int_equal(json_array_size(json_object_get(config_json(config), "unasked")),
                         cases[i].unasked);
        config_free(config);
    }
}

/* What constructs did not always have is not part of the text that people approved. */
static void later_settings_change_no_text(void **state)
{
    (void)state;
    struct config *without = load(M A85 END);
    struct config *with = load(M A85 "implementer = \"bob\"; " END);
    assert_null(json_object_get(first(without, "measures"), "implementer"));
    assert_null(json_object_get(first(without, "measures"), "effectiveness_reviewer"));
    assert_null(json_object_get(first(without, "measures"), "scope"));
    assert_string_equal(json_text_of(first(with, "measures"), "implementer", ""), "bob");
    config_free(without);
    config_free(with);
}

/* What is said first, and whether the configuration is taken; says NULL: nothing. */
static const struct said {
    const char *text, *place, *says;
    bool valid;
} sayings[] = {
    {"scope = { assets = [\"web1\"]; };\n" M A85 "scope = [\"web1\"]; " END, NULL, NULL, true},
    {"scope = { units = [\"it\"];\n sites = [\"it\"]; };\n", "t.conf:2", "a second time", false},
    {M A85 "information_collector = \"ann\"; analyst = \"ann\"; " END, "t.conf:1",
     "nobody should evaluate what they collected", true},
    {"separation_of_duty = \"deny\";\n" M A85
     "information_collector = \"ann\"; analyst = \"ann\"; " END,
     "t.conf:2", "nobody should evaluate what they collected", false},
    {"separation_of_duty = \"deny\";\n" M A85 "implementer = \"bob\";\n"
     "effectiveness_reviewer = \"bob\"; " END,
     "t.conf:3", "the effect of their own work", false},
    {"separation_of_duty = \"deny\";\n" M A85 "implementer = \"bob\"; "
     "effectiveness_reviewer = \"ann\"; " END,
     NULL, NULL, true},
    {"measures_most = 1;\nmeasures = ( { id = \"M1\"; " MEASURE A85 "}, { id = \"M2\"; " MEASURE A85
     "} );\n",
     "t.conf:1", "found 2 measures that are enabled", true},
    {"measures_most = 1;\nmeasures = ( { id = \"M1\"; " MEASURE A85
     "}, { id = \"M2\"; enabled = false; " MEASURE A85 "} );\n",
     NULL, NULL, true},
    {"soa = ( { control = \"own:1 X.1\"; applicable = false; justification = \"none\"; owner = "
     "\"ciso\"; } );\n" M "controls = [\"own:1 X.1\"]; " END,
     "t.conf:2", "only controls that soa excludes", true},
    {"soa = ( { control = \"own:1 X.1\"; applicable = false; justification = \"none\"; owner = "
     "\"ciso\"; } );\n" M "controls = [\"own:1 X.1\", \"own:1 X.2\"]; " END,
     NULL, NULL, true},
    {"soa = ( { control = \"27001:2022 A.5.1\"; applicable = true; justification = \"law\"; owner "
     "= \"ciso\"; status = \"implemented\"; } );\n",
     "t.conf:1", "found 1 of the 93 controls", true},
};

static void what_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
        const struct said *said = &sayings[i];
        size_t count;
        struct config *config = load(said->text);
        const struct config_fault *faults = config_faults(config, &count);
        if (count != (said->says ? 1 : 0))
            fail_msg("case %zu: %zu faults, the first: %s", i, count,
                     count ? faults[0].sentence : "");
        if (said->says && !strstr(faults[0].sentence, said->says))
            fail_msg("case %zu: %s", i, faults[0].sentence);
        if (said->says)
            assert_string_equal(faults[0].place, said->place);
        assert_int_equal(config_is_valid(config), said->valid);
        config_free(config);
    }
}

static void the_engine_gets_what_is_stated(void **state)
{
    (void)state;
    struct config *config = load("scope = { version = 2; assets = [\"web1\"]; };\n"
                                 "collectors = ( { name = \"a\"; plugin = \"x\"; every = \"1h\"; "
                                 "scope = \"web1\"; } );\n");
    CLEAN(clean_json) json_t *part = config_part(config, ROLE_ENGINE, NULL);
    assert_int_equal(json_integer_of(json_object_get(part, "scope"), "version", 0), 2);
    assert_true(json_is_array(json_object_get(part, "soa")));
    assert_true(json_is_array(json_object_get(part, "unasked")));
    const json_t *row = json_array_get(json_object_get(part, "collectors"), 0);
    assert_int_equal(json_array_size(json_object_get(row, "scope")), 1);
    config_free(config);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_without_a_family),
        cmocka_unit_test(roles_of_the_nearest_family),
        cmocka_unit_test(later_settings_change_no_text),
        cmocka_unit_test(what_is_said),
        cmocka_unit_test(the_engine_gets_what_is_stated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
