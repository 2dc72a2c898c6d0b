/* Sending: at once where the socket takes it, else queued in order. */
#include "ground/channel/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"

enum { QUEUE_MOST = 8 << 20 }; /* bytes that wait for the peer */

/* 0, ERROR_AGAIN, ERROR_CLOSED or ERROR_IO. */
static int write_message(struct channel *channel, struct iovec *parts, size_t count, int fd)
{
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    }
    ssize_t written;
    do
        written = sendmsg(channel->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (written < 0 && errno == EINTR);
    if (written >= 0)
        return 0;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return ERROR_AGAIN;
    channel->broken = true;
    return errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN ? ERROR_CLOSED : ERROR_IO;
}

static int enqueue(struct channel *channel, const struct channel_head *head,
                   const struct buffer *body, int fd)
{
    if (head->length > QUEUE_MOST - channel->queued_bytes)
        return ERROR_LIMIT;
    struct channel_queued *queued = malloc(sizeof *queued + head->length);
    if (!queued)
        return ERROR_MEMORY;
    *queued = (struct channel_queued){.fd = -1, .length = head->length};
    if (fd >= 0) {
        queued->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (queued->fd < 0) {
            free(queued);
            return ERROR_IO;
        }
    }
    memcpy(queued->bytes, head, sizeof *head);
    if (body && head->length > sizeof *head)
        memcpy(queued->bytes + sizeof *head, body->data, head->length - sizeof *head);
    if (channel->last)
        channel->last->next = queued;
    else
        channel->first = queued;
    channel->last = queued;
    channel->queued_bytes += queued->length;
    return 0;
}

static void drop_first(struct channel *channel)
{
    struct channel_queued *queued = channel->first;
    channel->first = queued->next;
    if (!channel->first)
        channel->last = NULL;
    channel->queued_bytes -= queued->length;
    if (queued->fd >= 0)
        close(queued->fd);
    free(queued);
}

void channel_drop_queue(struct channel *channel)
{
    while (channel->first)
        drop_first(channel);
}

int channel_send(struct channel *channel, uint32_t type, const struct buffer *body, int fd,
                 uint64_t *ret_sequence)
{
    size_t length = body ? body->length : 0;
    if (body && body->failed)
        return ERROR_MEMORY;
    if (type == 0)
        return ERROR_RANGE;
    if (length > CHANNEL_MOST - CHANNEL_LEAST)
        return ERROR_LIMIT;
    if (channel->broken)
        return ERROR_CLOSED;
    struct channel_head head = {
        .type = type,
        .length = (uint32_t)(CHANNEL_LEAST + length),
        .sequence = channel->sent + 1,
    };
    struct iovec parts[2] = {
        {.iov_base = &head, .iov_len = sizeof head},
        {.iov_base = length ? body->data : NULL, .iov_len = length},
    };
    /* What waits goes first, or the order would break. */
    int code = channel->first ? ERROR_AGAIN : write_message(channel, parts, length ? 2 : 1, fd);
    if (code == ERROR_AGAIN)
        code = enqueue(channel, &head, body, fd);
    if (code)
        return code;
    channel->sent = head.sequence;
    if (ret_sequence)
        *ret_sequence = head.sequence;
    return 0;
}

int channel_send_text(struct channel *channel, uint32_t type, const char *text, size_t length)
{
    CLEAN(clean_fd) int fd = -1;
    struct buffer body = {.data = (char *)text, .length = length};
    if (length <= CHANNEL_MOST - CHANNEL_LEAST)
        return channel_send(channel, type, &body, -1, NULL);
    int code = file_seal("message", text, length, &fd);
    if (code)
        return code;
    return channel_send(channel, type, NULL, fd, NULL);
}

int channel_flush(struct channel *channel)
{
    while (channel->first) {
        struct channel_queued *queued = channel->first;
        struct iovec part = {.iov_base = queued->bytes, .iov_len = queued->length};
        int code = channel->broken ? ERROR_CLOSED : write_message(channel, &part, 1, queued->fd);
        if (code == ERROR_AGAIN)
            return code;
        if (code) {
            channel_drop_queue(channel);
            return code;
        }
        drop_first(channel);
    }
    return 0;
}

bool channel_wants_write(const struct channel *channel)
{
    return channel->first != NULL;
}
