/* Open, connect, and the runs of a snapshot; stream.c goes on with streams. */
#include "host/collector/life.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/channel/wire.h"
#include "host/collector/stream.h"

/* --- what the engine sends --- */

static int on_positions(void *context, struct channel_message *message)
{
    struct life *life = context;
    CLEAN(clean_json) json_t *json = NULL;
    int code = messages_json(message, &json);
    if (code)
        return code;
    json_t *positions = json_object_get(json, "positions");
    if (life->asked.positions || !json_is_object(positions))
        return ERROR_PEER;
    json_decref(life->lender.positions);
    life->lender.positions = json_incref(positions);
    life->asked.positions = true;
    return 0;
}

static int on_collect(void *context, struct channel_message *message)
{
    struct life *life = context;
    struct wire wire = wire_over(message->body, message->length);
    struct life_asked asked = {.positions = life->asked.positions, .collect = true};
    asked.run = (int64_t)wire_u64(&wire);
    asked.deadline_ms = wire_i64(&wire);
    if (!wire_ended_well(&wire))
        return ERROR_PEER;
    life->asked = asked;
    return 0;
}

static int on_ack(void *context, struct channel_message *message)
{
    struct life *life = context;
    struct wire wire = wire_over(message->body, message->length);
    uint64_t sequence = wire_u64(&wire);
    if (!wire_ended_well(&wire))
        return ERROR_PEER;
    return emit_acknowledge(life->lender.emitter, sequence);
}

static const struct channel_rule rules[] = {
    {MESSAGE_POSITIONS, 2, CHANNEL_MOST, CHANNEL_FD_MAYBE, on_positions},
    {MESSAGE_COLLECT, 16, 16, CHANNEL_FD_NONE, on_collect},
    {MESSAGE_ACK, 8, 8, CHANNEL_FD_NONE, on_ack},
    {0},
};

/* --- open and connect --- */

static int sound_status(int status)
{
    return status >= CFD_CHANGED && status <= CFD_STANDBY ? status : CFD_ERROR;
}

int life_open(struct life *life, struct error *error)
{
    struct lender *lender = &life->lender;
    life->fd = -1;
    lend_begin(lender);
    lender->phase = LEND_OPEN;
    int status = lender->plugin->head.open(&lender->host, &life->self);
    lender->phase = LEND_IDLE;
    life->opened = status >= 0 || life->self;
    if (lender->fault_count)
        return error_set(error, ERROR_SETTING, "the settings have %zu mistakes",
                         lender->fault_count);
    if (status < 0)
        return error_set(error, status == CFD_INVALID ? ERROR_SETTING : ERROR_FORMAT,
                         "collector %s does not open: %s", lender->plugin->head.name,
                         lender->last_error ? lender->last_error : "it does not say why");
    return 0;
}

static int send_tables(struct life *life, struct error *error)
{
    CLEAN(clean_json) json_t *tables = lend_tables(&life->lender);
    CLEAN(clean_text) char *text = tables ? json_canonical(tables) : NULL;
    if (!text)
        return ERROR_MEMORY;
    struct buffer body = {.data = text, .length = strlen(text)};
    if (body.length > CHANNEL_MOST - CHANNEL_LEAST)
        return error_set(error, ERROR_LIMIT,
                         "the attributes of collector %s take %zu bytes; at most %d are allowed",
                         life->lender.plugin->head.name, body.length, CHANNEL_MOST - CHANNEL_LEAST);
    return emit_aside(life->lender.emitter, MESSAGE_TABLES, &body);
}

int life_connect(struct life *life, int fd, struct error *error)
{
    int code = channel_new(fd, rules, true, life, &life->channel);
    if (!code)
        code = emit_new(life->channel, &life->lender.wait, &life->lender.emitter);
    if (!code)
        code = send_tables(life, error);
    if (code && error && !error->sentence)
        error_set(error, code, "the engine's channel: %s", error_text(code));
    return code;
}

/* --- waiting --- */

int stream_listen(struct life *life, int fd, int64_t timeout_ms, bool *ret_readable)
{
    struct pollfd polled[2] = {{.fd = channel_fd(life->channel), .events = POLLIN},
                               {.fd = fd, .events = POLLIN}};
    const struct lend_wait *wait = &life->lender.wait;
    if (channel_wants_write(life->channel))
        polled[0].events |= POLLOUT;
    int code = wait->wait(wait->context, polled, 2, timeout_ms);
    if (code < 0)
        return code;
    if (polled[0].revents & POLLOUT) {
        code = channel_flush(life->channel);
        if (code && code != ERROR_AGAIN)
            return code;
    }
    if (ret_readable)
        *ret_readable = polled[1].revents != 0;
    if (!(polled[0].revents & ~POLLOUT))
        return 0;
    code = channel_receive(life->channel, 64);
    return code == ERROR_AGAIN ? 0 : code;
}

int stream_collect(struct life *life, int64_t until_ms)
{
    struct lender *lender = &life->lender;
    lender->phase = LEND_COLLECT;
    lender->until_ms = until_ms;
    int status = sound_status(lender->plugin->head.collect(life->self, &lender->host));
    lender->phase = LEND_IDLE;
    lender->until_ms = 0;
    return status;
}

const char *stream_why(const struct life *life, int status)
{
    static const char *const texts[] = {
        [0] = "",
        [-CFD_ERROR] = "it failed without a reason",
        [-CFD_ABSENT] = "the source is not there",
        [-CFD_DENIED] = "the source may not be read",
        [-CFD_LATE] = "the deadline passed",
        [-CFD_LIMIT] = "there was more than the limit allows",
        [-CFD_INVALID] = "what it read or sent is malformed",
        [-CFD_CHANGED] = "the source changed while it was read",
    };
    if (status >= 0)
        return "";
    return life->lender.last_error ? life->lender.last_error : texts[-status];
}

/* --- snapshots --- */

static int run_once(struct life *life)
{
    struct life_asked asked = life->asked;
    struct moment now = clock_now();
    int64_t left_ms = asked.deadline_ms - now.wall_ms;
    /* A deadline that has passed still lets the collector say so. */
    int64_t until_ms = asked.deadline_ms ? now.boot_ms + (left_ms > 1 ? left_ms : 1) : 0;
    int status;
    life->asked.collect = false;
    do {
        status = stream_collect(life, until_ms);
        if (status == CFD_MORE && until_ms && clock_now().boot_ms >= until_ms)
            status = CFD_LATE;
    } while (status == CFD_MORE && !life->stopping);
    /* Told to stop in the middle. */
    if (status == CFD_MORE)
        status = CFD_LATE;
    int code = emit_outcome(life->lender.emitter, status, stream_why(life, status));
    lend_settle(&life->lender, true);
    return code ? code : emit_drain(life->lender.emitter);
}

static int run_snapshot(struct life *life)
{
    bool resident = life->every_ms > 0 && life->every_ms < LIFE_RESIDENT_MS;
    int code = 0;
    while (!code && !life->stopping) {
        if (!life->asked.collect) {
            code = stream_listen(life, -1, -1, NULL);
            continue;
        }
        code = run_once(life);
        if (!resident)
            break;
    }
    return code;
}

int life_run(struct life *life)
{
    return plugin_is_stream(life->lender.plugin) ? stream_run(life) : run_snapshot(life);
}

int life_selftest(struct life *life, const char *root)
{
    struct lender *lender = &life->lender;
    const struct cfd_collector *head = &lender->plugin->head;
    if (!head->selftest)
        return CFD_ABSENT;
    lend_begin(lender);
    lender->root = root;
    lender->phase = LEND_SELFTEST;
    int status = sound_status(head->selftest(NULL, &lender->host, root));
    lender->phase = LEND_IDLE;
    lender->root = NULL;
    return status;
}

void life_finish(struct life *life)
{
    const struct cfd_collector *head = life->lender.plugin ? &life->lender.plugin->head : NULL;
    if (life->started && head && head->stop)
        head->stop(life->self, &life->lender.host);
    if (life->opened && head && head->close)
        head->close(life->self);
    life->opened = life->started = false;
    emit_free(life->lender.emitter);
    life->lender.emitter = NULL;
    channel_free(life->channel);
    life->channel = NULL;
    lend_finish(&life->lender);
}
