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

/* Rows, and whom their handlers serve. */
struct channel_table {
    const struct channel_rule *rules;
    void *context;
};

struct channel {
    int fd;
    bool with_fds;
    bool receiving; /* a handler runs on the inbox */
    bool broken;    /* the peer is gone for sending */
    struct channel_table tables[CHANNEL_TABLES];
    size_t table_count;
    int (*around)(void *context, const struct channel_rule *rule, struct channel_message *message);
    uint64_t sent; /* sequence of the last message of each direction */
    uint64_t received;
    struct channel_queued *first;
    struct channel_queued *last;
    size_t queued_bytes;
    int fault_code; /* ERROR_PEER once a message was malformed */
    char *fault;
    uint8_t *inbox; /* CHANNEL_MOST bytes and one more */
};

/* The row of a type, and its table; NULL when the type is not taken here. */
const struct channel_rule *channel_find_rule(const struct channel *channel, uint32_t type,
                                             const struct channel_table **ret_table);
void channel_drop_queue(struct channel *channel);

#endif
