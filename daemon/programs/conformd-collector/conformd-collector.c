/* conformd-collector: loads one shared object and lends it what it declared. */
#include "ground/process/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/base/text.h"
#include "host/collector/life.h"
#include "programs/conformd-collector/proving.h"
#include "programs/conformd-collector/scanning.h"

enum { ALIVE_EVERY_MS = 1000, POLLED_MOST = 4, MESSAGES_A_TURN = 8, USAGE = 2 };

struct collector {
    struct child child;
    struct plugin *plugin;
    struct settings settings;
    struct life life;
    struct sandbox_state sandbox;
    json_t *in_force; /* the sandbox, for the tables */
    int64_t alive_ms; /* boot clock: when the parent last heard of us */
    bool gone;        /* the parent is */
    bool spent;       /* the parent was asked for another process */
};

static void on_stop(void *context)
{
    struct collector *collector = context;
    collector->life.stopping = true;
}

/* A collector whose configuration changed is replaced; one that is asked has the same. */
static int on_prepare(void *context, json_t *config, struct error *error)
{
    const struct collector *collector = context;
    if (json_equal(config, collector->child.config) ||
        json_flag_of(collector->child.config, "selftest", false))
        return 0;
    return error_set(error, ERROR_STATE, "a running collector accepts no new settings");
}

static const struct child_calls calls = {
    .role = ROLE_COLLECTOR,
    .on_stop = on_stop,
    .on_prepare = on_prepare,
};

/* The plugin's thread is the only one, so signs of life go out while it waits. */
static void show_life(struct collector *collector, int64_t now_ms)
{
    if (collector->child.check || now_ms - collector->alive_ms < ALIVE_EVERY_MS)
        return;
    collector->alive_ms = now_ms;
    /* What was not there, or was replaced, only a new process can reach. */
    bool is_spent = collector->plugin && plugin_is_stream(collector->plugin) &&
                    sandbox_is_stale(&collector->sandbox);
    if (is_spent && !collector->spent &&
        !channel_send(collector->child.parent, MESSAGE_REPLACE, NULL, -1, NULL))
        collector->spent = true;
    if (channel_send(collector->child.parent, MESSAGE_ALIVE, NULL, -1, NULL) == ERROR_CLOSED)
        collector->gone = true;
}

static void serve_parent(struct collector *collector, short events)
{
    struct channel *parent = collector->child.parent;
    int code = 0;
    if (events & POLLOUT)
        code = channel_flush(parent);
    if (events & ~POLLOUT)
        code = channel_receive(parent, MESSAGES_A_TURN);
    if (!code || code == ERROR_AGAIN)
        return;
    if (code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the parent's channel: %s", channel_fault(parent));
    collector->gone = true;
}

static int64_t slice_of(const struct collector *collector, int64_t now_ms, int64_t until_ms)
{
    int64_t alive_ms = collector->alive_ms + ALIVE_EVERY_MS - now_ms;
    int64_t left_ms = until_ms - now_ms;
    int64_t slice_ms = left_ms < alive_ms ? left_ms : alive_ms;
    return slice_ms > 0 ? slice_ms : 0;
}

/* One poll of what is asked for and of the parent. Gives how many of the first are ready. */
static int poll_once(struct collector *collector, struct pollfd *polled, size_t count,
                     int64_t slice_ms)
{
    struct channel *channel = collector->child.parent;
    struct pollfd all[POLLED_MOST + 1];
    struct pollfd *parent = &all[count];
    memcpy(all, polled, count * sizeof *polled);
    *parent = (struct pollfd){.fd = channel_fd(channel), .events = POLLIN};
    if (channel_wants_write(channel))
        parent->events |= POLLOUT;
    int ready = emit_wait_plainly(NULL, all, count + 1, slice_ms);
    if (ready <= 0)
        parent->revents = 0;
    for (size_t i = 0; i < count; i++)
        polled[i].revents = ready > 0 ? all[i].revents : 0;
    if (!parent->revents)
        return ready;
    serve_parent(collector, parent->revents);
    return ready - 1;
}

static int wait_for(void *context, struct pollfd *polled, size_t count, int64_t timeout_ms)
{
    struct collector *collector = context;
    int64_t now_ms = clock_now().boot_ms;
    int64_t until_ms = INT64_MAX / 2;
    bool was_stopping = collector->life.stopping;
    if (timeout_ms >= 0 && timeout_ms < until_ms - now_ms)
        until_ms = now_ms + timeout_ms;
    while (count <= POLLED_MOST) {
        int ready = poll_once(collector, polled, count, slice_of(collector, now_ms, until_ms));
        now_ms = clock_now().boot_ms;
        show_life(collector, now_ms);
        if (ready < 0 || collector->gone)
            break;
        if (ready > 0 || now_ms >= until_ms || collector->life.stopping != was_stopping)
            return ready;
    }
    return ERROR_CLOSED;
}

static void tell_fault(void *context, const char *path, bool warning, const char *sentence)
{
    struct collector *collector = context;
    CLEAN(clean_text) char *setting = text_format("settings.%s", path);
    if (!setting)
        return;
    if (collector->child.check)
        child_fault(&collector->child, setting, 0, warning, sentence);
    else
        log_write(warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, "collector %s: %s: %s",
                  collector->child.instance, path, sentence);
}

static void on_fault(void *context, const char *path, const char *sentence)
{
    tell_fault(context, path, false, sentence);
}

static void on_said(void *context, int level, const char *text)
{
    struct collector *collector = context;
    log_write((enum log_level)level, "collector %s: %s", collector->child.instance, text);
}

/* Before the plugin is loaded: its needs are those that it had when it was checked; in a check it
 * has none. */
static int enter(struct collector *collector)
{
    json_t *config = collector->child.config;
    CLEAN(clean_text) char *folder = strdup(json_text_of(config, "plugin_path", ""));
    char *slash = folder ? strrchr(folder, '/') : NULL;
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    const char *const reads[] = {slash ? folder : "/", getenv("CREDENTIALS_DIRECTORY"), NULL};
    const struct sandbox_plan plan = {.needs = json_object_get(config, "needs"), .reads = reads};
    int code = child_enter(&collector->child, &plan, &collector->sandbox);
    if (!code && !collector->child.check)
        collector->in_force = sandbox_to_json(&collector->sandbox);
    return code;
}

static int load(struct collector *collector, struct error *error)
{
    json_t *config = collector->child.config;
    const char *path = json_text_of(config, "plugin_path", "");
    int code = plugin_load(path, &collector->plugin, error);
    if (code && collector->child.check)
        child_fault(&collector->child, "plugin", 0, false, error_sentence(error));
    return code;
}

/* The sandbox was made for other needs: the plugin's file was changed, or it lies. */
static int compare_needs(const struct collector *collector, struct error *error)
{
    CLEAN(clean_json) json_t *needs = lend_needs(&collector->life.lender);
    if (needs && json_equal(needs, json_object_get(collector->child.config, "needs")))
        return 0;
    return error_set(error, ERROR_STATE,
                     "its needs are not those that it was checked with; reload conformd");
}

static int open_life(struct collector *collector, struct error *error)
{
    struct life *life = &collector->life;
    json_t *config = collector->child.config;
    const struct settings_faults faults = {tell_fault, collector, collector->child.check};
    int code = settings_parse(collector->plugin->options, json_object_get(config, "settings"),
                              &faults, &collector->settings);
    if (code)
        return error_set(error, code, "%s", error_text(code));
    life->every_ms = json_integer_of(config, "every", 0);
    life->lender.sandbox = collector->in_force;
    /* What replaces a file is out of reach of a process that stays. */
    if (collector->sandbox.names_files && !plugin_is_stream(collector->plugin))
        life->every_ms = LIFE_RESIDENT_MS;
    life->lender.plugin = collector->plugin;
    life->lender.settings = &collector->settings;
    life->lender.wait = (struct lend_wait){wait_for, collector};
    life->lender.on_fault = on_fault;
    life->lender.on_said = on_said;
    life->lender.context = collector;
    code = collector->child.check ? 0 : compare_needs(collector, error);
    code = code ? code : life_open(life, error);
    /* What open said without naming a setting is told at the plugin's own line. */
    if (code && collector->child.check && !life->lender.fault_count)
        child_fault(&collector->child, "plugin", 0, false, error_sentence(error));
    return code;
}

static void finish(struct collector *collector)
{
    life_finish(&collector->life);
    settings_finish(&collector->settings);
    plugin_free(collector->plugin);
    json_decref(collector->in_force);
    sandbox_finish(&collector->sandbox);
    child_finish(&collector->child);
}

/* The next process of this collector gets what its needs name, and no more. */
static json_t *make_tables(const struct lender *lender)
{
    json_t *tables = lend_tables(lender);
    json_t *needs = lend_needs(lender);
    if (tables && needs && !json_object_set_new(tables, "needs", needs))
        return tables;
    log_write(LOG_LEVEL_ERROR, "no memory left for the plugin's tables");
    json_decref(tables);
    return NULL;
}

static int check(struct collector *collector)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_json) json_t *tables = NULL;
    int code = load(collector, &error);
    if (!code)
        code = open_life(collector, &error);
    if (!code)
        tables = make_tables(&collector->life.lender);
    child_checked(&collector->child, tables);
    finish(collector);
    return 0;
}

/* The trees of its selftest stand beside the plugin, so the sandbox of every run lets it read them.
 */
static char *selftest_root(const struct collector *collector)
{
    const char *path = json_text_of(collector->child.config, "plugin_path", "");
    const char *slash = strrchr(path, '/');
    return text_format("%.*s/selftest/%s", slash ? (int)(slash - path) : 0, path,
                       json_text_of(collector->child.config, "plugin", ""));
}

/* With the presets of its settings: what was tried is the method, not this configuration. */
static int prove(struct collector *collector)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_text) char *root = selftest_root(collector);
    const struct settings_faults faults = {0};
    struct lender *lender = &collector->life.lender;
    int code = root ? load(collector, &error) : ERROR_MEMORY;
    if (!code) {
        if (settings_parse(collector->plugin->options, NULL, &faults, &collector->settings))
            collector->settings = (struct settings){0};
        lender->plugin = collector->plugin;
        lender->settings = &collector->settings;
        lender->wait = (struct lend_wait){wait_for, collector};
        lender->on_said = on_said;
        lender->context = collector;
        child_ready(&collector->child);
        collector->alive_ms = clock_now().boot_ms;
        code = proving_run(&collector->life, root, CHILD_ENGINE);
    }
    if (code && code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the selftest of collector %s: %s", collector->child.instance,
                  error.sentence ? error_sentence(&error) : error_text(code));
    child_stopped(&collector->child);
    finish(collector);
    return code && code != ERROR_CLOSED ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int serve(struct collector *collector)
{
    CLEAN(error_finish) struct error error = {0};
    int code = load(collector, &error);
    if (!code)
        code = open_life(collector, &error);
    if (!code)
        code = life_connect(&collector->life, CHILD_ENGINE, &error);
    if (code) {
        log_write(LOG_LEVEL_ERROR, "collector %s: %s", collector->child.instance,
                  error_sentence(&error));
        finish(collector);
        return EXIT_FAILURE;
    }
    child_ready(&collector->child);
    collector->alive_ms = clock_now().boot_ms;
    code = life_run(&collector->life);
    /* The others went first: nothing is wrong here. */
    if (code && code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "collector %s: %s", collector->child.instance,
                  code == ERROR_PEER ? channel_fault(collector->life.channel) : error_text(code));
    child_stopped(&collector->child);
    finish(collector);
    return code && code != ERROR_CLOSED ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int tell_usage(void)
{
    fputs("takes --describe FILE.so [--text], --selftest FILE.so ROOT or --scan FILE.so [LOG]\n",
          stderr);
    return USAGE;
}

/* --describe FILE.so [--text]: what the file declares, for conformctl and by hand. */
static int describe(int argc, char **argv)
{
    CLEAN(error_finish) struct error error = {0};
    struct plugin *plugin = NULL;
    bool as_text = argc == 4 && !strcmp(argv[3], "--text");
    if (argc < 3 || argc > 4 || (argc == 4 && !as_text))
        return tell_usage();
    if (plugin_load(argv[2], &plugin, &error)) {
        fprintf(stderr, "conformd-collector: %s\n", error_sentence(&error));
        return EXIT_FAILURE;
    }
    CLEAN(clean_json) json_t *json = as_text ? NULL : plugin_describe(plugin);
    CLEAN(clean_text)
    char *text = as_text ? plugin_describe_text(plugin) : json_dumps(json, JSON_INDENT(2));
    int code = text && printf("%s%s", text, as_text ? "" : "\n") >= 0 && !fflush(stdout);
    plugin_free(plugin);
    return code ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void print_said(void *context, int level, const char *text)
{
    (void)context;
    (void)level;
    fprintf(stderr, "%s\n", text);
}

/* --selftest FILE.so ROOT: the plugin's method on its trees, with the presets of its settings. */
static int selftest(int argc, char **argv)
{
    CLEAN(error_finish) struct error error = {0};
    struct plugin *plugin = NULL;
    struct settings settings = {0};
    const struct settings_faults faults = {0};
    struct life life = {.lender = {.settings = &settings, .on_said = print_said}};
    if (argc != 4)
        return tell_usage();
    if (plugin_load(argv[2], &plugin, &error)) {
        fprintf(stderr, "conformd-collector: %s\n", error_sentence(&error));
        return EXIT_FAILURE;
    }
    /* Settings that must be given are absent in a selftest. */
    if (settings_parse(plugin->options, NULL, &faults, &settings))
        settings = (struct settings){0};
    life.lender.plugin = plugin;
    life.lender.wait.wait = emit_wait_plainly;
    int status = life_selftest(&life, argv[3]);
    puts(status == CFD_OK ? "passed" : "not passed");
    life_finish(&life);
    settings_finish(&settings);
    plugin_free(plugin);
    return status == CFD_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct collector collector;
    if (argc > 1 && !strcmp(argv[1], "--describe"))
        return describe(argc, argv);
    if (argc > 1 && !strcmp(argv[1], "--selftest"))
        return selftest(argc, argv);
    if (argc > 1 && !strcmp(argv[1], "--scan"))
        return scanning_run(argc - 2, argv + 2);
    int refused = child_start(argc, argv, &calls, &collector, &collector.child);
    if (refused >= 0)
        return refused;
    if (enter(&collector))
        return EXIT_FAILURE;
    if (collector.child.check)
        return check(&collector);
    bool proves = json_flag_of(collector.child.config, "selftest", false);
    return proves ? prove(&collector) : serve(&collector);
}
