/* Takes a collector's messages, each checked before it counts, into the run under way. */
#include <stdio.h>
#include <string.h>

#include "evidence/intake/personal.h"
#include "evidence/intake/taking.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"

enum { LEVEL_MOST = 7 }; /* LOG_DEBUG of syslog(3) */
/* Flags of MESSAGE_BATCH. */
enum { BATCH_INTERVAL = 1, BATCH_URGENT = 2, BATCH_BACKLOG = 4 };
enum {
    POSITIONS_LIMIT = 4096,
    TEXT_LIMIT = 4096, /* bytes of a reason */
    LINES_LIMIT = 200, /* for the log, between two seals */
    LINE_LIMIT = 1024, /* bytes of one */
};

static int on_excerpt(void *context, struct channel_message *message)
{
    struct taking *taking = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run = taking->run;
    uint32_t number = wire_u32(&wire);
    const char *source = wire_text(&wire), *place = wire_text(&wire);
    CLEAN(clean_text) char *text = NULL;
    int code = personal_text(taking->link->intake, taking->instance, &wire, &text);
    if (code == ERROR_FORMAT || !wire_ended_well(&wire) ||
        number >= taking->instance->attributes.count)
        return taking_refuse(taking, "a malformed excerpt, or one of no attribute");
    CLEAN(clean_text) char *from = text_printable(source, strlen(source));
    CLEAN(clean_text) char *where = text_printable(place, strlen(place));
    if (code || !from || !where)
        return code ? code : ERROR_MEMORY;
    json_t *line = json_pack("{s:s, s:s, s:s, s:s}", "attribute",
                             taking->instance->attributes.items[number].name, "source", from,
                             "place", where, "text", text);
    /* Beyond the limit the readings still count; that lines are not kept stands in the leaf. */
    if (taking_append_line(&run->excerpts, line))
        run->excerpt_count++;
    else
        run->excerpts_dropped++;
    return 0;
}

static int on_missing(void *context, struct channel_message *message)
{
    struct taking *taking = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run = taking->run;
    uint32_t number = wire_u32(&wire);
    const char *why = wire_text(&wire);
    if (!wire_ended_well(&wire) || number >= taking->instance->attributes.count ||
        strlen(why) > TEXT_LIMIT || !text_is_utf8(why, strlen(why)))
        return taking_refuse(taking, "a malformed report of what is missing, or of no attribute");
    if (!run->missing)
        run->missing = json_object();
    return json_object_set_new(run->missing, taking->instance->attributes.items[number].name,
                               json_string(why))
               ? ERROR_MEMORY
               : 0;
}

/* Appends to a list of the run that has a limit; what is beyond it is dropped by its owner. */
static int list_place(json_t **list, json_t *object)
{
    if (!*list)
        *list = json_array();
    if (json_array_size(*list) >= RUN_PLACES_LIMIT) {
        json_decref(object);
        return 0;
    }
    return json_array_append_new(*list, object) ? ERROR_MEMORY : 0;
}

static int on_lost(void *context, struct channel_message *message)
{
    struct taking *taking = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run = taking->run;
    const char *source = wire_text(&wire), *unit = wire_text(&wire), *why = wire_text(&wire);
    uint64_t from = wire_u64(&wire), to = wire_u64(&wire);
    if (!wire_ended_well(&wire))
        return taking_refuse(taking, "a malformed loss");
    CLEAN(clean_text) char *plain = text_printable(source, strlen(source));
    CLEAN(clean_text) char *because = text_printable(why, strlen(why));
    CLEAN(clean_text) char *in = text_printable(unit, strlen(unit));
    return list_place(&run->lost,
                      json_pack("{s:s, s:s, s:s, s:I, s:I}", "source", plain ? plain : "", "why",
                                because ? because : "", "unit", in ? in : "", "from",
                                (json_int_t)from, "to", (json_int_t)to));
}

static int on_opened(void *context, struct channel_message *message)
{
    struct taking *taking = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run = taking->run;
    const char *path = wire_text(&wire);
    uint64_t device = wire_u64(&wire), inode = wire_u64(&wire), size = wire_u64(&wire);
    int64_t changed_ms = wire_i64(&wire);
    if (!wire_ended_well(&wire))
        return taking_refuse(taking, "a malformed report of what it opened");
    CLEAN(clean_text) char *plain = text_printable(path, strlen(path));
    return list_place(&run->opened,
                      json_pack("{s:s, s:I, s:I, s:I, s:I}", "path", plain ? plain : "", "device",
                                (json_int_t)device, "inode", (json_int_t)inode, "size",
                                (json_int_t)size, "changed_ms", (json_int_t)changed_ms));
}

static int take_positions(struct taking *taking, struct run *run, struct wire *wire)
{
    uint32_t count = wire_u32(wire);
    if (count > POSITIONS_LIMIT)
        return taking_refuse(taking, "a batch with %u positions, of at most %d", count,
                             POSITIONS_LIMIT);
    if (!run->positions)
        run->positions = json_object();
    for (uint32_t i = 0; i < count && !wire->failed; i++) {
        const char *key = wire_text(wire), *value = wire_text(wire);
        if (!text_is_utf8(key, strlen(key)) || !text_is_utf8(value, strlen(value)))
            return taking_refuse(taking, "a position that is not UTF-8");
        if (!wire->failed && json_object_set_new(run->positions, key, json_string(value)))
            return ERROR_MEMORY;
    }
    return wire_ended_well(wire) ? 0 : taking_refuse(taking, "a malformed batch");
}

static int on_batch(void *context, struct channel_message *message)
{
    struct taking *taking = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run = taking->run;
    if (!taking->instance->stream)
        return taking_refuse(taking, "a batch, which only a stream may send");
    uint32_t flags = wire_u32(&wire);
    int code = take_positions(taking, run, &wire);
    if (code)
        return code;
    run->interval = run->interval || (flags & BATCH_INTERVAL);
    run->urgent = run->urgent || (flags & BATCH_URGENT);
    run->backlog = flags & BATCH_BACKLOG;
    run->ready = true;
    if (!taking->link->held)
        taking->link->held = message->sequence;
    return 0;
}

static int on_outcome(void *context, struct channel_message *message)
{
    struct taking *taking = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run = taking->run;
    int64_t status = wire_i64(&wire);
    const char *why = wire_text(&wire);
    if (!wire_ended_well(&wire))
        return taking_refuse(taking, "a malformed outcome");
    free(run->why);
    run->why = text_printable(why, strnlen(why, TEXT_LIMIT));
    run->status = status;
    run->has_status = true;
    return instance_outcome(taking->instance)
               ? 0
               : taking_refuse(taking, "an outcome where no run is under way");
}

static int on_tables(void *context, struct channel_message *message)
{
    struct taking *taking = context;
    CLEAN(clean_json) json_t *tables = NULL;
    CLEAN(error_finish) struct error error = {0};
    if (taking->link->declared)
        return taking_refuse(taking, "its tables for the second time");
    if (messages_json(message, &tables))
        return taking_refuse(taking, "tables that are not a JSON object");
    int code = instance_take_tables(taking->instance, tables, &error);
    if (code)
        return code == ERROR_MEMORY ? code : taking_refuse(taking, "%s", error_sentence(&error));
    taking->link->declared = true;
    return 0;
}

static int on_watched(void *context, struct channel_message *message)
{
    struct taking *taking = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run = taking->run;
    const char *source = wire_text(&wire);
    uint64_t bytes = wire_u64(&wire), lines = wire_u64(&wire);
    if (!wire_ended_well(&wire) || bytes >= (uint64_t)SEEN_MOST || lines >= (uint64_t)SEEN_MOST)
        return taking_refuse(taking, "a malformed report of what it read");
    CLEAN(clean_text) char *plain = text_printable(source, strlen(source));
    return plain ? seen_add(&run->seen, plain, (int64_t)bytes, (int64_t)lines) : ERROR_MEMORY;
}

static int on_said(void *context, struct channel_message *message)
{
    struct taking *taking = context;
    struct wire wire = wire_over(message->body, message->length);
    uint32_t level = wire_u32(&wire);
    const char *text = wire_text(&wire);
    if (!wire_ended_well(&wire))
        return taking_refuse(taking, "a malformed line for the log");
    const struct intake *intake = taking->link->intake;
    if (taking->link->lines++ >= LINES_LIMIT || !intake->on_said)
        return 0;
    CLEAN(clean_text) char *plain = text_printable(text, strnlen(text, LINE_LIMIT));
    if (plain)
        intake->on_said(intake->context, taking->instance->name,
                        level < LEVEL_MOST ? (int)level : LEVEL_MOST, plain);
    return 0;
}

static int on_proved(void *context, struct channel_message *message)
{
    struct taking *taking = context;
    if (proof_told(taking->instance, message->body, message->length))
        return taking_refuse(taking, "a malformed report of its selftest");
    return 0;
}

enum { BODY_MOST = CHANNEL_MOST - CHANNEL_LEAST };

const struct channel_rule intake_rules[] = {
    {MESSAGE_TABLES, 2, BODY_MOST, CHANNEL_FD_NONE, on_tables},
    {MESSAGE_READINGS, 4, BODY_MOST, CHANNEL_FD_NONE, taking_readings},
    {MESSAGE_EXCERPT, 16, BODY_MOST, CHANNEL_FD_NONE, on_excerpt},
    {MESSAGE_MISSING, 8, BODY_MOST, CHANNEL_FD_NONE, on_missing},
    {MESSAGE_LOST, 28, BODY_MOST, CHANNEL_FD_NONE, on_lost},
    {MESSAGE_OPENED, 36, BODY_MOST, CHANNEL_FD_NONE, on_opened},
    {MESSAGE_BATCH, 8, BODY_MOST, CHANNEL_FD_NONE, on_batch},
    {MESSAGE_OUTCOME, 12, BODY_MOST, CHANNEL_FD_NONE, on_outcome},
    {MESSAGE_PROVED, 20, BODY_MOST, CHANNEL_FD_NONE, on_proved},
    {MESSAGE_WATCHED, 20, BODY_MOST, CHANNEL_FD_NONE, on_watched},
    {MESSAGE_SAID, 8, BODY_MOST, CHANNEL_FD_NONE, on_said},
    {0},
};
