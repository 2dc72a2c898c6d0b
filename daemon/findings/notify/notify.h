/* Who is sent what, and when; the outbox; the shapes of messages. An outbox row is written in
 * the transaction that changed something, and stays until the receiver accepted it: at least
 * once, over restarts. */
#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include "evidence/turn/turn.h"
#include "ground/base/error.h"

#include <jansson.h>
#include <stdint.h>

/* When a change is reported (a measure's urgency). */
enum urgency {
    URGENCY_NOW,    /* at once */
    URGENCY_DAY,    /* at 07:00 UTC, once a day */
    URGENCY_DIGEST, /* Mondays at 07:00 UTC */
};
enum urgency notify_urgency_from_text(const char *text); /* anything unknown is URGENCY_NOW */

/* The wall time from which it may be sent. Pure. */
int64_t notify_when(enum urgency urgency, int64_t now_ms);

/* One change to be reported. */
struct notify_event {
    const char *name;    /* "candidate", "returned", "condition_cleared", "test" */
    const char *subject; /* a finding's reference */
    enum urgency urgency;
    const json_t *data; /* borrowed: what the message says */
};

/* Writes a row for each channel (configuration's list: {name, type, events}) that wants the event.
 * host names this machine in messages. */
struct notify_context {
    const struct turn *turn;
    const json_t *channels;
    const char *host;
};
int notify_put(const struct notify_context *context, const struct notify_event *event,
               struct error *error) MUST_CHECK;

/* The next row that is due and not under way; 1 and a filled item, or 0. after: rows up to this id
 * are under way already. The item's texts are freed with notify_outbox_item_finish. */
struct outbox_item {
    int64_t id;
    char *channel;
    char *event;
    char *body;
    int64_t tries;
};
int notify_outbox_next(struct store *store, int64_t now_ms, int64_t after, struct outbox_item *ret,
                       struct error *error) MUST_CHECK;
void notify_outbox_item_finish(struct outbox_item *item);

/* The receiver took it. */
int notify_outbox_taken(struct store *store, int64_t id, int64_t now_ms,
                        struct error *error) MUST_CHECK;
/* It did not: tried again after 1 s doubling to an hour, or after_ms when the receiver said so. */
struct outbox_failure {
    int64_t id;
    int64_t after_ms; /* 0: the receiver did not say */
    const char *why;
};
int notify_outbox_failed(struct store *store, int64_t now_ms, const struct outbox_failure *failure,
                         struct error *error) MUST_CHECK;
/* How many wait, how many of them failed before, and when the next is due (INT64_MAX: none). */
struct notify_outbox_figures {
    int64_t waiting;
    int64_t failed;
    int64_t next_ms;
};
int notify_outbox_figures(struct store *store, struct notify_outbox_figures *ret,
                          struct error *error) MUST_CHECK;

/* CloudEvents 1.0 in structured mode (cloudevents.io/spec/v1.0, JSON format): what a webhook gets.
 * The caller frees; NULL without memory. */
char *notify_shape_cloudevent(const struct notify_context *context,
                              const struct notify_event *event, const char *id);
/* MSGID, structured data and text of an RFC 5424 message: "candidate [conformd@32473 ref=...] ...".
 * 32473 is the number for documentation (RFC 5612). */
char *notify_shape_syslog(const struct notify_event *event);

#endif
