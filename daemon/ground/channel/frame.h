/* Messages between the programs: AF_UNIX SOCK_SEQPACKET, a head and a body of 64 KiB at most. */
#ifndef CHANNEL_FRAME_H
#define CHANNEL_FRAME_H

#include "ground/base/buffer.h"
#include "ground/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In host byte order: both ends are on one machine and of one package. */
struct channel_head {
    uint32_t type;     /* a row of the receiver's table; never 0 */
    uint32_t length;   /* of the whole message, head included; equals the datagram's */
    uint64_t sequence; /* 1, 2, 3 ... in each direction */
};

enum {
    CHANNEL_LEAST = sizeof(struct channel_head), /* bytes of a message without a body: 16 */
    CHANNEL_MOST = 65536,                        /* bytes of a message */
    CHANNEL_CREDIT = 98304,                      /* bytes unacknowledged at most: 96 KiB */
    CHANNEL_TABLES = 2,                          /* tables of rules at one end */
};

struct channel;
struct channel_message {
    uint32_t type;
    uint64_t sequence;
    const uint8_t *body; /* borrowed until the handler returns */
    size_t length;       /* of the body */
    int fd;              /* a descriptor that came along, or -1; closed after the handler unless it
                            sets this to -1 */
};

/* Whether a descriptor comes along. */
enum channel_fd_rule {
    CHANNEL_FD_NONE,  /* never */
    CHANNEL_FD_MAYBE, /* a large JSON body comes as a sealed memfd */
    CHANNEL_FD_MUST,  /* always one */
};

/* What an end takes: bodies of least..most bytes; anything else is malformed. A table of them is
 * const: the channel finds the row, checks the message against it and calls its handler. */
struct channel_rule {
    uint32_t type;
    uint32_t least;
    uint32_t most;
    enum channel_fd_rule fd;
    int (*handler)(void *context, struct channel_message *message);
};

/* Takes over fd (made non-blocking). rules end with type 0 and are kept. with_fds false: control
 * space is not read at all (an untrusted peer). */
int channel_new(int fd, const struct channel_rule *rules, bool with_fds, void *context,
                struct channel **ret) MUST_CHECK;
void channel_free(struct channel *channel);
int channel_fd(const struct channel *channel);

/* Takes the rows of a further table as well, whose handlers get a context of their own; before
 * anything is received. ERROR_LIMIT: beyond CHANNEL_TABLES; ERROR_STATE: a type that is in an
 * earlier table. */
int channel_also(struct channel *channel, const struct channel_rule *rules,
                 void *context) MUST_CHECK;
/* Each message goes to around in place of its row's handler, checked against that row, with the
 * context of the row's table. around calls rule->handler, now or later, with the context that it
 * wants; its answer counts as the handler's. NULL: none. */
void channel_around(struct channel *channel,
                    int (*around)(void *context, const struct channel_rule *rule,
                                  struct channel_message *message));

/* Sends or queues a message; the queue holds at most limit_bytes (preset 8 MiB): ERROR_LIMIT. fd
 * (or -1) goes along and is duplicated when queued. ret_sequence may be NULL. ERROR_CLOSED. */
int channel_send(struct channel *channel, uint32_t type, const struct buffer *body, int fd,
                 uint64_t *ret_sequence) MUST_CHECK;
/* The same for a JSON text; one beyond CHANNEL_MOST goes as a sealed memfd with an empty body, so
 * the receiver's rule must say CHANNEL_FD_MAYBE: see messages_json. */
int channel_send_text(struct channel *channel, uint32_t type, const char *text,
                      size_t length) MUST_CHECK;
/* Writes what is queued. 0: all gone; ERROR_AGAIN: wait until writable; ERROR_CLOSED. */
int channel_flush(struct channel *channel) MUST_CHECK;
bool channel_wants_write(const struct channel *channel);

/* Takes at most `most` messages and calls their handlers. 0; ERROR_AGAIN when nothing is left;
 * ERROR_CLOSED at the end of file; ERROR_PEER for a malformed message or a handler's refusal: the
 * caller ends the channel. channel_fault() then says what was wrong, as a sentence. */
int channel_receive(struct channel *channel, size_t most) MUST_CHECK;
const char *channel_fault(const struct channel *channel);

/* A connected pair, close-on-exec, with send buffers that hold the credit. */
int channel_pair(int ret_fds[2]) MUST_CHECK;

#endif
