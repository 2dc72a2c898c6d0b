/* show.01.5: the real loader and host against collectors of an older, a newer and a foreign ABI. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "ground/channel/wire.h"
#include "host/collector/life.h"

/* What the engine's end received. */
struct engine {
    json_t *tables;
    double values[2];
    char label[16];
    size_t readings;
    int64_t outcome;
};

static int on_tables(void *context, struct channel_message *message)
{
    return messages_json(message, &((struct engine *)context)->tables);
}

static int on_readings(void *context, struct channel_message *message)
{
    struct engine *engine = context;
    struct wire wire = wire_over(message->body, message->length);
    uint32_t count = wire_u32(&wire);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = wire_u32(&wire);
        double value = wire_double(&wire);
        if (number > 1)
            return ERROR_PEER;
        engine->values[number] = value;
        for (uint16_t labels = wire_u16(&wire); labels; labels--)
            snprintf(engine->label, sizeof engine->label, "%s", wire_text(&wire));
        engine->readings++;
    }
    return wire_ended_well(&wire) ? 0 : ERROR_PEER;
}

static int on_outcome(void *context, struct channel_message *message)
{
    struct wire wire = wire_over(message->body, message->length);
    ((struct engine *)context)->outcome = wire_i64(&wire);
    return 0;
}

static const struct channel_rule rules[] = {
    {MESSAGE_TABLES, 2, CHANNEL_MOST, CHANNEL_FD_NONE, on_tables},
    {MESSAGE_READINGS, 4, CHANNEL_MOST, CHANNEL_FD_NONE, on_readings},
    {MESSAGE_OUTCOME, 12, CHANNEL_MOST, CHANNEL_FD_NONE, on_outcome},
    {0},
};

static void file_of(const char *name, char path[512])
{
    snprintf(path, 512, "%s/%s/%s.so", ABI_FOLDER, name, name);
    /* As a package leaves them, whatever the mask of who builds. */
    assert_int_equal(chmod(path, 0755), 0);
    *strrchr(path, '/') = '\0';
    assert_int_equal(chmod(path, 0755), 0);
    path[strlen(path)] = '/';
}

/* One run of a collector, from its file to the engine's end of the channel. */
static void run(const char *name, struct engine *engine)
{
    char path[512];
    int fds[2];
    struct life life = {.every_ms = 3600000};
    struct settings settings = {0};
    const struct settings_faults faults = {0};
    struct plugin *plugin = NULL;
    struct channel *channel = NULL;
    CLEAN(error_finish) struct error error = {0};
    CLEAN(buffer_finish) struct buffer body = {0};
    file_of(name, path);
    if (plugin_load(path, &plugin, &error))
        fail_msg("%s", error_sentence(&error));
    assert_int_equal(plugin->option_count, 2);
    assert_int_equal(plugin->attribute_count, 2);
    assert_int_equal(plugin->need_count, 2);
    assert_null(plugin->head.selftest);
    assert_int_equal(settings_parse(plugin->options, NULL, &faults, &settings), 0);
    life.lender =
        (struct lender){.plugin = plugin, .settings = &settings, .wait = {emit_wait_plainly, NULL}};
    assert_int_equal(channel_pair(fds), 0);
    assert_int_equal(channel_new(fds[0], rules, false, engine, &channel), 0);
    assert_int_equal(life_open(&life, &error), 0);
    assert_int_equal(life_connect(&life, fds[1], &error), 0);
    wire_put_u64(&body, 1);
    wire_put_i64(&body, clock_now().wall_ms + 60000);
    assert_int_equal(channel_send(channel, MESSAGE_COLLECT, &body, -1, NULL), 0);
    assert_int_equal(life_run(&life), 0);
    life_finish(&life);
    assert_int_equal(channel_receive(channel, 100), ERROR_CLOSED);
    channel_free(channel);
    settings_finish(&settings);
    plugin_free(plugin);
}

static void test_runs(void **state)
{
    (void)state;
    static const char *const names[] = {"same", "older", "newer"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct engine engine = {.outcome = -1};
        run(names[i], &engine);
        assert_int_equal(engine.outcome, CFD_OK);
        assert_int_equal(engine.readings, 2);
        assert_true(engine.values[0] == 7 && engine.values[1] == 8);
        assert_string_equal(engine.label, "ann");
        assert_string_equal(json_text_of(engine.tables, "plugin", ""), names[i]);
        assert_int_equal(strlen(json_text_of(engine.tables, "sha256", "")), 64);
        json_decref(engine.tables);
    }
}

/* The variants are really of other sizes, or the test would show nothing. */
static void test_sizes(void **state)
{
    (void)state;
    char path[512];
    static const struct {
        const char *name;
        int way;
    } variants[] = {{"older", -1}, {"newer", 1}};
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        struct plugin *plugin = NULL;
        file_of(variants[i].name, path);
        assert_int_equal(plugin_load(path, &plugin, NULL), 0);
        const struct cfd_collector *head = &plugin->head;
        int64_t sizes[][2] = {{head->size, sizeof(struct cfd_collector)},
                              {head->option_size, sizeof(struct cfd_option)},
                              {head->attribute_size, sizeof(struct cfd_attribute)},
                              {head->need_size, sizeof(struct cfd_need)}};
        for (size_t j = 0; j < 4; j++)
            assert_true((sizes[j][0] - sizes[j][1]) * variants[i].way > 0);
        plugin_free(plugin);
    }
}

static void refuse(const char *path, int code, const char *part)
{
    CLEAN(error_finish) struct error error = {0};
    struct plugin *plugin = NULL;
    assert_int_equal(plugin_load(path, &plugin, &error), code);
    if (!strstr(error_sentence(&error), path) || !strstr(error_sentence(&error), part))
        fail_msg("\"%s\" does not name %s and \"%s\"", error_sentence(&error), path, part);
}

static void test_refusals(void **state)
{
    (void)state;
    char path[512];
    file_of("foreign", path);
    refuse(path, ERROR_VERSION, "it was built for ABI 99; this conformd has ABI 1");
    file_of("lacking", path);
    refuse(path, ERROR_FORMAT, "it lacks the callback collect");
    file_of("same", path);
    assert_int_equal(chmod(path, 0757), 0);
    refuse(path, ERROR_DENIED, "it is writable by everyone");
    assert_int_equal(chmod(path, 0755), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
