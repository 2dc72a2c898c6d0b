/* Packs readings, ends batches, and never has more on the way than the credit. */
#include "host/collector/emit.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"
#include "ground/channel/wire.h"
#include "host/collector/packed.h"

enum {
    BODY_MOST = CHANNEL_MOST - CHANNEL_LEAST,
    POSITIONS_MOST = BODY_MOST - 1024, /* bytes of positions in a batch */
    HELD_MOST = 32768,                 /* bytes of a batch that waits: well below the credit */
    MESSAGES_A_TURN = 64,
};

/* A message on the way. */
struct sent {
    uint64_t sequence;
    size_t length;
};

struct emitter {
    struct channel *channel;
    const struct lend_wait *wait;
    struct packed readings;
    json_t *positions; /* of the batch that ends */
    size_t position_bytes;
    bool open;        /* emitted after the last position */
    bool held;        /* what is emitted next belongs to the same batch all the same */
    size_t unbatched; /* bytes sent since the last batch */
    bool urgent;      /* the batch under way is not to wait */
    struct sent *sent;
    size_t sent_count;
    size_t sent_capacity;
    size_t outstanding;
    int code; /* once the engine is gone */
};

int emit_wait_plainly(void *context, struct pollfd *polled, size_t count, int64_t timeout_ms)
{
    (void)context;
    int timeout = timeout_ms < 0 ? -1 : timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
    int ready = poll(polled, (nfds_t)count, timeout);
    if (ready < 0)
        return errno == EINTR ? 0 : ERROR_CLOSED;
    return ready;
}

int emit_new(struct channel *channel, const struct lend_wait *wait, struct emitter **ret)
{
    struct emitter *emitter = calloc(1, sizeof *emitter);
    if (!emitter)
        return ERROR_MEMORY;
    emitter->channel = channel;
    emitter->wait = wait;
    *ret = emitter;
    return 0;
}

void emit_free(struct emitter *emitter)
{
    if (!emitter)
        return;
    packed_finish(&emitter->readings);
    json_decref(emitter->positions);
    free(emitter->sent);
    free(emitter);
}

/* --- the socket and the credit --- */

static int pump(struct emitter *emitter)
{
    struct channel *channel = emitter->channel;
    struct pollfd polled = {.fd = channel_fd(channel), .events = POLLIN};
    if (channel_wants_write(channel))
        polled.events |= POLLOUT;
    int code = emitter->wait->wait(emitter->wait->context, &polled, 1, -1);
    if (code < 0)
        return code;
    if (polled.revents & POLLOUT) {
        code = channel_flush(channel);
        if (code && code != ERROR_AGAIN)
            return code;
    }
    if (!(polled.revents & (POLLIN | POLLHUP | POLLERR)))
        return 0;
    code = channel_receive(channel, MESSAGES_A_TURN);
    return code == ERROR_AGAIN ? 0 : code;
}

static int send_body(struct emitter *emitter, enum message_type type, const struct buffer *body)
{
    size_t length = CHANNEL_LEAST + body->length;
    uint64_t sequence = 0;
    if (body->failed || array_reserve(&emitter->sent, &emitter->sent_capacity, emitter->sent_count,
                                      sizeof *emitter->sent))
        return ERROR_MEMORY;
    while (!emitter->code && emitter->outstanding + length > CHANNEL_CREDIT)
        emitter->code = pump(emitter);
    if (!emitter->code)
        emitter->code = channel_send(emitter->channel, type, body, -1, &sequence);
    if (emitter->code)
        return emitter->code;
    emitter->sent[emitter->sent_count++] = (struct sent){sequence, length};
    emitter->outstanding += length;
    return 0;
}

int emit_drain(struct emitter *emitter)
{
    while (!emitter->code && channel_wants_write(emitter->channel))
        emitter->code = pump(emitter);
    return emitter->code;
}

int emit_acknowledge(struct emitter *emitter, uint64_t sequence)
{
    size_t done = 0;
    while (done < emitter->sent_count && emitter->sent[done].sequence <= sequence)
        emitter->outstanding -= emitter->sent[done++].length;
    if (done == 0)
        return ERROR_PEER;
    emitter->sent_count -= done;
    memmove(emitter->sent, emitter->sent + done, emitter->sent_count * sizeof *emitter->sent);
    return 0;
}

size_t emit_outstanding(const struct emitter *emitter)
{
    return emitter->outstanding;
}

/* --- readings --- */

static int send_readings(struct emitter *emitter)
{
    const struct buffer *body = packed_seal(&emitter->readings);
    if (!body)
        return emitter->code;
    int code = send_body(emitter, MESSAGE_READINGS, body);
    emitter->unbatched += body->length;
    packed_reset(&emitter->readings);
    return code;
}

/* What is emitted after a position belongs to the next batch: the one before ends first, unless it
 * is held. */
static int begin_part(struct emitter *emitter)
{
    bool ends = emit_has_positions(emitter) && !emitter->held;
    int code = ends ? emit_batch(emitter, 0) : emitter->code;
    if (!code)
        emitter->open = true;
    return code;
}

int emit_reading(struct emitter *emitter, uint32_t number, const struct cfd_attribute *attribute,
                 const struct cfd_reading *reading)
{
    int code = begin_part(emitter);
    if (!code)
        code = packed_add(&emitter->readings, number, attribute, reading);
    if (code != ERROR_AGAIN)
        return code;
    code = send_readings(emitter);
    return code ? code : packed_add(&emitter->readings, number, attribute, reading);
}

int emit_part(struct emitter *emitter, enum message_type type, const struct buffer *body)
{
    int code = begin_part(emitter);
    emitter->unbatched += body->length;
    return code ? code : send_body(emitter, type, body);
}

int emit_aside(struct emitter *emitter, enum message_type type, const struct buffer *body)
{
    return send_body(emitter, type, body);
}

/* --- batches --- */

int emit_position(struct emitter *emitter, const char *key, const char *value)
{
    size_t more = strlen(key) + strlen(value) + 2 * (sizeof(uint32_t) + 1);
    if (!emitter->positions)
        emitter->positions = json_object();
    if (emitter->position_bytes + more > POSITIONS_MOST)
        return ERROR_LIMIT;
    if (!json_object_get(emitter->positions, key))
        emitter->position_bytes += more;
    else
        emitter->position_bytes += strlen(value);
    if (json_object_set_new(emitter->positions, key, json_string(value)))
        return ERROR_MEMORY;
    emitter->open = emitter->held = false;
    return 0;
}

bool emit_hold(struct emitter *emitter)
{
    emitter->held = emitter->unbatched + emitter->readings.body.length < HELD_MOST;
    return emitter->held;
}

void emit_urgent(struct emitter *emitter)
{
    emitter->urgent = true;
}

bool emit_is_urgent(const struct emitter *emitter)
{
    return emitter->urgent;
}

bool emit_is_open(const struct emitter *emitter)
{
    return emitter->open;
}

bool emit_has_positions(const struct emitter *emitter)
{
    return json_object_size(emitter->positions) > 0;
}

int emit_batch(struct emitter *emitter, uint32_t flags)
{
    struct buffer body = {0};
    const char *key;
    json_t *value;
    int code = send_readings(emitter);
    if (code)
        return code;
    wire_put_u32(&body, flags | (emitter->urgent ? BATCH_URGENT : 0));
    wire_put_u32(&body, (uint32_t)json_object_size(emitter->positions));
    json_object_foreach (emitter->positions, key, value) {
        wire_put_text(&body, key);
        wire_put_text(&body, json_string_value(value));
    }
    code = send_body(emitter, MESSAGE_BATCH, &body);
    buffer_finish(&body);
    json_object_clear(emitter->positions);
    emitter->position_bytes = emitter->unbatched = 0;
    emitter->open = emitter->held = false;
    emitter->urgent = false;
    return code;
}

int emit_outcome(struct emitter *emitter, int64_t status, const char *why)
{
    struct buffer body = {0};
    int code = send_readings(emitter);
    if (code)
        return code;
    wire_put_i64(&body, status);
    wire_put_text(&body, why);
    code = send_body(emitter, MESSAGE_OUTCOME, &body);
    buffer_finish(&body);
    emitter->open = false;
    return code;
}
