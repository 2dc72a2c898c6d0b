/* Parameters, and the server over real sockets: limits, late answers, both kinds of listener. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "outside/http/parameters.h"
#include "outside/http/server.h"

/* --- parameters --- */

static void test_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected; /* NULL: refused */
    } cases[] = {
        {"", "{}"},
        {"a=1&b=2", "{\"a\":\"1\",\"b\":\"2\"}"},
        {"a=1&a=2&a=3", "{\"a\":[\"1\",\"2\",\"3\"]}"},
        {"match%5B%5D=up%7Bjob%3D%22a%22%7D", "{\"match[]\":\"up{job=\\\"a\\\"}\"}"},
        {"q=a+b%2Bc", "{\"q\":\"a b+c\"}"},
        {"q=%C3%A4", "{\"q\":\"ä\"}"},
        {"a&b=&&=c", "{\"\":\"c\",\"a\":\"\",\"b\":\"\"}"},
        {"a=b=c", "{\"a\":\"b=c\"}"},
        {"a=%", NULL},
        {"a=%4", NULL},
        {"a=%zz", NULL},
        {"a=%00", NULL},
        {"a=%ff", NULL},
        {"a=%C0%80", NULL},
        {"a=\xc3", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(clean_json) json_t *object = json_object();
        int code = http_parameters_read(cases[i].text, strlen(cases[i].text), object);
        CLEAN(clean_text) char *text = json_canonical(object);
        if (!cases[i].expected && code != ERROR_FORMAT)
            fail_msg("taken: %s", cases[i].text);
        if (cases[i].expected)
            assert_string_equal(text, cases[i].expected);
    }
}

static void test_parameter_limit(void **state)
{
    (void)state;
    CLEAN(buffer_finish) struct buffer text = {0};
    CLEAN(clean_json) json_t *object = json_object();
    for (int i = 0; i < HTTP_PARAMETERS_MOST; i++)
        buffer_text(&text, "a=1&");
    assert_int_equal(http_parameters_read(text.data, text.length, object), 0);
    assert_int_equal(http_parameters_read("b=1", 3, object), ERROR_LIMIT);
}

static void test_path(void **state)
{
    (void)state;
    CLEAN(clean_text) char *good = NULL;
    char *bad = NULL;
    assert_int_equal(http_path_read("/a%20b+c", 8, &good), 0);
    assert_string_equal(good, "/a b+c");
    assert_int_equal(http_path_read("a", 1, &bad), ERROR_FORMAT);
    assert_int_equal(http_path_read("", 0, &bad), ERROR_FORMAT);
    assert_int_equal(http_path_read("/%00", 4, &bad), ERROR_FORMAT);
}

/* --- the server --- */

enum { CONNECTIONS = 4, ROUNDS = 5000 };

struct bench {
    struct event_base *base;
    struct http_server *server;
    int port;
    char socket_path[64];
    struct http_request *held; /* of /late */
    struct http_peer peer;     /* of the last request */
    char seen[256];            /* what it was */
    int sealed;
};

static void answer_text(struct http_request *request, const char *text)
{
    static const struct http_field fields[] = {{"X-Test", "yes"}, {NULL, NULL}};
    http_answer(request, &(struct http_answer){.status = 200,
                                               .type = "text/plain",
                                               .fields = fields,
                                               .body = text,
                                               .length = strlen(text)});
}

static void on_request(void *context, struct http_request *request)
{
    struct bench *bench = context;
    CLEAN(clean_text) char *query = json_canonical(request->query);
    const char *host = http_header(request, "host");
    snprintf(bench->seen, sizeof bench->seen, "%s %s %s %s %s", request->method, request->path,
             query, request->body ? request->body : "-", host ? host : "-");
    bench->peer = request->peer;
    if (!strcmp(request->path, "/late"))
        bench->held = request;
    else if (!strcmp(request->path, "/sealed"))
        http_answer(request, &(struct http_answer){.status = 200, .sealed = bench->sealed});
    else
        answer_text(request, "hello");
}

static int listen_tcp(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static struct sockaddr_un unix_address(const struct bench *bench)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", bench->socket_path);
    return address;
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct http_calls calls = {on_request, bench};
    bench->base = event_base_new();
    assert_int_equal(http_server_new(bench->base, CONNECTIONS, &calls, &bench->server), 0);
    int tcp = listen_tcp(&bench->port);
    assert_int_equal(http_server_listen(bench->server, tcp), 0);
    int nodelay = 0;
    socklen_t size = sizeof nodelay;
    assert_int_equal(getsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &nodelay, &size), 0);
    assert_int_equal(nodelay, 1);
    snprintf(bench->socket_path, sizeof bench->socket_path, "/tmp/test_http.%d", (int)getpid());
    unlink(bench->socket_path);
    struct sockaddr_un address = unix_address(bench);
    int local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(local, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(local, 16), 0);
    assert_int_equal(http_server_listen(bench->server, local), 0);
    assert_int_equal(file_seal("test", "sealed text", 11, &bench->sealed), 0);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    http_server_free(bench->server);
    event_base_free(bench->base);
    unlink(bench->socket_path);
    close(bench->sealed);
    free(bench);
    return 0;
}

static int connect_tcp(const struct bench *bench)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)bench->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Turns the loop until the other side has closed, or `mark` came; what was read stays in text. */
static bool hear(struct bench *bench, int fd, const char *mark, struct buffer *text)
{
    char bytes[4096];
    for (int round = 0; round < ROUNDS; round++) {
        event_base_loop(bench->base, EVLOOP_NONBLOCK);
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, 1) <= 0)
            continue;
        ssize_t length = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (length <= 0)
            return !mark;
        buffer_append(text, bytes, (size_t)length);
        if (mark && strstr(text->data, mark))
            return true;
    }
    return false;
}

/* One connection, one request, its whole answer (the request must say "Connection: close"). */
static char *exchange(struct bench *bench, const char *request)
{
    CLEAN(clean_fd) int fd = connect_tcp(bench);
    struct buffer text = {0};
    say(fd, request);
    if (!hear(bench, fd, NULL, &text))
        fail_msg("no end of: %s", text.data ? text.data : "(nothing)");
    return buffer_take(&text);
}

#define CLOSE "Host: localhost\r\nConnection: close\r\n\r\n"

static void test_get(void **state)
{
    struct bench *bench = *state;
    CLEAN(clean_text) char *text = exchange(bench, "GET /a%20b?x=1&x=2 HTTP/1.1\r\n" CLOSE);
    assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
    assert_non_null(strstr(text, "Content-Length: 5\r\n"));
    assert_non_null(strstr(text, "X-Test: yes\r\n"));
    assert_non_null(strstr(text, "\r\n\r\nhello"));
    assert_string_equal(bench->seen, "GET /a b {\"x\":[\"1\",\"2\"]} - localhost");
    assert_false(bench->peer.local);
}

static void test_head(void **state)
{
    CLEAN(clean_text) char *text = exchange(*state, "HEAD / HTTP/1.1\r\n" CLOSE);
    assert_non_null(strstr(text, "Content-Length: 5\r\n"));
    assert_null(strstr(text, "hello"));
}

static void test_post(void **state)
{
    struct bench *bench = *state;
    CLEAN(clean_text)
    char *form =
        exchange(bench, "POST /f?a=1 HTTP/1.1\r\nContent-Length: 7\r\nContent-Type: "
                        "application/x-www-form-urlencoded; charset=UTF-8\r\n" CLOSE "a=2&b=3");
    assert_non_null(strstr(form, "200 OK"));
    assert_string_equal(bench->seen, "POST /f {\"a\":[\"1\",\"2\"],\"b\":\"3\"} - localhost");
    CLEAN(clean_text)
    char *raw = exchange(bench, "POST /f HTTP/1.1\r\nContent-Length: 3\r\n" CLOSE "a=2");
    assert_non_null(strstr(raw, "200 OK"));
    assert_string_equal(bench->seen, "POST /f {} a=2 localhost");
}

static void test_sealed(void **state)
{
    CLEAN(clean_text) char *text = exchange(*state, "GET /sealed HTTP/1.1\r\n" CLOSE);
    assert_non_null(strstr(text, "Content-Length: 11\r\n"));
    assert_non_null(strstr(text, "\r\n\r\nsealed text"));
}

static void check_refused(struct bench *bench, const char *request, const char *status)
{
    bench->seen[0] = '\0';
    CLEAN(clean_text) char *text = exchange(bench, request);
    if (!text || !strstr(text, status))
        fail_msg("expected %s: %s", status, text ? text : "(closed)");
    assert_string_equal(bench->seen, "");
}

static void test_refused(void **state)
{
    struct bench *bench = *state;
    check_refused(bench, "DELETE / HTTP/1.1\r\n" CLOSE, "405 Method Not Allowed");
    check_refused(bench, "OPTIONS / HTTP/1.1\r\n" CLOSE, "Allow: GET, HEAD, POST");
    check_refused(bench, "GET / HTTP/0.1\r\n" CLOSE, "HTTP/1.0 505 HTTP Version Not Supported");
    check_refused(bench, "GET /%00 HTTP/1.1\r\n" CLOSE, "400 Bad Request");
    check_refused(bench, "GET /?a=%f HTTP/1.1\r\n" CLOSE, "400 Bad Request");
    check_refused(bench, "GET http://localhost/ HTTP/1.1\r\n" CLOSE, "400 Bad Request");
    check_refused(bench, "GET / HTTP/1.1\r\nHost: a\r\n" CLOSE, "400 Bad Request");
}

static void test_limits(void **state)
{
    struct bench *bench = *state;
    CLEAN(buffer_finish) struct buffer uri = {0};
    buffer_text(&uri, "GET /");
    for (int i = 0; i <= HTTP_URI_MOST; i++)
        buffer_byte(&uri, 'a');
    buffer_text(&uri, " HTTP/1.1\r\n" CLOSE);
    check_refused(bench, uri.data, "414 URI Too Long");
    CLEAN(buffer_finish) struct buffer header = {0};
    buffer_text(&header, "GET / HTTP/1.1\r\nX: ");
    for (int i = 0; i <= 2 * HTTP_HEADER_MOST; i++)
        buffer_byte(&header, 'a');
    CLEAN(clean_fd) int fd = connect_tcp(bench);
    CLEAN(buffer_finish) struct buffer text = {0};
    bench->seen[0] = '\0';
    say(fd, header.data);
    assert_true(hear(bench, fd, NULL, &text));
    assert_string_equal(bench->seen, "");
    check_refused(bench, "POST / HTTP/1.1\r\nContent-Length: 999999\r\n" CLOSE, "413");
}

static void test_late(void **state)
{
    struct bench *bench = *state;
    CLEAN(clean_fd) int fd = connect_tcp(bench);
    CLEAN(buffer_finish) struct buffer text = {0};
    say(fd, "GET /late HTTP/1.1\r\n" CLOSE);
    while (!bench->held)
        event_base_loop(bench->base, EVLOOP_ONCE);
    answer_text(bench->held, "at last");
    assert_true(hear(bench, fd, NULL, &text));
    assert_non_null(strstr(text.data, "at last"));
}

/* The asker has gone before the answer: it is dropped, and nobody stumbles. */
static void test_gone(void **state)
{
    struct bench *bench = *state;
    int fd = connect_tcp(bench);
    say(fd, "GET /late HTTP/1.1\r\n" CLOSE);
    while (!bench->held)
        event_base_loop(bench->base, EVLOOP_ONCE);
    close(fd);
    event_base_loop(bench->base, EVLOOP_NONBLOCK);
    answer_text(bench->held, "too late");
    for (int i = 0; i < 20; i++)
        event_base_loop(bench->base, EVLOOP_NONBLOCK);
    CLEAN(clean_text) char *next = exchange(bench, "GET / HTTP/1.1\r\n" CLOSE);
    assert_non_null(strstr(next, "hello"));
}

static void test_local(void **state)
{
    struct bench *bench = *state;
    struct sockaddr_un address = unix_address(bench);
    CLEAN(clean_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CLEAN(buffer_finish) struct buffer text = {0};
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    say(fd, "GET / HTTP/1.1\r\n" CLOSE);
    assert_true(hear(bench, fd, NULL, &text));
    assert_non_null(strstr(text.data, "hello"));
    assert_true(bench->peer.local);
    assert_int_equal(bench->peer.uid, getuid());
    assert_int_equal(bench->peer.pid, getpid());
}

/* Keep-alive: several on one connection, and more connections than are allowed wait their turn. */
static void test_connections(void **state)
{
    struct bench *bench = *state;
    int fds[CONNECTIONS + 2];
    for (int i = 0; i < CONNECTIONS + 2; i++)
        fds[i] = connect_tcp(bench);
    for (int i = 0; i < CONNECTIONS; i++) {
        for (int n = 0; n < 3; n++) {
            CLEAN(buffer_finish) struct buffer text = {0};
            say(fds[i], "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assert_true(hear(bench, fds[i], "\r\n\r\nhello", &text));
        }
    }
    CLEAN(buffer_finish) struct buffer waits = {0};
    say(fds[CONNECTIONS], "GET /waits HTTP/1.1\r\nHost: localhost\r\n\r\n");
    for (int i = 0; i < 20; i++)
        event_base_loop(bench->base, EVLOOP_NONBLOCK);
    assert_null(strstr(bench->seen, "/waits"));
    close(fds[0]);
    assert_true(hear(bench, fds[CONNECTIONS], "\r\n\r\nhello", &waits));
    assert_non_null(strstr(bench->seen, "/waits"));
    for (int i = 1; i < CONNECTIONS + 2; i++)
        close(fds[i]);
}

static void test_nonsense(void **state)
{
    struct bench *bench = *state;
    static const char *const lines[] = {"\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n",
                                        "GET / HTTP/9.9\r\n\r\n", ("FROB / HTTP/1.1\r\n" CLOSE)};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        CLEAN(clean_fd) int fd = connect_tcp(bench);
        CLEAN(buffer_finish) struct buffer text = {0};
        bench->seen[0] = '\0';
        say(fd, lines[i]);
        shutdown(fd, SHUT_WR);
        hear(bench, fd, NULL, &text);
        assert_string_equal(bench->seen, "");
    }
    CLEAN(clean_text) char *next = exchange(bench, "GET / HTTP/1.1\r\n" CLOSE);
    assert_non_null(strstr(next, "hello"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_parameter_limit),
        cmocka_unit_test(test_path),
        cmocka_unit_test_setup_teardown(test_get, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_post, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sealed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_local, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connections, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nonsense, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
