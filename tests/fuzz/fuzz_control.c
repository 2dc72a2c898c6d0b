/* A line of the control socket, by somebody with and without a login. */
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

static char folder[] = "/tmp/fuzz_control.XXXXXX";
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *request = NULL;
    if (!engine)
        open_engine();
    if (!size || json_read((const char *)data + 1, size - 1, &request, NULL))
        return 0;
    struct acts_asker asker = {.loginuid = data[0] & 1 ? (uint32_t)-1 : 1000, .asker = &now};
    json_t *answer = acts_control(engine, request, &asker, on_now(&now));
    if (answer && !json_is_boolean(json_object_get(answer, "ok")))
        abort();
    json_decref(answer);
    json_decref(request);
    engine_forget_asker(engine, &now);
    settle();
    return 0;
}
