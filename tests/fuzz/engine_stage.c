/* A running engine in a folder of its own, for the targets that play with one. */
#include "engine_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ground/base/json.h"

struct moment stage_look(struct stage *stage)
{
    stage->now.wall_ms += 1000;
    stage->now.boot_ms += 1000;
    return stage->now;
}

static struct moment on_now(void *context)
{
    return stage_look(context);
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

static char folder[] = "/tmp/fuzz_engine.XXXXXX";
static struct stage stage = {.now = {1795323600000, 1000000}};

static void remove_folder(void)
{
    static const char *const names[] = {"conformd.db", "conformd.db-wal", "conformd.db-shm",
                                        "lock"};
    char path[64];
    engine_abort(stage.engine);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* With the presets that a loaded configuration holds. */
static const char config_text[] =
    "{\"collectors\":[{\"name\":\"c\",\"plugin\":\"x\",\"every\":10000,\"deadline\":10000,"
    "\"enabled\":true,\"series_limit\":1000}],"
    "\"measures\":[{\"id\":\"M1\",\"version\":1,\"formula\":\"sum(x_bad) + sum(x_hits_total)\","
    "\"every\":60000,\"enabled\":true,\"population\":\"self\",\"coverage\":\"0.9\","
    "\"min_coverage\":\"1\",\"when_empty\":\"unknown\",\"zero_denominator\":\"unknown\","
    "\"systemic_share\":\"0.5\",\"urgency\":\"now\",\"requirement\":\"27001:2022 9.1\","
    "\"criterion\":{\"target\":\"== 0\",\"for\":0,\"recover\":3600000}}]}";

static void open_engine(void)
{
    struct error error = {0};
    if (!mkdtemp(folder))
        abort();
    json_t *config = json_loads(config_text, 0, NULL);
    if (!config || json_object_set_new(config, "state_dir", json_string(folder)))
        abort();
    if (engine_open(config, &calls, &stage, &stage.engine, &error))
        abort();
    json_decref(config);
    atexit(remove_folder);
}

struct stage *stage_get(void)
{
    if (!stage.engine)
        open_engine();
    return &stage;
}

void stage_settle(struct stage *on)
{
    struct error error = {0};
    for (int i = 0; i < 20; i++) {
        struct moment at = stage_look(on);
        if (!engine_wants_turn(on->engine, at))
            return;
        if (engine_turn(on->engine, at, &error)) {
            fprintf(stderr, "%s\n", error_sentence(&error));
            abort();
        }
    }
}
