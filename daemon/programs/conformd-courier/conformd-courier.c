/* conformd-courier: takes messages of the engine to their receivers. Started when the outbox has
 * something, gone after ten idle minutes. Opens no store and listens to nobody. */
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/process/child.h"
#include "programs/conformd-courier/syslog.h"
#include "programs/conformd-courier/webhook.h"

enum { IDLE_MS = 600000, BODY_MOST = CHANNEL_MOST - CHANNEL_LEAST, CHANNEL_FILES = 256 };

struct courier {
    struct child child;
    struct sandbox_state sandbox;
    json_t *files; /* of the channels, that the sandbox lets through */
    struct channel *engine;
    struct child_link *link;
    struct webhook *webhook;
    struct loop_timer *idle;
};

static void tell(struct courier *courier, const struct webhook_outcome *outcome)
{
    CLEAN(clean_json)
    json_t *json =
        json_pack("{s:I, s:b, s:b, s:I, s:s}", "id", (json_int_t)outcome->id, "ok", outcome->ok,
                  "again", !outcome->ok, "after_ms", (json_int_t)outcome->after_ms, "why",
                  outcome->ok || !outcome->why ? "" : outcome->why);
    int code = json ? messages_send(courier->engine, MESSAGE_DELIVERED, json) : ERROR_MEMORY;
    if (code && code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the engine accepts no answer: %s", error_text(code));
    child_link_flush(courier->link);
    loop_timer_set(courier->idle, IDLE_MS);
}

static void on_posted(void *context, const struct webhook_outcome *outcome)
{
    tell(context, outcome);
}

static const json_t *find_channel(const struct courier *courier, const char *name)
{
    size_t index;
    json_t *channel;
    json_array_foreach (json_object_get(courier->child.config, "channels"), index, channel) {
        if (strcmp(json_text_of(channel, "name", ""), name) == 0)
            return channel;
    }
    return NULL;
}

static void deliver(struct courier *courier, const json_t *item)
{
    CLEAN(error_finish) struct error error = {0};
    struct webhook_outcome outcome = {.id = json_integer_of(item, "id", 0)};
    const char *name = json_text_of(item, "channel", "");
    const char *body = json_text_of(item, "body", "");
    const json_t *channel = find_channel(courier, name);
    int code;
    if (!channel) {
        code = error_set(&error, ERROR_MISSING, "channel %s is not configured any more", name);
    } else if (strcmp(json_text_of(channel, "type", ""), "syslog") == 0) {
        struct syslog_message message = {json_text_of(channel, "target", ""), body,
                                         json_text_of(item, "event", ""), clock_now().wall_ms};
        code = syslog_send(&message, &error);
        outcome.ok = code == 0;
    } else {
        code = webhook_post(courier->webhook, channel, outcome.id, body, &error);
        if (!code)
            return; /* on_posted tells how it ended */
    }
    if (code)
        error_prefix(&error, "channel %s", name);
    outcome.why = error_sentence(&error);
    tell(courier, &outcome);
}

static int on_deliver(void *context, struct channel_message *message)
{
    CLEAN(clean_json) json_t *item = NULL;
    struct courier *courier = context;
    int code = messages_json(message, &item);
    if (code)
        return code;
    /* The names of hosts come from elsewhere now, out of reach; the next courier reads them. */
    if (sandbox_is_stale(&courier->sandbox))
        child_stopped(&courier->child);
    else
        deliver(courier, item);
    return 0;
}

static void on_idle(void *context)
{
    struct courier *courier = context;
    child_stopped(&courier->child);
}

static void on_engine_end(void *context, int code, const char *sentence)
{
    struct courier *courier = context;
    if (code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the engine's channel: %s", sentence);
    child_stopped(&courier->child);
}

/* Its channels come with the configuration that the child keeps: nothing else is to be done. */
static int on_prepare(void *context, json_t *config, struct error *error)
{
    (void)context;
    (void)config;
    (void)error;
    return 0;
}

/* Files with which channels know whom to trust. */
static json_t *list_files(const json_t *config)
{
    json_t *files = json_array();
    size_t index;
    const json_t *channel;
    json_array_foreach (json_object_get(config, "channels"), index, channel) {
        const char *file = json_text_of(channel, "ca_file", "");
        if (*file)
            json_array_append_new(files, json_string(file));
    }
    return files;
}

/* New ones are not those that this process may read. */
static void on_commit(void *context)
{
    struct courier *courier = context;
    CLEAN(clean_json) json_t *files = list_files(courier->child.config);
    if (!json_equal(files, courier->files))
        child_stopped(&courier->child);
}

static const struct child_calls child_calls = {
    .role = ROLE_COURIER, .on_prepare = on_prepare, .on_commit = on_commit};

static const struct channel_rule engine_rules[] = {
    {MESSAGE_DELIVER, 0, BODY_MOST, CHANNEL_FD_MAYBE, on_deliver},
    {0},
};

static int start(struct courier *courier)
{
    struct loop *loop = courier->child.loop;
    int code = webhook_new(loop, on_posted, courier, &courier->webhook);
    if (!code)
        code = loop_timer(loop, on_idle, courier, &courier->idle);
    if (!code)
        code = channel_new(CHILD_ENGINE, engine_rules, true, courier, &courier->engine);
    if (!code)
        code = child_link_new(&courier->child, courier->engine, on_engine_end, courier,
                              &courier->link);
    return code;
}

/* What its channels read is fixed with the sandbox. */
static int enter(struct courier *courier)
{
    const char *reads[CHANNEL_FILES + 2] = {getenv("CREDENTIALS_DIRECTORY")};
    size_t index, count = reads[0] != NULL;
    const json_t *file;
    courier->files = list_files(courier->child.config);
    json_array_foreach (courier->files, index, file)
        if (index < CHANNEL_FILES)
            reads[count++] = json_string_value(file);
    const struct sandbox_plan plan = {.reads = reads};
    return child_enter(&courier->child, &plan, &courier->sandbox);
}

int main(int argc, char **argv)
{
    static struct courier courier;
    int refused = child_start(argc, argv, &child_calls, &courier, &courier.child);
    if (refused >= 0)
        return refused;
    if (enter(&courier))
        return 4;
    if (start(&courier)) {
        log_write(LOG_LEVEL_ERROR, "the courier could not start: out of memory or descriptors");
        return 4;
    }
    child_ready(&courier.child);
    loop_timer_set(courier.idle, IDLE_MS);
    int code = loop_run(courier.child.loop);
    webhook_free(courier.webhook);
    loop_timer_free(courier.idle);
    child_link_free(courier.link);
    channel_free(courier.engine);
    sandbox_finish(&courier.sandbox);
    json_decref(courier.files);
    child_finish(&courier.child);
    return code ? 4 : 0;
}
