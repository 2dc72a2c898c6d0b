/* A new configuration in force: unchanged instances and running times go on. */
#include "engine/engine/monitor.h"

#include <string.h>

#include "engine/engine/quiet.h"
#include "evaluation/isms/isms.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"

enum { SLACK_MS = 1000 }; /* between a wait for a window and its end: the clock was set a little */

/* Of a source that keeps nothing the last words and the end are waited for, whatever changed. */
static bool is_same(const struct instance *instance, const json_t *config)
{
    bool enabled = instance->condition != CONDITION_DISABLED;
    return enabled == json_flag_of(config, "enabled", false) &&
           strcmp(instance->plugin, json_text_of(config, "plugin", "")) == 0 &&
           (instance->pushed.is ||
            (instance->every_ms == json_integer_of(config, "every", 0) &&
             instance->deadline_ms == json_integer_of(config, "deadline", 0)));
}

/* What waits for the end of a window that is now another one is due: it may have to wait again. */
static void note_windows(struct instance *instance, const json_t *windows, struct moment now)
{
    int64_t left_ms = quiet_left_ms(instance->not_between, now.wall_ms);
    int64_t wait_ms = instance->due.boot_ms - now.boot_ms;
    bool waits = left_ms && wait_ms >= left_ms - SLACK_MS && wait_ms <= left_ms + SLACK_MS;
    if (waits && !json_equal(windows, instance->not_between))
        instance_due(instance, now.boot_ms);
}

/* Takes an instance out of the list, so that it is not freed with those that are gone. */
static struct instance *take(struct intake *intake, const json_t *config, struct moment now)
{
    const char *name = json_text_of(config, "name", "");
    for (size_t i = 0; i < intake->count; i++) {
        struct instance *instance = intake->instances[i];
        if (strcmp(instance->name, name) != 0 || !is_same(instance, config))
            continue;
        note_windows(instance, json_object_get(config, "not_between"), now);
        instance_configure(instance, config);
        intake->instances[i] = intake->instances[--intake->count];
        return instance;
    }
    return NULL;
}

/* Who waits for a run of the old configuration waits no more. */
static void refuse_waiters(struct engine *engine)
{
    for (size_t i = 0; i < engine->waiter_count; i++)
        engine->calls->reply(engine->context, engine->waiters[i].asker,
                             json_pack("{s:b, s:s, s:s}", "ok", false, "code", "state", "sentence",
                                       "the configuration changed; ask again"));
    engine->waiter_count = 0;
    for (size_t i = 0; i < engine->intake.count; i++)
        instance_await(engine->intake.instances[i], false);
}

static bool may_run(const json_t *collectors, const char *name)
{
    size_t index;
    json_t *config;
    json_array_foreach ((json_t *)collectors, index, config) {
        if (strcmp(json_text_of(config, "name", ""), name) == 0)
            return json_flag_of(config, "enabled", false);
    }
    return false;
}

static int part_gone(struct engine *engine, const json_t *collectors, struct error *error)
{
    int code = 0;
    for (size_t i = 0; !code && i < engine->intake.count; i++)
        if (!may_run(collectors, engine->intake.instances[i]->name))
            code = intake_part(&engine->intake, engine->intake.instances[i], error);
    return code;
}

/* Those that changed are saved first and remembered under their name. */
static int reload_instances(struct engine *engine, const json_t *collectors, struct error *error)
{
    struct intake fresh = engine->intake;
    int code = part_gone(engine, collectors, error);
    intake_mark_all(&engine->intake);
    if (!code)
        code = intake_save(&engine->intake, error);
    fresh.instances = NULL;
    fresh.count = 0;
    if (!code)
        code = intake_load(&fresh, collectors, error);
    if (code)
        return code;
    size_t index;
    json_t *config;
    json_array_foreach (collectors, index, config) {
        struct instance *kept = take(&engine->intake, config, engine->turn.now);
        if (!kept)
            continue;
        instance_finish(fresh.instances[index]);
        free(fresh.instances[index]);
        fresh.instances[index] = kept;
        if (!code)
            code = names_configure(kept, config);
    }
    intake_finish(&engine->intake);
    engine->intake.instances = fresh.instances;
    engine->intake.count = fresh.count;
    return code;
}

int engine_reload(struct engine *engine, json_t *config, struct moment now, struct error *error)
{
    int code = engine_turn_begin(engine, &now, error);
    if (!code)
        code = intake_seal(&engine->intake, error);
    if (!code)
        code = reload_instances(engine, json_object_get(config, "collectors"), error);
    if (code)
        return code;
    for (size_t i = 0; i < engine->intake.count; i++)
        names_note(engine->intake.instances[i], now);
    judge_forget(&engine->judge);
    json_decref(engine->config);
    engine->judge.config = engine->config = json_incref(config);
    engine->loaded_ms = now.wall_ms;
    code = judge_load(&engine->judge, error);
    if (!code)
        code = judge_write_config(&engine->judge, error);
    if (!code)
        code = isms_put(engine->turn.store, engine->config, &engine->intake, error);
    if (!code)
        code = engine_turn_judge(engine, error);
    if (!code)
        code = monitor_judge(engine, error);
    if (!code)
        code = engine_turn_end(engine, error);
    if (!code)
        refuse_waiters(engine);
    return code;
}
