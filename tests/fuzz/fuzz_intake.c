/* A hostile collector: any messages, in any order, into a running engine. */
/* links: acts engine */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acts/acts.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The clock goes on by a second with each look. */
static struct moment on_now(void *context)
{
    struct moment *now = context;
    now->wall_ms += 1000;
    now->boot_ms += 1000;
    return *now;
}

static void on_start(void *context, const char *instance, int64_t run, int64_t deadline_ms)
{
    (void)context;
    (void)instance;
    (void)run;
    (void)deadline_ms;
}

static void on_collect(void *context, struct instance *instance, int64_t run, int64_t deadline_ms)
{
    (void)context;
    (void)instance;
    (void)run;
    (void)deadline_ms;
}

static void on_end(void *context, const char *instance, const char *reason)
{
    (void)context;
    (void)instance;
    (void)reason;
}

static bool on_deliver(void *context, const json_t *item)
{
    (void)context;
    (void)item;
    return false;
}

static void on_reply(void *context, void *asker, json_t *answer)
{
    (void)context;
    (void)asker;
    json_decref(answer);
}

static void on_log(void *context, int level, const char *text)
{
    (void)context;
    (void)level;
    (void)text;
}

static const struct engine_calls calls = {.start = on_start,
                                          .collect = on_collect,
                                          .end = on_end,
                                          .deliver = on_deliver,
                                          .reply = on_reply,
                                          .log = on_log,
                                          .now = on_now};

static char folder[] = "/tmp/fuzz_intake.XXXXXX";
static struct moment now = {1795323600000, 1000000};
static struct engine *engine;

static void remove_folder(void)
{
    static const char *const names[] = {"conformd.db", "conformd.db-wal", "conformd.db-shm",
                                        "lock"};
    char path[64];
    engine_abort(engine);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static void open_engine(void)
{
    struct error error = {0};
    if (!mkdtemp(folder))
        abort();
    json_t *config =
        json_pack("{s:s, s:[{s:s, s:s, s:i, s:i}], s:[{s:s, s:s, s:i, s:{s:s}}]}", "state_dir",
                  folder, "collectors", "name", "c", "plugin", "x", "every", 10000, "deadline",
                  10000, "measures", "id", "M1", "formula", "sum(x_bad) + sum(x_hits_total)",
                  "every", 60000, "criterion", "target", "== 0");
    if (engine_open(config, &calls, &now, &engine, &error))
        abort();
    json_decref(config);
    atexit(remove_folder);
}

/* It must never fail, nor want turns for ever. */
static void settle(void)
{
    struct error error = {0};
    for (int i = 0; i < 20; i++) {
        struct moment at = on_now(&now);
        if (!engine_wants_turn(engine, at))
            return;
        if (engine_turn(engine, at, &error)) {
            fprintf(stderr, "%s\n", error_sentence(&error));
            abort();
        }
    }
}

static const char tables[] =
    "{\"stream\":%s,\"attributes\":[{\"name\":\"x_bad\",\"kind\":\"gauge\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_hits\",\"kind\":\"event\",\"labels\":[\"user\"]},"
    "{\"name\":\"x_text\",\"kind\":\"text\"}]}";

static int send(struct intake_link *link, uint32_t type, const uint8_t *body, size_t length)
{
    static uint64_t sequence;
    struct channel_message message = {
        .type = type, .sequence = ++sequence, .body = body, .length = length, .fd = -1};
    for (const struct channel_rule *rule = intake_rules; rule->type; rule++)
        if (rule->type == type && length >= rule->least && length <= rule->most)
            return intake_take(link, &message);
    return -1;
}

/* Messages as type (a place in the rules), length (2 bytes), body; bit 7 of type: a turn first. */
static void play(struct intake_link *link, const uint8_t *data, size_t size)
{
    int code = 0;
    while (!code && size >= 3) {
        size_t length = (size_t)data[1] | (size_t)data[2] << 8;
        uint32_t type = intake_rules[data[0] % 10].type;
        if (data[0] & 0x80) {
            settle();
            code = intake_resume(link);
        }
        data += 3;
        size -= 3;
        if (length > size)
            length = size;
        if (!code)
            code = send(link, type, data, length);
        data += length;
        size -= length;
    }
    intake_link_end(link, code ? "refused" : NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[sizeof tables + 8];
    if (!engine)
        open_engine();
    if (!size)
        return 0;
    struct instance *instance = intake_find(engine_intake(engine), "c");
    now.wall_ms += 120000;
    now.boot_ms += 120000;
    settle();
    struct intake_link *link = intake_link_new(engine_intake(engine), instance);
    if (!link)
        abort();
    int length = snprintf(text, sizeof text, tables, data[0] & 1 ? "true" : "false");
    if (data[0] & 2)
        send(link, MESSAGE_TABLES, (const uint8_t *)text, (size_t)length);
    play(link, data + 1, size - 1);
    json_t *ended = json_pack("{s:s, s:i, s:s}", "instance", "c", "code", data[0] >> 7, "reason",
                              data[0] & 4 ? "stopped" : "exited");
    engine_ended(engine, ended, now);
    json_decref(ended);
    settle();
    intake_link_free(link);
    return 0;
}
