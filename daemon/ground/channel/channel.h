/* A channel's inside, for send.c and receive.c alone. */
#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include "ground/channel/frame.h"

/* A message that found the socket full. */
struct channel_queued {
    struct channel_queued *next;
    int fd; /* our duplicate, or -1 */
    size_t length;
    uint8_t bytes[];
};

struct channel {
    int fd;
    bool with_fds;
    bool receiving; /* a handler runs on the inbox */
    bool broken;    /* the peer is gone for sending */
    const struct channel_rule *rules;
    void *context;
    uint64_t sent; /* sequence of the last message of each direction */
    uint64_t received;
    struct channel_queued *first;
    struct channel_queued *last;
    size_t queued_bytes;
    int fault_code; /* ERROR_PEER once a message was malformed */
    char *fault;
    uint8_t *inbox; /* CHANNEL_MOST bytes and one more */
};

void channel_drop_queue(struct channel *channel);

#endif
