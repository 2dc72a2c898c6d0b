/* Takes a collector's messages, checked one by one, into the run under way. */
#include "intake/run.h"

#include <math.h>
#include <string.h>

#include "base/clean.h"
#include "base/json.h"
#include "base/text.h"
#include "channel/wire.h"
#include "intake/instance.h"
#include "intake/intake.h"

/* Flags of MESSAGE_BATCH. */
enum { BATCH_INTERVAL = 1, BATCH_URGENT = 2, BATCH_BACKLOG = 4 };
enum { PLACES_LIMIT = 1000, POSITIONS_LIMIT = 4096, TEXT_LIMIT = 4096 };

void run_finish(struct run *run)
{
    series_run_drop(run->series);
    buffer_finish(&run->readings);
    buffer_finish(&run->excerpts);
    json_decref(run->positions);
    json_decref(run->opened);
    json_decref(run->lost);
    json_decref(run->missing);
    free(run->why);
    *run = (struct run){0};
}

/* The run under way of this link's instance, with a place for its readings. */
static int open_run(struct intake_link *link, struct run **ret)
{
    struct instance *instance = link->instance;
    struct run *run = &instance->run;
    *ret = run;
    if (run->series)
        return 0;
    run->readings.limit = RUN_PAYLOAD_LIMIT;
    run->excerpts.limit = RUN_EXCERPTS_LIMIT;
    int64_t lookback_ms = 2 * instance->every_ms;
    return series_run_begin(link->intake->series, instance->name, lookback_ms, &run->series);
}

static void append_line(struct buffer *lines, json_t *object)
{
    CLEAN(clean_text) char *text = json_canonical(object);
    json_decref(object);
    if (!text) {
        lines->failed = true;
        return;
    }
    buffer_text(lines, text);
    buffer_byte(lines, '\n');
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
    append_line(&run->readings,
                json_pack("{s:s, s:o, s:s}", "attribute", reading->attribute, "labels", labels,
                          reading->kind == SERIES_TEXT ? "text" : "value",
                          reading->kind == SERIES_TEXT ? reading->text : number));
    run->reading_count++;
    if (reading->kind == SERIES_EVENT && reading->value != 0)
        run->event_count++;
}

/* One reading of a READINGS message; false when it is not one that was declared. */
static int take_reading(struct intake_link *link, struct run *run, struct wire *wire)
{
    struct instance *instance = link->instance;
    uint32_t number = wire_u32(wire);
    double value = wire_double(wire);
    if (wire->failed || number >= instance->attribute_count)
        return ERROR_PEER;
    const struct attribute *attribute = &instance->attributes[number];
    const char *text = attribute->kind == SERIES_TEXT ? wire_text(wire) : "";
    struct label pairs[INSTANCE_LABELS];
    size_t count = wire_u16(wire);
    if (count != attribute->label_count && count != 0)
        return ERROR_PEER;
    for (size_t i = 0; i < count; i++) {
        pairs[i] = (struct label){attribute->labels[i], wire_text(wire)};
        if (!text_is_utf8(pairs[i].value, strlen(pairs[i].value)))
            return ERROR_PEER;
    }
    if (wire->failed || !text_is_utf8(text, strlen(text)))
        return ERROR_PEER;
    if (attribute->kind == SERIES_EVENT && !(value >= 0 && isfinite(value)))
        return ERROR_PEER;
    struct series_reading reading = {.kind = attribute->kind,
                                     .attribute = attribute->name,
                                     .pairs = pairs,
                                     .count = count,
                                     .value = value,
                                     .text = text};
    keep_reading(run, &reading);
    bool overflow = false;
    int error = series_run_reading(run->series, &reading, &overflow);
    run->overflow = run->overflow || overflow;
    return error;
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
    uint32_t count = wire_u32(&wire);
    for (uint32_t i = 0; !error && i < count; i++)
        error = take_reading(link, run, &wire);
    if (error)
        return error;
    take_note(link, message);
    return wire_ended_well(&wire) && !run->readings.failed ? 0 : ERROR_PEER;
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
    size_t length;
    const char *bytes = wire_bytes(&wire, &length);
    if (!wire_ended_well(&wire) || number >= link->instance->attribute_count)
        return ERROR_PEER;
    CLEAN(clean_text) char *text = text_printable(bytes, length);
    CLEAN(clean_text) char *from = text_printable(source, strlen(source));
    CLEAN(clean_text) char *where = text_printable(place, strlen(place));
    if (!text || !from || !where)
        return ERROR_MEMORY;
    take_note(link, message);
    /* Beyond the limit the readings still count; the excerpt says itself that lines are missing. */
    if (run->excerpts.length + strlen(text) + 1024 > RUN_EXCERPTS_LIMIT)
        return 0;
    append_line(&run->excerpts, json_pack("{s:s, s:s, s:s, s:s}", "attribute",
                                          link->instance->attributes[number].name, "source", from,
                                          "place", where, "text", text));
    run->excerpt_count++;
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
        return ERROR_PEER;
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
    if (json_array_size(*list) >= PLACES_LIMIT) {
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
        return ERROR_PEER;
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
        return ERROR_PEER;
    CLEAN(clean_text) char *plain = text_printable(path, strlen(path));
    take_note(link, message);
    return list_place(&run->opened,
                      json_pack("{s:s, s:I, s:I, s:I, s:I}", "path", plain ? plain : "", "device",
                                (json_int_t)device, "inode", (json_int_t)inode, "size",
                                (json_int_t)size, "changed_ms", (json_int_t)changed_ms));
}

static int on_batch(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run;
    int error = open_run(link, &run);
    uint32_t flags = wire_u32(&wire), count = wire_u32(&wire);
    if (!run->positions)
        run->positions = json_object();
    for (uint32_t i = 0; !error && !wire.failed && i < count; i++) {
        const char *key = wire_text(&wire), *value = wire_text(&wire);
        if (count > POSITIONS_LIMIT || !text_is_utf8(key, strlen(key)) ||
            !text_is_utf8(value, strlen(value)))
            return ERROR_PEER;
        if (json_object_set_new(run->positions, key, json_string(value)))
            error = ERROR_MEMORY;
    }
    if (error)
        return error;
    run->interval = run->interval || (flags & BATCH_INTERVAL);
    run->backlog = flags & BATCH_BACKLOG;
    run->ready = true;
    if (!link->held)
        link->held = message->sequence;
    take_note(link, message);
    return wire_ended_well(&wire) ? 0 : ERROR_PEER;
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
        return ERROR_PEER;
    free(run->why);
    run->why = text_printable(why, strlen(why));
    run->status = status;
    run->has_status = true;
    link->outcome = true;
    /* The process of a short interval stays: its run ends here, others with their process. */
    run->ready = !link->instance->stream && link->instance->every_ms < INSTANCE_RESIDENT_MS;
    take_note(link, message);
    return 0;
}

static int on_tables(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    CLEAN(clean_json) json_t *tables = NULL;
    CLEAN(error_finish) struct error error = {0};
    if (message_json(message, &tables) || link->instance->run.series)
        return ERROR_PEER;
    if (instance_take_tables(link->instance, tables, &error))
        return ERROR_PEER;
    take_note(link, message);
    return 0;
}

static int on_counted(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run;
    int error = open_run(link, &run);
    if (error)
        return error;
    char hash[DIGEST_TEXT_SIZE] = "";
    const char *rule = wire_text(&wire);
    uint64_t lines = wire_u64(&wire);
    size_t length;
    const char *bytes = wire_bytes(&wire, &length);
    if (!wire_ended_well(&wire) || length != 32)
        return ERROR_PEER;
    text_from_bytes((const uint8_t *)bytes, length, hash);
    CLEAN(clean_text) char *plain = text_printable(rule, strlen(rule));
    append_line(&run->excerpts, json_pack("{s:s, s:I, s:s}", "rule", plain ? plain : "", "more",
                                          (json_int_t)lines, "sha256", hash));
    take_note(link, message);
    return 0;
}

static int on_said(void *context, struct channel_message *message)
{
    struct intake_link *link = context;
    struct wire wire = wire_over(message->body, message->length);
    uint32_t level = wire_u32(&wire);
    const char *text = wire_text(&wire);
    if (!wire_ended_well(&wire))
        return ERROR_PEER;
    CLEAN(clean_text) char *plain = text_printable(text, strlen(text));
    take_note(link, message);
    if (plain && link->intake->on_said)
        link->intake->on_said(link->intake->context, link->instance->name, (int)level, plain);
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
    {MESSAGE_COUNTED, 44, BODY_MOST, CHANNEL_FD_NONE, on_counted},
    {MESSAGE_BATCH, 8, BODY_MOST, CHANNEL_FD_NONE, on_batch},
    {MESSAGE_OUTCOME, 12, BODY_MOST, CHANNEL_FD_NONE, on_outcome},
    {MESSAGE_SAID, 8, BODY_MOST, CHANNEL_FD_NONE, on_said},
    {0},
};
