/* The way to the engine: readings packed into messages, batches with positions, credit. */
#ifndef COLLECTOR_EMIT_H
#define COLLECTOR_EMIT_H

#include "ground/channel/frame.h"
#include "ground/channel/messages.h"

#include <conformd/collector.h>
#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* How a collector's process waits, so that its main can do what it must meanwhile. */
struct lend_wait {
    /* Waits until one of these is ready or timeout_ms passed (-1: none). Gives how many are ready,
     * 0, or ERROR_CLOSED when the process must end now. */
    int (*wait)(void *context, struct pollfd *polled, size_t count, int64_t timeout_ms);
    void *context;
};
/* poll(2) alone. */
int emit_wait_plainly(void *context, struct pollfd *polled, size_t count, int64_t timeout_ms);

/* Flags of MESSAGE_BATCH. */
enum batch_flag { BATCH_INTERVAL = 1, BATCH_URGENT = 2, BATCH_BACKLOG = 4 };

struct emitter;

/* Both are borrowed. The functions below wait for acknowledgement when the credit is used up, and
 * give ERROR_CLOSED once the engine is gone. */
int emit_new(struct channel *channel, const struct lend_wait *wait,
             struct emitter **ret) MUST_CHECK;
void emit_free(struct emitter *emitter);

/* Packs a checked reading; label_count is the attribute's. */
int emit_reading(struct emitter *emitter, uint32_t number, const struct cfd_attribute *attribute,
                 const struct cfd_reading *reading) MUST_CHECK;
/* Any other part of a batch or run: EXCERPT, MISSING, LOST, OPENED. */
int emit_part(struct emitter *emitter, enum message_type type,
              const struct buffer *body) MUST_CHECK;
/* What belongs to no batch: TABLES, SAID. */
int emit_aside(struct emitter *emitter, enum message_type type,
               const struct buffer *body) MUST_CHECK;
/* Notes a position for the batch that it ends. ERROR_LIMIT when a batch would have too many. */
int emit_position(struct emitter *emitter, const char *key, const char *value) MUST_CHECK;
/* True when something was emitted after the last position. */
bool emit_is_open(const struct emitter *emitter);
bool emit_has_positions(const struct emitter *emitter);
/* The batch is whole, and may wait for what comes next to be part of it: what is emitted until the
 * next position does not end it. False where it has grown too large for that. */
bool emit_hold(struct emitter *emitter);
/* The batch under way is urgent. */
void emit_urgent(struct emitter *emitter);
bool emit_is_urgent(const struct emitter *emitter);
/* Sends what is packed and ends the batch with the positions noted. */
int emit_batch(struct emitter *emitter, uint32_t flags) MUST_CHECK;
/* Sends what is packed, and the run's status. */
int emit_outcome(struct emitter *emitter, int64_t status, const char *why) MUST_CHECK;
/* Waits until all is written to the socket. */
int emit_drain(struct emitter *emitter) MUST_CHECK;

/* MESSAGE_ACK came. ERROR_PEER for a number that was not sent. */
int emit_acknowledge(struct emitter *emitter, uint64_t sequence) MUST_CHECK;
/* Bytes sent and not acknowledged. */
size_t emit_outstanding(const struct emitter *emitter);

#endif
