/* The lent host and a collector's life, against an engine that lives in the collector's waits. */
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

#include "base/clean.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "channel/wire.h"
#include "collector/life.h"

enum { VALUE, HITS, NAME, TALLY };

static const char *const labels[] = {"user", NULL};
static const struct cfd_attribute attributes[] = {
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

/* Engine, life and what both saw. */
struct scene {
    struct life life;
    struct plugin *plugin;
    struct settings settings;
    struct channel *engine;
    bool acks;         /* the engine acknowledges what it took */
    int waits_to_stop; /* the process is told to stop after so many; -1: never */
    bool leaves;       /* the engine goes away at the first wait after collect */
    uint64_t taken;
    uint64_t acked;
    size_t most_outstanding;
    size_t readings, tables, excerpts, missing, lost, opened, said, outcomes, collects;
    int64_t outcome;
    char outcome_why[256];
    char said_all[4096];
    char order[4096]; /* a letter for each message, positions in brackets */
    int (*collect)(struct scene *scene, const struct cfd_host *host);
    int (*open)(struct scene *scene, const struct cfd_host *host);
};
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

static int emit(const struct cfd_host *host, uint32_t attribute, double value, const char *label)
{
    const char *const values[] = {label, NULL};
    struct cfd_reading reading = {.size = sizeof reading,
                                  .attribute = attribute,
                                  .value = value,
                                  .labels = label ? values : NULL};
    return host->emit(host, &reading);
}

/* --- the engine --- */

static int on_any(void *context, struct channel_message *message)
{
    struct scene *scene = context;
    struct wire wire = wire_over(message->body, message->length);
    scene->taken = message->sequence;
    switch (message->type) {
    case MESSAGE_TABLES:
        scene->tables++;
        break;
    case MESSAGE_READINGS:
        scene->readings += wire_u32(&wire);
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

static void serve(struct scene *scene)
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
    serve(scene);
    if (scene->leaves && scene->collects) {
        channel_free(scene->engine);
        scene->engine = NULL;
    }
    if (scene->waits_to_stop >= 0 && scene->waits_to_stop-- == 0)
        scene->life.stopping = true;
    return lend_wait_plainly(NULL, polled, count, scene->life.stopping ? 0 : timeout_ms);
}

static void send_collect(struct scene *scene, int64_t deadline_ms)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_u64(&body, 1);
    wire_put_i64(&body, deadline_ms);
    assert_int_equal(channel_send(scene->engine, MESSAGE_COLLECT, &body, -1, NULL), 0);
}

static void begin(struct scene *scene, bool stream, const char *settings_text)
{
    struct cfd_collector head = {CFD_COLLECTOR_HEAD,
                                 .flags = stream ? CFD_STREAM : 0,
                                 .name = "demo",
                                 .version = "1",
                                 .summary = "",
                                 .options = options,
                                 .attributes = attributes,
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

static void connect_engine(struct scene *scene)
{
    int fds[2];
    CLEAN(clean_json) json_t *positions = json_pack("{s:{s:s}}", "positions", "old", "7");
    assert_int_equal(channel_pair(fds), 0);
    assert_int_equal(channel_new(fds[0], engine_rules, false, scene, &scene->engine), 0);
    assert_int_equal(life_open(&scene->life, NULL), 0);
    assert_int_equal(life_connect(&scene->life, fds[1], NULL), 0);
    assert_int_equal(message_send(scene->engine, MESSAGE_POSITIONS, positions), 0);
    send_collect(scene, clock_now().wall_ms + 60000);
}

static void end(struct scene *scene)
{
    serve(scene);
    life_finish(&scene->life);
    settings_finish(&scene->settings);
    plugin_free(scene->plugin);
    channel_free(scene->engine);
}

static int run_scene(struct scene *scene, bool stream, const char *settings_text)
{
    begin(scene, stream, settings_text);
    connect_engine(scene);
    int code = life_run(&scene->life);
    serve(scene);
    return code;
}

/* --- runs --- */

static int collect_some(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    struct cfd_reading text = {.size = sizeof text, .attribute = NAME, .text = "x"};
    struct cfd_excerpt excerpt = {.size = sizeof excerpt,
                                  .source = "/f",
                                  .place = "line 1",
                                  .attribute = VALUE,
                                  .length = 9000,
                                  .bytes = NULL};
    char bytes[9000];
    memset(bytes, 'x', sizeof bytes);
    excerpt.bytes = bytes;
    struct cfd_loss loss = {sizeof loss, "/f", "lines", "rotated", 1, 5};
    assert_int_equal(emit(host, VALUE, 1, "ann"), CFD_OK);
    assert_int_equal(emit(host, HITS, 2, NULL), CFD_OK);
    assert_int_equal(emit(host, VALUE, NAN, ""), CFD_OK);
    assert_int_equal(host->emit(host, &text), CFD_OK);
    assert_int_equal(host->excerpt(host, &excerpt), CFD_OK);
    assert_int_equal(host->missing(host, TALLY, "gone"), CFD_OK);
    assert_int_equal(host->lost(host, &loss), CFD_OK);
    assert_true(host->left_ms(host) > 0 && host->left_ms(host) <= 60000);
    return CFD_PARTIAL;
}

static void test_snapshot(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_some};
    assert_int_equal(run_scene(&scene, false, "{}"), 0);
    assert_int_equal(scene.tables, 1);
    assert_int_equal(scene.readings, 4);
    assert_int_equal(scene.excerpts, 1);
    assert_int_equal(scene.missing, 1);
    assert_int_equal(scene.lost, 1);
    assert_int_equal(scene.outcomes, 1);
    assert_int_equal(scene.outcome, CFD_PARTIAL);
    end(&scene);
    assert_string_equal(scene.order, "RO|close");
}

static int collect_failing(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    host->log(host, CFD_LOG_ERROR, "the disk is on fire");
    return -99;
}

static void test_failed_snapshot_says_why(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_failing};
    assert_int_equal(run_scene(&scene, false, "{}"), 0);
    assert_int_equal(scene.outcome, CFD_ERROR);
    assert_string_equal(scene.outcome_why, "the disk is on fire");
    end(&scene);
}

static int collect_many(struct scene *scene, const struct cfd_host *host)
{
    char label[1000];
    memset(label, 'x', sizeof label - 1);
    label[sizeof label - 1] = '\0';
    for (int i = 0; i < 500; i++)
        assert_int_equal(emit(host, VALUE, i, label), CFD_OK);
    return scene->collects < 4 ? CFD_MORE : CFD_OK;
}

static void test_credit(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_many};
    assert_int_equal(run_scene(&scene, false, "{}"), 0);
    assert_int_equal(scene.readings, 2000);
    assert_true(scene.most_outstanding > CHANNEL_CREDIT / 2);
    assert_true(scene.most_outstanding <= CHANNEL_CREDIT);
    end(&scene);
}

static void test_resident(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_some};
    begin(&scene, false, "{}");
    scene.life.every_ms = 10000;
    scene.waits_to_stop = 1;
    connect_engine(&scene);
    send_collect(&scene, 0);
    scene.collect = collect_failing;
    assert_int_equal(life_run(&scene.life), 0);
    assert_true(scene.collects >= 1);
    assert_true(scene.life.stopping);
    end(&scene);
}

static void test_engine_leaves(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_many, .leaves = true};
    begin(&scene, false, "{}");
    connect_engine(&scene);
    scene.acks = false;
    struct cfd_reading reading = {.size = sizeof reading};
    (void)reading;
    scene.collect = collect_failing;
    scene.life.every_ms = 10000;
    assert_int_equal(life_run(&scene.life), ERROR_CLOSED);
    end(&scene);
}

static int collect_refused(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    struct cfd_reading none = {.size = 0};
    struct cfd_reading text = {.size = sizeof text, .attribute = NAME};
    char wide[LEND_TEXT + 2];
    memset(wide, 'x', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    assert_int_equal(emit(host, 99, 1, NULL), CFD_INVALID);
    assert_int_equal(emit(host, HITS, -1, "a"), CFD_INVALID);
    assert_int_equal(emit(host, HITS, INFINITY, "a"), CFD_INVALID);
    assert_int_equal(emit(host, VALUE, 1, "\xff"), CFD_INVALID);
    assert_int_equal(host->emit(host, &none), CFD_INVALID);
    assert_int_equal(host->emit(host, &text), CFD_INVALID);
    text.text = wide;
    assert_int_equal(host->emit(host, &text), CFD_INVALID);
    assert_int_equal(host->missing(host, 4, "x"), CFD_INVALID);
    assert_int_equal(host->position_set(host, "a", "b"), CFD_INVALID);
    assert_int_equal(host->declare(host, &attributes[0]), CFD_INVALID);
    for (int i = 0; i < 20; i++)
        assert_int_equal(emit(host, 99, 1, NULL), CFD_INVALID);
    assert_int_equal(emit(host, VALUE, 1, "fine"), CFD_OK);
    return CFD_OK;
}

static void test_refusals_are_told(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_refused};
    assert_int_equal(run_scene(&scene, false, "{}"), 0);
    assert_int_equal(scene.readings, 1);
    assert_int_equal(scene.said, LEND_REFUSALS + 1);
    assert_non_null(strstr(scene.said_all, "attribute 99, which was not declared"));
    assert_non_null(strstr(scene.said_all, "demo_hits: an event is an increment"));
    assert_non_null(strstr(scene.said_all, "refused: 20 more"));
    end(&scene);
}

/* --- open --- */

static int open_declares(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    static const char *const rule_labels[] = {"source", NULL};
    struct cfd_attribute attribute = {"demo_rule", CFD_EVENT, 1, "", "", rule_labels, 0, 0};
    struct cfd_value value = {.size = sizeof value};
    assert_int_equal(host->declare(host, &attribute), 4);
    assert_int_equal(host->declare(host, &attribute), CFD_INVALID);
    attribute.name = "other_rule";
    assert_int_equal(host->declare(host, &attribute), CFD_INVALID);
    assert_int_equal(emit(host, VALUE, 1, NULL), CFD_INVALID);
    assert_int_equal(host->open_file(host, "/etc/passwd"), CFD_INVALID);
    assert_int_equal(host->setting(host, "files", &value), CFD_OK);
    assert_int_equal(value.count, 2);
    assert_int_equal(host->setting(host, "files[1]", &value), CFD_OK);
    assert_string_equal(value.text, "/b");
    assert_int_equal(host->setting(host, "files[2]", &value), CFD_ABSENT);
    return CFD_OK;
}

static int collect_declared(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    assert_int_equal(emit(host, 4, 1, "here"), CFD_OK);
    return CFD_OK;
}

static void test_declare(void **state)
{
    (void)state;
    struct scene scene = {.open = open_declares, .collect = collect_declared};
    assert_int_equal(run_scene(&scene, false, "{}"), 0);
    assert_int_equal(scene.readings, 1);
    CLEAN(clean_json) json_t *tables = lend_tables(&scene.life.lender);
    const json_t *rows = json_object_get(tables, "attributes");
    assert_string_equal(json_text_of(json_array_get(rows, 4), "name", ""), "demo_rule");
    assert_string_equal(json_text_of(json_array_get(rows, 4), "kind", ""), "event");
    end(&scene);
}

static int open_faulty(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    host->fault(host, "files[0]", "is no good");
    return CFD_INVALID;
}

static void test_faults_of_open(void **state)
{
    (void)state;
    struct scene scene = {.open = open_faulty};
    begin(&scene, false, "{}");
    assert_int_equal(life_open(&scene.life, NULL), ERROR_SETTING);
    assert_int_equal(scene.life.lender.fault_count, 1);
    end(&scene);
    /* close also after a failed open that gave a self. */
    assert_string_equal(scene.order, "|close");
}

/* --- streams --- */

static int collect_batches(struct scene *scene, const struct cfd_host *host)
{
    if (scene->collects > 1)
        return CFD_OK;
    assert_int_equal(emit(host, HITS, 1, "a"), CFD_OK);
    assert_int_equal(emit(host, HITS, 1, "b"), CFD_OK);
    assert_int_equal(host->position_set(host, "f", "10"), CFD_OK);
    assert_int_equal(host->position_set(host, "g", "20"), CFD_OK);
    assert_int_equal(emit(host, HITS, 1, "c"), CFD_OK);
    assert_int_equal(host->position_set(host, "f", "11"), CFD_OK);
    assert_int_equal(emit(host, VALUE, 1, "d"), CFD_OK);
    return CFD_OK;
}

static void test_stream_batches(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_batches};
    begin(&scene, true, "{}");
    scene.waits_to_stop = 2;
    connect_engine(&scene);
    assert_int_equal(life_run(&scene.life), 0);
    serve(&scene);
    assert_int_equal(scene.readings, 4);
    end(&scene);
    /* The last reading had no position: it goes with the interval's end. */
    assert_string_equal(scene.order, "7RB0(f=10g=20)RB0(f=11)RB1()|stop|close");
}

static int collect_backlog(struct scene *scene, const struct cfd_host *host)
{
    scene->life.asked.collect = true; /* as if the interval were over each time */
    assert_int_equal(emit(host, HITS, 1, "a"), CFD_OK);
    if (scene->collects == 3)
        assert_int_equal(host->position_set(host, "f", "3"), CFD_OK);
    return scene->collects < 4 ? CFD_MORE : CFD_OK;
}

/* An interval that ends in the middle of a batch waits for its position: counted exactly once. */
static void test_interval_waits_for_the_batch(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_backlog};
    begin(&scene, true, "{}");
    scene.waits_to_stop = 6;
    connect_engine(&scene);
    assert_int_equal(life_run(&scene.life), 0);
    serve(&scene);
    assert_int_equal(strncmp(scene.order, "7RB4(f=3)", 9), 0);
    end(&scene);
}

static int collect_absent(struct scene *scene, const struct cfd_host *host)
{
    (void)host;
    return scene->collects == 1 ? CFD_ABSENT : CFD_OK;
}

static void test_stream_status(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_absent};
    begin(&scene, true, "{}");
    scene.waits_to_stop = 2;
    connect_engine(&scene);
    assert_int_equal(life_run(&scene.life), 0);
    serve(&scene);
    assert_int_equal(scene.outcome, CFD_ABSENT);
    assert_string_equal(scene.outcome_why, "the source is not there");
    end(&scene);
    assert_string_equal(scene.order, "7OB1()|stop|close");
}

/* --- files --- */

static char tree[] = "/tmp/conformd-life-XXXXXX";

static void make(const char *path, bool folder, const char *link)
{
    CLEAN(clean_text) char *whole = text_format("%s%s", tree, path);
    int fd = -1;
    if (folder)
        assert_int_equal(mkdir(whole, 0755), 0);
    else if (link)
        assert_int_equal(symlink(link, whole), 0);
    else
        assert_true((fd = open(whole, O_CREAT | O_WRONLY | O_CLOEXEC, 0644)) >= 0);
    if (fd >= 0)
        close(fd);
}

static int open_in_tree(const struct cfd_host *host, const char *path)
{
    int fd = host->open_file(host, path);
    if (fd < 0)
        return fd;
    close(fd);
    return CFD_OK;
}

static int collect_files(struct scene *scene, const struct cfd_host *host)
{
    bool root = geteuid() == 0;
    scene->life.lender.root = tree;
    assert_int_equal(open_in_tree(host, "/a/file"), CFD_OK);
    assert_int_equal(open_in_tree(host, "/a/none"), CFD_ABSENT);
    assert_int_equal(open_in_tree(host, "/a/file/x"), CFD_ABSENT);
    assert_int_equal(open_in_tree(host, "file"), CFD_INVALID);
    assert_int_equal(open_in_tree(host, "/a/../a/file"), CFD_INVALID);
    assert_int_equal(open_in_tree(host, "/a"), CFD_OK);
    assert_int_equal(open_in_tree(host, "/a/fifo"), CFD_DENIED);
    /* In a folder that only root can write links are followed, and stay below the root. */
    assert_int_equal(open_in_tree(host, "/a/link"), root ? CFD_OK : CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/a/absolute"), root ? CFD_OK : CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/a/climber"), root ? CFD_OK : CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/a/folder/file"), root ? CFD_OK : CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/a/loop"), CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/a/dangling"), root ? CFD_ABSENT : CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/open/link"), CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/open/folder/file"), CFD_DENIED);
    assert_int_equal(open_in_tree(host, "/open/file"), CFD_OK);
    return CFD_OK;
}

static void test_open_file(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_files};
    assert_non_null(mkdtemp(tree));
    chmod(tree, 0755);
    make("/a", true, NULL);
    make("/a/file", false, NULL);
    make("/a/link", false, "file");
    make("/a/absolute", false, "/a/file");
    make("/a/climber", false, "../../../../a/file");
    make("/a/folder", false, "../a");
    make("/a/loop", false, "loop");
    make("/a/dangling", false, "/etc/passwd");
    make("/open", true, NULL);
    make("/open/file", false, NULL);
    make("/open/link", false, "file");
    make("/open/folder", false, "/a");
    CLEAN(clean_text) char *shared = text_format("%s/open", tree);
    CLEAN(clean_text) char *fifo = text_format("%s/a/fifo", tree);
    assert_int_equal(chmod(shared, 01777), 0);
    assert_int_equal(mkfifo(fifo, 0644), 0);
    assert_int_equal(run_scene(&scene, false, "{}"), 0);
    assert_true(scene.opened >= 3);
    end(&scene);
    if (fork() == 0)
        execl("/bin/rm", "rm", "-rf", tree, NULL);
    wait(NULL);
}

/* --- programs --- */

static int run(const struct cfd_host *host, const char *script, int64_t timeout_ms, size_t limit,
               struct cfd_ran *ran)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    *ran = (struct cfd_ran){.size = sizeof *ran};
    return host->run_program(host, argv, timeout_ms, limit, ran);
}

static int collect_programs(struct scene *scene, const struct cfd_host *host)
{
    (void)scene;
    struct cfd_ran ran;
    const char *const other[] = {"/bin/ls", NULL};
    const char *const declared[] = {"/bin/true", NULL};
    const char *const gone[] = {"/no/such", NULL};
    int64_t before_ms = clock_now().boot_ms;
    assert_int_equal(run(host, "echo out; echo err >&2; exit 3", 5000, 100, &ran), CFD_OK);
    assert_int_equal(ran.exit_code, 3);
    assert_string_equal(ran.output, "out\n");
    assert_string_equal(ran.errors, "err\n");
    assert_int_equal(run(host, "kill -TERM $$", 5000, 100, &ran), CFD_OK);
    assert_int_equal(ran.exit_code, -1);
    assert_int_equal(ran.signal, SIGTERM);
    assert_int_equal(run(host, "i=0; while [ $i -lt 30000 ]; do echo 0123456789; i=$((i+1)); done",
                         20000, 1000, &ran),
                     CFD_LIMIT);
    assert_int_equal(ran.length, 1000);
    assert_int_equal(strlen(ran.output), 1000);
    assert_int_equal(run(host, "/usr/bin/env | sort; ls /proc/self/fd; cat", 5000, 1000, &ran),
                     CFD_OK);
    assert_null(strstr(ran.output, "HOME="));
    assert_non_null(strstr(ran.output, "LC_ALL=C\n"));
    assert_non_null(strstr(ran.output, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"));
    assert_null(strstr(ran.output, "\n4\n")); /* 3 is the folder that ls reads */
    assert_int_equal(run(host, "echo begun; sleep 600 & sleep 600", 200, 100, &ran), CFD_LATE);
    assert_string_equal(ran.output, "begun\n");
    /* A descendant that keeps the pipe is not waited for. */
    assert_int_equal(run(host, "sleep 600 & echo done", 100000, 100, &ran), CFD_OK);
    assert_string_equal(ran.output, "done\n");
    assert_true(clock_now().boot_ms - before_ms < 60000);
    ran = (struct cfd_ran){.size = sizeof ran};
    assert_int_equal(host->run_program(host, other, 1000, 100, &ran), CFD_INVALID);
    assert_int_equal(host->run_program(host, declared, 1000, 100, &ran), CFD_OK);
    assert_int_equal(host->run_program(host, gone, 1000, 100, &ran), CFD_ABSENT);
    return CFD_OK;
}

static void test_run_program(void **state)
{
    (void)state;
    struct scene scene = {.collect = collect_programs};
    setenv("HOME", "/root", 1);
    /* One that somebody forgot to close on exec. */
    int fd = open("/dev/null", O_RDONLY);
    assert_int_equal(run_scene(&scene, false,
                               "{\"checks\":[{\"program\":[\"/no/such\"]},"
                               "{\"program\":[\"/bin/true\"]}]}"),
                     0);
    end(&scene);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snapshot),       cmocka_unit_test(test_failed_snapshot_says_why),
        cmocka_unit_test(test_credit),         cmocka_unit_test(test_resident),
        cmocka_unit_test(test_engine_leaves),  cmocka_unit_test(test_refusals_are_told),
        cmocka_unit_test(test_declare),        cmocka_unit_test(test_faults_of_open),
        cmocka_unit_test(test_stream_batches), cmocka_unit_test(test_interval_waits_for_the_batch),
        cmocka_unit_test(test_stream_status),  cmocka_unit_test(test_open_file),
        cmocka_unit_test(test_run_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
