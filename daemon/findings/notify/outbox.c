/* The outbox: rows wait here until their receiver took them. */
#include "findings/notify/notify.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/ledger/digest.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { FIRST_WAIT_MS = 1000, LONGEST_WAIT_MS = 3600000 };

static bool wants_event(const json_t *channel, const char *name)
{
    const json_t *events = json_object_get(channel, "events"), *event;
    size_t index;
    if (!json_array_size(events) || strcmp(name, "test") == 0)
        return true;
    json_array_foreach (events, index, event) {
        if (json_is_string(event) && strcmp(json_string_value(event), name) == 0)
            return true;
    }
    return false;
}

static int put_row(const struct notify_context *context, const json_t *channel,
                   const struct notify_event *event, struct error *error)
{
    char id[33];
    int code = digest_random(16, id);
    if (code)
        return code;
    bool syslog = strcmp(json_text_of(channel, "type", ""), "syslog") == 0;
    CLEAN(clean_text)
    char *body = syslog ? notify_shape_syslog(event) : notify_shape_cloudevent(context, event, id);
    if (!body)
        return ERROR_MEMORY;
    struct store_query *query = store_query(
        context->turn->store, "INSERT INTO outbox(channel, event, created_ms, body, next_ms)"
                              " VALUES(?1, ?2, ?3, ?4, ?5)");
    store_bind_text(query, 1, json_text_of(channel, "name", ""));
    store_bind_text(query, 2, event->name);
    store_bind_integer(query, 3, context->turn->now.wall_ms);
    store_bind_text(query, 4, body);
    store_bind_integer(query, 5, notify_when(event->urgency, context->turn->now.wall_ms));
    return store_run(query, error);
}

int notify_put(const struct notify_context *context, const struct notify_event *event,
               struct error *error)
{
    size_t index;
    json_t *channel;
    json_array_foreach (context->channels, index, channel) {
        if (!wants_event(channel, event->name))
            continue;
        int code = put_row(context, channel, event, error);
        if (code)
            return code;
    }
    return 0;
}

int notify_outbox_next(struct store *store, int64_t now_ms, int64_t after, struct outbox_item *ret,
                       struct error *error)
{
    struct store_query *query = store_query(
        store, "SELECT id, channel, event, body, tries FROM outbox WHERE taken_ms IS NULL"
               " AND next_ms <= ?1 AND id > ?2 ORDER BY id LIMIT 1");
    store_bind_integer(query, 1, now_ms);
    store_bind_integer(query, 2, after);
    int row = store_step(query, error);
    if (row <= 0)
        return row;
    struct outbox_item item = {.id = store_integer(query, 0),
                               .channel = strdup(store_text(query, 1)),
                               .event = strdup(store_text(query, 2)),
                               .body = strdup(store_text(query, 3)),
                               .tries = store_integer(query, 4)};
    row = store_step(query, error);
    if (row < 0 || !item.channel || !item.event || !item.body) {
        notify_outbox_item_finish(&item);
        return row < 0 ? row : ERROR_MEMORY;
    }
    *ret = item;
    return 1;
}

void notify_outbox_item_finish(struct outbox_item *item)
{
    free(item->channel);
    free(item->event);
    free(item->body);
    *item = (struct outbox_item){0};
}

int notify_outbox_taken(struct store *store, int64_t id, int64_t now_ms, struct error *error)
{
    struct store_query *query =
        store_query(store, "UPDATE outbox SET taken_ms = ?2, tries = tries + 1, last_error = NULL"
                           " WHERE id = ?1");
    store_bind_integer(query, 1, id);
    store_bind_integer(query, 2, now_ms);
    return store_run(query, error);
}

int notify_outbox_failed(struct store *store, int64_t now_ms, const struct outbox_failure *failure,
                         struct error *error)
{
    struct store_query *query =
        store_query(store, "UPDATE outbox SET next_ms = ?2 + CASE WHEN ?3 > 0 THEN ?3 ELSE"
                           " min(?4, ?5 << min(tries, 12)) END, tries = tries + 1, last_error = ?6"
                           " WHERE id = ?1");
    store_bind_integer(query, 1, failure->id);
    store_bind_integer(query, 2, now_ms);
    store_bind_integer(query, 3, failure->after_ms);
    store_bind_integer(query, 4, LONGEST_WAIT_MS);
    store_bind_integer(query, 5, FIRST_WAIT_MS);
    store_bind_text(query, 6, failure->why);
    return store_run(query, error);
}

int notify_outbox_figures(struct store *store, struct notify_outbox_figures *ret,
                          struct error *error)
{
    struct store_query *query =
        store_query(store, "SELECT count(*), coalesce(sum(tries > 0), 0), min(next_ms) FROM outbox"
                           " WHERE taken_ms IS NULL");
    int row = store_step(query, error);
    if (row <= 0)
        return row < 0 ? row : ERROR_DATABASE;
    *ret = (struct notify_outbox_figures){.waiting = store_integer(query, 0),
                                          .failed = store_integer(query, 1),
                                          .next_ms = store_integer(query, 2)};
    if (!ret->waiting)
        ret->next_ms = INT64_MAX;
    row = store_step(query, error);
    return row < 0 ? row : 0;
}
