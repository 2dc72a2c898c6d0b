/* Takes a collector's messages, checked one by one, into the run under way. */
#include "evidence/intake/run.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "evidence/intake/beyond.h"
#include "evidence/intake/instance.h"
#include "evidence/intake/intake.h"
#include "evidence/intake/scope.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "ground/channel/wire.h"

/* Flags of MESSAGE_BATCH. */
enum { LEVEL_MOST = 7 }; /* LOG_DEBUG of syslog(3) */
enum { BATCH_INTERVAL = 1, BATCH_URGENT = 2, BATCH_BACKLOG = 4 };
enum {
    POSITIONS_LIMIT = 4096,
    TEXT_LIMIT = 4096,  /* bytes of a reason */
    LABEL_LIMIT = 4096, /* bytes of a label's value */
    LINES_LIMIT = 200,  /* for the log, between two seals */
    LINE_LIMIT = 1024,  /* bytes of one */
};

void run_finish(struct run *run)
{
    series_run_drop(run->series);
    beyond_finish(run);
    buffer_finish(&run->readings);
    buffer_finish(&run->excerpts);
    seen_finish(&run->seen);
    json_decref(run->positions);
    json_decref(run->opened);
    json_decref(run->lost);
    json_decref(run->missing);
    free(run->why);
    *run = (struct run){0};
}

/* The link ends, and the run says why. */
static int refuse(struct intake_link *link, const char *format, ...) PRINTF_LIKE(2, 3);
static int refuse(struct intake_link *link, const char *format, ...)
{
    va_list list;
    free(link->why);
    va_start(list, format);
    if (vasprintf(&link->why, format, list) < 0)
        link->why = NULL;
    va_end(list);
    return ERROR_PEER;
}

/* The run under way of this link's instance, with a place for its readings. */
static int open_run(struct intake_link *link, struct run **ret)
{
    struct instance *instance = link->instance;
    struct run *run = &instance->run;
    *ret = run;
    if (!link->declared)
        return refuse(link, "a message before its tables");
    if (link->outcome && !instance->stream)
        return refuse(link, "a message after the outcome of its run");
    if (run->series)
        return 0;
    run->readings.limit = RUN_PAYLOAD_LIMIT;
    run->excerpts.limit = RUN_EXCERPTS_LIMIT;
    int64_t lookback_ms = 2 * instance->every_ms;
    int code =
        series_run_begin(link->intake->turn->series, instance->name, lookback_ms, &run->series);
    if (!code)
        series_run_limit(run->series, instance->series_limit);
    return code;
}

/* One line, or none of it: what is there stays whole. */
static bool append_line(struct buffer *lines, json_t *object)
{
    CLEAN(clean_text) char *text = json_canonical(object);
    json_decref(object);
    if (!text || lines->length + strlen(text) + 1 > lines->limit)
        return false;
    buffer_text(lines, text);
    buffer_byte(lines, '\n');
    return !lines->failed;
}

/* Keeps one reading as evidence: what was read, in words that anybody can parse. */
static void keep_reading(struct run *run, const struct series_reading *reading)
{
    char number[TEXT_DOUBLE_SIZE];
    json_t *labels = json_object();
    for (size_t i = 0; i < reading->count; i++)
        if (*reading->pairs[i].value)
            json_object_set_new(labels, reading->pairs[i].name,
                                json_string(reading->pairs[i].value));
    text_from_double(reading->value, number);
    json_t *line = json_pack("{s:s, s:o, s:s}", "attribute", reading->attribute, "labels", labels,
                             reading->kind == SERIES_TEXT ? "text" : "value",
                             reading->kind == SERIES_TEXT ? reading->text : number);
    if (!append_line(&run->readings, line))
        run->readings.failed = true;
}

/* Into the series, and as evidence: by itself where the series has room for it. */
static int put_reading(struct run *run, const struct series_reading *reading, size_t number)
{
    bool overflow = false;
    int code = series_run_reading(run->series, reading, &overflow);
    if (code)
        return code;
    run->reading_count++;
    run->event_count += reading->kind == SERIES_EVENT && reading->value != 0;
    if (overflow) {
        run->overflow = true;
        return beyond_add(run, number, reading->value);
    }
    keep_reading(run, reading);
    return 0;
}

/* A reading's labels, and the pseudonyms that stand for some. */
struct taken_labels {
    struct label pairs[INSTANCE_LABELS];
    char pseudonyms[INSTANCE_LABELS][PSEUDONYM_SIZE];
};

/* The labels of a reading; label values are checked as text that anybody may be shown. */
static int take_labels(struct intake_link *link, const struct attribute *attribute,
                       struct wire *wire, struct series_reading *reading,
                       struct taken_labels *taken)
{
    size_t count = wire_u16(wire);
    if (!wire->failed && count != attribute->label_count && count != 0)
        return refuse(link, "a reading of %s with %zu labels, of %zu", attribute->name, count,
                      attribute->label_count);
    for (size_t i = 0; i < count && !wire->failed; i++) {
        struct label *pair = &taken->pairs[i];
        *pair = (struct label){attribute->labels[i], wire_text(wire)};
        size_t length = strlen(pair->value);
        if (length > LABEL_LIMIT || !text_is_utf8(pair->value, length))
            return refuse(link, "a reading of %s whose label %s is no UTF-8 or too long",
                          attribute->name, attribute->labels[i]);
        if (!(attribute->personal >> i & 1))
            continue;
        int code = personal_label(link->intake, link->instance, &pair->value, taken->pseudonyms[i]);
        if (code)
            return code;
    }
    reading->pairs = taken->pairs;
    reading->count = count;
    return 0;
}

/* One reading of a READINGS message. */
static int take_reading(struct intake_link *link, struct run *run, struct wire *wire)
{
    struct instance *instance = link->instance;
    struct taken_labels labels;
    uint32_t number = wire_u32(wire);
    double value = wire_double(wire);
    if (wire->failed)
        return refuse(link, "readings that are cut off");
    if (number >= instance->attribute_count)
        return refuse(link, "a reading of attribute %u, of %zu", number, instance->attribute_count);
    const struct attribute *attribute = &instance->attributes[number];
    struct series_reading reading = {.kind = attribute->kind,
                                     .attribute = attribute->name,
                                     .value = value,
                                     .text = attribute->kind == SERIES_TEXT ? wire_text(wire) : ""};
    int code = take_labels(link, attribute, wire, &reading, &labels);
    if (code)
        return code;
    if (wire->failed)
        return refuse(link, "readings that are cut off");
    if (!text_is_utf8(reading.text, strlen(reading.text)))
        return refuse(link, "a reading of %s whose text is no UTF-8", attribute->name);
    if (attribute->kind == SERIES_EVENT && !(value >= 0 && isfinite(value)))
        return refuse(link, "a reading of event %s that is no increment", attribute->name);
    if (!scope_admits(link->intake->scope, &reading)) {
        run->out_of_scope++;
        return 0;
    }
    return put_reading(run, &reading, number);
}

static void take_note(struct intake_link *link, const struct channel_message *message)
{
    link->taken = message->sequence;
}

static int on_readings(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run;
    int error = open_run(link, &run);
    if (error)
        return error;
    uint32_t count = wire_u32(&wire);
    if (wire.failed)
        return refuse(link, "readings without their number");
    for (uint32_t i = 0; !error && i < count; i++)
        error = take_reading(link, run, &wire);
    if (error)
        return error;
    take_note(link, message);
    if (run->readings.failed)
        return refuse(link, "more than %d bytes of readings in one run", RUN_PAYLOAD_LIMIT);
    return wire_ended_well(&wire) ? 0 : refuse(link, "more than the readings in their message");
}

static int on_excerpt(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run;
    int error = open_run(link, &run);
    if (error)
        return error;
    uint32_t number = wire_u32(&wire);
    const char *source = wire_text(&wire), *place = wire_text(&wire);
    CLEAN(clean_text) char *text = NULL;
    error = personal_text(link->intake, link->instance, &wire, &text);
    if (error == ERROR_FORMAT || !wire_ended_well(&wire) ||
        number >= link->instance->attribute_count)
        return refuse(link, "a malformed excerpt, or one of no attribute");
    CLEAN(clean_text) char *from = text_printable(source, strlen(source));
    CLEAN(clean_text) char *where = text_printable(place, strlen(place));
    if (error || !from || !where)
        return error ? error : ERROR_MEMORY;
    take_note(link, message);
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:s}", "attribute", link->instance->attributes[number].name,
                  "source", from, "place", where, "text", text);
    /* Beyond the limit the readings still count; that lines are not kept stands in the leaf. */
    if (append_line(&run->excerpts, line))
        run->excerpt_count++;
    else
        run->excerpts_dropped++;
    return 0;
}

static int on_missing(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run;
    int error = open_run(link, &run);
    if (error)
        return error;
    uint32_t number = wire_u32(&wire);
    const char *why = wire_text(&wire);
    if (!wire_ended_well(&wire) || number >= link->instance->attribute_count ||
        strlen(why) > TEXT_LIMIT || !text_is_utf8(why, strlen(why)))
        return refuse(link, "a malformed word of what is missing, or of no attribute");
    if (!run->missing)
        run->missing = json_object();
    take_note(link, message);
    return json_object_set_new(run->missing, link->instance->attributes[number].name,
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
    struct intake_link *link = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run;
    int error = open_run(link, &run);
    if (error)
        return error;
    const char *source = wire_text(&wire), *unit = wire_text(&wire), *why = wire_text(&wire);
    uint64_t from = wire_u64(&wire), to = wire_u64(&wire);
    if (!wire_ended_well(&wire))
        return refuse(link, "a malformed loss");
    CLEAN(clean_text) char *plain = text_printable(source, strlen(source));
    CLEAN(clean_text) char *because = text_printable(why, strlen(why));
    CLEAN(clean_text) char *in = text_printable(unit, strlen(unit));
    take_note(link, message);
    return list_place(&run->lost,
                      json_pack("{s:s, s:s, s:s, s:I, s:I}", "source", plain ? plain : "", "why",
                                because ? because : "", "unit", in ? in : "", "from",
                                (json_int_t)from, "to", (json_int_t)to));
}

static int on_opened(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run;
    int error = open_run(link, &run);
    if (error)
        return error;
    const char *path = wire_text(&wire);
    uint64_t device = wire_u64(&wire), inode = wire_u64(&wire), size = wire_u64(&wire);
    int64_t changed_ms = wire_i64(&wire);
    if (!wire_ended_well(&wire))
        return refuse(link, "a malformed word of what it opened");
    CLEAN(clean_text) char *plain = text_printable(path, strlen(path));
    take_note(link, message);
    return list_place(&run->opened,
                      json_pack("{s:s, s:I, s:I, s:I, s:I}", "path", plain ? plain : "", "device",
                                (json_int_t)device, "inode", (json_int_t)inode, "size",
                                (json_int_t)size, "changed_ms", (json_int_t)changed_ms));
}

static int take_positions(struct intake_link *link, struct run *run, struct wire *wire)
{
    uint32_t count = wire_u32(wire);
    if (count > POSITIONS_LIMIT)
        return refuse(link, "a batch with %u positions, of at most %d", count, POSITIONS_LIMIT);
    if (!run->positions)
        run->positions = json_object();
    for (uint32_t i = 0; i < count && !wire->failed; i++) {
        const char *key = wire_text(wire), *value = wire_text(wire);
        if (!text_is_utf8(key, strlen(key)) || !text_is_utf8(value, strlen(value)))
            return refuse(link, "a position that is no UTF-8");
        if (!wire->failed && json_object_set_new(run->positions, key, json_string(value)))
            return ERROR_MEMORY;
    }
    return wire_ended_well(wire) ? 0 : refuse(link, "a malformed batch");
}

static int on_batch(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run;
    int error = open_run(link, &run);
    if (error)
        return error;
    if (!link->instance->stream)
        return refuse(link, "a batch, which only a stream may hand over");
    uint32_t flags = wire_u32(&wire);
    error = take_positions(link, run, &wire);
    if (error)
        return error;
    run->interval = run->interval || (flags & BATCH_INTERVAL);
    run->urgent = run->urgent || (flags & BATCH_URGENT);
    run->backlog = flags & BATCH_BACKLOG;
    run->ready = true;
    if (!link->held)
        link->held = message->sequence;
    take_note(link, message);
    return 0;
}

static int on_outcome(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run;
    int error = open_run(link, &run);
    if (error)
        return error;
    int64_t status = wire_i64(&wire);
    const char *why = wire_text(&wire);
    if (!wire_ended_well(&wire))
        return refuse(link, "a malformed outcome");
    free(run->why);
    run->why = text_printable(why, strnlen(why, TEXT_LIMIT));
    run->status = status;
    run->has_status = true;
    take_note(link, message);
    if (link->instance->stream)
        return 0;
    link->outcome = true;
    /* The process of a short interval stays: its run ends here, others with their process. */
    if (link->instance->every_ms < INSTANCE_RESIDENT_MS) {
        run->ready = true;
        link->instance->under_way = false;
    }
    return 0;
}

static int on_tables(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    CLEAN(clean_json) json_t *tables = NULL;
    CLEAN(error_finish) struct error error = {0};
    if (link->declared)
        return refuse(link, "its tables for the second time");
    if (messages_json(message, &tables))
        return refuse(link, "tables that are no JSON object");
    int code = instance_take_tables(link->instance, tables, &error);
    if (code)
        return code == ERROR_MEMORY ? code : refuse(link, "%s", error_sentence(&error));
    link->declared = true;
    take_note(link, message);
    return 0;
}

static int on_watched(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run;
    int error = open_run(link, &run);
    if (error)
        return error;
    const char *source = wire_text(&wire);
    uint64_t bytes = wire_u64(&wire), lines = wire_u64(&wire);
    if (!wire_ended_well(&wire) || bytes >= (uint64_t)SEEN_MOST || lines >= (uint64_t)SEEN_MOST)
        return refuse(link, "a malformed word of what it watched");
    CLEAN(clean_text) char *plain = text_printable(source, strlen(source));
    take_note(link, message);
    return plain ? seen_add(&run->seen, plain, (int64_t)bytes, (int64_t)lines) : ERROR_MEMORY;
}

static int on_said(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    struct wire wire = wire_over(message->body, message->length);
    uint32_t level = wire_u32(&wire);
    const char *text = wire_text(&wire);
    if (!wire_ended_well(&wire))
        return refuse(link, "a malformed line for the log");
    take_note(link, message);
    if (link->lines++ >= LINES_LIMIT || !link->intake->on_said)
        return 0;
    CLEAN(clean_text) char *plain = text_printable(text, strnlen(text, LINE_LIMIT));
    if (plain)
        link->intake->on_said(link->intake->context, link->instance->name,
                              level < LEVEL_MOST ? (int)level : LEVEL_MOST, plain);
    return 0;
}

static int on_proved(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    if (proof_told(link->instance, message->body, message->length))
        return refuse(link, "a malformed word on its selftest");
    take_note(link, message);
    return 0;
}

enum { BODY_MOST = CHANNEL_MOST - CHANNEL_LEAST };

const struct channel_rule intake_rules[] = {
    {MESSAGE_TABLES, 2, BODY_MOST, CHANNEL_FD_NONE, on_tables},
    {MESSAGE_READINGS, 4, BODY_MOST, CHANNEL_FD_NONE, on_readings},
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
