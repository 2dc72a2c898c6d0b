/* Clients of the control socket, one request each. Who they are comes from the kernel. */
#include "programs/conformd-engine/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

/* ASK_MS: from the connection to its whole line, and from the answer until it is read: who keeps
 * silent takes nobody's place for longer. */
enum { CLIENTS_LIMIT = 32, LINE_LIMIT = 65536, READ_SIZE = 4096, ASK_MS = 5000 };

struct control_client {
    struct control *control;
    struct control_client *next;
    struct loop_watch *watch;
    struct loop_timer *late;
    int fd;
    uint32_t uid;
    uint32_t loginuid;
    struct buffer in;
    struct buffer out;
    bool asked;
    bool answered;
};

/* The audit loginuid of the process at the other end, which follows a person through su and sudo.
 * The connection is open, so its pid was not given to another when this was read. */
static uint32_t read_loginuid(pid_t pid)
{
    CLEAN(clean_text) char *path = text_format("/proc/%d/loginuid", (int)pid);
    CLEAN(buffer_finish) struct buffer text = {0};
    int64_t value;
    if (!path || file_read(path, 32, &text) || text_to_integer(text.data, &value))
        return (uint32_t)-1;
    return (uint32_t)value;
}

static void drop(struct control_client *client)
{
    struct control *control = client->control;
    struct control_client **at = &control->clients;
    while (*at && *at != client)
        at = &(*at)->next;
    if (*at)
        *at = client->next;
    control->count--;
    if (control->watch)
        loop_watch_set(control->watch, LOOP_READ);
    if (client->asked && !client->answered)
        control->calls.on_gone(control->calls.context, client);
    loop_unwatch(client->watch);
    loop_timer_free(client->late);
    close(client->fd);
    buffer_finish(&client->in);
    buffer_finish(&client->out);
    free(client);
}

/* Writes what it can; the connection ends with the answer. */
static void flush(struct control_client *client)
{
    while (client->out.length) {
        ssize_t count = send(client->fd, client->out.data, client->out.length, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN) {
            loop_watch_set(client->watch, LOOP_WRITE);
            return;
        }
        if (count < 0)
            break;
        buffer_consume(&client->out, (size_t)count);
    }
    drop(client);
}

static void answer(struct control_client *client, json_t *json)
{
    CLEAN(clean_text) char *text = json_canonical(json);
    json_decref(json);
    client->answered = true;
    loop_timer_set(client->late, ASK_MS);
    buffer_text(&client->out, text ? text : "{\"ok\":false,\"sentence\":\"out of memory\"}");
    buffer_byte(&client->out, '\n');
    flush(client);
}

static void take_line(struct control_client *client, size_t length)
{
    CLEAN(clean_json) json_t *request = NULL;
    CLEAN(error_finish) struct error error = {0};
    struct control *control = client->control;
    client->asked = true;
    loop_timer_stop(client->late);
    loop_watch_set(client->watch, LOOP_READ);
    if (json_read(client->in.data, length, &request, &error)) {
        answer(client, json_pack("{s:b, s:s, s:s}", "ok", false, "code", "invalid", "sentence",
                                 error_sentence(&error)));
        return;
    }
    struct acts_asker asker = {client->uid, client->loginuid, client};
    json_t *json = control->calls.on_command(control->calls.context, request, &asker);
    if (json)
        answer(client, json);
}

static void on_client(void *context, unsigned events)
{
    struct control_client *client = context;
    char bytes[READ_SIZE];
    if (events & LOOP_WRITE) {
        flush(client);
        return;
    }
    ssize_t count = read(client->fd, bytes, sizeof bytes);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        drop(client);
        return;
    }
    if (client->asked)
        return; /* one request a connection; what follows is not read as one */
    buffer_append(&client->in, bytes, (size_t)count);
    char *end = client->in.data ? memchr(client->in.data, '\n', client->in.length) : NULL;
    if (end)
        take_line(client, (size_t)(end - client->in.data));
    else if (client->in.failed || client->in.length >= LINE_LIMIT)
        answer(client, json_pack("{s:b, s:s, s:s}", "ok", false, "code", "invalid", "sentence",
                                 "the request is longer than 64 KiB"));
}

static void on_late(void *context)
{
    drop(context);
}

static int watch_client(struct control_client *client)
{
    struct loop *loop = client->control->loop;
    int code = loop_timer(loop, on_late, client, &client->late);
    if (!code)
        code = loop_watch(loop, client->fd, on_client, client, &client->watch);
    if (code) {
        loop_timer_free(client->late);
        return code;
    }
    loop_timer_set(client->late, ASK_MS);
    loop_watch_set(client->watch, LOOP_READ);
    return 0;
}

static void on_listener(void *context, unsigned events)
{
    struct control *control = context;
    struct ucred peer;
    socklen_t length = sizeof peer;
    (void)events;
    CLEAN(clean_fd) int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length))
        return;
    struct control_client *client = calloc(1, sizeof *client);
    if (!client)
        return;
    *client = (struct control_client){.control = control,
                                      .fd = fd,
                                      .uid = peer.uid,
                                      .loginuid = read_loginuid(peer.pid),
                                      .in = {.limit = LINE_LIMIT}};
    if (watch_client(client)) {
        free(client);
        return;
    }
    fd = -1;
    client->next = control->clients;
    control->clients = client;
    /* More of them wait in the kernel until one goes. */
    if (++control->count == CLIENTS_LIMIT)
        loop_watch_set(control->watch, 0);
}

int control_init(struct control *control, struct loop *loop, int listener,
                 const struct control_calls *calls)
{
    *control = (struct control){.loop = loop, .listener = listener, .calls = *calls};
    int code = loop_watch(loop, listener, on_listener, control, &control->watch);
    if (!code)
        loop_watch_set(control->watch, LOOP_READ);
    return code;
}

void control_reply(struct control *control, void *asker, json_t *json)
{
    for (struct control_client *client = control->clients; client; client = client->next)
        if (client == asker) {
            answer(client, json);
            return;
        }
    json_decref(json);
}

void control_stop(struct control *control)
{
    loop_unwatch(control->watch);
    control->watch = NULL;
}

void control_finish(struct control *control)
{
    control_stop(control);
    while (control->clients) {
        control->clients->answered = true;
        drop(control->clients);
    }
}
