/* One turn: what is queued becomes evidence, results, findings and messages, in one transaction. */
#include "engine/engine/clock_step.h"
#include "engine/engine/monitor.h"

#include "engine/metrics/metrics.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/base/text.h"

struct moment engine_now(const struct engine *engine)
{
    return engine->calls->now ? engine->calls->now(engine->context) : clock_now();
}

/* A turn of its own: an act that is taken back must not take the step with it. It moves all that is
 * in memory, so where it fails in an act's name the program ends as in an ordinary turn. */
static int turn_step(struct engine *engine, int64_t from_ms, struct moment *now,
                     struct error *error)
{
    int code = turn_begin(&engine->turn, *now, error);
    if (!code)
        code = clock_step_take(engine, from_ms, error);
    if (!code)
        code = engine_turn_end(engine, error);
    engine->failed_turn = code != 0;
    now->wall_ms++;
    return code;
}

int engine_turn_begin(struct engine *engine, struct moment *now, struct error *error)
{
    if (engine->failed_turn)
        return error_set(error, ERROR_STATE, "a transaction could not be undone");
    int64_t should_ms = clock_step_expected_ms(engine, *now);
    bool step = clock_step_is_one(should_ms, now->wall_ms);
    bool back = step && now->wall_ms < engine->turn.now.wall_ms;
    if (now->wall_ms <= engine->turn.now.wall_ms && !back)
        now->wall_ms = engine->turn.now.wall_ms + 1;
    int code = step ? turn_step(engine, should_ms, now, error) : 0;
    return code ? code : turn_begin(&engine->turn, *now, error);
}

/* The turn was an act's, or a session's. It moved, beside store, ledger, series and the time: what
 * is judged (read again as at a start), what judging told of collectors, and nothing else. The
 * monitoring, the engine's own figures and the synchronisation of the clock move in ordinary turns
 * alone, and an error in one of those ends the program. */
void engine_turn_undo(struct engine *engine)
{
    CLEAN(error_finish) struct error error = {0};
    int code = turn_undo(&engine->turn, &error);
    if (!code)
        code = intake_undone(&engine->intake, &error);
    judge_forget(&engine->judge);
    if (!code)
        code = judge_load(&engine->judge, &error);
    engine->outbox_next_ms = 0;
    if (!code)
        return;
    engine->failed_turn = true;
    engine->calls->log(engine->context, LOG_LEVEL_ERROR, error_sentence(&error));
}

static json_t *show_time(int64_t wall_ms)
{
    char text[TEXT_TIME_SIZE];
    text_from_time(wall_ms, text);
    return json_string(text);
}

/* What /api/status needs and only the running engine knows. */
static json_t *show_daemon(struct engine *engine)
{
    const json_t *config = engine->config;
    bool unattributed = json_flag_of(config, "allow_unattributed", false);
    json_t *notes = json_array();
    if (unattributed)
        json_array_append_new(
            notes, json_string("allow_unattributed is set: acts without an audit loginuid are "
                               "allowed, and each says so"));
    if (engine->sync.state != CLOCK_SYNCHRONISED && engine_sync_is_good(engine))
        json_array_append_new(notes,
                              json_string("trust_clock is set: results count although the kernel "
                                          "reports that its clock is not synchronised"));
    if (engine->upkeep.log.outsider)
        json_array_append_new(
            notes, json_sprintf("process %lld reads the store in one long transaction: its log "
                                "grows until that ends",
                                (long long)engine->upkeep.log.outsider));
    struct series_figures figures;
    series_figures(engine->turn.series, &figures);
    return json_pack("{s:s, s:o, s:b, s:{s:s, s:o}, s:s, s:b, s:o, s:s, s:I, s:I, s:s}", "version",
                     CONFORMD_VERSION, "started_at", show_time(engine->own.started_ms), "ready",
                     true, "config", "hash", json_text_of(config, "hash", ""), "loaded_at",
                     show_time(engine->loaded_ms), "state_dir",
                     json_text_of(config, "state_dir", ""), "allow_unattributed", unattributed,
                     "notes", notes, "host", engine->host, "series", (json_int_t)figures.series,
                     "samples", (json_int_t)figures.samples, "clock", engine_sync_text(engine));
}

int engine_turn_end(struct engine *engine, struct error *error)
{
    struct moment now = engine->turn.now;
    json_t *boot = json_pack("{s:s, s:I, s:I}", "id", engine->boot, "turn", (json_int_t)now.wall_ms,
                             "boot_ms", (json_int_t)now.boot_ms);
    int code = states_put(engine->turn.store, "daemon", "boot", boot, error);
    if (!code)
        code = states_put(engine->turn.store, "daemon", "status", show_daemon(engine), error);
    if (!code)
        code = intake_save(&engine->intake, error);
    int64_t took_us;
    if (!code)
        code = turn_commit(&engine->turn, &took_us, error);
    if (code)
        return code;
    upkeep_note_commit(&engine->upkeep, took_us);
    intake_committed(&engine->intake);
    engine->turns++;
    return 0;
}

/* Whoever waited for a run gets it. */
static void answer_waiters(struct engine *engine)
{
    for (size_t i = 0; i < engine->waiter_count;) {
        struct waiter *waiter = &engine->waiters[i];
        const struct instance *instance = waiter->instance;
        if (!instance->asked.shown) {
            i++;
            continue;
        }
        engine->calls->reply(engine->context, waiter->asker,
                             json_pack("{s:b, s:O}", "ok", true, "body", instance->asked.shown));
        *waiter = engine->waiters[--engine->waiter_count];
    }
    for (size_t i = 0; i < engine->intake.count; i++) {
        json_t *shown = instance_take_shown(engine->intake.instances[i]);
        json_decref(shown);
    }
}

static bool is_stepped(const struct engine *engine, struct moment now)
{
    return clock_step_is_one(clock_step_expected_ms(engine, now), now.wall_ms);
}

bool engine_wants_turn(const struct engine *engine, struct moment now)
{
    return engine->failed_turn || intake_is_ready(&engine->intake) || is_stepped(engine, now) ||
           engine_next_ms(engine, now) <= now.boot_ms;
}

/* Does anything want to be written? Starting a run or handing over a message does not. */
static bool has_work(const struct engine *engine, struct moment now)
{
    bool work = intake_is_ready(&engine->intake) || is_stepped(engine, now) ||
                engine->own.due_boot_ms <= now.boot_ms ||
                engine->monitoring.due_boot_ms <= now.boot_ms ||
                intake_tell_ms(&engine->intake) <= now.boot_ms;
    for (size_t i = 0; i < engine->judge.measure_count && !work; i++)
        work = engine->judge.measures[i].due_boot_ms <= now.boot_ms ||
               engine->judge.measures[i].touched;
    for (size_t i = 0; i < engine->intake.count && !work; i++)
        work = engine->intake.instances[i]->touched;
    return work;
}

int engine_turn_judge(struct engine *engine, struct error *error)
{
    engine->judge.synchronised = engine_sync_is_good(engine);
    engine->judge.told = false;
    int code = judge_due(&engine->judge, error);
    if (engine->judge.told)
        engine->outbox_next_ms = 0;
    return code;
}

/* What reads the own series is judged with them. */
static int put_own(struct engine *engine, struct error *error)
{
    bool is_put;
    int code = selfmetrics_put(&engine->own, &is_put, error);
    if (is_put)
        judge_touch_own(&engine->judge);
    return code ? code : selfmetrics_tell(&engine->own, false, error);
}

static int write_turn(struct engine *engine, struct moment *now, struct error *error)
{
    int code = engine_turn_begin(engine, now, error);
    if (!code)
        code = engine_sync_look(engine, error);
    if (!code)
        code = intake_seal(&engine->intake, error);
    if (!code)
        code = put_own(engine, error);
    if (!code)
        code = engine_turn_judge(engine, error);
    if (!code)
        code = monitor_judge(engine, error);
    return code ? code : engine_turn_end(engine, error);
}

int engine_turn(struct engine *engine, struct moment now, struct error *error)
{
    int code = 0;
    if (engine->failed_turn || has_work(engine, now))
        code = write_turn(engine, &now, error);
    if (code)
        return code;
    answer_waiters(engine);
    engine_schedule_start_due(engine, now);
    code = engine_schedule_deliver(engine, now, error);
    return code ? code : upkeep_hurry_log(&engine->upkeep, now, error);
}

int engine_publish(struct engine *engine, const char *kind, bool openmetrics, struct moment now,
                   struct buffer *ret)
{
    struct metrics_source source = {&engine->judge, &engine->upkeep, engine->turns};
    return metrics_render(&source, kind, openmetrics, now.wall_ms, ret);
}

int64_t engine_turns(const struct engine *engine)
{
    return engine->turns;
}

bool engine_pauses_readers(const struct engine *engine)
{
    return engine->upkeep.log.paused;
}

struct intake *engine_intake(struct engine *engine)
{
    return &engine->intake;
}

void engine_forget_asker(struct engine *engine, void *asker)
{
    for (size_t i = 0; i < engine->waiter_count;)
        if (engine->waiters[i].asker == asker)
            engine->waiters[i] = engine->waiters[--engine->waiter_count];
        else
            i++;
}
