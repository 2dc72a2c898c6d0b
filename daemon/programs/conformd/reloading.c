/* SIGHUP: parse, check, PREPARE to all, COMMIT, or the old configuration stays whole. */
#include <signal.h>
#include <string.h>
#include <time.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "programs/conformd/topology.h"

enum { GRACE_MS = 5000 };

static int64_t now_ms(void)
{
    return clock_now().boot_ms;
}

static void forget_next(struct parent *parent)
{
    loop_unwatch(parent->check_watch);
    parent->check_watch = NULL;
    check_free(parent->check);
    parent->check = NULL;
    config_free(parent->next);
    parent->next = NULL;
    listen_close_http(&parent->next_listeners);
    reload_end(&parent->reload);
}

/* The service manager waits for READY whether or not the new configuration was taken. */
static void end_reload(struct parent *parent, const char *status)
{
    forget_next(parent);
    service_ready(&parent->notify);
    service_status(&parent->notify, "%s", status);
    if (!parent->reload_again)
        return;
    parent->reload_again = false;
    conformd_reloading_begin(parent);
}

static void refuse(struct parent *parent, const char *why)
{
    log_write(LOG_LEVEL_ERROR, "the configuration was not reloaded: %s; the old one stays", why);
    end_reload(parent, "the last reload was refused; the old configuration is in force");
}

static void log_faults(const struct config *config)
{
    size_t count = 0;
    const struct config_fault *faults = config_faults(config, &count);
    for (size_t i = 0; i < count; i++)
        log_write(faults[i].warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, "%s: %s",
                  faults[i].place, faults[i].sentence);
}

/* --- commit --- */

/* A collector whose part or tables changed begins anew when the engine asks for it. */
static bool is_unchanged(const struct parent *parent, const json_t *next_tables,
                         const char *instance)
{
    return !config_part_differs(parent->config, parent->next, ROLE_COLLECTOR, instance) &&
           json_equal(json_object_get(parent->tables, instance),
                      json_object_get(next_tables, instance));
}

static void end_changed_collectors(struct parent *parent, const json_t *next_tables)
{
    for (size_t i = 0; i < parent->table.count; i++) {
        struct children_row *row = parent->table.rows[i];
        if (row->role != ROLE_COLLECTOR)
            continue;
        row->backoff = (struct backoff){0};
        if (!is_unchanged(parent, next_tables, row->instance))
            topology_ask_to_stop(row, GRACE_MS);
    }
}

static void send_to_asked(struct parent *parent, enum message_type type)
{
    for (size_t i = 0; i < parent->table.count; i++)
        if (reload_was_asked(&parent->reload, parent->table.rows[i]->role))
            topology_send(parent->table.rows[i], type, NULL);
}

/* Listeners are handed over at a start, so a front that listens elsewhere is a new process. */
static void swap_listeners(struct parent *parent)
{
    if (!config_differs(parent->config, parent->next, RELOAD_LISTENS))
        return;
    struct listeners next = parent->next_listeners;
    next.control = parent->listeners.control;
    next.front[0] = parent->listeners.front[0];
    listen_close_http(&parent->listeners);
    parent->listeners = next;
    parent->next_listeners = (struct listeners){.control = -1, .front = {-1}, .front_count = 1};
    topology_ask_to_stop(children_find(&parent->table, ROLE_FRONT, NULL), GRACE_MS);
}

static void commit(struct parent *parent)
{
    json_t *next_tables = json_incref(check_tables(parent->check));
    end_changed_collectors(parent, next_tables);
    send_to_asked(parent, MESSAGE_COMMIT);
    /* One that began meanwhile, beside those that were asked, has the old part. */
    struct children_row *courier = children_find(&parent->table, ROLE_COURIER, NULL);
    if (!reload_was_asked(&parent->reload, ROLE_COURIER))
        topology_ask_to_stop(courier, GRACE_MS);
    /* It is started again with the next question. */
    struct children_row *reader = children_find(&parent->table, ROLE_READER, NULL);
    if (reader->pid && config_part_differs(parent->config, parent->next, ROLE_READER, NULL))
        topology_ask_to_stop(reader, GRACE_MS);
    struct children_row *front = children_find(&parent->table, ROLE_FRONT, NULL);
    if (!reload_was_asked(&parent->reload, ROLE_FRONT) && front->pid)
        topology_ask_to_stop(front, GRACE_MS);
    swap_listeners(parent);
    json_decref(parent->known);
    parent->known = json_incref(check_known(parent->check));
    check_free(parent->check);
    parent->check = NULL;
    config_free(parent->config);
    parent->config = parent->next;
    parent->next = NULL;
    json_decref(parent->tables);
    parent->tables = next_tables;
    log_open("conformd", true,
             log_level_named(json_text_of(config_json(parent->config), "log_level", "")));
    log_write(LOG_LEVEL_NOTICE, "the configuration %.12s is in force", config_hash(parent->config));
    end_reload(parent, "the new configuration is in force");
}

/* --- prepare --- */

static void prepare(struct parent *parent)
{
    CLEAN(error_finish) struct error error = {0};
    const char *fixed = config_differs(parent->config, parent->next, RELOAD_FIXED);
    if (fixed) {
        error_set(&error, ERROR_STATE, "%s changes only when conformd is started again", fixed);
        refuse(parent, error_sentence(&error));
        return;
    }
    if (listen_open_http(config_json(parent->next), &parent->listeners, &parent->next_listeners,
                         &error)) {
        refuse(parent, error_sentence(&error));
        return;
    }
    reload_begin(&parent->reload, now_ms());
    for (enum role role = ROLE_PARENT + 1; role < ROLE_COUNT; role++) {
        struct children_row *row =
            role_has(role, ROLE_PREPARES) ? topology_ready_row(parent, role) : NULL;
        if (!row)
            continue;
        CLEAN(clean_json)
        json_t *part = role == ROLE_ENGINE
                           ? check_engine_part(parent->next, check_tables(parent->check))
                           : config_part(parent->next, role, NULL);
        if (!part)
            continue;
        reload_asked(&parent->reload, role);
        topology_send(row, MESSAGE_PREPARE, part);
    }
    if (!reload_was_asked(&parent->reload, ROLE_ENGINE))
        refuse(parent, "the engine is not ready");
}

/* --- check --- */

static void step_check(struct parent *parent)
{
    if (!check_step(parent->check, now_ms()))
        return;
    loop_unwatch(parent->check_watch);
    parent->check_watch = NULL;
    log_faults(parent->next);
    if (config_is_valid(parent->next))
        prepare(parent);
    else
        refuse(parent, "it has mistakes");
}

static void on_check_ready(void *context, unsigned events)
{
    (void)events;
    topology_turn(context);
}

static int begin_check(struct parent *parent, struct error *error)
{
    int code = check_new(parent->next, parent->known, &parent->check, error);
    if (code)
        return code;
    code = loop_watch(parent->links.loop, check_fd(parent->check), on_check_ready, parent,
                      &parent->check_watch);
    if (code)
        return error_set(error, code, "the check cannot be observed");
    loop_watch_set(parent->check_watch, LOOP_READ);
    return 0;
}

void conformd_reloading_begin(struct parent *parent)
{
    if (parent->stop != STOP_NOT)
        return;
    if (parent->next) {
        parent->reload_again = true;
        return;
    }
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    service_reloading(&parent->notify, (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    CLEAN(error_finish) struct error error = {0};
    if (config_load(parent->config_path, &parent->next)) {
        refuse(parent, "no memory left");
    } else if (!config_is_valid(parent->next)) {
        log_faults(parent->next);
        refuse(parent, "it has mistakes");
    } else if (begin_check(parent, &error)) {
        refuse(parent, error_sentence(&error));
    }
}

void conformd_reloading_step(struct parent *parent)
{
    if (parent->check_watch)
        step_check(parent);
    if (!parent->reload.active)
        return;
    switch (reload_judge(&parent->reload, now_ms())) {
    case RELOAD_WAIT:
        break;
    case RELOAD_COMMIT:
        commit(parent);
        break;
    case RELOAD_ABANDON:
        send_to_asked(parent, MESSAGE_ABANDON);
        refuse(parent, parent->reload.why);
        break;
    }
}

void conformd_reloading_finish(struct parent *parent)
{
    forget_next(parent);
}
