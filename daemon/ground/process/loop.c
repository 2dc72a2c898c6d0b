/* The event loop over libevent: watches, timers and signals, each one event. */
#include "ground/process/loop.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>

#include "ground/base/array.h"

struct loop_watch {
    struct loop *loop;
    struct event *event;
    int fd;
    unsigned events;
    void (*on_ready)(void *context, unsigned events);
    void *context;
};

struct loop_timer {
    struct event *event;
    void (*on_time)(void *context);
    void *context;
};

struct loop_signal {
    struct event *event;
    void (*on_signal)(void *context, int number);
    void *context;
};

struct loop {
    struct event_base *base;
    struct loop_signal **signals;
    size_t signal_count;
    size_t signal_capacity;
};

int loop_new(struct loop **ret)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return ERROR_MEMORY;
    struct event_config *config = event_config_new();
    /* Nothing in the environment decides how the daemon polls. */
    if (config && !event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV))
        loop->base = event_base_new_with_config(config);
    event_config_free(config);
    if (!loop->base) {
        free(loop);
        return ERROR_IO;
    }
    *ret = loop;
    return 0;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    for (size_t i = 0; i < loop->signal_count; i++) {
        event_free(loop->signals[i]->event);
        free(loop->signals[i]);
    }
    free(loop->signals);
    event_base_free(loop->base);
    free(loop);
}

int loop_run(struct loop *loop)
{
    return event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0 ? ERROR_IO : 0;
}

void loop_stop(struct loop *loop)
{
    event_base_loopbreak(loop->base);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

static void on_watch_event(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    struct loop_watch *watch = argument;
    unsigned events = 0;
    if (what & EV_READ)
        events |= LOOP_READ;
    if (what & EV_WRITE)
        events |= LOOP_WRITE;
    watch->on_ready(watch->context, events);
}

int loop_watch(struct loop *loop, int fd, void (*on_ready)(void *context, unsigned events),
               void *context, struct loop_watch **ret)
{
    struct loop_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return ERROR_MEMORY;
    *watch = (struct loop_watch){.loop = loop, .fd = fd, .on_ready = on_ready, .context = context};
    watch->event = event_new(loop->base, fd, EV_PERSIST, on_watch_event, watch);
    if (!watch->event) {
        free(watch);
        return ERROR_MEMORY;
    }
    *ret = watch;
    return 0;
}

void loop_watch_set(struct loop_watch *watch, unsigned events)
{
    if (watch->events == events)
        return;
    event_del(watch->event);
    watch->events = events;
    if (!events)
        return;
    short what = EV_PERSIST;
    if (events & LOOP_READ)
        what |= EV_READ;
    if (events & LOOP_WRITE)
        what |= EV_WRITE;
    event_assign(watch->event, watch->loop->base, watch->fd, what, on_watch_event, watch);
    event_add(watch->event, NULL);
}

void loop_unwatch(struct loop_watch *watch)
{
    if (!watch)
        return;
    event_free(watch->event);
    free(watch);
}

static void on_timer_event(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct loop_timer *timer = argument;
    timer->on_time(timer->context);
}

int loop_timer(struct loop *loop, void (*on_time)(void *context), void *context,
               struct loop_timer **ret)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return ERROR_MEMORY;
    *timer = (struct loop_timer){.on_time = on_time, .context = context};
    timer->event = evtimer_new(loop->base, on_timer_event, timer);
    if (!timer->event) {
        free(timer);
        return ERROR_MEMORY;
    }
    *ret = timer;
    return 0;
}

void loop_timer_set(struct loop_timer *timer, int64_t delay_ms)
{
    if (delay_ms < 0)
        delay_ms = 0;
    struct timeval delay = {.tv_sec = delay_ms / 1000, .tv_usec = delay_ms % 1000 * 1000};
    evtimer_add(timer->event, &delay);
}

void loop_timer_stop(struct loop_timer *timer)
{
    evtimer_del(timer->event);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (!timer)
        return;
    event_free(timer->event);
    free(timer);
}

static void on_signal_event(evutil_socket_t number, short what, void *argument)
{
    (void)what;
    struct loop_signal *taken = argument;
    taken->on_signal(taken->context, (int)number);
}

int loop_signal(struct loop *loop, int number, void (*on_signal)(void *context, int number),
                void *context)
{
    if (array_reserve(&loop->signals, &loop->signal_capacity, loop->signal_count,
                      sizeof *loop->signals))
        return ERROR_MEMORY;
    struct loop_signal *taken = calloc(1, sizeof *taken);
    if (!taken)
        return ERROR_MEMORY;
    *taken = (struct loop_signal){.on_signal = on_signal, .context = context};
    taken->event = evsignal_new(loop->base, number, on_signal_event, taken);
    if (!taken->event || event_add(taken->event, NULL)) {
        if (taken->event)
            event_free(taken->event);
        free(taken);
        return ERROR_IO;
    }
    loop->signals[loop->signal_count++] = taken;
    return 0;
}
