/* The HTTP server over libevent's evhttp: on listening descriptors that were given, within limits,
 * one call for each request; the answer may come later. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct http_server;

/* Limits of every server. */
enum {
    HTTP_HEADER_MOST = 16 << 10, /* bytes of the request line and the headers */
    HTTP_URI_MOST = 8 << 10,     /* bytes */
    HTTP_BODY_MOST = 64 << 10,   /* bytes of a request */
    HTTP_ARRIVE_MS = 30000,      /* from the connection to its first whole request */
    HTTP_IDLE_MS = 120000,       /* from an answer to the next whole request */
    HTTP_WRITE_MS = 120000,      /* until the other side has read the answer */
};

/* Who asks. */
struct http_peer {
    bool local; /* on a unix socket; then its SO_PEERCRED at the time it connected: */
    uint32_t uid;
    uint32_t pid;
};

/* One request; it and all in it live until http_answer(). */
struct http_request {
    const char *method; /* "GET", "HEAD" or "POST"; others were refused with 405 */
    char *path;         /* decoded, UTF-8, begins with '/' */
    json_t *query;      /* {name: text or [text...]}, a form's fields among them */
    char *body;         /* NUL after length bytes; of a POST that is not a form */
    size_t body_length;
    struct http_peer peer;
    void *inner; /* the server's own, and */
    struct http_server *server;
};

/* A header's value, or NULL; the name in any case. */
const char *http_header(const struct http_request *request, const char *name);

struct http_field {
    const char *name;
    const char *value;
};

/* What goes back; all borrowed until http_answer() returns. A HEAD gets it without the body. */
struct http_answer {
    int status;
    const char *type;                /* Content-Type, or NULL */
    const struct http_field *fields; /* ends with a NULL name; or NULL */
    const void *body;
    size_t length;
    bool is_static; /* the body lives as long as the program: it is not copied */
    int sealed; /* a sealed memfd that is sent instead of body; 0: none. It stays the caller's */
};
/* Sends it and frees the request. Also right when the other side has gone away meanwhile. */
void http_answer(struct http_request *request, const struct http_answer *answer);

struct http_calls {
    /* For each request: must be answered, now or later, exactly once. */
    void (*on_request)(void *context, struct http_request *request);
    void *context;
};

/* At most `connections` at one time; more wait in the kernel. */
int http_server_new(struct event_base *base, size_t connections, const struct http_calls *calls,
                    struct http_server **ret) MUST_CHECK;
/* Takes a listening socket (made non-blocking; TCP gets TCP_NODELAY), which it will close. Call it
 * again for more of them. */
int http_server_listen(struct http_server *server, int fd) MUST_CHECK;
/* Answer all requests first. Takes NULL. */
void http_server_free(struct http_server *server);

#endif
