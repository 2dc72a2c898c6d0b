/* links: http base PkgConfig::EVENT
 * Bytes of a peer through a real connection: the whole way from the socket through libevent's
 * parser and our limits to a request, in pieces, kept open or closed, answered now or when it is
 * too late. Input: a byte of flags, a byte of the pieces' size, what is sent. */
#include <event2/event.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "outside/http/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FLAG_LATE = 1, FLAG_SHUT = 2, HELD_MOST = 16, ROUNDS = 4, CONNECTIONS = 32 };

static struct {
    struct event_base *base;
    struct sockaddr_un address;
    socklen_t length;
    bool late;
    struct http_request *held[HELD_MOST];
    size_t held_count;
} stage;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void answer(struct http_request *request)
{
    http_answer(request, &(struct http_answer){.status = 200,
                                               .type = "text/plain",
                                               .body = request->path,
                                               .length = strlen(request->path)});
}

/* What a handler may rely on. */
static void on_request(void *context, struct http_request *request)
{
    (void)context;
    const char *method = request->method, *host = http_header(request, "Host");
    require(!strcmp(method, "GET") || !strcmp(method, "HEAD") || !strcmp(method, "POST"));
    require(request->path[0] == '/' && text_is_utf8(request->path, strlen(request->path)));
    require(json_is_object(request->query) && request->body_length <= HTTP_BODY_MOST);
    require(!request->body || request->body[request->body_length] == '\0');
    require(!host || strlen(host) <= HTTP_HEADER_MOST);
    require(request->peer.local && request->peer.pid == (uint32_t)getpid());
    if (stage.late && stage.held_count < HELD_MOST)
        stage.held[stage.held_count++] = request;
    else
        answer(request);
}

/* A socket in the abstract: nothing is left in a file system. */
static void open_stage(void)
{
    static const struct http_calls calls = {.on_request = on_request};
    struct http_server *server = NULL;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    signal(SIGPIPE, SIG_IGN); /* as the front does */
    stage.address.sun_family = AF_UNIX;
    int length = snprintf(stage.address.sun_path + 1, sizeof stage.address.sun_path - 1,
                          "conformd-fuzz-%ld", (long)getpid());
    stage.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    stage.base = event_base_new();
    require(stage.base && fd >= 0 &&
            !bind(fd, (const struct sockaddr *)&stage.address, stage.length) && !listen(fd, 8) &&
            !http_server_new(stage.base, CONNECTIONS, &calls, &server) &&
            !http_server_listen(server, fd));
}

/* libevent's own refusal (400 of what is malformed, 501 of a method that it cannot name), before
 * anything of ours is asked: it gives the peer's number of the version back, whatever that was, and
 * closes. */
static bool is_own_refusal(const char *bytes, size_t count)
{
    const char *end = memchr(bytes, '\r', count);
    const char *status = end ? memchr(bytes, ' ', (size_t)(end - bytes)) : NULL;
    return status && !memcmp(bytes, "HTTP/", 5) && end - status > 5 &&
           (!memcmp(status, " 4", 2) || !memcmp(status, " 5", 2));
}

/* What came back begins as an answer does. */
static void settle(int fd, size_t *ret_seen)
{
    char bytes[4096];
    for (int i = 0; i < ROUNDS; i++) {
        event_base_loop(stage.base, EVLOOP_NONBLOCK);
        ssize_t count = fd < 0 ? -1 : recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (count <= 0)
            continue;
        require(*ret_seen || (size_t)count < 8 || !memcmp(bytes, "HTTP/1.", 7) ||
                is_own_refusal(bytes, (size_t)count));
        *ret_seen += (size_t)count;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t seen = 0;
    if (size < 2 || size > 100000)
        return 0;
    if (!stage.base)
        open_stage();
    uint8_t flags = data[0];
    size_t piece = data[1] ? data[1] * (size_t)16 : size;
    stage.late = flags & FLAG_LATE;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(fd >= 0 && !connect(fd, (const struct sockaddr *)&stage.address, stage.length));
    for (data += 2, size -= 2; size;) {
        size_t length = size < piece ? size : piece;
        ssize_t sent = send(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        settle(fd, &seen);
        if (sent <= 0)
            break;
        data += sent;
        size -= (size_t)sent;
    }
    if (flags & FLAG_SHUT)
        shutdown(fd, SHUT_WR);
    settle(fd, &seen);
    close(fd);
    settle(-1, &seen);
    while (stage.held_count)
        answer(stage.held[--stage.held_count]);
    settle(-1, &seen);
    return 0;
}
