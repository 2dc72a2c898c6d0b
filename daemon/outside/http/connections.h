/* The connections of one server: how many, and how long each takes. The room's own.
 *
 * evhttp neither counts connections nor bounds the whole time of a request (its timeout is one of
 * silence, so that a byte every few seconds holds a connection for ever). A reference to each
 * connection's bufferevent shows whether it still lives: evhttp takes its callbacks off when
 * it is done with it. */
#ifndef HTTP_CONNECTIONS_H
#define HTTP_CONNECTIONS_H

#include "ground/base/error.h"

#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connection {
    struct bufferevent *bufferevent; /* one reference */
    int64_t since_ms;                /* boot time from which the other side is waited for */
    int64_t deadline_ms;             /* boot time; INT64_MAX while we think about an answer */
};

struct connections {
    struct event_base *base;
    struct event *sweep;
    struct connection *items; /* `limit` of them */
    size_t count;
    size_t limit;
    struct evconnlistener **listeners;
    size_t listener_count;
    size_t listener_capacity;
    bool paused;
};

int connections_init(struct connections *connections, struct event_base *base,
                     size_t limit) MUST_CHECK;
void connections_finish(struct connections *connections);

/* A listener that is stopped while there is no room. */
int connections_listener(struct connections *connections,
                         struct evconnlistener *listener) MUST_CHECK;

/* While there is no room, who keeps us waiting for 2 s goes, so that a thousand silent connections
 * do not shut the door to others.
 *
 * For evhttp_set_bevcb; the argument is struct connections. */
struct bufferevent *connections_make(struct event_base *base, void *argument);

/* From now on it may take so long until the next call; negative: for ever. */
void connections_allow(struct connections *connections, struct bufferevent *bufferevent,
                       int64_t time_ms);

#endif
