/* Collectors: heads and tables of any size, settings by the option table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "host/collector/plugin.h"
#include "host/collector/settings.h"

static int open_well(const struct cfd_host *host, void **ret_self)
{
    (void)host;
    (void)ret_self;
    return CFD_OK;
}

static int collect_well(void *self, const struct cfd_host *host)
{
    (void)self;
    (void)host;
    return CFD_OK;
}

static const char *const labels[] = {"user", "group", NULL};
static const struct cfd_attribute attributes[] = {
    {"demo_value", CFD_GAUGE, 1, "seconds", "A value.", labels, 1, 0},
    {"demo_total", CFD_COUNTER, 2, "", "A total.", NULL, 0, 0},
    {0},
};
static const char *const choices[] = {"nagios", "json", NULL};
static const struct cfd_option members[] = {
    {"name", CFD_STRING, CFD_REQUIRED, 1, 8, NULL, "Its name.", NULL, NULL},
    {"program", CFD_PROGRAM, CFD_REQUIRED, 0, 0, NULL, "What runs.", NULL, NULL},
    {"format", CFD_STRING, 0, 0, 0, "nagios", "How it answers.", NULL, choices},
    {0},
};
static const struct cfd_option options[] = {
    {"strict", CFD_BOOLEAN, 0, 0, 0, "true", "", NULL, NULL},
    {"limit", CFD_INTEGER, 0, 1, 10, "5", "", NULL, NULL},
    {"share", CFD_NUMBER, 0, 0, 1, "0.5", "", NULL, NULL},
    {"wait", CFD_DURATION, 0, 1000, 60000, "10s", "", NULL, NULL},
    {"most", CFD_BYTES, 0, 0, 0, "64KiB", "", NULL, NULL},
    {"files", CFD_GLOB, CFD_LIST, 0, 0, "/a, /b", "", NULL, NULL},
    {"url", CFD_URL, 0, 0, 0, NULL, "", NULL, NULL},
    {"token", CFD_SECRET, 0, 0, 0, NULL, "", NULL, NULL},
    {"checks", CFD_GROUP, 0, 0, 0, NULL, "", members, NULL},
    {0},
};
static const struct cfd_need needs[] = {{CFD_READ, 0, NULL, "files"}, {0}};

static struct cfd_collector head(void)
{
    return (struct cfd_collector){CFD_COLLECTOR_HEAD,     .name = "demo",
                                  .version = "1",         .summary = "A demonstration.",
                                  .options = options,     .attributes = attributes,
                                  .needs = needs,         .open = open_well,
                                  .collect = collect_well};
}

static void refuse(const struct cfd_collector *plugin_head, int code, const char *part)
{
    CLEAN(error_finish) struct error error = {0};
    struct plugin *plugin = NULL;
    assert_int_equal(plugin_take(plugin_head, "demo", &plugin, &error), code);
    if (!strstr(error_sentence(&error), part))
        fail_msg("\"%s\" does not hold \"%s\"", error_sentence(&error), part);
}

static void test_take(void **state)
{
    (void)state;
    struct cfd_collector taken = head();
    struct plugin *plugin = NULL;
    assert_int_equal(plugin_take(&taken, "demo", &plugin, NULL), 0);
    assert_int_equal(plugin->option_count, 9);
    assert_int_equal(plugin->attribute_count, 2);
    assert_int_equal(plugin->need_count, 1);
    assert_string_equal(plugin->options[8].members[1].name, "program");
    assert_string_equal(plugin_family(plugin), "demo");
    CLEAN(clean_json) json_t *json = plugin_describe(plugin);
    assert_int_equal(json_array_size(json_object_get(json, "settings")), 9);
    CLEAN(clean_text) char *text = plugin_describe_text(plugin);
    assert_non_null(strstr(text, "demo_value{user*,group} gauge, seconds"));
    assert_non_null(strstr(text, "format: string, preset \"nagios\", one of nagios | json"));
    plugin_free(plugin);
}

static void test_head_refusals(void **state)
{
    (void)state;
    struct cfd_collector bad = head();
    bad.abi = 7;
    refuse(&bad, ERROR_VERSION, "demo: it was built for ABI 7; this conformd has ABI 1");
    bad = head();
    bad.size = 16;
    refuse(&bad, ERROR_FORMAT, "its head has 16 bytes");
    bad = head();
    bad.attribute_size = 0;
    refuse(&bad, ERROR_FORMAT, "a row of its attributes has 0 bytes");
    bad = head();
    bad.option_size = 7;
    refuse(&bad, ERROR_FORMAT, "a row of its options has 7 bytes");
    bad = head();
    bad.name = "other";
    refuse(&bad, ERROR_FORMAT, "it calls itself other; its file says demo");
    bad = head();
    bad.open = NULL;
    refuse(&bad, ERROR_FORMAT, "it lacks the callback open");
    bad = head();
    bad.collect = NULL;
    refuse(&bad, ERROR_FORMAT, "it lacks the callback collect");
    bad = head();
    bad.flags = CFD_STREAM;
    refuse(&bad, ERROR_FORMAT, "it lacks the callback start");
    bad = head();
    bad.flags = CFD_PUSHED;
    refuse(&bad, ERROR_FORMAT, "it is pushed (CFD_PUSHED) and no stream");
    bad = head();
    bad.family = "Demo";
    refuse(&bad, ERROR_FORMAT, "its family Demo");
}

static void refuse_attribute(struct cfd_attribute first, const char *part)
{
    struct cfd_attribute rows[] = {{"demo_total", CFD_COUNTER, 2, "", "", NULL, 0, 0}, first, {0}};
    struct cfd_collector bad = head();
    bad.attributes = rows;
    refuse(&bad, ERROR_FORMAT, part);
}

static void test_attribute_refusals(void **state)
{
    (void)state;
    static const char *const nine[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", NULL};
    static const char *const twice[] = {"a", "a", NULL};
    static const char *const odd[] = {"a-b", NULL};
    static const char *const own[] = {"instance", NULL};
    refuse_attribute((struct cfd_attribute){"demo_total", CFD_GAUGE, 1, "", "", NULL, 0, 0},
                     "two attributes named demo_total");
    refuse_attribute((struct cfd_attribute){"other_x", CFD_GAUGE, 1, "", "", NULL, 0, 0},
                     "attribute other_x does not begin with demo_");
    refuse_attribute((struct cfd_attribute){"demox", CFD_GAUGE, 1, "", "", NULL, 0, 0},
                     "does not begin with demo_");
    refuse_attribute((struct cfd_attribute){"demo_x y", CFD_GAUGE, 1, "", "", NULL, 0, 0},
                     "is not named");
    refuse_attribute((struct cfd_attribute){"demo_x", 9, 1, "", "", NULL, 0, 0}, "of kind 9");
    refuse_attribute((struct cfd_attribute){"demo_x", CFD_GAUGE, 0, "", "", NULL, 0, 0},
                     "method 0");
    refuse_attribute((struct cfd_attribute){"demo_x", CFD_GAUGE, 1, "", "", nine, 0, 0},
                     "more than 8 labels");
    refuse_attribute((struct cfd_attribute){"demo_x", CFD_GAUGE, 1, "", "", twice, 0, 0},
                     "two labels named a");
    refuse_attribute((struct cfd_attribute){"demo_x", CFD_GAUGE, 1, "", "", odd, 0, 0},
                     "a label named 'a-b'");
    refuse_attribute((struct cfd_attribute){"demo_x", CFD_GAUGE, 1, "", "", own, 0, 0},
                     "a label named 'instance'");
    refuse_attribute((struct cfd_attribute){"demo_x", CFD_GAUGE, 1, "", "", labels, 4, 0},
                     "marks a label that it does not have");
}

static void refuse_option(struct cfd_option second, const char *part)
{
    struct cfd_option rows[] = {{"limit", CFD_INTEGER, 0, 0, 0, NULL, "", NULL, NULL}, second, {0}};
    struct cfd_collector bad = head();
    bad.options = rows;
    refuse(&bad, second.members == rows ? ERROR_LIMIT : ERROR_FORMAT, part);
}

static void test_option_refusals(void **state)
{
    (void)state;
    static struct cfd_option self[2] = {{"self", CFD_GROUP, 0, 0, 0, NULL, "", self, NULL}, {0}};
    struct cfd_collector bad = head();
    refuse_option((struct cfd_option){.name = "limit"}, "two options named limit");
    refuse_option((struct cfd_option){.name = "Limit2"}, "option 'Limit2' is not named");
    refuse_option((struct cfd_option){.name = "every"}, "a setting of conformd itself");
    refuse_option((struct cfd_option){.name = "x", .type = 99}, "of type 99");
    refuse_option((struct cfd_option){.name = "x", .type = CFD_GROUP}, "group x has no members");
    refuse_option((struct cfd_option){.name = "x", .type = CFD_PROGRAM, .flags = CFD_LIST},
                  "a list of programs");
    bad.options = self;
    refuse(&bad, ERROR_LIMIT, "nested more than 4 deep");
}

/* --- files --- */

static void refuse_file(const char *path, int code, const char *part)
{
    CLEAN(error_finish) struct error error = {0};
    struct plugin *plugin = NULL;
    assert_int_equal(plugin_load(path, &plugin, &error), code);
    if (!strstr(error_sentence(&error), part) || !strstr(error_sentence(&error), "/tmp/"))
        fail_msg("\"%s\" does not hold \"%s\"", error_sentence(&error), part);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/conformd-collector-XXXXXX";
    assert_non_null(mkdtemp(folder));
    CLEAN(clean_text) char *file = text_format("%s/demo.so", folder);
    CLEAN(clean_text) char *link = text_format("%s/link.so", folder);
    refuse_file(file, ERROR_MISSING, "demo.so: No such file");
    write_file(file, "no library");
    refuse_file(file, ERROR_FORMAT, "demo.so: it cannot be loaded");
    chmod(file, 0646);
    refuse_file(file, ERROR_DENIED, "it is writable by everyone (mode 0646)");
    chmod(file, 0664);
    refuse_file(file, ERROR_DENIED, "it is writable by its group");
    chmod(file, 0644);
    chmod(folder, 0757);
    refuse_file(file, ERROR_DENIED, "its folder is writable by everyone");
    chmod(folder, 0755);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    refuse_file(link, ERROR_DENIED, "link.so: it is a symbolic link out of its folder");
    if (geteuid() == 0) {
        assert_int_equal(chown(file, 12345, 12345), 0);
        refuse_file(file, ERROR_DENIED, "it is owned by user 12345");
    }
    unlink(link);
    unlink(file);
    rmdir(folder);
}

/* --- settings --- */

struct told {
    size_t count;
    size_t warnings;
    char *all; /* "path: sentence\n" ... */
};

static void on_fault(void *context, const char *path, bool warning, const char *sentence)
{
    struct told *told = context;
    char *all = text_format("%s%s: %s\n", told->all ? told->all : "", path, sentence);
    free(told->all);
    told->all = all;
    told->count++;
    told->warnings += warning;
}

static int parse(const char *text, bool check, struct settings *settings, struct told *told)
{
    struct settings_faults faults = {on_fault, told, check};
    CLEAN(clean_json) json_t *json = NULL;
    assert_int_equal(json_read(text, strlen(text), &json, NULL), 0);
    return settings_parse(options, json, &faults, settings);
}

static void test_presets(void **state)
{
    (void)state;
    struct settings settings = {0};
    struct told told = {0};
    assert_int_equal(parse("{}", false, &settings, &told), 0);
    assert_int_equal(told.count, 0);
    assert_int_equal(settings_get(&settings, "strict")->integer, 1);
    assert_int_equal(settings_get(&settings, "limit")->integer, 5);
    assert_true(settings_get(&settings, "limit")->number == 5);
    assert_true(settings_get(&settings, "share")->number == 0.5);
    assert_int_equal(settings_get(&settings, "wait")->integer, 10000);
    assert_int_equal(settings_get(&settings, "most")->integer, 65536);
    assert_int_equal(settings_get(&settings, "files")->count, 2);
    assert_string_equal(settings_get(&settings, "files[1]")->text, "/b");
    assert_null(settings_get(&settings, "files[2]"));
    assert_null(settings_get(&settings, "url"));
    assert_null(settings_get(&settings, "checks"));
    settings_finish(&settings);
}

static void test_given(void **state)
{
    (void)state;
    struct settings settings = {0};
    struct told told = {0};
    assert_int_equal(
        parse("{\"strict\":false,\"limit\":10,\"share\":1,\"wait\":\"1m\",\"most\":512,"
              "\"files\":\"/var/log/*.log\",\"url\":\"https://h/p\","
              "\"checks\":[{\"name\":\"a\",\"program\":[\"/bin/true\",\"-x\"]},"
              "{\"name\":\"b\",\"program\":\"/bin/false\",\"format\":\"json\"}]}",
              false, &settings, &told),
        0);
    assert_int_equal(settings_get(&settings, "strict")->integer, 0);
    assert_int_equal(settings_get(&settings, "wait")->integer, 60000);
    assert_int_equal(settings_get(&settings, "files")->count, 1);
    assert_string_equal(settings_get(&settings, "files[0]")->text, "/var/log/*.log");
    assert_int_equal(settings_get(&settings, "checks")->count, 2);
    assert_int_equal(settings_get(&settings, "checks[0].program")->count, 2);
    assert_string_equal(settings_get(&settings, "checks[0].program")->text, "/bin/true");
    assert_string_equal(settings_get(&settings, "checks[0].program[1]")->text, "-x");
    assert_string_equal(settings_get(&settings, "checks[0].format")->text, "nagios");
    assert_string_equal(settings_get(&settings, "checks[1].program[0]")->text, "/bin/false");
    assert_string_equal(settings_get(&settings, "checks[1].format")->text, "json");
    settings_finish(&settings);
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *fault;
    } cases[] = {
        {"{\"limitt\":1}", "limitt: unknown setting limitt; did you mean limit?"},
        {"{\"zzzzzz\":1}", "zzzzzz: unknown setting zzzzzz; known are strict, limit"},
        {"{\"limit\":11}", "limit: 11 is out of range; allowed are 1 to 10"},
        {"{\"limit\":0}", "limit: 0 is out of range"},
        {"{\"limit\":2.5}", "limit: found a number; allowed is an integer"},
        {"{\"limit\":true}", "limit: found true or false"},
        {"{\"strict\":\"yes\"}", "strict: found a text; allowed is true or false"},
        {"{\"strict\":1}", "strict: found an integer; allowed is true or false"},
        {"{\"share\":1.5}", "share: 1.5 is out of range"},
        {"{\"wait\":10}", "wait: found an integer; allowed is a duration"},
        {"{\"wait\":\"10\"}", "wait: \"10\" is not a duration"},
        {"{\"wait\":\"2m\"}", "wait: \"2m\" is out of range; allowed are \"1s\" to \"1m\""},
        {"{\"most\":-1}", "most: -1 is not a size"},
        {"{\"files\":[\"/a\",\"b\"]}", "files[1]: \"b\" is not an absolute path"},
        {"{\"files\":[\"/a/../etc\"]}", "files[0]: \"/a/../etc\" is not an absolute path without"},
        {"{\"files\":{}}", "files[0]: found a group"},
        {"{\"url\":\"host\"}", "url: \"host\" is not a URL"},
        {"{\"url\":\"http://\"}", "is not a URL"},
        {"{\"url\":\"http://a b\"}", "is not a URL"},
        {"{\"token\":\"hunter2\"}", "token: a secret is written in the configuration as"},
        {"{\"token\":\"credential:../x\"}", "token: a secret is written in the configuration as"},
        {"{\"checks\":[1]}", "checks[0]: this setting is a group"},
        {"{\"checks\":[{}]}", "checks[0].name: this setting is required"},
        {"{\"checks\":[{\"name\":\"\"}]}", "checks[0].name: a text of 0 bytes is out of range"},
        {"{\"checks\":[{\"name\":\"a\",\"program\":[]}]}", "checks[0].program: the list is empty"},
        {"{\"checks\":[{\"name\":\"a\",\"program\":[\"ls\"]}]}",
         "checks[0].program: the first word is not the absolute path"},
        {"{\"checks\":[{\"name\":\"a\",\"program\":[\"/ls\"],\"format\":\"xml\"}]}",
         "checks[0].format: \"xml\" is not one of \"nagios\", \"json\""},
        {"{\"checks\":[{\"nam\":\"a\"}]}",
         "checks[0].nam: unknown setting nam; did you mean name?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings settings = {0};
        struct told told = {0};
        assert_int_equal(parse(cases[i].text, false, &settings, &told), ERROR_SETTING);
        if (!told.all || !strstr(told.all, cases[i].fault))
            fail_msg("\"%s\" does not hold \"%s\"", told.all, cases[i].fault);
        assert_null(strstr(told.all, "hunter2"));
        assert_int_equal(settings.count, 0);
        free(told.all);
    }
}

static void test_all_faults_are_told(void **state)
{
    (void)state;
    struct settings settings = {0};
    struct told told = {0};
    assert_int_equal(
        parse("{\"limit\":99,\"nope\":1,\"files\":[1,2],\"url\":3}", false, &settings, &told),
        ERROR_SETTING);
    assert_int_equal(told.count, 5);
    free(told.all);
}

static void test_credentials(void **state)
{
    (void)state;
    char folder[] = "/tmp/conformd-credentials-XXXXXX";
    struct settings settings = {0};
    struct told told = {0};
    assert_non_null(mkdtemp(folder));
    CLEAN(clean_text) char *file = text_format("%s/ops", folder);
    write_file(file, "s3cret\n");
    unsetenv("CREDENTIALS_DIRECTORY");
    /* By hand there are no credentials: --check warns, a run refuses. */
    assert_int_equal(parse("{\"token\":\"credential:ops\"}", true, &settings, &told), 0);
    assert_int_equal(told.warnings, 1);
    settings_finish(&settings);
    assert_int_equal(parse("{\"token\":\"credential:ops\"}", false, &settings, &told),
                     ERROR_SETTING);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    assert_int_equal(parse("{\"token\":\"credential:none\"}", true, &settings, &told),
                     ERROR_SETTING);
    assert_int_equal(parse("{\"token\":\"credential:ops\"}", false, &settings, &told), 0);
    assert_string_equal(settings_get(&settings, "token")->text, "s3cret");
    settings_finish(&settings);
    free(told.all);
    unlink(file);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_head_refusals),
        cmocka_unit_test(test_attribute_refusals),
        cmocka_unit_test(test_option_refusals),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_presets),
        cmocka_unit_test(test_given),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_all_faults_are_told),
        cmocka_unit_test(test_credentials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
