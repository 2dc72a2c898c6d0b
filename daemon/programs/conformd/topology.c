/* Starts and ends the children and joins them by channels: engine first, then the front, then the
 * collectors and the courier that the engine asks for, and the reader that the front asks for. */
#include "programs/conformd/topology.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/base/text.h"
#include "parent/children/launch.h"
#include "parent/children/strays.h"
#include "programs/conformd/orders.h"

enum {
    GAP_MS = 3000,  /* between two turns: this process itself did not run */
    TURN_MS = 1000, /* the longest sleep: the watchdog, a reload's end */
    COLLECTORS_MS = 2000,
    FRONT_MS = 1000,
    ENGINE_MS = 1800, /* together less than 5 s */
    REFUSED = 3,      /* exit status of an engine that will not open its store */
};

static int64_t now_ms(void)
{
    return clock_now().boot_ms;
}

void topology_send(struct children_row *row, enum message_type type, const json_t *body)
{
    static const struct buffer nothing = {0};
    if (!row->channel)
        return;
    int code = body ? messages_send(row->channel, type, body)
                    : channel_send(row->channel, type, &nothing, -1, NULL);
    if (code && code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "a message of type %d to the %s: %s", (int)type,
                  role_name(row->role), error_text(code));
    if (row->link)
        child_link_flush(row->link);
}

struct children_row *topology_ready_row(const struct parent *parent, enum role role)
{
    struct children_row *row = children_find(&parent->table, role, NULL);
    return row && row->state == CHILDREN_READY && !row->killed ? row : NULL;
}

void topology_ask_to_stop(struct children_row *row, int64_t grace_ms)
{
    /* Who asked for a start hears that it will not come. */
    if (row->owner)
        orders_forget_start(row->owner, row);
    if (!row->pid || row->in_order)
        return;
    topology_send(row, MESSAGE_STOP, NULL);
    children_stopping(row, now_ms(), grace_ms);
}

/* --- starting --- */

static void on_link_end(void *context, int code, const char *sentence)
{
    struct children_row *row = context;
    if (code == ERROR_PEER)
        log_write(LOG_LEVEL_WARNING, "%s%s%s broke the protocol: %s", role_name(row->role),
                  row->instance ? " " : "", row->instance ? row->instance : "", sentence);
    /* What closed its channel is about to exit, or is of no more use. */
    if (code == ERROR_PEER)
        children_condemn(row, now_ms(), "protocol");
    else if (!row->kill_at_ms)
        row->kill_at_ms = now_ms() + COLLECTORS_MS;
    topology_turn(row->owner);
}

static int watch_row(struct parent *parent, struct children_row *row, int fd)
{
    /* A collector runs what others wrote: its control space is not read. */
    bool with_fds = !role_has(row->role, ROLE_FOREIGN);
    int code = channel_new(fd, orders_of_every_child, with_fds, row, &row->channel);
    if (!code)
        code = channel_also(row->channel, orders_of(row->role), row);
    if (!code)
        code = child_link_new(&parent->links, row->channel, on_link_end, row, &row->link);
    return code;
}

/* Tells one of a new neighbour, with the other end of their channel. */
static int connect_to(struct children_row *to, const struct children_row *row, int fd)
{
    if (!to)
        return ERROR_STATE;
    CLEAN(clean_json)
    json_t *body = json_pack("{s:s, s:s, s:I}", "role", role_name(row->role), "instance",
                             row->instance ? row->instance : "", "pid", (json_int_t)row->pid);
    CLEAN(clean_text) char *text = body ? json_canonical(body) : NULL;
    if (!text)
        return ERROR_MEMORY;
    CLEAN(buffer_finish) struct buffer message = {0};
    buffer_text(&message, text);
    int code = channel_send(to->channel, MESSAGE_CONNECT, &message, fd, NULL);
    child_link_flush(to->link);
    return code;
}

/* Whom a child's channel leads to. */
static struct children_row *neighbour_of(const struct parent *parent,
                                         const struct children_row *row)
{
    return topology_ready_row(parent, role_find(row->role)->neighbour);
}

static json_t *part_of(const struct parent *parent, const struct children_row *row)
{
    if (row->role == ROLE_ENGINE)
        return check_engine_part(parent->config, parent->tables);
    json_t *part = config_part(parent->config, row->role, row->instance);
    /* What its sandbox lets through: known before its plugin is loaded. */
    json_t *needs = row->role == ROLE_COLLECTOR
                        ? json_object_get(json_object_get(parent->tables, row->instance), "needs")
                        : NULL;
    if (part && ((needs && json_object_set(part, "needs", needs)) ||
                 (row->next_selftest && json_object_set_new(part, "selftest", json_true())))) {
        json_decref(part);
        return NULL;
    }
    return part;
}

static int launch_row(struct parent *parent, struct children_row *row, int engine_fd,
                      struct error *error)
{
    CLEAN(clean_json) json_t *part = part_of(parent, row);
    if (!part)
        return error_set(error, ERROR_MISSING, "no configuration for it");
    struct launch launch = {
        .role = row->role,
        .instance = row->instance,
        .libexec_dir = json_text_of(config_json(parent->config), "libexec_dir", ""),
        .part = part,
        .engine_fd = engine_fd,
    };
    if (row->role == ROLE_ENGINE) {
        launch.listeners = &parent->listeners.control;
        launch.listener_count = 1;
    } else if (row->role == ROLE_FRONT) {
        launch.listeners = parent->listeners.front;
        launch.listener_count = parent->listeners.front_count;
    } else if (row->role == ROLE_COLLECTOR) {
        launch.capabilities = launch_capabilities(json_object_get(parent->tables, row->instance));
    }
    pid_t pid = 0;
    int fd = -1;
    int code = launch_start(&launch, &pid, &fd, error);
    if (code)
        return code;
    children_started(row, pid, now_ms());
    code = watch_row(parent, row, fd);
    if (code)
        children_condemn(row, now_ms(), "exited");
    return 0;
}

static int start_beside(struct parent *parent, struct children_row *row, struct error *error)
{
    int ends[2];
    int code = channel_pair(ends);
    if (code)
        return error_set(error, code, "no channel for the %s: %s", role_name(row->role),
                         error_text(code));
    CLEAN(clean_fd) int theirs = ends[0];
    CLEAN(clean_fd) int others = ends[1];
    code = launch_row(parent, row, theirs, error);
    if (code)
        return code;
    code = connect_to(neighbour_of(parent, row), row, others);
    if (code) {
        log_write(LOG_LEVEL_ERROR, "nobody could be notified of the %s: %s", role_name(row->role),
                  error_text(code));
        children_condemn(row, now_ms(), "exited");
    }
    return 0;
}

/* The front outlives an engine: those who ask it meanwhile are told what is the matter. */
void topology_join_front(struct parent *parent)
{
    struct children_row *front = topology_ready_row(parent, ROLE_FRONT);
    int ends[2];
    if (!front || front->in_order)
        return;
    int code = channel_pair(ends);
    if (!code) {
        CLEAN(clean_fd) int theirs = ends[0];
        CLEAN(clean_fd) int engines = ends[1];
        struct children_row *engine = topology_ready_row(parent, ROLE_ENGINE);
        code = connect_to(engine, front, engines);
        if (!code)
            code = connect_to(front, engine, theirs);
    }
    if (!code)
        return;
    log_write(LOG_LEVEL_ERROR, "the front did not get a channel to the engine: %s",
              error_text(code));
    children_condemn(front, now_ms(), "exited");
}

static void start_row(struct parent *parent, struct children_row *row)
{
    CLEAN(error_finish) struct error error = {0};
    int code = 0;
    if (row->role == ROLE_ENGINE)
        code = launch_row(parent, row, -1, &error);
    else if (topology_ready_row(parent, ROLE_ENGINE))
        code = start_beside(parent, row, &error);
    else
        row->state = CHILDREN_IDLE; /* its start comes again with the next engine */
    if (!code)
        return;
    log_write(LOG_LEVEL_ERROR, "%s", error_sentence(&error));
    children_ended(row, false, now_ms());
    if (role_has(row->role, ROLE_KEPT))
        children_want(row, now_ms());
    else
        orders_refuse_start(parent, row->role, row->instance, row->next_run,
                            error_sentence(&error));
}

/* --- ending --- */

static void kill_row(struct children_row *row)
{
    row->killed = true;
    if (!row->in_order && (!row->reason || strcmp(row->reason, "stopped") != 0))
        log_write(LOG_LEVEL_WARNING, "%s%s%s is killed: %s", role_name(row->role),
                  row->instance ? " " : "", row->instance ? row->instance : "",
                  row->reason ? row->reason : "its channel is closed");
    kill(row->pid, SIGKILL);
}

/* Without the engine nobody takes what the others have; they begin anew beside the next one. */
static void lose_engine(struct parent *parent)
{
    for (size_t i = 0; i < parent->table.count; i++) {
        struct children_row *row = parent->table.rows[i];
        row->again = false;
        if (row->role == ROLE_ENGINE)
            continue;
        if (row->state == CHILDREN_WAITING)
            row->state = CHILDREN_IDLE;
        if (row->pid && !row->killed && row != topology_ready_row(parent, ROLE_FRONT))
            children_stopping(row, now_ms(), 0);
    }
}

static void log_end(const struct children_row *row, int status)
{
    if (row->in_order || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return;
    CLEAN(clean_text)
    char *how = WIFSIGNALED(status) ? text_format("signal %d", WTERMSIG(status))
                                    : text_format("exit status %d", WEXITSTATUS(status));
    log_write(LOG_LEVEL_WARNING, "%s%s%s ended: %s%s%s", role_name(row->role),
              row->instance ? " " : "", row->instance ? row->instance : "", how ? how : "",
              row->status ? ": " : "", row->status ? row->status : "");
}

static void after_end(struct parent *parent, struct children_row *row, int status, bool was_ready)
{
    if (row->role == ROLE_ENGINE) {
        const char *last_words = row->status;
        lose_engine(parent);
        bool refused = !was_ready && WIFEXITED(status) && WEXITSTATUS(status) == REFUSED;
        if (parent->stop == STOP_NOT && refused && !parent->engine_was_ready) {
            log_write(LOG_LEVEL_ERROR, "the engine cannot begin: %s",
                      last_words ? last_words : "it did not say why");
            parent->status = 1;
            topology_stop(parent);
        }
    }
    if (parent->stop != STOP_NOT)
        return;
    if (role_has(row->role, ROLE_KEPT) &&
        (row->role == ROLE_ENGINE || topology_ready_row(parent, ROLE_ENGINE)))
        children_want(row, now_ms());
    else if (row->again)
        orders_want(parent, row);
}

static void take_end(struct parent *parent, struct children_row *row, int status,
                     const struct rusage *usage)
{
    child_link_free(row->link);
    row->link = NULL;
    row->killed = true; /* its number may be another's by now */
    /* Its last words are still in the channel. */
    while (row->channel && !channel_receive(row->channel, CHANNEL_LEAST))
        continue;
    channel_free(row->channel);
    row->channel = NULL;
    bool was_ready = row->ready_ms >= 0;
    log_end(row, status);
    orders_tell_end(parent, row, status, usage);
    reload_lost(&parent->reload, row->role);
    /* A collector's run may be over, courier and reader idle; engine and front have no reason to
     * go. */
    bool may_go = !role_has(row->role, ROLE_KEPT);
    children_ended(row, may_go && WIFEXITED(status) && WEXITSTATUS(status) == 0, now_ms());
    after_end(parent, row, status, was_ready);
}

static bool is_ours(const void *context, pid_t pid)
{
    const struct parent *parent = context;
    for (size_t i = 0; i < parent->table.count; i++)
        if (parent->table.rows[i]->pid == pid)
            return true;
    return check_has(parent->check, pid);
}

/* A collector's programs outlive it, and may hold its channels. */
static void end_strays(struct parent *parent)
{
    size_t count = parent->adopts ? strays_end(is_ours, parent) : 0;
    if (count)
        log_write(LOG_LEVEL_WARNING, "%zu process%s that a collector left behind %s killed", count,
                  count == 1 ? "" : "es", count == 1 ? "is" : "are");
}

void topology_reap(struct parent *parent)
{
    for (size_t i = 0; i < parent->table.count; i++) {
        struct children_row *row = parent->table.rows[i];
        int status = 0;
        struct rusage usage = {0};
        if (row->pid && wait4(row->pid, &status, WNOHANG, &usage) == row->pid)
            take_end(parent, row, status, &usage);
    }
    end_strays(parent);
    topology_turn(parent);
}

/* --- the end of all --- */

static bool is_in_phase(const struct children_row *row, enum stop_phase phase)
{
    return role_find(row->role)->stop_phase == (int)phase;
}

static bool any_left(const struct parent *parent, enum stop_phase phase)
{
    for (size_t i = 0; i < parent->table.count; i++)
        if (is_in_phase(parent->table.rows[i], phase) && parent->table.rows[i]->pid)
            return true;
    return false;
}

static void stop_roles(struct parent *parent, enum stop_phase phase, int64_t grace_ms)
{
    for (size_t i = 0; i < parent->table.count; i++)
        if (is_in_phase(parent->table.rows[i], phase))
            topology_ask_to_stop(parent->table.rows[i], grace_ms);
}

static void step_stop(struct parent *parent)
{
    static const int64_t grace_ms[] = {
        [STOP_COLLECTORS] = COLLECTORS_MS, [STOP_FRONT] = FRONT_MS, [STOP_ENGINE] = ENGINE_MS};
    while (parent->stop != STOP_NOT && parent->stop != STOP_DONE) {
        stop_roles(parent, parent->stop, grace_ms[parent->stop]);
        if (any_left(parent, parent->stop))
            return;
        parent->stop++;
    }
    if (parent->stop == STOP_DONE)
        loop_stop(parent->links.loop);
}

void topology_stop(struct parent *parent)
{
    if (parent->stop != STOP_NOT)
        return;
    service_stopping(&parent->notify);
    parent->stop = STOP_COLLECTORS;
    conformd_reloading_finish(parent);
    topology_turn(parent);
}

/* --- the turn --- */

static void do_due(struct parent *parent, struct children_row *row)
{
    switch (children_due(row, now_ms())) {
    case CHILDREN_START:
        start_row(parent, row);
        break;
    case CHILDREN_KILL:
        kill_row(row);
        break;
    case CHILDREN_NOTHING:
        break;
    }
}

/* Asleep with the machine, or held up: what the children said meanwhile is not read yet. */
static void forgive_a_gap(struct parent *parent)
{
    int64_t now = now_ms();
    for (size_t i = 0; i < parent->table.count && now - parent->turned_ms > GAP_MS; i++)
        children_heard(parent->table.rows[i], now);
    parent->turned_ms = now;
}

void topology_turn(struct parent *parent)
{
    forgive_a_gap(parent);
    for (size_t i = 0; i < parent->table.count; i++)
        do_due(parent, parent->table.rows[i]);
    conformd_reloading_step(parent);
    step_stop(parent);
    const struct children_row *engine = children_find(&parent->table, ROLE_ENGINE, NULL);
    if (engine)
        service_alive(&parent->notify, now_ms(), engine->heard_ms);
    int64_t delay_ms = children_next_ms(&parent->table) - now_ms();
    loop_timer_set(parent->timer, delay_ms < TURN_MS ? delay_ms : TURN_MS);
}

static void on_turn(void *context)
{
    topology_turn(context);
}

int topology_start(struct parent *parent)
{
    int code = loop_timer(parent->links.loop, on_turn, parent, &parent->timer);
    for (enum role role = ROLE_PARENT + 1; !code && role < ROLE_COUNT; role++) {
        struct children_row *row = NULL;
        if (role_has(role, ROLE_NAMED))
            continue;
        code = children_add(&parent->table, role, NULL, &row);
        if (!code)
            row->owner = parent;
    }
    if (code)
        return code;
    parent->turned_ms = now_ms();
    children_want(children_find(&parent->table, ROLE_ENGINE, NULL), now_ms());
    topology_turn(parent);
    return 0;
}

void topology_finish(struct parent *parent)
{
    for (size_t i = 0; i < parent->table.count; i++) {
        struct children_row *row = parent->table.rows[i];
        child_link_free(row->link);
        channel_free(row->channel);
        if (row->pid && !kill(row->pid, SIGKILL))
            waitpid(row->pid, NULL, 0);
    }
    children_finish(&parent->table);
    loop_timer_free(parent->timer);
    parent->timer = NULL;
}
