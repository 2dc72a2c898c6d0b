/* evhttp in our words: requests come out checked and decoded, answers go in whole. */
#include "outside/http/server.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "outside/http/connections.h"
#include "outside/http/parameters.h"

struct http_server {
    struct evhttp *http;
    struct connections connections;
    struct http_calls calls;
};

static struct bufferevent *bufferevent_of(struct evhttp_request *inner)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(inner);
    return connection ? evhttp_connection_get_bufferevent(connection) : NULL;
}

static void free_request(struct http_request *request)
{
    if (!request)
        return;
    free(request->path);
    free(request->body);
    json_decref(request->query);
    free(request);
}

/* --- in --- */

static const char *method_of(struct evhttp_request *inner)
{
    switch (evhttp_request_get_command(inner)) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    case EVHTTP_REQ_POST:
        return "POST";
    default:
        return NULL;
    }
}

static void read_peer(struct evhttp_request *inner, struct http_peer *ret)
{
    struct bufferevent *bufferevent = bufferevent_of(inner);
    int fd = bufferevent ? bufferevent_getfd(bufferevent) : -1;
    struct ucred credentials;
    int domain = 0;
    socklen_t size = sizeof domain;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) || domain != AF_UNIX)
        return;
    size = sizeof credentials;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size))
        return;
    *ret = (struct http_peer){true, credentials.uid, (uint32_t)credentials.pid};
}

static bool is_form(struct evhttp_request *inner)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = evhttp_find_header(evhttp_request_get_input_headers(inner), "Content-Type");
    return type && !strncasecmp(type, form, sizeof form - 1) &&
           strchr("; \t", type[sizeof form - 1]);
}

static int read_body(struct evhttp_request *inner, struct http_request *request)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(inner);
    size_t length = evbuffer_get_length(input);
    if (!length || strcmp(request->method, "POST") != 0)
        return 0;
    const char *bytes = (const char *)evbuffer_pullup(input, -1);
    if (!bytes)
        return ERROR_MEMORY;
    if (is_form(inner))
        return http_parameters_read(bytes, length, request->query);
    request->body = malloc(length + 1);
    if (!request->body)
        return ERROR_MEMORY;
    memcpy(request->body, bytes, length);
    request->body[length] = '\0';
    request->body_length = length;
    return 0;
}

/* Only "/path?query": who sends a whole URI takes this server for a proxy. */
static int read_uri(const char *uri, struct http_request *request)
{
    size_t path = strcspn(uri, "?#");
    const char *query = uri[path] == '?' ? uri + path + 1 : "";
    int code = http_path_read(uri, path, &request->path);
    return code ? code : http_parameters_read(query, strcspn(query, "#"), request->query);
}

static int read_request(struct evhttp_request *inner, struct http_request *request)
{
    request->query = json_object();
    if (!request->query)
        return ERROR_MEMORY;
    read_peer(inner, &request->peer);
    int code = read_uri(evhttp_request_get_uri(inner), request);
    return code ? code : read_body(inner, request);
}

/* A second Host would let one reader check the first and another serve the second. */
static bool has_one_host(struct evhttp_request *inner)
{
    const struct evkeyval *header;
    size_t count = 0;
    for (header = evhttp_request_get_input_headers(inner)->tqh_first; header;
         header = header->next.tqe_next)
        count += !strcasecmp(header->key, "Host");
    return count <= 1;
}

static void refuse(struct http_request *request, int status, const char *sentence)
{
    static const struct http_field fields[] = {{"Allow", "GET, HEAD, POST"}, {NULL, NULL}};
    CLEAN(clean_text) char *body = text_format("%s\n", sentence);
    http_answer(request, &(struct http_answer){
                             .status = status,
                             .type = "text/plain; charset=utf-8",
                             .fields = status == 405 ? fields : NULL,
                             .body = body,
                             .length = body ? strlen(body) : 0,
                         });
}

/* evhttp takes any number and answers under the same one, which the other side need not know. */
static bool has_known_version(struct evhttp_request *inner)
{
    if (inner->major == 1)
        return true;
    inner->major = 1;
    inner->minor = 0;
    return false;
}

static void on_evhttp_request(struct evhttp_request *inner, void *argument)
{
    struct http_server *server = argument;
    struct http_request *request = calloc(1, sizeof *request);
    if (!request) {
        evhttp_send_error(inner, 503, NULL);
        return;
    }
    request->inner = inner;
    request->server = server;
    request->method = method_of(inner);
    connections_allow(&server->connections, bufferevent_of(inner), -1);
    if (!has_known_version(inner)) {
        request->method = "";
        refuse(request, 505, "HTTP/1.0 and HTTP/1.1 are understood");
        return;
    }
    if (!request->method) {
        request->method = "";
        refuse(request, 405, "only GET, HEAD and POST are understood");
        return;
    }
    if (strlen(evhttp_request_get_uri(inner)) > HTTP_URI_MOST) {
        refuse(request, 414, "the address is longer than 8 KiB");
        return;
    }
    if (!has_one_host(inner)) {
        refuse(request, 400, "more than one Host header");
        return;
    }
    int code = read_request(inner, request);
    if (code)
        refuse(request, code == ERROR_MEMORY ? 503 : 400,
               "the path or a parameter is not well-formed");
    else
        server->calls.on_request(server->calls.context, request);
}

const char *http_header(const struct http_request *request, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(request->inner), name);
}

/* --- out --- */

static const char *phrase_of(int status)
{
    static const struct phrase {
        int status;
        const char *words;
    } phrases[] = {{200, "OK"},
                   {303, "See Other"},
                   {304, "Not Modified"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {414, "URI Too Long"},
                   {422, "Unprocessable Content"},
                   {429, "Too Many Requests"},
                   {500, "Internal Server Error"},
                   {502, "Bad Gateway"},
                   {503, "Service Unavailable"},
                   {504, "Gateway Timeout"},
                   {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (phrases[i].status == status)
            return phrases[i].words;
    return "Other";
}

/* The map outlives the descriptor, which the next sealed text may replace before all is sent. */
static void on_sent(const void *bytes, size_t length, void *argument)
{
    (void)argument;
    munmap((void *)(uintptr_t)bytes, length);
}

static void on_sent_static(const void *bytes, size_t length, void *argument)
{
    (void)bytes;
    (void)length;
    (void)argument;
}

static int put_sealed(struct evbuffer *output, int fd)
{
    struct stat status;
    if (fstat(fd, &status))
        return ERROR_IO;
    size_t length = (size_t)status.st_size;
    if (!length)
        return 0;
    void *bytes = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return ERROR_IO;
    if (!evbuffer_add_reference(output, bytes, length, on_sent, NULL))
        return 0;
    munmap(bytes, length);
    return ERROR_MEMORY;
}

static int put_body(struct evbuffer *output, const struct http_answer *answer)
{
    if (answer->sealed > 0)
        return put_sealed(output, answer->sealed);
    int failed = answer->is_static ? evbuffer_add_reference(output, answer->body, answer->length,
                                                            on_sent_static, NULL)
                                   : evbuffer_add(output, answer->body, answer->length);
    return failed ? ERROR_MEMORY : 0;
}

static void put_length(struct evkeyvalq *headers, size_t length)
{
    CLEAN(clean_text) char *text = text_format("%zu", length);
    if (text)
        evhttp_add_header(headers, "Content-Length", text);
}

static void on_complete(struct evhttp_request *inner, void *argument)
{
    struct http_server *server = argument;
    connections_allow(&server->connections, bufferevent_of(inner), HTTP_IDLE_MS);
}

void http_answer(struct http_request *request, const struct http_answer *answer)
{
    struct evhttp_request *inner = request->inner;
    struct evkeyvalq *headers = evhttp_request_get_output_headers(inner);
    struct evbuffer *output = evhttp_request_get_output_buffer(inner);
    struct http_server *server = request->server;
    int status = answer->status;
    if (put_body(output, answer))
        status = 503;
    if (answer->type)
        evhttp_add_header(headers, "Content-Type", answer->type);
    for (const struct http_field *field = answer->fields; field && field->name; field++)
        evhttp_add_header(headers, field->name, field->value);
    put_length(headers, evbuffer_get_length(output));
    if (!strcmp(request->method, "HEAD"))
        evbuffer_drain(output, evbuffer_get_length(output));
    connections_allow(&server->connections, bufferevent_of(inner), HTTP_WRITE_MS);
    evhttp_request_set_on_complete_cb(inner, on_complete, server);
    evhttp_send_reply(inner, status, phrase_of(status), NULL);
    free_request(request);
}

/* --- the server --- */

/* What libevent would print about its peers is theirs to choose, and not for our log. */
static void on_libevent_says(int severity, const char *words)
{
    (void)severity;
    (void)words;
}

static void set_limits(struct http_server *server)
{
    struct evhttp *http = server->http;
    evhttp_set_max_headers_size(http, HTTP_HEADER_MOST);
    evhttp_set_max_body_size(http, HTTP_BODY_MOST);
    evhttp_set_default_content_type(http, NULL);
    evhttp_set_timeout(http, HTTP_IDLE_MS / 1000);
    /* All that it can name, so that the refusal is a 405 of ours and not its 501. */
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
                                         EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                         EVHTTP_REQ_PATCH | EVHTTP_REQ_TRACE);
    evhttp_set_gencb(http, on_evhttp_request, server);
    evhttp_set_bevcb(http, connections_make, &server->connections);
}

int http_server_new(struct event_base *base, size_t connections, const struct http_calls *calls,
                    struct http_server **ret)
{
    event_set_log_callback(on_libevent_says);
    struct http_server *server = calloc(1, sizeof *server);
    if (!server)
        return ERROR_MEMORY;
    server->calls = *calls;
    if (connections_init(&server->connections, base, connections)) {
        free(server);
        return ERROR_MEMORY;
    }
    server->http = evhttp_new(base);
    if (!server->http) {
        http_server_free(server);
        return ERROR_MEMORY;
    }
    set_limits(server);
    *ret = server;
    return 0;
}

/* Accepted sockets inherit it; an answer in two writes would wait 40 ms for the other side. */
static int set_nodelay(int fd)
{
    int domain = 0, yes = 1;
    socklen_t size = sizeof domain;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size))
        return ERROR_IO;
    if (domain != AF_INET && domain != AF_INET6)
        return 0;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) ? ERROR_IO : 0;
}

int http_server_listen(struct http_server *server, int fd)
{
    if (set_nodelay(fd) || evutil_make_socket_nonblocking(fd))
        return ERROR_IO;
    struct evhttp_bound_socket *bound = evhttp_accept_socket_with_handle(server->http, fd);
    if (!bound)
        return ERROR_MEMORY;
    return connections_listener(&server->connections, evhttp_bound_socket_get_listener(bound));
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    if (server->http)
        evhttp_free(server->http);
    connections_finish(&server->connections);
    free(server);
}
