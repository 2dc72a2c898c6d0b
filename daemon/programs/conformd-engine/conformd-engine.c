/* conformd-engine: channels and timers around the engine. Opens no socket and loads no plugin. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/acts/acts.h"
#include "evaluation/isms/isms.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/base/minutes.h"
#include "ground/base/text.h"
#include "ground/process/child.h"
#include "programs/conformd-engine/control.h"
#include "programs/conformd-engine/peers.h"
#include "programs/conformd-engine/rebuilding.h"

enum {
    TICK_MS = 1000,        /* signs of life, /metrics, idle work */
    HEALTH_TICKS = 4,      /* health is told anew where no turn was */
    WAIT_MOST_MS = 600000, /* of the timer; each tick looks as well */
};

struct main_state {
    struct child child;
    struct sandbox_state sandbox;
    struct engine *engine;
    struct peers peers;
    struct control control;
    struct loop_timer *turn;
    struct loop_timer *tick;
    int64_t published;      /* turns when /metrics was last rendered */
    int ticks;              /* since health was last told */
    struct minutes refused; /* acts, by who asked */
    json_t *prepared;
    bool stopping;
};

static void fail(struct main_state *state, const char *what, const struct error *error)
{
    log_write(LOG_LEVEL_ERROR, "%s: %s", what, error_sentence(error));
    engine_abort(state->engine);
    exit(4);
}

static void schedule_turn(struct main_state *state)
{
    struct moment now = clock_now();
    int64_t wait = engine_wants_turn(state->engine, now)
                       ? 0
                       : engine_next_ms(state->engine, now) - now.boot_ms;
    loop_timer_set(state->turn, wait < 0 ? 0 : wait > WAIT_MOST_MS ? WAIT_MOST_MS : wait);
}

/* After each turn: what is committed may be acknowledged. */
static void on_turn(void *context)
{
    struct main_state *state = context;
    CLEAN(error_finish) struct error error = {0};
    struct moment now = clock_now();
    if (state->stopping)
        return;
    if (engine_wants_turn(state->engine, now) && engine_turn(state->engine, now, &error))
        fail(state, "a transaction failed; what it contained is read again", &error);
    peers_acknowledge(&state->peers);
    schedule_turn(state);
}

static void publish(struct main_state *state, const char *kind, bool openmetrics)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    CLEAN(clean_fd) int fd = -1;
    const char *type = strcmp(kind, "health") == 0 ? "json" : openmetrics ? "openmetrics" : "text";
    CLEAN(clean_json)
    json_t *head = json_pack("{s:s, s:s, s:b}", "kind", kind, "type", type, "ready", true);
    if (engine_publish(state->engine, kind, openmetrics, clock_now(), &text))
        return;
    if (!file_seal("metrics", text.data, text.length, &fd))
        peers_publish(&state->peers, head, fd);
}

static void publish_all(struct main_state *state)
{
    bool moved = state->published != engine_turns(state->engine);
    if (!peers_have_front(&state->peers) || (!moved && ++state->ticks < HEALTH_TICKS))
        return;
    state->ticks = 0;
    publish(state, "health", false);
    if (!moved)
        return;
    state->published = engine_turns(state->engine);
    publish(state, "metrics", false);
    publish(state, "metrics", true);
    publish(state, "samples", false);
    publish(state, "samples", true);
}

static void tell_refused(struct main_state *state, int64_t now_ms)
{
    char *key;
    uint64_t count;
    while (!minutes_take(&state->refused, now_ms, &key, &count)) {
        CLEAN(clean_text) char *taken = key;
        log_write(LOG_LEVEL_WARNING, "%s: refused %llu times more since the last line", taken,
                  (unsigned long long)count);
    }
}

/* One line for who asks for what he may not do, and the rest of a minute counted. */
static void note_refused(struct main_state *state, const json_t *request, const json_t *answer,
                         const struct acts_asker *asker)
{
    if (strcmp(json_text_of(answer, "code", ""), "denied") != 0)
        return;
    const char *act = json_text_of(request, "command", "");
    CLEAN(clean_text)
    char *key = asker->loginuid == (uint32_t)-1
                    ? text_format("%s by uid %u, no login", act, asker->uid)
                    : text_format("%s by uid %u, login %u", act, asker->uid, asker->loginuid);
    if (key && minutes_add(&state->refused, key, clock_now().boot_ms))
        log_write(LOG_LEVEL_WARNING, "%s: refused: %s", key, json_text_of(answer, "sentence", ""));
}

static void on_tick(void *context)
{
    struct main_state *state = context;
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_json)
    json_t *watch = json_pack("{s:I}", "turn", (json_int_t)engine_turns(state->engine));
    if (state->stopping)
        return;
    publish_all(state);
    tell_refused(state, clock_now().boot_ms);
    if (engine_idle(state->engine, clock_now(), &error))
        fail(state, "the store", &error);
    peers_tell_parent(&state->peers, MESSAGE_WATCH, watch);
    loop_timer_set(state->tick, TICK_MS);
    /* A clock that slept or was set may have passed what the timer waits for. */
    if (engine_wants_turn(state->engine, clock_now()))
        schedule_turn(state);
}

/* What the engine asks for; each becomes a message. */
static void call_start(void *context, const char *instance, int64_t run, int64_t deadline_ms)
{
    struct main_state *state = context;
    CLEAN(clean_json)
    json_t *json = json_pack("{s:s, s:I, s:I}", "instance", instance, "run", (json_int_t)run,
                             "deadline_ms", (json_int_t)deadline_ms);
    const struct instance *known =
        state->engine ? intake_find(engine_intake(state->engine), instance) : NULL;
    if (known && known->course.work == COURSE_PROVES)
        json_object_set_new(json, "selftest", json_true());
    peers_tell_parent(&state->peers, MESSAGE_START, json);
}

static void call_end(void *context, const char *instance, const char *reason)
{
    struct main_state *state = context;
    CLEAN(clean_json)
    json_t *json = json_pack("{s:s, s:s}", "instance", instance, "reason", reason);
    peers_tell_parent(&state->peers, MESSAGE_END, json);
}

static void call_collect(void *context, struct instance *instance, int64_t run, int64_t deadline_ms)
{
    struct main_state *state = context;
    peers_collect(&state->peers, instance, run, deadline_ms);
}

static bool call_deliver(void *context, const json_t *item)
{
    struct main_state *state = context;
    return peers_deliver(&state->peers, item);
}

static void call_reply(void *context, void *asker, json_t *answer)
{
    struct main_state *state = context;
    control_reply(&state->control, asker, answer);
}

static void call_pause(void *context, bool paused)
{
    struct main_state *state = context;
    peers_pause(&state->peers, paused);
}

static void call_end_reader(void *context, int64_t pid, const char *reason)
{
    struct main_state *state = context;
    CLEAN(clean_json)
    json_t *json = json_pack("{s:s, s:I, s:s}", "instance", "reader", "pid", (json_int_t)pid,
                             "reason", reason);
    peers_tell_parent(&state->peers, MESSAGE_END, json);
}

static void call_log(void *context, int level, const char *text)
{
    (void)context;
    log_write((enum log_level)level, "%s", text);
}

static enum clock_state call_clock(void *context)
{
    (void)context;
    return clock_state_now();
}

static const struct engine_calls calls = {
    .start = call_start,
    .collect = call_collect,
    .end = call_end,
    .deliver = call_deliver,
    .reply = call_reply,
    .pause = call_pause,
    .end_reader = call_end_reader,
    .log = call_log,
    .clock = call_clock,
};

static json_t *on_command(void *context, const json_t *request, const struct acts_asker *asker)
{
    struct main_state *state = context;
    json_t *answer = acts_control(state->engine, request, asker, clock_now());
    note_refused(state, request, answer, asker);
    schedule_turn(state);
    return answer;
}

static void on_asker_gone(void *context, void *asker)
{
    struct main_state *state = context;
    engine_forget_asker(state->engine, asker);
}

static void on_changed(void *context)
{
    schedule_turn(context);
}

static void on_failed(void *context, const char *what, const struct error *error)
{
    fail(context, what, error);
}

static int on_connect(void *context, struct channel_message *message)
{
    struct main_state *state = context;
    bool had_front = peers_have_front(&state->peers);
    int code = peers_on_connect(&state->peers, message);
    state->published = -1; /* a new front has nothing yet */
    if (engine_pauses_readers(state->engine))
        peers_pause(&state->peers, true);
    if (!had_front && peers_have_front(&state->peers))
        loop_timer_set(state->tick, 0);
    return code;
}

static int on_ended(void *context, struct channel_message *message)
{
    struct main_state *state = context;
    int code = peers_on_ended(&state->peers, message);
    schedule_turn(state);
    return code;
}

static void on_stop(void *context)
{
    struct main_state *state = context;
    CLEAN(error_finish) struct error error = {0};
    state->stopping = true;
    control_stop(&state->control);
    peers_stop(&state->peers);
    int code = engine_close(state->engine, &error);
    state->engine = NULL;
    if (code)
        log_write(LOG_LEVEL_ERROR, "the stop could not be recorded: %s", error_sentence(&error));
    child_stopped(&state->child);
}

static int on_prepare(void *context, json_t *config, struct error *error)
{
    struct main_state *state = context;
    (void)error;
    json_decref(state->prepared);
    state->prepared = json_incref(config);
    return 0;
}

static void on_abandon(void *context)
{
    struct main_state *state = context;
    json_decref(state->prepared);
    state->prepared = NULL;
}

static void on_commit(void *context)
{
    struct main_state *state = context;
    CLEAN(error_finish) struct error error = {0};
    if (state->prepared && engine_reload(state->engine, state->prepared, clock_now(), &error))
        fail(state, "the new configuration could not be loaded", &error);
    peers_drop_orphans(&state->peers);
    on_abandon(state);
    schedule_turn(state);
}

enum { BODY_MOST = CHANNEL_MOST - CHANNEL_LEAST };

static const struct channel_rule more_rules[] = {
    {MESSAGE_CONNECT, 2, BODY_MOST, CHANNEL_FD_MUST, on_connect},
    {MESSAGE_ENDED, 2, BODY_MOST, CHANNEL_FD_NONE, on_ended},
    {0},
};

static const struct child_calls child_calls = {
    .role = ROLE_ENGINE,
    .on_stop = on_stop,
    .on_prepare = on_prepare,
    .on_commit = on_commit,
    .on_abandon = on_abandon,
    .more = more_rules,
};

static void on_fault(void *context, const struct isms_fault *fault)
{
    child_fault(context, fault->setting, fault->column, fault->warning, fault->sentence);
}

static int check(struct child *child)
{
    int code = isms_check(child->config, json_object_get(child->config, "tables"), on_fault, child);
    child_checked(child, NULL);
    return code ? 1 : 0;
}

/* A store that cannot be opened is told to the person who starts it, not tried again for ever. */
static int open_engine(struct main_state *state)
{
    CLEAN(error_finish) struct error error = {0};
    if (!engine_open(state->child.config, &calls, state, &state->engine, &error))
        return 0;
    child_status(&state->child, "%s", error_sentence(&error));
    log_write(LOG_LEVEL_ERROR, "%s", error_sentence(&error));
    return 3;
}

static int start(struct main_state *state)
{
    struct loop *loop = state->child.loop;
    struct peers_calls peers = {.on_changed = on_changed, .on_failed = on_failed, .context = state};
    struct control_calls control = {
        .on_command = on_command, .on_gone = on_asker_gone, .context = state};
    peers_init(&state->peers, &state->child, state->engine, &peers);
    int code = control_init(&state->control, loop, CHILD_LISTEN, &control);
    if (!code)
        code = loop_timer(loop, on_turn, state, &state->turn);
    if (!code)
        code = loop_timer(loop, on_tick, state, &state->tick);
    if (code)
        return code;
    loop_timer_set(state->tick, 0);
    schedule_turn(state);
    return 0;
}

/* The store's folder, and nothing else to write. */
static int enter(struct main_state *state)
{
    const char *const writes[] = {json_text_of(state->child.config, "state_dir", NULL), NULL};
    const struct sandbox_plan plan = {.writes = state->child.check ? NULL : writes};
    return child_enter(&state->child, &plan, &state->sandbox);
}

int main(int argc, char **argv)
{
    static struct main_state state;
    if (argc > 1 && !strcmp(argv[1], "--rebuild"))
        return rebuilding_run(argc - 2, argv + 2);
    int refused = child_start(argc, argv, &child_calls, &state, &state.child);
    if (refused >= 0)
        return refused;
    if (enter(&state))
        return 4;
    if (state.child.check)
        return check(&state.child);
    int status = open_engine(&state);
    if (status)
        return status;
    if (start(&state)) {
        log_write(LOG_LEVEL_ERROR, "the engine could not start: out of memory or descriptors");
        return 4;
    }
    child_ready(&state.child);
    int code = loop_run(state.child.loop);
    peers_finish(&state.peers);
    control_finish(&state.control);
    loop_timer_free(state.turn);
    loop_timer_free(state.tick);
    engine_abort(state.engine);
    tell_refused(&state, INT64_MAX);
    minutes_finish(&state.refused);
    sandbox_finish(&state.sandbox);
    child_finish(&state.child);
    return code ? 4 : 0;
}
