/* conformd-front: listens. Metrics, health and pages it answers itself; a session the engine
 * begins; all else the reader answers. */
#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/base/text.h"
#include "ground/process/child.h"
#include "outside/front/ask.h"
#include "outside/front/guard.h"
#include "outside/front/held.h"
#include "outside/front/replies.h"
#include "outside/front/waiting.h"
#include "outside/http/server.h"
#include "outside/web/web.h"
#include "programs/conformd-front/reading.h"
#include "programs/conformd-front/reads.h"

#include <string.h>
#include <sys/socket.h>

/* Each kind of listener has connections of its own: who fills the one does not shut the other. */
enum { LOCAL_CONNECTIONS = 64, TCP_CONNECTIONS = 256 };

/* What becomes of the answer. */
enum purpose {
    PURPOSE_RELAY,   /* it is the answer */
    PURPOSE_SAMPLES, /* it says whether this one may read; then the samples are the answer */
};

struct front {
    struct child child;
    struct sandbox_state sandbox;
    struct channel *engine;
    struct child_link *link;
    struct http_server *local;
    struct http_server *tcp;
    struct held held;
    struct waiting waiting; /* for the engine */
    struct reading reading;
    struct reads reads;
    struct loop_timer *late;
    bool is_public;
};

/* --- what the engine left here --- */

static void answer_held(struct front *front, struct http_request *request, enum held_kind kind)
{
    const char *trouble = held_trouble(&front->held, clock_now().boot_ms);
    if (trouble) {
        replies_refuse(request, 503, trouble);
        return;
    }
    enum exposition_dialect dialect = exposition_choose(http_header(request, "Accept"));
    int fd = held_find(&front->held, kind, dialect, &dialect);
    if (fd < 0)
        replies_refuse(request, 503, "the engine has not yet written this");
    else
        replies_sealed(request, 200, exposition_content_type(dialect), fd);
}

static void answer_metrics(struct front *front, struct http_request *request)
{
    answer_held(front, request, HELD_METRICS);
}

static void answer_health(struct front *front, struct http_request *request)
{
    const char *trouble = held_trouble(&front->held, clock_now().boot_ms);
    if (trouble)
        replies_refuse(request, 503, trouble);
    else
        replies_sealed(request, 200, "application/json", front->held.fds[HELD_HEALTH][0]);
}

static void answer_ready(struct front *front, struct http_request *request)
{
    const char *trouble = held_trouble(&front->held, clock_now().boot_ms);
    if (trouble)
        replies_refuse(request, 503, trouble);
    else
        replies_sealed(request, front->held.ready ? 200 : 503, "application/json",
                       front->held.fds[HELD_HEALTH][0]);
}

/* --- what the engine is asked --- */

static void set_late(struct front *front)
{
    int64_t next_ms = waiting_next_ms(&front->waiting);
    if (next_ms == INT64_MAX)
        loop_timer_stop(front->late);
    else
        loop_timer_set(front->late, next_ms - clock_now().boot_ms);
}

static int send_ask(struct front *front, const struct ask *ask, int64_t id)
{
    CLEAN(clean_json) json_t *message = NULL;
    int code = ask_make(ask, id, &message);
    code = code ? code : messages_send(front->engine, MESSAGE_ASK, message);
    if (!code)
        child_link_flush(front->link);
    return code;
}

/* The reader stands and falls with the engine. */
static bool is_away(struct front *front, struct http_request *request)
{
    if (!front->held.linked)
        replies_refuse(request, 503, "the engine has gone; conformd is starting it again");
    return !front->held.linked;
}

static void ask_engine(struct front *front, struct http_request *request, const struct ask *ask)
{
    struct waiting_row row = {.deadline_ms = clock_now().boot_ms + WAITING_MS, .request = request};
    int64_t id;
    if (is_away(front, request))
        return;
    if (waiting_add(&front->waiting, &row, &id)) {
        replies_refuse(request, 503, "too many questions wait for the engine");
        return;
    }
    int code = send_ask(front, ask, id);
    if (code && !waiting_take(&front->waiting, id, &row))
        replies_refuse(request, code == ERROR_FORMAT ? 400 : 503,
                       code == ERROR_FORMAT ? "the body is not UTF-8"
                                            : "the engine cannot be asked now");
    set_late(front);
}

/* With the browser's cookie or a bearer's token; on api.sock with who it is. */
static void ask_as_peer(struct front *front, struct http_request *request, enum purpose purpose,
                        const char *path)
{
    CLEAN(clean_text) char *cookie = guard_cookie_name(http_header(request, "Host"));
    CLEAN(clean_text)
    char *token = cookie ? guard_token(http_header(request, "Authorization"),
                                       http_header(request, "Cookie"), cookie)
                         : NULL;
    struct ask ask = {
        .method = strcmp(request->method, "HEAD") != 0 ? request->method : "GET",
        .path = path,
        .query = request->query,
        .body = request->body,
        .token = token,
        .local = request->peer.local,
        .uid = request->peer.uid,
        .pid = request->peer.pid,
    };
    if (!is_away(front, request))
        reading_ask(&front->reading, request, (int)purpose, &ask);
}

/* Samples hold no personal label. On a loopback listener a scraper on this host reads them as it
 * reads /metrics; from outside only who may read the status. */
static void answer_samples(struct front *front, struct http_request *request)
{
    if (front->is_public)
        ask_as_peer(front, request, PURPOSE_SAMPLES, "/api/status");
    else
        answer_held(front, request, HELD_SAMPLES);
}

/* The one-time link of `conformctl open`. A HEAD, as programs that preview links send it, must not
 * use it up. */
static void answer_open(struct front *front, struct http_request *request)
{
    const char *token = json_text_of(request->query, "token", "");
    CLEAN(clean_json) json_t *nothing = json_object();
    if (strcmp(request->method, "GET") != 0 || request->peer.local || !guard_is_token(token)) {
        replies_page(request, 403, "/expired.html");
        return;
    }
    struct ask ask = {.method = "POST", .path = "/session", .query = nothing, .body = token};
    ask_engine(front, request, &ask);
}

/* The link is left behind, so that the token stands neither in the history nor in the address. */
static void relay_session(struct http_request *request, const struct answer *answer)
{
    CLEAN(clean_text) char *session = answer->status == 200 ? ask_answer_session(answer) : NULL;
    CLEAN(clean_text) char *name = guard_cookie_name(http_header(request, "Host"));
    CLEAN(clean_text) char *cookie = session && name ? guard_set_cookie(name, session) : NULL;
    if (!cookie) {
        replies_page(request, 403, "/expired.html");
        return;
    }
    replies_session(request, cookie);
}

static void on_read(void *context, const struct question *question, const struct answer *answer)
{
    struct front *front = context;
    const struct http_request *request = question->request;
    reads_note(&front->reads, answer, request->peer.local);
    if (question->purpose == PURPOSE_SAMPLES && answer->status == 200)
        answer_held(front, question->request, HELD_SAMPLES);
    else
        replies_relay(question->request, answer);
}

static void on_unread(void *context, const struct question *question, int status,
                      const char *sentence)
{
    (void)context;
    replies_refuse(question->request, status, sentence);
}

static int on_answer(void *context, struct channel_message *message)
{
    struct front *front = context;
    CLEAN(clean_json) json_t *object = NULL;
    struct answer answer;
    struct waiting_row row;
    int code = messages_json(message, &object);
    code = code ? code : ask_answer_read(object, &answer);
    if (code)
        return code;
    if (waiting_take(&front->waiting, answer.id, &row)) /* it came too late */
        return 0;
    set_late(front);
    reads_note(&front->reads, &answer, false);
    relay_session(row.request, &answer);
    return 0;
}

static void on_late(void *context)
{
    struct front *front = context;
    struct waiting_row row;
    while (!waiting_take_late(&front->waiting, clock_now().boot_ms, &row))
        replies_refuse(row.request, 504, "the engine did not answer within 10 s");
    set_late(front);
}

static void refuse_waiting(struct front *front, const char *sentence)
{
    struct waiting_row row;
    while (!waiting_take_late(&front->waiting, INT64_MAX, &row))
        replies_refuse(row.request, 503, sentence);
    set_late(front);
    reading_drop(&front->reading, sentence);
}

/* --- the engine's channel --- */

static int on_metrics(void *context, struct channel_message *message)
{
    struct front *front = context;
    CLEAN(clean_json) json_t *object = NULL;
    int code = messages_json(message, &object);
    code = code ? code : held_take(&front->held, object, message->fd, clock_now().boot_ms);
    if (!code)
        message->fd = -1;
    return code;
}

static int on_pause(void *context, struct channel_message *message)
{
    struct front *front = context;
    CLEAN(clean_json) json_t *object = NULL;
    int code = messages_json(message, &object);
    if (!code)
        reading_pause(&front->reading, json_flag_of(object, "paused", false));
    return code;
}

static const struct channel_rule engine_rules[] = {
    {MESSAGE_ANSWER, 0, CHANNEL_MOST - CHANNEL_LEAST, CHANNEL_FD_MAYBE, on_answer},
    {MESSAGE_METRICS, 2, CHANNEL_MOST - CHANNEL_LEAST, CHANNEL_FD_MUST, on_metrics},
    {MESSAGE_PAUSE, 2, CHANNEL_MOST - CHANNEL_LEAST, CHANNEL_FD_NONE, on_pause},
    {0},
};

static void drop_engine(struct front *front)
{
    child_link_free(front->link);
    channel_free(front->engine);
    front->link = NULL;
    front->engine = NULL;
    front->held.linked = false;
    held_drop(&front->held);
}

/* It goes on listening: whoever asks is told that the engine is away, and the parent gives a new
 * channel or replaces this process. */
static void on_engine_end(void *context, int code, const char *sentence)
{
    struct front *front = context;
    if (code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the engine's channel: %s", sentence);
    drop_engine(front);
    refuse_waiting(front, "the engine has gone; conformd is starting it again");
    child_status(&front->child, "the engine is away");
}

static int take_engine(struct front *front, int fd)
{
    int code = channel_new(fd, engine_rules, true, front, &front->engine);
    code = code ? code
                : child_link_new(&front->child, front->engine, on_engine_end, front, &front->link);
    front->held.linked = code == 0;
    return code;
}

static int on_ended(void *context, struct channel_message *message)
{
    struct front *front = context;
    return reading_on_ended(&front->reading, message);
}

static int on_connect(void *context, struct channel_message *message)
{
    struct front *front = context;
    CLEAN(clean_json) json_t *object = NULL;
    if (json_read((const char *)message->body, message->length, &object, NULL))
        return ERROR_PEER;
    if (strcmp(json_text_of(object, "role", ""), "reader") == 0)
        return reading_on_connect(&front->reading, message);
    front->reading.paused = false;
    drop_engine(front);
    refuse_waiting(front, "the engine was started again");
    int fd = message->fd;
    message->fd = -1;
    return take_engine(front, fd);
}

/* --- requests --- */

static const struct front_route {
    const char *path;
    void (*answer)(struct front *front, struct http_request *request);
} front_routes[] = {
    {"/metrics", answer_metrics}, {"/metrics/samples", answer_samples},
    {"/healthz", answer_health},  {"/readyz", answer_ready},
    {"/open", answer_open},
};

static bool is_reading(const struct http_request *request)
{
    return strcmp(request->method, "POST") != 0;
}

static void on_request(void *context, struct http_request *request)
{
    struct front *front = context;
    const char *type;
    if (!request->peer.local && !guard_host(http_header(request, "Host"), front->is_public)) {
        replies_refuse(request, 403,
                       "the Host header names neither localhost nor a loopback address; with "
                       "http.public = true any name is accepted");
        return;
    }
    for (size_t i = 0; i < sizeof front_routes / sizeof *front_routes; i++) {
        if (strcmp(front_routes[i].path, request->path) != 0)
            continue;
        if (is_reading(request))
            front_routes[i].answer(front, request);
        else
            replies_refuse(request, 405, "this can only be read: use GET");
        return;
    }
    if (is_reading(request) && web_find(request->path, &type))
        replies_page(request, 200, request->path);
    else if (!strcmp(request->path, "/session"))
        replies_refuse(request, 404, "there is nothing at this path");
    else
        ask_as_peer(front, request, PURPOSE_RELAY, request->path);
}

/* --- life --- */

static int take_listener(struct front *front, int fd)
{
    int domain = 0;
    socklen_t size = sizeof domain;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size))
        return ERROR_IO;
    return http_server_listen(domain == AF_UNIX ? front->local : front->tcp, fd);
}

static int start(struct front *front)
{
    struct http_calls calls = {on_request, front};
    struct event_base *base = loop_base(front->child.loop);
    struct reading_calls reading = {on_read, on_unread, front};
    int code = loop_timer(front->child.loop, on_late, front, &front->late);
    code = code ? code : reads_init(&front->reads, front->child.loop);
    code = code ? code : reading_init(&front->reading, &front->child, &reading);
    code = code ? code : http_server_new(base, LOCAL_CONNECTIONS, &calls, &front->local);
    code = code ? code : http_server_new(base, TCP_CONNECTIONS, &calls, &front->tcp);
    code = code ? code : take_engine(front, CHILD_ENGINE);
    for (int i = 0; i < front->child.listeners && !code; i++)
        code = take_listener(front, CHILD_LISTEN + i);
    return code;
}

static void read_config(struct front *front)
{
    front->is_public = json_flag_of(json_object_get(front->child.config, "http"), "public", false);
    front->reads.enabled = json_flag_of(front->child.config, "log_reads", false);
}

static void on_stop(void *context)
{
    struct front *front = context;
    refuse_waiting(front, "conformd is stopping");
    child_stopped(&front->child);
}

static int on_prepare(void *context, json_t *config, struct error *error)
{
    (void)context;
    (void)config;
    (void)error;
    return 0;
}

static void on_commit(void *context)
{
    read_config(context);
}

static void finish(struct front *front)
{
    http_server_free(front->local);
    http_server_free(front->tcp);
    drop_engine(front);
    reading_finish(&front->reading);
    reads_finish(&front->reads);
    loop_timer_free(front->late);
    sandbox_finish(&front->sandbox);
    child_finish(&front->child);
}

int main(int argc, char **argv)
{
    static const struct channel_rule more[] = {
        {MESSAGE_CONNECT, 2, CHANNEL_MOST - CHANNEL_LEAST, CHANNEL_FD_MUST, on_connect},
        {MESSAGE_ENDED, 2, CHANNEL_MOST - CHANNEL_LEAST, CHANNEL_FD_NONE, on_ended},
        {0},
    };
    static const struct child_calls calls = {
        .role = ROLE_FRONT,
        .on_stop = on_stop,
        .on_prepare = on_prepare,
        .on_commit = on_commit,
        .more = more,
    };
    struct front front = {0};
    held_init(&front.held);
    int refused = child_start(argc, argv, &calls, &front, &front.child);
    if (refused >= 0)
        return refused;
    const struct sandbox_plan plan = {0};
    if (child_enter(&front.child, &plan, &front.sandbox))
        return 1;
    if (front.child.check) {
        child_checked(&front.child, NULL);
        child_finish(&front.child);
        return 0;
    }
    read_config(&front);
    int code = start(&front);
    if (code) {
        log_write(LOG_LEVEL_ERROR, "cannot start: %s", error_text(code));
    } else {
        child_ready(&front.child);
        child_status(&front.child, "listening on %d sockets", front.child.listeners);
        code = loop_run(front.child.loop);
        refuse_waiting(&front, "conformd is stopping");
    }
    finish(&front);
    return code ? 1 : 0;
}
