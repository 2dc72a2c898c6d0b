/* The demonstration plugin, and the engine that it talks to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "ground/channel/wire.h"
#include "unit/collector_scene.h"

static const char *const labels[] = {"user", NULL};
const struct cfd_attribute scene_attributes[] = {
    [VALUE] = {"demo_value", CFD_GAUGE, 1, "", "", labels, 1, 0},
    [HITS] = {"demo_hits", CFD_EVENT, 1, "", "", labels, 1, 0},
    [NAME] = {"demo_name", CFD_TEXT, 1, "", "", NULL, 0, 0},
    [TALLY] = {"demo_tally", CFD_COUNTER, 1, "", "", NULL, 0, 0},
    {0},
};
static const struct cfd_option members[] = {
    {"program", CFD_PROGRAM, CFD_REQUIRED, 0, 0, NULL, "", NULL, NULL}, {0}};
static const struct cfd_option options[] = {
    {"files", CFD_PATH, CFD_LIST, 0, 0, "/a,/b", "", NULL, NULL},
    {"checks", CFD_GROUP, 0, 0, 0, NULL, "", members, NULL},
    {0}};
static const struct cfd_need needs[] = {
    {CFD_RUN, 0, "/bin/sh", NULL}, {CFD_RUN, 0, NULL, "checks[].program"}, {0}};

static struct scene *scene_now; /* open has no other way to find it */

static void note(struct scene *scene, const char *text)
{
    size_t length = strlen(scene->order);
    if (length + strlen(text) < sizeof scene->order)
        memcpy(scene->order + length, text, strlen(text) + 1);
}

/* --- the plugin --- */

static int plugin_open(const struct cfd_host *host, void **ret_self)
{
    *ret_self = scene_now;
    return scene_now->open ? scene_now->open(scene_now, host) : CFD_OK;
}

static int plugin_collect(void *self, const struct cfd_host *host)
{
    struct scene *scene = self;
    scene->collects++;
    return scene->collect(scene, host);
}

static void plugin_close(void *self)
{
    note(self, "|close");
}

static int plugin_start(void *self, const struct cfd_host *host, int *ret_fd)
{
    const char *value = "";
    int status = host->position_get(host, "old", &value);
    note(self, status == CFD_OK ? value : "none");
    *ret_fd = -1;
    return CFD_OK;
}

static void plugin_stop(void *self, const struct cfd_host *host)
{
    (void)host;
    note(self, "|stop");
}

int scene_emit(const struct cfd_host *host, uint32_t attribute, double value, const char *label)
{
    const char *const values[] = {label, NULL};
    struct cfd_reading reading = {.size = sizeof reading,
                                  .attribute = attribute,
                                  .value = value,
                                  .labels = label ? values : NULL};
    return host->emit(host, &reading);
}

/* --- the engine --- */

/* How many readings there are. */
static uint32_t add_hits(struct scene *scene, const struct channel_message *message)
{
    struct wire wire = wire_over(message->body, message->length);
    uint32_t count = wire_u32(&wire);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = wire_u32(&wire);
        double value = wire_double(&wire);
        if (number == NAME)
            wire_text(&wire);
        for (unsigned left = wire_u16(&wire); left; left--)
            wire_text(&wire);
        scene->value += number == HITS ? value : 0;
    }
    assert_true(wire_ended_well(&wire));
    return count;
}

static int on_any(void *context, struct channel_message *message)
{
    struct scene *scene = context;
    scene->taken = message->sequence;
    switch (message->type) {
    case MESSAGE_TABLES:
        scene->tables++;
        break;
    case MESSAGE_READINGS:
        scene->readings += add_hits(scene, message);
        note(scene, "R");
        break;
    case MESSAGE_EXCERPT:
        scene->excerpts++;
        break;
    case MESSAGE_MISSING:
        scene->missing++;
        break;
    case MESSAGE_LOST:
        scene->lost++;
        break;
    case MESSAGE_OPENED:
        scene->opened++;
        break;
    default:
        return ERROR_PEER;
    }
    return 0;
}

static int on_watched(void *context, struct channel_message *message)
{
    struct scene *scene = context;
    struct wire wire = wire_over(message->body, message->length);
    scene->taken = message->sequence;
    assert_string_equal(wire_text(&wire), "/a/file");
    scene->watched_bytes += wire_u64(&wire);
    scene->watched_lines += wire_u64(&wire);
    return wire_ended_well(&wire) ? 0 : ERROR_PEER;
}

static int on_batch(void *context, struct channel_message *message)
{
    struct scene *scene = context;
    struct wire wire = wire_over(message->body, message->length);
    char text[64];
    uint32_t flags = wire_u32(&wire), count = wire_u32(&wire);
    snprintf(text, sizeof text, "B%u(", flags);
    note(scene, text);
    for (uint32_t i = 0; i < count; i++) {
        note(scene, wire_text(&wire));
        note(scene, "=");
        note(scene, wire_text(&wire));
    }
    note(scene, ")");
    scene->taken = message->sequence;
    return wire_ended_well(&wire) ? 0 : ERROR_PEER;
}

static int on_outcome(void *context, struct channel_message *message)
{
    struct scene *scene = context;
    struct wire wire = wire_over(message->body, message->length);
    scene->outcome = wire_i64(&wire);
    snprintf(scene->outcome_why, sizeof scene->outcome_why, "%s", wire_text(&wire));
    scene->outcomes++;
    scene->taken = message->sequence;
    note(scene, "O");
    return wire_ended_well(&wire) ? 0 : ERROR_PEER;
}

static int on_said(void *context, struct channel_message *message)
{
    struct scene *scene = context;
    struct wire wire = wire_over(message->body, message->length);
    size_t length = strlen(scene->said_all);
    wire_u32(&wire);
    snprintf(scene->said_all + length, sizeof scene->said_all - length, "%s\n", wire_text(&wire));
    scene->said++;
    scene->taken = message->sequence;
    return wire_ended_well(&wire) ? 0 : ERROR_PEER;
}

static const struct channel_rule engine_rules[] = {
    {MESSAGE_TABLES, 2, CHANNEL_MOST, CHANNEL_FD_NONE, on_any},
    {MESSAGE_READINGS, 4, CHANNEL_MOST, CHANNEL_FD_NONE, on_any},
    {MESSAGE_EXCERPT, 16, CHANNEL_MOST, CHANNEL_FD_NONE, on_any},
    {MESSAGE_MISSING, 8, CHANNEL_MOST, CHANNEL_FD_NONE, on_any},
    {MESSAGE_LOST, 28, CHANNEL_MOST, CHANNEL_FD_NONE, on_any},
    {MESSAGE_WATCHED, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_watched},
    {MESSAGE_OPENED, 36, CHANNEL_MOST, CHANNEL_FD_NONE, on_any},
    {MESSAGE_BATCH, 8, CHANNEL_MOST, CHANNEL_FD_NONE, on_batch},
    {MESSAGE_OUTCOME, 12, CHANNEL_MOST, CHANNEL_FD_NONE, on_outcome},
    {MESSAGE_SAID, 8, CHANNEL_MOST, CHANNEL_FD_NONE, on_said},
    {0},
};

static void send_ack(struct scene *scene)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_u64(&body, scene->taken);
    assert_int_equal(channel_send(scene->engine, MESSAGE_ACK, &body, -1, NULL), 0);
    scene->acked = scene->taken;
}

void scene_serve(struct scene *scene)
{
    if (!scene->engine)
        return;
    int code = channel_receive(scene->engine, 1000);
    if (code == ERROR_PEER)
        fail_msg("%s", channel_fault(scene->engine));
    if (scene->acks && scene->taken > scene->acked)
        send_ack(scene);
}

static int wait_in_scene(void *context, struct pollfd *polled, size_t count, int64_t timeout_ms)
{
    struct scene *scene = context;
    size_t outstanding = emit_outstanding(scene->life.lender.emitter);
    if (outstanding > scene->most_outstanding)
        scene->most_outstanding = outstanding;
    scene_serve(scene);
    if (scene->leaves && scene->collects) {
        channel_free(scene->engine);
        scene->engine = NULL;
    }
    if (scene->waits_to_stop >= 0 && scene->waits_to_stop-- == 0)
        scene->life.stopping = true;
    return emit_wait_plainly(NULL, polled, count, scene->life.stopping ? 0 : timeout_ms);
}

void scene_send_collect(struct scene *scene, int64_t deadline_ms)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_u64(&body, 1);
    wire_put_i64(&body, deadline_ms);
    assert_int_equal(channel_send(scene->engine, MESSAGE_COLLECT, &body, -1, NULL), 0);
}

void scene_begin(struct scene *scene, bool stream, const char *settings_text)
{
    struct cfd_collector head = {CFD_COLLECTOR_HEAD,
                                 .flags = stream ? CFD_STREAM : 0,
                                 .name = "demo",
                                 .version = "1",
                                 .summary = "",
                                 .options = options,
                                 .attributes = scene_attributes,
                                 .needs = needs,
                                 .open = plugin_open,
                                 .collect = plugin_collect,
                                 .close = plugin_close,
                                 .start = plugin_start,
                                 .stop = plugin_stop};
    const struct settings_faults faults = {0};
    CLEAN(clean_json) json_t *json = NULL;
    assert_int_equal(json_read(settings_text, strlen(settings_text), &json, NULL), 0);
    scene_now = scene;
    scene->acks = true;
    scene->waits_to_stop = -1;
    assert_int_equal(plugin_take(&head, "demo", &scene->plugin, NULL), 0);
    assert_int_equal(settings_parse(scene->plugin->options, json, &faults, &scene->settings), 0);
    scene->life.every_ms = 3600000;
    scene->life.lender.plugin = scene->plugin;
    scene->life.lender.settings = &scene->settings;
    scene->life.lender.wait = (struct lend_wait){wait_in_scene, scene};
}

void scene_connect(struct scene *scene)
{
    int fds[2];
    CLEAN(clean_json) json_t *positions = json_pack("{s:{s:s}}", "positions", "old", "7");
    assert_int_equal(channel_pair(fds), 0);
    assert_int_equal(channel_new(fds[0], engine_rules, false, scene, &scene->engine), 0);
    assert_int_equal(life_open(&scene->life, NULL), 0);
    assert_int_equal(life_connect(&scene->life, fds[1], NULL), 0);
    assert_int_equal(messages_send(scene->engine, MESSAGE_POSITIONS, positions), 0);
    scene_send_collect(scene, clock_now().wall_ms + 60000);
}

void scene_end(struct scene *scene)
{
    scene_serve(scene);
    life_finish(&scene->life);
    settings_finish(&scene->settings);
    plugin_free(scene->plugin);
    channel_free(scene->engine);
}

int scene_run(struct scene *scene, bool stream, const char *settings_text)
{
    scene_begin(scene, stream, settings_text);
    scene_connect(scene);
    int code = life_run(&scene->life);
    scene_serve(scene);
    return code;
}
