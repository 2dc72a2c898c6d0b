/* Receiving: every length, number and descriptor is checked before a handler sees the message. */
#include "ground/channel/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

/* What recvmsg gave. */
struct arrival {
    size_t length;
    int fd;      /* the first descriptor, or -1 */
    bool extra;  /* more came along than a message may bear */
    bool beyond; /* the datagram was longer than CHANNEL_MOST */
};

/* Whose a message is. */
struct taker {
    const struct channel_rule *rule;
    const struct channel_table *table;
};

static int refuse(struct channel *channel, char *sentence)
{
    free(channel->fault);
    channel->fault = sentence;
    channel->fault_code = ERROR_PEER;
    return ERROR_PEER;
}

/* All descriptors are taken over or closed: none may stay in this process by a peer's will. */
static void take_descriptors(struct msghdr *message, struct arrival *arrival)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) {
            arrival->extra = true;
            continue;
        }
        size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
            if (arrival->fd < 0) {
                arrival->fd = fd;
            } else {
                close(fd);
                arrival->extra = true;
            }
        }
    }
}

/* An empty datagram and the end of file both read as 0; only the second hangs up. */
static int judge_empty(struct channel *channel)
{
    struct pollfd polled = {.fd = channel->fd, .events = POLLIN | POLLRDHUP};
    if (poll(&polled, 1, 0) > 0 && (polled.revents & (POLLHUP | POLLRDHUP)))
        return ERROR_CLOSED;
    return refuse(channel, text_format("an empty message"));
}

static int read_message(struct channel *channel, struct arrival *arrival)
{
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = channel->inbox, .iov_len = CHANNEL_MOST};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    *arrival = (struct arrival){.fd = -1};
    ssize_t length;
    do {
        /* Without control space the kernel drops descriptors and says MSG_CTRUNC. */
        message.msg_control = channel->with_fds ? &control : NULL;
        message.msg_controllen = channel->with_fds ? sizeof control : 0;
        length = recvmsg(channel->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        /* ECONNRESET is told once, before what the peer sent until it closed. */
    } while (length < 0 && (errno == EINTR || errno == ECONNRESET));
    if (length < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? ERROR_AGAIN : ERROR_IO;
    if (channel->with_fds)
        take_descriptors(&message, arrival);
    arrival->extra |= (message.msg_flags & MSG_CTRUNC) != 0;
    arrival->beyond = (message.msg_flags & MSG_TRUNC) != 0;
    arrival->length = (size_t)length;
    return length == 0 && arrival->fd < 0 && !arrival->extra ? judge_empty(channel) : 0;
}

const struct channel_rule *channel_find_rule(const struct channel *channel, uint32_t type,
                                             const struct channel_table **ret_table)
{
    for (size_t i = 0; i < channel->table_count; i++)
        for (const struct channel_rule *rule = channel->tables[i].rules; rule->type; rule++)
            if (rule->type == type) {
                *ret_table = &channel->tables[i];
                return rule;
            }
    return NULL;
}

/* A body in a memfd leaves the message's own empty: its least is judged by who reads it. */
static bool is_size_allowed(const struct channel_rule *rule, size_t length, int fd)
{
    if (rule->fd == CHANNEL_FD_MAYBE && fd >= 0)
        return length == 0;
    return length >= rule->least && length <= rule->most;
}

static bool is_fd_allowed(const struct channel_rule *rule, int fd)
{
    switch (rule->fd) {
    case CHANNEL_FD_NONE:
        return fd < 0;
    case CHANNEL_FD_MAYBE:
        return true;
    case CHANNEL_FD_MUST:
        return fd >= 0;
    }
    return false;
}

static int check_message(struct channel *channel, const struct arrival *arrival,
                         struct channel_head *head, struct taker *ret)
{
    if (arrival->beyond)
        return refuse(channel, text_format("a message of more than %d bytes", CHANNEL_MOST));
    if (arrival->length < CHANNEL_LEAST)
        return refuse(channel, text_format("a message of %zu bytes, of at least %d",
                                           arrival->length, CHANNEL_LEAST));
    memcpy(head, channel->inbox, sizeof *head);
    if (head->length != arrival->length)
        return refuse(channel, text_format("a message that says %u bytes and has %zu", head->length,
                                           arrival->length));
    if (head->sequence != channel->received + 1)
        return refuse(channel,
                      text_format("message %llu after %llu", (unsigned long long)head->sequence,
                                  (unsigned long long)channel->received));
    const struct channel_table *table = NULL;
    const struct channel_rule *rule = channel_find_rule(channel, head->type, &table);
    if (!rule)
        return refuse(channel,
                      text_format("a message of type %u, which is not accepted here", head->type));
    if (arrival->extra || !is_fd_allowed(rule, arrival->fd))
        return refuse(channel, text_format("message type %u with descriptors that it may not "
                                           "carry, or without the one that it must carry",
                                           head->type));
    size_t body = arrival->length - CHANNEL_LEAST;
    if (!is_size_allowed(rule, body, arrival->fd))
        return refuse(channel, text_format("message type %u with a body of %zu bytes, of %u to %u",
                                           head->type, body, rule->least, rule->most));
    *ret = (struct taker){rule, table};
    return 0;
}

static int hand_over(const struct channel *channel, const struct taker *taker,
                     struct channel_message *message)
{
    if (channel->around)
        return channel->around(taker->table->context, taker->rule, message);
    return taker->rule->handler(taker->table->context, message);
}

static int receive_one(struct channel *channel)
{
    struct arrival arrival;
    struct channel_head head;
    struct taker taker;
    int code = read_message(channel, &arrival);
    if (code)
        return code;
    code = check_message(channel, &arrival, &head, &taker);
    if (code) {
        if (arrival.fd >= 0)
            close(arrival.fd);
        return code;
    }
    channel->received = head.sequence;
    struct channel_message message = {
        .type = head.type,
        .sequence = head.sequence,
        .body = channel->inbox + CHANNEL_LEAST,
        .length = arrival.length - CHANNEL_LEAST,
        .fd = arrival.fd,
    };
    channel->inbox[arrival.length] = '\0';
    code = hand_over(channel, &taker, &message);
    if (message.fd >= 0)
        close(message.fd);
    if (code < 0)
        return refuse(channel,
                      text_format("message type %u refused: %s", head.type, error_text(code)));
    return 0;
}

int channel_receive(struct channel *channel, size_t most)
{
    if (channel->fault_code)
        return channel->fault_code;
    /* The inbox is the running handler's. */
    if (channel->receiving)
        return ERROR_STATE;
    int code = 0;
    channel->receiving = true;
    for (size_t i = 0; i < most && !code; i++)
        code = receive_one(channel);
    channel->receiving = false;
    return code;
}

const char *channel_fault(const struct channel *channel)
{
    return channel->fault ? channel->fault : error_text(channel->fault_code);
}
