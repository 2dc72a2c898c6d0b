/* Handles the messages of the children, and answers the engine's. */
#include "programs/conformd/orders.h"

#include <string.h>
#include <sys/wait.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/base/text.h"

enum { LEAVING_MS = 500 };

enum { REPLACE_MS = 5000 }; /* for a collector to end in order */

static struct parent *parent_of(struct children_row *row)
{
    children_heard(row, clock_now().boot_ms);
    return row->owner;
}

/* Who asks for this role's starts hears of its ends. */
static void tell_asker(struct parent *parent, enum role role, const json_t *body)
{
    struct children_row *asker = topology_ready_row(parent, role_find(role)->neighbour);
    if (asker && body)
        topology_send(asker, MESSAGE_ENDED, body);
}

void orders_refuse_start(struct parent *parent, enum role role, const char *instance, int64_t run,
                         const char *why)
{
    CLEAN(clean_json)
    json_t *body =
        json_pack("{s:s, s:s, s:I, s:i, s:i, s:i, s:i, s:b, s:s}", "role", role_name(role),
                  "instance", instance ? instance : role_name(role), "run", (json_int_t)run, "code",
                  0, "signal", 0, "cpu_ms", 0, "rss_kib", 0, "started", 0, "reason", why);
    tell_asker(parent, role, body);
}

static int64_t milliseconds(const struct timeval *time)
{
    return (int64_t)time->tv_sec * 1000 + time->tv_usec / 1000;
}

void orders_tell_end(struct parent *parent, const struct children_row *row, int status,
                     const struct rusage *usage)
{
    if (!role_has(row->role, ROLE_TOLD))
        return;
    CLEAN(clean_json)
    json_t *body = json_pack(
        "{s:s, s:s, s:I, s:i, s:i, s:I, s:I, s:b, s:s}", "role", role_name(row->role), "instance",
        row->instance ? row->instance : role_name(row->role), "run", (json_int_t)row->run, "code",
        WIFEXITED(status) ? WEXITSTATUS(status) : 0, "signal",
        WIFSIGNALED(status) ? WTERMSIG(status) : 0, "cpu_ms",
        (json_int_t)milliseconds(&usage->ru_utime) + milliseconds(&usage->ru_stime), "rss_kib",
        (json_int_t)usage->ru_maxrss, "started", 1, "reason", row->reason ? row->reason : "exited");
    tell_asker(parent, row->role, body);
}

/* --- of every child --- */

static void tell_status(struct parent *parent)
{
    size_t running = 0;
    for (size_t i = 0; i < parent->table.count; i++)
        running += parent->table.rows[i]->role == ROLE_COLLECTOR && parent->table.rows[i]->pid;
    const struct children_row *engine = children_find(&parent->table, ROLE_ENGINE, NULL);
    service_status(&parent->notify, "%zu collectors running%s%s", running,
                   engine && engine->status ? "; " : "",
                   engine && engine->status ? engine->status : "");
}

static int on_ready(void *context, struct channel_message *message)
{
    (void)message;
    struct children_row *row = context;
    struct parent *parent = parent_of(row);
    children_became_ready(row, clock_now().boot_ms);
    if (row->role == ROLE_ENGINE) {
        parent->engine_was_ready = true;
        struct children_row *front = children_find(&parent->table, ROLE_FRONT, NULL);
        if (parent->stop == STOP_NOT && front && front->state == CHILDREN_IDLE)
            children_want(front, clock_now().boot_ms);
        topology_join_front(parent);
    }
    if (!parent->told_ready && topology_ready_row(parent, ROLE_ENGINE) &&
        topology_ready_row(parent, ROLE_FRONT)) {
        parent->told_ready = true;
        service_ready(&parent->notify);
        log_write(LOG_LEVEL_INFO, "ready");
        tell_status(parent);
    }
    topology_turn(parent);
    return 0;
}

static int on_alive(void *context, struct channel_message *message)
{
    (void)message;
    parent_of(context);
    return 0;
}

static int on_replace(void *context, struct channel_message *message)
{
    (void)message;
    struct children_row *row = context;
    struct parent *parent = parent_of(row);
    topology_ask_to_stop(row, REPLACE_MS);
    topology_turn(parent);
    return 0;
}

/* What a child says of itself stands beside its row. */
static int keep_words(struct children_row *row, struct channel_message *message, const char *member)
{
    CLEAN(clean_json) json_t *body = NULL;
    int code = messages_json(message, &body);
    if (code)
        return code;
    const char *text = json_text_of(body, member, "");
    free(row->status);
    row->status = text_printable(text, strlen(text));
    return 0;
}

static int on_status(void *context, struct channel_message *message)
{
    struct children_row *row = context;
    struct parent *parent = parent_of(row);
    int code = keep_words(row, message, "text");
    if (!code && row->role == ROLE_ENGINE && parent->told_ready && parent->stop == STOP_NOT)
        tell_status(parent);
    return code;
}

/* An engine that cannot begin says why before it ends. */
static int on_fault(void *context, struct channel_message *message)
{
    return keep_words(context, message, "sentence");
}

static int on_prepared(void *context, struct channel_message *message)
{
    struct children_row *row = context;
    struct parent *parent = parent_of(row);
    CLEAN(clean_json) json_t *body = NULL;
    int code = messages_json(message, &body);
    if (code)
        return code;
    reload_answered(&parent->reload, row->role, json_flag_of(body, "ok", false),
                    json_text_of(body, "sentence", "refused it"));
    topology_turn(parent);
    return 0;
}

/* --- of the engine --- */

void orders_want(struct parent *parent, struct children_row *row)
{
    if (!children_want(row, clock_now().boot_ms))
        orders_refuse_start(parent, row->role, row->instance, row->next_run,
                            "set aside: it ended 10 times before it was ready; "
                            "it is tried again every 10 minutes");
}

void orders_forget_start(struct parent *parent, struct children_row *row)
{
    if (row->state != CHILDREN_WAITING && !row->again)
        return;
    if (row->state == CHILDREN_WAITING)
        row->state = CHILDREN_IDLE;
    row->again = false;
    if (!role_has(row->role, ROLE_KEPT))
        orders_refuse_start(parent, row->role, row->instance, row->next_run, "stopped");
}

static bool is_configured(const struct parent *parent, const char *instance)
{
    size_t index = 0;
    const json_t *collector = NULL;
    json_array_foreach (json_object_get(config_json(parent->config), "collectors"), index,
                        collector) {
        if (!strcmp(json_text_of(collector, "name", ""), instance))
            return json_flag_of(collector, "enabled", false);
    }
    return false;
}

static int ask_row(struct parent *parent, struct children_row *row, const json_t *body)
{
    int64_t wall_until_ms = json_integer_of(body, "deadline_ms", 0);
    struct moment now = clock_now();
    row->owner = parent;
    int64_t run = json_integer_of(body, "run", 0);
    if (row->pid && !row->killed && !row->kill_at_ms) {
        orders_refuse_start(parent, row->role, row->instance, run, "it runs already");
        return 0;
    }
    row->next_run = run;
    row->next_selftest = json_flag_of(body, "selftest", false);
    row->next_limit_ms = wall_until_ms > now.wall_ms ? wall_until_ms - now.wall_ms
                         : wall_until_ms > 0         ? 1
                                                     : 0;
    row->again = row->pid != 0;
    if (!row->again)
        orders_want(parent, row);
    return 0;
}

static int on_start(void *context, struct channel_message *message)
{
    struct parent *parent = parent_of(context);
    CLEAN(clean_json) json_t *body = NULL;
    int code = messages_json(message, &body);
    if (code || parent->stop != STOP_NOT)
        return code;
    const char *instance = json_text_of(body, "instance", "");
    struct children_row *row = NULL;
    if (!strcmp(instance, role_name(ROLE_COURIER)))
        row = children_find(&parent->table, ROLE_COURIER, NULL);
    else if (!is_configured(parent, instance))
        orders_refuse_start(parent, ROLE_COLLECTOR, instance, json_integer_of(body, "run", 0),
                            "no such collector in the configuration");
    else
        code = children_add(&parent->table, ROLE_COLLECTOR, instance, &row);
    if (code || !row)
        return code;
    code = ask_row(parent, row, body);
    topology_turn(parent);
    return code;
}

/* The one that reads the store too long, if that is ours; others are none of conformd's business.
 */
static void end_reader(struct parent *parent, const json_t *body)
{
    struct children_row *row = children_find(&parent->table, ROLE_READER, NULL);
    int64_t pid = json_integer_of(body, "pid", 0);
    if (!row->pid || row->killed || (pid && pid != row->pid))
        return;
    log_write(LOG_LEVEL_WARNING, "reader (pid %d) is ended: %s", (int)row->pid,
              json_text_of(body, "reason", ""));
    children_condemn(row, clock_now().boot_ms, "deadline");
    topology_turn(parent);
}

static int on_end(void *context, struct channel_message *message)
{
    struct parent *parent = parent_of(context);
    CLEAN(clean_json) json_t *body = NULL;
    int code = messages_json(message, &body);
    if (code)
        return code;
    const char *instance = json_text_of(body, "instance", "");
    if (!strcmp(instance, role_name(ROLE_READER))) {
        end_reader(parent, body);
        return 0;
    }
    struct children_row *row = !strcmp(instance, role_name(ROLE_COURIER))
                                   ? children_find(&parent->table, ROLE_COURIER, NULL)
                                   : children_find(&parent->table, ROLE_COLLECTOR, instance);
    if (!row)
        return 0;
    orders_forget_start(parent, row);
    if (row->pid)
        children_condemn(row, clock_now().boot_ms, "stopped");
    log_write(LOG_LEVEL_INFO, "%s is ended for the engine: %s", instance,
              json_text_of(body, "reason", ""));
    topology_turn(parent);
    return 0;
}

/* --- of the front --- */

/* One that is still there serves a front that has gone, or is about to end; it gets a moment to. */
static int on_start_reader(void *context, struct channel_message *message)
{
    (void)message;
    struct parent *parent = parent_of(context);
    struct children_row *row = children_find(&parent->table, ROLE_READER, NULL);
    if (parent->stop != STOP_NOT)
        return 0;
    row->again = row->pid != 0;
    if (!row->pid)
        orders_want(parent, row);
    else if (!row->killed && !row->kill_at_ms)
        children_condemn(row, clock_now().boot_ms + LEAVING_MS, "replaced");
    topology_turn(parent);
    return 0;
}

static int on_end_reader(void *context, struct channel_message *message)
{
    struct parent *parent = parent_of(context);
    CLEAN(clean_json) json_t *body = NULL;
    int code = messages_json(message, &body);
    if (!code)
        end_reader(parent, body);
    return code;
}

const struct channel_rule orders_of_every_child[] = {
    {MESSAGE_READY, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_ready},
    {MESSAGE_ALIVE, 0, 0, CHANNEL_FD_NONE, on_alive},
    {MESSAGE_STATUS, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_status},
    {MESSAGE_PREPARED, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_prepared},
    {0},
};

static const struct channel_rule of_child[] = {
    {MESSAGE_REPLACE, 0, 0, CHANNEL_FD_NONE, on_replace},
    {0},
};

static const struct channel_rule of_front[] = {
    {MESSAGE_START, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_start_reader},
    {MESSAGE_END, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_end_reader},
    {0},
};

static const struct channel_rule of_engine[] = {
    {MESSAGE_START, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_start},
    {MESSAGE_END, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_end},
    {MESSAGE_FAULT, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_fault},
    {MESSAGE_WATCH, 0, CHANNEL_MOST, CHANNEL_FD_NONE, on_alive},
    {0},
};

const struct channel_rule *orders_of(enum role role)
{
    return role == ROLE_ENGINE ? of_engine : role == ROLE_FRONT ? of_front : of_child;
}
