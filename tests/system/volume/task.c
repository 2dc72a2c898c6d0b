/* The life of each collector, on a stack of its own, and the engine's end of its channel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "ground/channel/wire.h"
#include "programs/conformd-collector/proving.h"
#include "volume/task.h"

enum { STACK = 1 << 20 };

struct world *here;

void must(int code, const struct error *error)
{
    if (code)
        fail_msg("%s (%s)", error->sentence ? error_sentence(error) : "", error_text(code));
}

struct task *task_find(const struct world *world, const char *name)
{
    for (size_t i = 0; i < TASKS; i++)
        if (world->tasks[i] && !strcmp(world->tasks[i]->name, name))
            return world->tasks[i];
    return NULL;
}

static void count_run(struct world *world, const char *name)
{
    int64_t count = json_integer_of(world->runs, name, 0);
    json_object_set_new(world->runs, name, json_integer((json_int_t)count + 1));
}

void task_ask(struct task *task, int64_t run, int64_t deadline_ms)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_u64(&body, (uint64_t)run);
    wire_put_i64(&body, deadline_ms);
    assert_int_equal(channel_send(task->channel, MESSAGE_COLLECT, &body, -1, NULL), 0);
    count_run(task->world, task->name);
}

/* --- a collector's life --- */

static int wait_here(void *context, struct pollfd *polled, size_t count, int64_t timeout_ms)
{
    struct task *task = context;
    struct world *world = task->world;
    int64_t now_ms = world->scene->now.boot_ms;
    task->wake_ms = timeout_ms < 0 ? INT64_MAX : now_ms + timeout_ms;
    for (;;) {
        int ready = poll(polled, count, 0);
        if (ready || world->scene->now.boot_ms >= task->wake_ms || task->life.stopping) {
            world->moved = true;
            return ready;
        }
        assert_int_equal(swapcontext(&task->self, &world->main), 0);
    }
}

static void on_fault(void *context, const char *path, bool warning, const char *sentence)
{
    const struct task *task = context;
    (void)warning;
    fail_msg("collector %s: %s: %s", task->name, path, sentence);
}

static void live(struct task *task)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_text)
    char *root = text_format("%s/plugins/selftest/%s", BINARY_DIR, task->plugin->head.name);
    if (task->proves) {
        must(proving_run(&task->life, root, task->fd), &error);
        return;
    }
    must(life_open(&task->life, &error), &error);
    must(life_connect(&task->life, task->fd, &error), &error);
    int code = life_run(&task->life);
    if (code)
        fail_msg("collector %s: %s", task->name, error_text(code));
}

/* Runs on its own stack. */
static void begin(void)
{
    struct task *task = here->running;
    live(task);
    life_finish(&task->life);
    task->finished = true;
    task->world->moved = true;
    swapcontext(&task->self, &task->world->main);
}

/* --- the engine's end of it --- */

static int around_message(void *context, const struct channel_rule *rule,
                          struct channel_message *message)
{
    struct task *task = context;
    task->world->moved = true;
    return intake_take(task->link, rule, message);
}

static json_t *settings_of(struct world *world, const char *name, char **ret_plugin)
{
    json_t *part = json_object_get(world->parts, name);
    json_t *settings = json_object_get(part, "settings");
    assert_non_null(settings);
    host_point(&world->host, name, settings);
    *ret_plugin = text_format("%s/plugins/%s.so", BINARY_DIR, json_text_of(part, "plugin", ""));
    return json_incref(settings);
}

static void load(struct task *task)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_text) char *path = NULL;
    CLEAN(clean_json) json_t *settings = settings_of(task->world, task->name, &path);
    const struct settings_faults faults = {on_fault, task, false};
    struct life *life = &task->life;
    must(plugin_load(path, &task->plugin, &error), &error);
    /* A selftest has presets, and what must be given is absent. */
    if (task->proves) {
        const struct settings_faults none = {0};
        if (settings_parse(task->plugin->options, NULL, &none, &task->settings))
            task->settings = (struct settings){0};
    } else {
        must(settings_parse(task->plugin->options, settings, &faults, &task->settings), &error);
    }
    life->every_ms = scene_instance(task->world->scene, task->name)->every_ms;
    life->lender.plugin = task->plugin;
    life->lender.settings = &task->settings;
    life->lender.wait = (struct lend_wait){wait_here, task};
}

void task_start(struct world *world, const char *name)
{
    int fds[2];
    struct instance *instance = scene_instance(world->scene, name);
    struct intake *intake = engine_intake(world->scene->engine);
    struct task *task = calloc(1, sizeof *task);
    assert_non_null(task);
    assert_null(task_find(world, name));
    *task = (struct task){.world = world, .name = strdup(name), .stack = malloc(STACK)};
    task->proves = instance->course.work == COURSE_PROVES;
    load(task);
    assert_int_equal(channel_pair(fds), 0);
    task->fd = fds[1];
    assert_int_equal(channel_new(fds[0], intake_rules, false, task, &task->channel), 0);
    channel_around(task->channel, around_message);
    task->link = intake_link_new(intake, instance);
    assert_non_null(task->link);
    if (!task->proves) {
        CLEAN(clean_json) json_t *positions = NULL;
        must(intake_positions(intake, instance, &positions, &world->scene->error),
             &world->scene->error);
        assert_int_equal(messages_send(task->channel, MESSAGE_POSITIONS, positions), 0);
        instance_began(instance, world->scene->now);
        task_ask(task, instance->started.run,
                 instance->stream ? 0 : instance->started.wall_ms + instance->deadline_ms);
    }
    assert_int_equal(getcontext(&task->self), 0);
    task->self.uc_stack = (stack_t){.ss_sp = task->stack, .ss_size = STACK};
    makecontext(&task->self, begin, 0);
    for (size_t i = 0; i < TASKS && task; i++) {
        if (!world->tasks[i]) {
            world->tasks[i] = task;
            task = NULL;
        }
    }
    assert_null(task);
    world->moved = true;
}

static void reap(struct world *world, size_t i)
{
    struct task *task = world->tasks[i];
    scene_ended(world->scene, task->name, 0, "exited");
    scene_settle(world->scene);
    intake_link_free(task->link);
    channel_free(task->channel);
    settings_finish(&task->settings);
    plugin_free(task->plugin);
    free(task->stack);
    free(task->name);
    free(task);
    world->tasks[i] = NULL;
    world->moved = true;
}

static void serve(struct task *task)
{
    if (task->closed)
        return;
    int code = channel_receive(task->channel, 64);
    if (code == ERROR_CLOSED) {
        intake_link_end(task->link, NULL);
        task->closed = true;
    } else if (code && code != ERROR_AGAIN) {
        fail_msg("collector %s: %s", task->name, channel_fault(task->channel));
    }
}

static void acknowledge(struct task *task)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    uint64_t upto = task->closed ? 0 : intake_acknowledge(task->link);
    if (!upto)
        return;
    wire_put_u64(&body, upto);
    int code = channel_send(task->channel, MESSAGE_ACK, &body, -1, NULL);
    assert_true(code == 0 || code == ERROR_CLOSED);
}

void task_run_all(struct world *world)
{
    for (size_t i = 0; i < TASKS; i++) {
        struct task *task = world->tasks[i];
        if (!task || task->finished)
            continue;
        world->running = task;
        assert_int_equal(swapcontext(&world->main, &task->self), 0);
    }
    for (size_t i = 0; i < TASKS; i++)
        if (world->tasks[i])
            serve(world->tasks[i]);
    scene_settle(world->scene);
    for (size_t i = 0; i < TASKS; i++) {
        if (world->tasks[i])
            acknowledge(world->tasks[i]);
        if (world->tasks[i] && world->tasks[i]->finished && world->tasks[i]->closed)
            reap(world, i);
    }
}
