/* What the children have in common: start, signs of life, prepare and commit, stop. */
#include "ground/process/child.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/process/confine.h"
#include "ground/process/inherit.h"

enum { ALIVE_MS = 1000, LAST_WORDS_MS = 100, LAST_WORDS_TRIES = 20, USAGE = 2 };

struct child_inner {
    const struct child_calls *calls;
    void *context; /* of the calls */
    struct child_link *link;
    struct loop_timer *alive;
    json_t *prepared;
    int64_t faults;
};

static void send_body(struct child *child, enum message_type type, const json_t *object)
{
    static const struct buffer nothing = {0};
    int code = object ? messages_send(child->parent, type, object)
                      : channel_send(child->parent, type, &nothing, -1, NULL);
    if (code && code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "a message of type %d to the parent: %s", (int)type,
                  error_text(code));
    if (child->inner->link)
        child_link_flush(child->inner->link);
}

/* --- what the parent sends --- */

static int on_stop(void *context, struct channel_message *message)
{
    (void)message;
    struct child *child = context;
    if (child->inner->calls->on_stop)
        child->inner->calls->on_stop(child->inner->context);
    else
        child_stopped(child);
    return 0;
}

static int on_prepare(void *context, struct channel_message *message)
{
    struct child *child = context;
    struct child_inner *inner = child->inner;
    CLEAN(clean_json) json_t *config = NULL;
    int code = messages_json(message, &config);
    if (code)
        return code;
    CLEAN(error_finish) struct error error = {0};
    if (inner->calls->on_prepare)
        code = inner->calls->on_prepare(inner->context, config, &error);
    else
        code = error_set(&error, ERROR_STATE, "this role accepts no new configuration");
    json_decref(inner->prepared);
    inner->prepared = code ? NULL : json_incref(config);
    CLEAN(clean_json)
    json_t *answer =
        json_pack("{s:b, s:s}", "ok", code == 0, "sentence", code ? error_sentence(&error) : "");
    if (!answer)
        return ERROR_MEMORY;
    send_body(child, MESSAGE_PREPARED, answer);
    return 0;
}

static void open_log(const struct child *child)
{
    log_open(role_find(child->role)->program, true,
             log_level_named(json_text_of(child->config, "log_level", "")));
}

static int on_commit(void *context, struct channel_message *message)
{
    (void)message;
    struct child *child = context;
    struct child_inner *inner = child->inner;
    if (!inner->prepared)
        return 0;
    json_t *old = child->config;
    child->config = inner->prepared;
    inner->prepared = NULL;
    open_log(child);
    if (inner->calls->on_commit)
        inner->calls->on_commit(inner->context);
    /* Until now the role may have looked into it. */
    json_decref(old);
    return 0;
}

static int on_abandon(void *context, struct channel_message *message)
{
    (void)message;
    struct child_inner *inner = ((struct child *)context)->inner;
    if (!inner->prepared)
        return 0;
    json_decref(inner->prepared);
    inner->prepared = NULL;
    if (inner->calls->on_abandon)
        inner->calls->on_abandon(inner->context);
    return 0;
}

static const struct channel_rule common_rules[] = {
    {MESSAGE_STOP, 0, 0, CHANNEL_FD_NONE, on_stop},
    {MESSAGE_PREPARE, 0, CHANNEL_MOST, CHANNEL_FD_MAYBE, on_prepare},
    {MESSAGE_COMMIT, 0, 0, CHANNEL_FD_NONE, on_commit},
    {MESSAGE_ABANDON, 0, 0, CHANNEL_FD_NONE, on_abandon},
    {0},
};

static void on_parent_end(void *context, int code, const char *sentence)
{
    struct child *child = context;
    if (code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the parent's channel: %s", sentence);
    loop_stop(child->loop);
}

/* --- start --- */

static int refuse(const struct child *child, const char *sentence)
{
    fprintf(stderr, "%s: %s\n", role_find(child->role)->program, sentence);
    return USAGE;
}

/* Returns -1 to go on, else the exit status. */
static int read_arguments(int argc, char **argv, struct child *child)
{
    const char *program = role_find(child->role)->program;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--version")) {
            printf("%s %s\n", program, CONFORMD_VERSION);
            return 0;
        }
        if (!strcmp(argv[i], "--help")) {
            printf("%s is a part of conformd, which starts it; see conformd(8).\n", program);
            return 0;
        }
        if (!strcmp(argv[i], "--check"))
            child->check = true;
        else if (role_has(child->role, ROLE_NAMED) && argv[i][0] != '-' && !child->instance)
            child->instance = argv[i];
        else
            return refuse(child, "takes --check, --version, --help, and a collector its name");
    }
    if (role_has(child->role, ROLE_NAMED) && !child->instance)
        return refuse(child, "takes the name of a collector's instance");
    return -1;
}

static int set_limits(void)
{
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return ERROR_IO;
#ifndef __SANITIZE_ADDRESS__
    /* The sanitizer's search for leaks traces the process, which this forbids. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return ERROR_IO;
#endif
    /* A key pressed in the terminal goes to the parent alone, which ends its children in order. */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

static void on_alive(void *context)
{
    struct child *child = context;
    send_body(child, MESSAGE_ALIVE, NULL);
    loop_timer_set(child->inner->alive, ALIVE_MS);
}

static int open_channel(struct child *child)
{
    struct child_inner *inner = child->inner;
    int code = loop_new(&child->loop);
    if (!code)
        code = channel_new(CHILD_PARENT, common_rules, true, child, &child->parent);
    if (!code && inner->calls->more)
        code = channel_also(child->parent, inner->calls->more, inner->context);
    if (!code)
        code = child_link_new(child, child->parent, on_parent_end, child, &inner->link);
    if (!code)
        code = loop_timer(child->loop, on_alive, child, &inner->alive);
    return code;
}

int child_start(int argc, char **argv, const struct child_calls *calls, void *context,
                struct child *ret)
{
    struct child *child = ret;
    *child = (struct child){.role = calls->role};
    int status = read_arguments(argc, argv, child);
    if (status >= 0)
        return status;
    CLEAN(error_finish) struct error error = {0};
    if (inherit_check(child->role, child->check, &child->listeners, &error) ||
        inherit_config(&child->config, &error))
        return refuse(child, error_sentence(&error));
    open_log(child);
    child->inner = calloc(1, sizeof *child->inner);
    if (!child->inner)
        return refuse(child, error_text(ERROR_MEMORY));
    child->inner->calls = calls;
    child->inner->context = context;
    int code = set_limits();
    if (!code)
        code = open_channel(child);
    return code ? refuse(child, error_text(code)) : -1;
}

int child_enter(struct child *child, const struct sandbox_plan *plan, struct sandbox_state *ret)
{
    CLEAN(error_finish) struct error error = {0};
    struct sandbox_plan own = *plan;
    own.role = child->role;
    int code = sandbox_enter(&own, ret, &error);
    if (code)
        log_write(LOG_LEVEL_ERROR, "the sandbox: %s", error_sentence(&error));
    else
        confine_log(ret, child->role, child->check || role_has(child->role, ROLE_FOREIGN));
    return code;
}

/* --- what a child says --- */

void child_ready(struct child *child)
{
    CLEAN(clean_json) json_t *nothing = json_object();
    send_body(child, MESSAGE_READY, nothing);
    on_alive(child);
}

void child_flush(struct child *child)
{
    if (child->inner->link)
        child_link_flush(child->inner->link);
}

void child_status(struct child *child, const char *format, ...)
{
    CLEAN(clean_text) char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    CLEAN(clean_json) json_t *status = json_pack("{s:s}", "text", text ? text : "");
    if (status)
        send_body(child, MESSAGE_STATUS, status);
}

void child_fault(struct child *child, const char *setting, size_t column, bool warning,
                 const char *sentence)
{
    if (!warning)
        child->inner->faults++;
    CLEAN(clean_json)
    json_t *fault = json_pack("{s:s, s:I, s:s, s:b}", "setting", setting, "column",
                              (json_int_t)column, "sentence", sentence, "warning", warning);
    if (fault)
        send_body(child, MESSAGE_FAULT, fault);
}

/* Writes what is queued, waiting a little for a parent that is slow to read. */
static void send_last_words(struct child *child)
{
    for (int i = 0; i < LAST_WORDS_TRIES && channel_flush(child->parent) == ERROR_AGAIN; i++) {
        struct pollfd writable = {.fd = channel_fd(child->parent), .events = POLLOUT};
        poll(&writable, 1, LAST_WORDS_MS);
    }
}

void child_checked(struct child *child, const json_t *tables)
{
    CLEAN(clean_json) json_t *checked = json_pack("{s:I}", "faults", child->inner->faults);
    if (!checked)
        return;
    if (tables && json_object_set_new(checked, "plugin", json_deep_copy(tables)))
        return;
    send_body(child, MESSAGE_CHECKED, checked);
    send_last_words(child);
}

void child_stopped(struct child *child)
{
    send_last_words(child);
    loop_stop(child->loop);
}

void child_finish(struct child *child)
{
    if (child->inner) {
        loop_timer_free(child->inner->alive);
        child_link_free(child->inner->link);
        channel_free(child->parent);
        json_decref(child->inner->prepared);
        free(child->inner);
    }
    loop_free(child->loop);
    json_decref(child->config);
    *child = (struct child){.role = child->role};
}
