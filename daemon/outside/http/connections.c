/* Counts connections, and ends those that take too long. */
#include "outside/http/connections.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "ground/base/array.h"
#include "ground/base/clock.h"
#include "outside/http/server.h"

enum { SWEEP_MS = 1000, PAUSED_SWEEP_MS = 100, CROWDED_MS = 2000 };

static void set_sweep(struct connections *connections)
{
    int64_t ms = connections->paused ? PAUSED_SWEEP_MS : SWEEP_MS;
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    if (connections->count)
        evtimer_add(connections->sweep, &delay);
}

static void set_paused(struct connections *connections, bool paused)
{
    if (connections->paused == paused)
        return;
    connections->paused = paused;
    for (size_t i = 0; i < connections->listener_count; i++) {
        if (paused)
            evconnlistener_disable(connections->listeners[i]);
        else
            evconnlistener_enable(connections->listeners[i]);
    }
}

/* evhttp sets its callbacks in the call that takes a connection, and clears them when it lets go.
 */
static bool is_over(const struct connection *connection)
{
    bufferevent_data_cb reads, writes;
    bufferevent_event_cb events;
    void *argument;
    bufferevent_getcb(connection->bufferevent, &reads, &writes, &events, &argument);
    return !reads && !writes && !events;
}

static bool is_late(const struct connections *connections, const struct connection *connection,
                    int64_t now_ms)
{
    if (connection->deadline_ms == INT64_MAX)
        return false;
    return now_ms > connection->deadline_ms ||
           (connections->paused && now_ms - connection->since_ms >= CROWDED_MS);
}

static void sweep(struct connections *connections)
{
    int64_t now_ms = clock_now().boot_ms;
    size_t kept = 0;
    for (size_t i = 0; i < connections->count; i++) {
        struct connection connection = connections->items[i];
        if (is_over(&connection)) {
            bufferevent_decref(connection.bufferevent);
            continue;
        }
        /* Ended through the socket: evhttp sees the end of file and tidies up after itself. */
        if (is_late(connections, &connection, now_ms))
            shutdown(bufferevent_getfd(connection.bufferevent), SHUT_RDWR);
        connections->items[kept++] = connection;
    }
    connections->count = kept;
}

static void on_sweep(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    struct connections *connections = argument;
    sweep(connections);
    set_paused(connections, connections->count >= connections->limit);
    set_sweep(connections);
}

int connections_init(struct connections *connections, struct event_base *base, size_t limit)
{
    *connections = (struct connections){.base = base, .limit = limit};
    connections->items = calloc(limit, sizeof *connections->items);
    connections->sweep = evtimer_new(base, on_sweep, connections);
    if (connections->items && connections->sweep)
        return 0;
    connections_finish(connections);
    return ERROR_MEMORY;
}

void connections_finish(struct connections *connections)
{
    for (size_t i = 0; connections->items && i < connections->count; i++)
        bufferevent_decref(connections->items[i].bufferevent);
    if (connections->sweep)
        event_free(connections->sweep);
    free(connections->items);
    free(connections->listeners);
    *connections = (struct connections){0};
}

int connections_listener(struct connections *connections, struct evconnlistener *listener)
{
    int code = array_reserve(&connections->listeners, &connections->listener_capacity,
                             connections->listener_count, sizeof *connections->listeners);
    if (code)
        return code;
    connections->listeners[connections->listener_count++] = listener;
    return 0;
}

struct bufferevent *connections_make(struct event_base *base, void *argument)
{
    struct connections *connections = argument;
    struct bufferevent *bufferevent = bufferevent_socket_new(base, -1, 0);
    if (connections->count + 1 >= connections->limit)
        sweep(connections);
    if (!bufferevent || connections->count >= connections->limit)
        return bufferevent; /* never at the limit: the listeners are stopped below */
    bufferevent_incref(bufferevent);
    int64_t now_ms = clock_now().boot_ms;
    connections->items[connections->count++] = (struct connection){
        .bufferevent = bufferevent,
        .since_ms = now_ms,
        .deadline_ms = now_ms + HTTP_ARRIVE_MS,
    };
    set_paused(connections, connections->count >= connections->limit);
    set_sweep(connections);
    return bufferevent;
}

void connections_allow(struct connections *connections, struct bufferevent *bufferevent,
                       int64_t time_ms)
{
    int64_t now_ms = clock_now().boot_ms;
    for (size_t i = 0; i < connections->count; i++) {
        struct connection *connection = &connections->items[i];
        if (connection->bufferevent != bufferevent)
            continue;
        connection->since_ms = now_ms;
        connection->deadline_ms = time_ms < 0 ? INT64_MAX : now_ms + time_ms;
    }
}
