/* Making and ending a channel. */
#include "ground/channel/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel doubles what is asked and counts each small message as up to 1 KiB; what does not fit
 * is queued by the sender. */
enum { SEND_BUFFER = 2 * CHANNEL_CREDIT };

int channel_new(int fd, const struct channel_rule *rules, bool with_fds, void *context,
                struct channel **ret)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC))
        return ERROR_IO;
    struct channel *channel = calloc(1, sizeof *channel);
    if (!channel)
        return ERROR_MEMORY;
    channel->inbox = malloc(CHANNEL_MOST + 1);
    if (!channel->inbox) {
        free(channel);
        return ERROR_MEMORY;
    }
    channel->fd = fd;
    channel->tables[channel->table_count++] = (struct channel_table){rules, context};
    channel->with_fds = with_fds;
    *ret = channel;
    return 0;
}

int channel_also(struct channel *channel, const struct channel_rule *rules, void *context)
{
    const struct channel_table *table;
    if (channel->table_count == CHANNEL_TABLES)
        return ERROR_LIMIT;
    for (const struct channel_rule *rule = rules; rule->type; rule++)
        if (channel_find_rule(channel, rule->type, &table))
            return ERROR_STATE;
    channel->tables[channel->table_count++] = (struct channel_table){rules, context};
    return 0;
}

void channel_around(struct channel *channel,
                    int (*around)(void *context, const struct channel_rule *rule,
                                  struct channel_message *message))
{
    channel->around = around;
}

void channel_free(struct channel *channel)
{
    if (!channel)
        return;
    channel_drop_queue(channel);
    close(channel->fd);
    free(channel->fault);
    free(channel->inbox);
    free(channel);
}

int channel_fd(const struct channel *channel)
{
    return channel->fd;
}

static int widen(int fd)
{
    int size = SEND_BUFFER;
    return setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) ? ERROR_IO : 0;
}

int channel_pair(int ret_fds[2])
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
        return ERROR_IO;
    if (widen(fds[0]) || widen(fds[1])) {
        close(fds[0]);
        close(fds[1]);
        return ERROR_IO;
    }
    ret_fds[0] = fds[0];
    ret_fds[1] = fds[1];
    return 0;
}
