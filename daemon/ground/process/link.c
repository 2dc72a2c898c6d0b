/* A channel in the loop: received when readable, flushed when writable, its end told once. */
#include <stdlib.h>

#include "ground/process/child.h"

/* Messages taken before others in the loop have their turn. */
enum { MESSAGES_A_TURN = 64 };

struct child_link {
    struct channel *channel;
    struct loop_watch *watch;
    void (*on_end)(void *context, int code, const char *sentence);
    void *context;
    bool paused;
    bool ended;
    bool receiving; /* a handler that frees the link it came by only marks it */
    bool freed;
};

static void set_events(struct child_link *link)
{
    if (link->freed)
        return;
    unsigned events = link->paused ? 0 : (unsigned)LOOP_READ;
    if (channel_wants_write(link->channel))
        events |= LOOP_WRITE;
    loop_watch_set(link->watch, link->ended ? 0 : events);
}

void child_link_flush(struct child_link *link)
{
    if (link->ended || link->freed)
        return;
    int code = channel_flush(link->channel);
    /* The end is seen, in its order, by reading: what the other side still sent comes first. */
    if (code && code != ERROR_AGAIN)
        loop_watch_set(link->watch, LOOP_READ);
    else
        set_events(link);
}

static void on_channel_ready(void *context, unsigned events)
{
    struct child_link *link = context;
    int code = 0;
    link->receiving = true;
    if (events & LOOP_READ)
        code = channel_receive(link->channel, MESSAGES_A_TURN);
    link->receiving = false;
    if (link->freed) {
        free(link);
        return;
    }
    if (!code || code == ERROR_AGAIN) {
        child_link_flush(link);
        return;
    }
    link->ended = true;
    loop_watch_set(link->watch, 0);
    const char *fault = code == ERROR_PEER ? channel_fault(link->channel) : NULL;
    link->on_end(link->context, code, fault ? fault : error_text(code));
}

int child_link_new(struct child *child, struct channel *channel,
                   void (*on_end)(void *context, int code, const char *sentence), void *context,
                   struct child_link **ret)
{
    struct child_link *link = calloc(1, sizeof *link);
    if (!link)
        return ERROR_MEMORY;
    *link = (struct child_link){.channel = channel, .on_end = on_end, .context = context};
    int code = loop_watch(child->loop, channel_fd(channel), on_channel_ready, link, &link->watch);
    if (code) {
        free(link);
        return code;
    }
    set_events(link);
    *ret = link;
    return 0;
}

void child_link_pause(struct child_link *link, bool paused)
{
    link->paused = paused;
    set_events(link);
}

void child_link_free(struct child_link *link)
{
    if (!link)
        return;
    loop_unwatch(link->watch);
    link->watch = NULL;
    link->freed = true;
    if (!link->receiving)
        free(link);
}
