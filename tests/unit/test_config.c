/* The configuration: what is shipped loads; canonical text, places, parts, exact numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "parent/config/config_inner.h"
#include "parent/config/schema.h"

#define ETC SOURCE_DIR "/etc"

#define CRITERION "criterion = { target = \"== 0\"; }; "
#define MEASURE                                                                                    \
    "name = \"T\"; kind = \"performance\"; information_need = \"Q\"; formula = \"sum(a_b)\"; "     \
    "unit = \"1\"; every = \"1h\"; owner = \"it\"; why = \"w\"; if_missed = \"i\"; "               \
    "controls = [\"27001:2022 A.8.5\"]; " CRITERION
#define RULE "pattern = \"x\"; feeds = \"log_x\"; match = \"x\"; no_match = \"y\"; "

static struct config *load(const char *text)
{
    struct config *config = NULL;
    assert_int_equal(config_load_text("t.conf", text, strlen(text), &config), 0);
    return config;
}

/* Fails with the first mistake in words. */
static struct config *load_valid(const char *text)
{
    size_t count;
    struct config *config = load(text);
    const struct config_fault *faults = config_faults(config, &count);
    if (count)
        print_error("%s: %s\n", faults[0].place, faults[0].sentence);
    assert_int_equal(count, 0);
    assert_true(config_is_valid(config));
    return config;
}

static void assert_place(const struct config *config, const char *setting, const char *place)
{
    CLEAN(clean_text) char *found = config_place(config, setting);
    assert_string_equal(found, place);
}

/* "collectors" 1 "settings" ... by a path with jansson's own means. */
static const json_t *item(const struct config *config, const char *list, size_t index)
{
    return json_array_get(json_object_get(config_json(config), list), index);
}

static void what_is_shipped_loads(void **state)
{
    (void)state;
    size_t count;
    struct config *config = NULL;
    static const char *const measures[] = {"M003", "M004", "M005", "M009", "M010",
                                           "M013", "M018", "M066", "M119", "M122"};
    if (access(ETC "/rules.d/sshd.conf", R_OK)) {
        print_message("etc/rules.d/sshd.conf is not there\n");
        skip();
    }
    assert_int_equal(config_load(ETC "/conformd.conf", &config), 0);
    const struct config_fault *faults = config_faults(config, &count);
    for (size_t i = 0; i < count; i++)
        print_error("%s: %s\n", faults[i].place, faults[i].sentence);
    assert_int_equal(count, 0);
    assert_true(config_is_valid(config));
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        bool found = false;
        for (size_t j = 0; j < json_array_size(json_object_get(config_json(config), "measures"));
             j++)
            found |= strcmp(json_text_of(item(config, "measures", j), "id", ""), measures[i]) == 0;
        assert_true(found);
    }
    CLEAN(clean_json) json_t *part = config_part(config, ROLE_COLLECTOR, "auth");
    assert_true(json_array_size(json_object_get(json_object_get(part, "settings"), "rule")) >= 2);
    config_free(config);
}

static char *replace(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    return text_format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* Every setting of the table, with its preset, in the words of the table. */
static void the_reference_is_the_table(void **state)
{
    (void)state;
    CLEAN(buffer_finish) struct buffer kept = {0};
    CLEAN(clean_text) char *made = schema_reference();
    struct config *config = load("");
    const char *plugins = json_text_of(config_json(config), "plugin_dir", "?");
    const char *programs = json_text_of(config_json(config), "libexec_dir", "?");
    assert_int_equal(file_read(ETC "/conformd.conf.reference", 1 << 20, &kept), 0);
    CLEAN(clean_text) char *half = replace(kept.data, "\"/usr/lib/conformd\"", "\"@1@\"");
    CLEAN(clean_text) char *file = replace(half, "\"/usr/libexec/conformd\"", "\"@2@\"");
    CLEAN(clean_text) char *one = text_format("\"%s\"", plugins);
    CLEAN(clean_text) char *two = text_format("\"%s\"", programs);
    CLEAN(clean_text) char *table_half = replace(made, one, "\"@1@\"");
    CLEAN(clean_text) char *table = replace(table_half, two, "\"@2@\"");
    if (strcmp(file, table) != 0)
        print_error("etc/conformd.conf.reference should read:\n%s", made);
    assert_string_equal(file, table);
    config_free(config);
}

static void the_hash_is_of_the_meaning(void **state)
{
    (void)state;
    struct config *one = load_valid("log_level = \"info\"; keep = \"400d\"; # as it is\n");
    struct config *same = load_valid("/* other\n words */ keep : \"9600h\",\r\nlog_level = \"in\"\n"
                                     "  \"fo\"");
    struct config *other = load_valid("log_level = \"info\"; keep = \"401d\";");
    CLEAN(clean_text) char *text = json_canonical(config_json(one));
    assert_string_equal(config_hash(one), config_hash(same));
    assert_string_not_equal(config_hash(one), config_hash(other));
    assert_int_equal(strlen(config_hash(one)), 64);
    assert_true(strstr(text, "\"http\":{\"listen\":\"127.0.0.1:9191\",\"public\":false}") != NULL);
    assert_true(strstr(text, "\"keep\":34560000000") != NULL);
    config_free(one);
    config_free(same);
    config_free(other);
}

static void presets_are_filled_in(void **state)
{
    (void)state;
    struct config *config = load_valid(
        "collectors = ( { name = \"a\"; plugin = \"p\"; every = \"10s\"; },"
        "  { name = \"b\"; plugin = \"p\"; every = \"1h\"; } );"
        "measures = ( { id = \"T1\"; when_empty = 0; " MEASURE " },"
        "  { id = \"T2\"; coverage = 0.5; population = [\"x\"]; name = \"T\"; kind = "
        "\"performance\";"
        "    information_need = \"Q\"; formula = \"sum(a_b)\"; unit = \"1\"; every = \"1h\";"
        "    owner = \"it\"; why = \"w\"; if_missed = \"i\"; clauses = \"27001:2022 9.1\";"
        "    criterion = { target = \">= 99\"; tolerance = \">= 95\"; for = \"1d\"; }; } );"
        "channels = ( { name = \"s\"; type = \"syslog\"; } );");
    const json_t *first = item(config, "measures", 0), *second = item(config, "measures", 1);
    assert_int_equal(json_integer_of(item(config, "collectors", 0), "deadline", 0), 10000);
    assert_int_equal(json_integer_of(item(config, "collectors", 1), "deadline", 0), 60000);
    assert_string_equal(json_text_of(first, "when_empty", ""), "0");
    assert_string_equal(json_text_of(first, "coverage", ""), "0.9");
    assert_string_equal(json_text_of(first, "population", ""), "self");
    assert_string_equal(json_text_of(first, "information_owner", ""), "it");
    assert_string_equal(json_text_of(first, "requirement", ""), "27001:2022 9.1");
    assert_int_equal(json_integer_of(json_object_get(first, "criterion"), "recover", 0), 3600000);
    assert_int_equal(json_integer_of(json_object_get(second, "criterion"), "recover", 0),
                     172800000);
    assert_int_equal(json_array_size(json_object_get(second, "population")), 1);
    assert_int_equal(json_array_size(json_object_get(second, "clauses")), 1);
    assert_string_equal(json_text_of(item(config, "channels", 0), "target", ""), "/dev/log");
    config_free(config);
}

/* libconfig 1.5 alone reads some of these as 0, -1 or -2147483648. */
static void integers_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } rows[] = {
        {"2147483647", 2147483647},
        {"2147483648", 2147483648},
        {"4294967296", 4294967296},
        {"4294967296L", 4294967296},
        {"4294967296LL", 4294967296},
        {"-2147483649", -2147483649},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"0xffffffff", 4294967295},
        {"0x1ffffffffL", 8589934591},
        {"+5", 5},
        {"0", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEAN(clean_text)
        char *text = text_format(
            "collectors = ( { name = \"a\"; plugin = \"p\"; every = \"1h\"; x = %s; y = [%s]; } );",
            rows[i].text, rows[i].text);
        struct config *config = load_valid(text);
        const json_t *settings = json_object_get(item(config, "collectors", 0), "settings");
        assert_int_equal(json_integer_of(settings, "x", 77), rows[i].value);
        assert_int_equal(json_integer_value(json_array_get(json_object_get(settings, "y"), 0)),
                         rows[i].value);
        config_free(config);
    }
}

static void places_are_exact(void **state)
{
    (void)state;
    struct config *config = load_valid("collectors = (\n"
                                       "  { name = \"a\"; plugin = \"p\"; every = \"1h\";\n"
                                       "    files = [\"/a\"\n"
                                       "             \"b\",\n"
                                       "      \"/c\" /* two\n"
                                       "      lines */, \"/d\"\n"
                                       "    ];\n"
                                       "    checks = ( { name = \"x\"; },\n"
                                       "      {\n"
                                       "        name\n"
                                       "          = \"y\"; program = [ \"/p\",\n"
                                       "          \"arg\" ]; } );\n"
                                       "  } );\n");
    assert_place(config, "collectors", "t.conf:1");
    assert_place(config, "collectors[0]", "t.conf:2");
    assert_place(config, "collectors[0].files", "t.conf:3");
    assert_place(config, "collectors[0].files[0]", "t.conf:3");
    assert_place(config, "collectors[0].files[1]", "t.conf:5");
    assert_place(config, "collectors[0].files[2]", "t.conf:6");
    assert_place(config, "collectors[0].files[9]", "t.conf:3");
    assert_place(config, "collectors[0].checks[0].name", "t.conf:8");
    assert_place(config, "collectors[0].checks[1]", "t.conf:9");
    assert_place(config, "collectors[0].checks[1].name", "t.conf:10");
    assert_place(config, "collectors[0].checks[1].program[1]", "t.conf:12");
    assert_place(config, "collectors[0].checks[1].timeout", "t.conf:9");
    assert_place(config, "log_level", "t.conf:1");
    assert_place(config, "", "t.conf:1");
    config_free(config);
}

static void a_role_adds_its_faults(void **state)
{
    (void)state;
    size_t count;
    struct config *config = load_valid("\nmeasures = (\n { id = \"T1\"; " MEASURE " } );");
    config_fault_add(config, "measures[0].formula", true, "column 3: no such thing");
    config_fault_add(config, "measures[0].formula", false, "measures[0].formula: column 4");
    const struct config_fault *faults = config_faults(config, &count);
    assert_int_equal(count, 2);
    assert_string_equal(faults[0].place, "t.conf:3");
    assert_string_equal(faults[0].sentence, "measures[0].formula: column 3: no such thing");
    assert_true(faults[0].warning);
    assert_string_equal(faults[1].sentence, "measures[0].formula: column 4");
    assert_false(config_is_valid(config));
    config_free(config);
}

static void faults_are_collected_up_to_a_hundred(void **state)
{
    (void)state;
    size_t count;
    CLEAN(buffer_finish) struct buffer text = {0};
    struct config *config = load("log_level = 1; user = 2; http = { listen = 3; public = 4; };");
    config_faults(config, &count);
    assert_int_equal(count, 4);
    config_free(config);
    for (int i = 0; i < 300; i++)
        buffer_print(&text, "x%d = 1;\n", i);
    config = load(text.data);
    config_faults(config, &count);
    assert_int_equal(count, 100);
    config_free(config);
}

static const char *const parts_text =
    "log_level = \"warning\"; http = { listen = \"127.0.0.1:9999\"; }; plugin_dir = \"/nowhere\";\n"
    "rules = ( { id = \"a\"; " RULE "}, { id = \"b\"; " RULE "}, { id = \"c\"; " RULE "} );\n"
    "collectors = ( { name = \"other\"; plugin = \"p\"; every = \"1h\"; },\n"
    "  { name = \"log\"; plugin = \"log\"; every = \"1h\"; files = [\"/a\"];\n"
    "    rules = [\"local.c\", \"local.a\"]; } );\n"
    "channels = ( { name = \"ops\"; type = \"webhook\"; url = \"https://h.example/x\";\n"
    "    secret = \"credential:ops\"; } );\n";

/* One setting is another one: what of it a reload is told, and whose part it changes. */
static void a_reload_follows_the_rows(void **state)
{
    (void)state;
    static const struct {
        const char *setting;
        enum setting_reload reload;
        unsigned differs; /* 1 << role of each whose part is another */
    } rows[] = {
        {"state_dir = \"/other\";", RELOAD_FIXED, BY_ENGINE | BY_READER},
        {"user = \"other\";", RELOAD_FIXED, 0},
        {"http = { listen = \"127.0.0.1:8888\"; };", RELOAD_LISTENS, BY_ENGINE},
        {"http = { public = true; };", RELOAD_TAKEN, BY_FRONT},
        {"keep = \"30d\";", RELOAD_TAKEN, BY_ENGINE | BY_READER},
        {"log_level = \"debug\";", RELOAD_TAKEN, BY_ALL},
        {"log_reads = false;", RELOAD_TAKEN, BY_FRONT},
    };
    static const char collector[] =
        "collectors = ( { name = \"a\"; plugin = \"p\"; every = \"1h\"; } );\n"
        "plugin_dir = \"/nowhere\";\n";
    struct config *old = load_valid(collector);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEAN(clean_text) char *text = text_format("%s%s", collector, rows[i].setting);
        struct config *next = load_valid(text);
        for (enum setting_reload reload = RELOAD_LISTENS; reload <= RELOAD_FIXED; reload++)
            assert_int_equal(config_differs(old, next, reload) != NULL, reload == rows[i].reload);
        for (enum role role = ROLE_ENGINE; role < ROLE_COUNT; role++)
            assert_int_equal(config_part_differs(old, next, role, "a"),
                             rows[i].differs >> role & 1);
        config_free(next);
    }
    config_free(old);
}

static void a_role_sees_its_part_only(void **state)
{
    (void)state;
    struct config *config = load_valid(parts_text);
    CLEAN(clean_json) json_t *engine = config_part(config, ROLE_ENGINE, NULL);
    CLEAN(clean_json) json_t *front = config_part(config, ROLE_FRONT, NULL);
    CLEAN(clean_json) json_t *courier = config_part(config, ROLE_COURIER, NULL);
    CLEAN(clean_json) json_t *collector = config_part(config, ROLE_COLLECTOR, "log");
    CLEAN(clean_text) char *engine_text = json_canonical(engine);
    CLEAN(clean_text) char *front_text = json_canonical(front);
    CLEAN(clean_text) char *collector_text = json_canonical(collector);
    assert_null(config_part(config, ROLE_COLLECTOR, "none"));
    assert_null(strstr(engine_text, "credential"));
    assert_null(strstr(engine_text, "h.example"));
    assert_null(strstr(engine_text, "/a"));
    assert_null(strstr(front_text, "credential"));
    assert_null(strstr(collector_text, "credential"));
    assert_string_equal(json_text_of(engine, "url", ""), "http://127.0.0.1:9999");
    assert_string_equal(json_text_of(engine, "hash", ""), config_hash(config));
    assert_int_equal(json_array_size(json_object_get(engine, "collectors")), 2);
    assert_int_equal(json_object_size(front), 4);
    assert_string_equal(json_text_of(front, "log_level", ""), "warning");
    assert_string_equal(json_text_of(engine, "log_level", ""), "warning");
    assert_string_equal(json_text_of(courier, "log_level", ""), "warning");
    assert_string_equal(json_text_of(collector, "log_level", ""), "warning");
    /* Another configuration that leaves a collector as it is does not touch it. */
    assert_null(json_object_get(collector, "hash"));
    assert_string_equal(
        json_text_of(json_array_get(json_object_get(courier, "channels"), 0), "secret", ""),
        "credential:ops");
    assert_string_equal(json_text_of(collector, "plugin_path", ""), "/nowhere/log.so");
    const json_t *rule = json_object_get(json_object_get(collector, "settings"), "rule");
    assert_int_equal(json_array_size(rule), 2);
    assert_string_equal(json_text_of(json_array_get(rule, 1), "id", ""), "local.c");
    config_free(config);
}

static void a_roles_setting_has_a_path_in_the_whole(void **state)
{
    (void)state;
    static const struct {
        enum role role;
        const char *setting, *path;
    } rows[] = {
        {ROLE_COLLECTOR, "settings.files[0]", "collectors[1].files[0]"},
        {ROLE_COLLECTOR, "files[0]", "collectors[1].files[0]"},
        {ROLE_COLLECTOR, "settings.rule[1].pattern", "rules[2].pattern"},
        {ROLE_COLLECTOR, "rule[0]", "rules[0]"},
        {ROLE_COLLECTOR, "rule[7].pattern", "collectors[1].rule[7].pattern"},
        {ROLE_COLLECTOR, "every", "collectors[1].every"},
        {ROLE_COLLECTOR, "", "collectors[1]"},
        {ROLE_ENGINE, "measures[3].formula", "measures[3].formula"},
    };
    struct config *config = load_valid(parts_text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEAN(clean_text) char *path = config_path(config, rows[i].role, "log", rows[i].setting);
        assert_string_equal(path, rows[i].path);
    }
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shipped_loads),
        cmocka_unit_test(the_reference_is_the_table),
        cmocka_unit_test(the_hash_is_of_the_meaning),
        cmocka_unit_test(presets_are_filled_in),
        cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(places_are_exact),
        cmocka_unit_test(a_role_adds_its_faults),
        cmocka_unit_test(faults_are_collected_up_to_a_hundred),
        cmocka_unit_test(a_role_sees_its_part_only),
        cmocka_unit_test(a_reload_follows_the_rows),
        cmocka_unit_test(a_roles_setting_has_a_path_in_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
