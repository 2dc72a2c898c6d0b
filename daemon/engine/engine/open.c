/* Opens the store and all that stands in it; writes start and stop. */
#include "engine/engine/monitor.h"

#include <string.h>
#include <unistd.h>

#include "evaluation/isms/isms.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static void read_boot(struct engine *engine)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    if (file_read("/proc/sys/kernel/random/boot_id", 64, &text) || text.length < 36)
        return;
    memcpy(engine->boot, text.data, 36);
}

/* What the last process knew, and whether the machine was started anew since. */
static int read_memory(struct engine *engine, struct error *error)
{
    CLEAN(clean_json) json_t *boot = NULL;
    int code = states_get(engine->turn.store, "daemon", "boot", &boot, error);
    if (code && code != ERROR_MISSING)
        return code;
    engine->other_boot = strcmp(json_text_of(boot, "id", engine->boot), engine->boot) != 0;
    engine->judge.other_boot = engine->other_boot;
    engine->last_turn_ms = json_integer_of(boot, "turn", 0);
    engine->last_boot_ms = engine->other_boot ? 0 : json_integer_of(boot, "boot_ms", 0);
    turn_resume(&engine->turn, (struct moment){engine->last_turn_ms, engine->last_boot_ms});
    return selfmetrics_load(&engine->own, error);
}

/* The leaves that all others refer to: which boot and host, which configuration. */
static int write_start(struct engine *engine, struct error *error)
{
    char commitment[DIGEST_TEXT_SIZE];
    struct ledger_head head;
    char root[DIGEST_TEXT_SIZE];
    ledger_head(engine->turn.ledger, &head);
    text_from_bytes(head.root, sizeof head.root, root);
    CLEAN(clean_json) json_t *text = json_pack("{s:s}", "host", engine->host);
    CLEAN(clean_text) char *body = json_canonical(text);
    if (!body)
        return ERROR_MEMORY;
    int code = ledger_attach(engine->turn.ledger, PAYLOAD_TEXT, body, strlen(body), commitment);
    if (code)
        return error_set(error, code, "the ledger refused a payload: %s", error_text(code));
    json_t *start =
        json_pack("{s:s, s:s, s:s, s:I, s:s}", "boot", engine->boot, "version", CONFORMD_VERSION,
                  "pt", commitment, "size", (json_int_t)head.size, "root", root);
    code = ledger_append(engine->turn.ledger, LEAF_START, start, &engine->intake.sealing.start_leaf,
                         error);
    if (code)
        return code;
    return judge_write_config(&engine->judge, error);
}

/* What the rooms below need of each other. */
static void lend(struct engine *engine)
{
    engine->intake.sealing.turn = &engine->turn;
    engine->upkeep.turn = &engine->turn;
    engine->upkeep.asks = (struct upkeep_asks){engine->context, engine->calls->pause,
                                               engine->calls->end_reader, engine->calls->log};
    engine->own.turn = &engine->turn;
    engine->own.intake = &engine->intake;
    engine->watch = (struct coverage){&engine->turn, &engine->intake, &engine->own};
    engine->judge.turn = &engine->turn;
    engine->judge.intake = &engine->intake;
    engine->judge.watch = &engine->watch;
    engine->judge.config = engine->config;
    engine->judge.host = engine->host;
    engine->judge.context = engine->context;
    engine->judge.log = engine->calls->log;
}

static int open_rooms(struct engine *engine, struct error *error)
{
    const char *folder = json_text_of(engine->config, "state_dir", "");
    struct series_limits limits = {.keep_ms = json_integer_of(engine->config, "keep", 0)};
    int code = turn_open(&engine->turn, folder, &limits, error);
    if (!code)
        code = pseudonym_open(folder, &engine->intake.pseudonyms, error);
    if (code)
        return code;
    lend(engine);
    code = read_memory(engine, error);
    if (!code)
        code = monitor_note_end(engine, error);
    if (!code)
        code = intake_load(&engine->intake, json_object_get(engine->config, "collectors"), error);
    return code;
}

static void on_said(void *context, const char *instance, int level, const char *text)
{
    struct engine *engine = context;
    CLEAN(clean_text) char *line = text_format("collector %s: %s", instance, text);
    if (line)
        engine->calls->log(engine->context, level, line);
}

int engine_open(json_t *config, const struct engine_calls *calls, void *context,
                struct engine **ret, struct error *error)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return ERROR_MEMORY;
    engine->config = json_incref(config);
    engine->calls = calls;
    engine->context = context;
    struct moment now = engine_now(engine);
    engine->own.started_ms = engine->own.from_ms = engine->loaded_ms = now.wall_ms;
    engine->swept_boot_ms = now.boot_ms;
    engine->next_run = now.wall_ms;
    engine->intake.on_said = on_said;
    engine->intake.sealing.clock_leaf = -1;
    engine->intake.context = engine;
    gethostname(engine->host, sizeof engine->host - 1);
    read_boot(engine);
    int code = open_rooms(engine, error);
    /* Runs of the process before had numbers from its start on. */
    if (engine->next_run <= engine->turn.now.wall_ms)
        engine->next_run = engine->turn.now.wall_ms + 1;
    if (!code)
        code = engine_turn_begin(engine, &now, error);
    /* A step of the clock while nothing ran does not move when this process began. */
    engine->own.started_ms = engine->loaded_ms = now.wall_ms;
    if (!code)
        code = judge_load(&engine->judge, error);
    if (!code)
        code = write_start(engine, error);
    if (!code)
        code = engine_sync_look(engine, error);
    if (!code)
        code = monitor_start(engine, error);
    if (!code)
        code = isms_put(engine->turn.store, engine->config, &engine->intake, error);
    if (!code)
        code = engine_privacy_note_key(engine, error);
    if (!code)
        code = engine_turn_end(engine, error);
    if (code) {
        engine_abort(engine);
        return code;
    }
    *ret = engine;
    return 0;
}

static void finish(struct engine *engine)
{
    intake_finish(&engine->intake);
    judge_finish(&engine->judge);
    monitoring_finish(&engine->monitoring);
    selfmetrics_finish(&engine->own);
    pseudonym_close(engine->intake.pseudonyms);
    turn_close(&engine->turn);
    json_decref(engine->intake.scope);
    json_decref(engine->config);
    free(engine->waiters);
    free(engine);
}

void engine_abort(struct engine *engine)
{
    if (engine)
        finish(engine);
}

int engine_close(struct engine *engine, struct error *error)
{
    struct moment now = engine_now(engine);
    int64_t leaf;
    int code = engine_turn_begin(engine, &now, error);
    if (!code)
        code = intake_seal(&engine->intake, error);
    if (!code)
        code = monitor_judge(engine, error);
    for (size_t i = 0; !code && i < engine->intake.count; i++)
        code = intake_unfold(&engine->intake, engine->intake.instances[i], error);
    if (!code)
        code = selfmetrics_tell(&engine->own, true, error);
    if (!code)
        code = ledger_append(engine->turn.ledger, LEAF_STOP, json_object(), &leaf, error);
    /* Nothing is left out of what a stop writes: the next process goes on from it. */
    intake_mark_all(&engine->intake);
    if (!code)
        code = engine_turn_end(engine, error);
    finish(engine);
    return code;
}
