/* Takes readings: labels checked, and kept as pseudonyms where they name somebody; each reading
 * into the series and the evidence. */
#include <math.h>
#include <string.h>

#include "evidence/intake/personal.h"
#include "evidence/intake/scope.h"
#include "evidence/intake/taking.h"
#include "evidence/run/beyond.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"

enum { LABEL_LIMIT = 4096 }; /* bytes of a label's value */

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
    if (!taking_append_line(&run->readings, line))
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
    struct label pairs[ATTRIBUTE_LABELS];
    char pseudonyms[ATTRIBUTE_LABELS][PSEUDONYM_SIZE];
};

/* The labels of a reading; label values are checked as text that anybody may be shown. */
static int take_labels(struct taking *taking, const struct attribute *attribute, struct wire *wire,
                       struct series_reading *reading, struct taken_labels *taken)
{
    size_t count = wire_u16(wire);
    if (!wire->failed && count != attribute->label_count && count != 0)
        return taking_refuse(taking, "a reading of %s with %zu labels, of %zu", attribute->name,
                             count, attribute->label_count);
    for (size_t i = 0; i < count && !wire->failed; i++) {
        struct label *pair = &taken->pairs[i];
        *pair = (struct label){attribute->labels[i], wire_text(wire)};
        size_t length = strlen(pair->value);
        if (length > LABEL_LIMIT || !text_is_utf8(pair->value, length))
            return taking_refuse(taking, "a reading of %s whose label %s is not UTF-8 or too long",
                                 attribute->name, attribute->labels[i]);
        if (!(attribute->personal >> i & 1))
            continue;
        int code = personal_label(taking->link->intake, taking->instance, &pair->value,
                                  taken->pseudonyms[i]);
        if (code)
            return code;
    }
    reading->pairs = taken->pairs;
    reading->count = count;
    return 0;
}

/* One reading of a READINGS message. */
static int take_reading(struct taking *taking, struct run *run, struct wire *wire)
{
    struct instance *instance = taking->instance;
    struct taken_labels labels;
    uint32_t number = wire_u32(wire);
    double value = wire_double(wire);
    if (wire->failed)
        return taking_refuse(taking, "readings that are cut off");
    if (number >= instance->attributes.count)
        return taking_refuse(taking, "a reading of attribute %u, of %zu", number,
                             instance->attributes.count);
    const struct attribute *attribute = &instance->attributes.items[number];
    struct series_reading reading = {.kind = attribute->kind,
                                     .attribute = attribute->name,
                                     .value = value,
                                     .text = attribute->kind == SERIES_TEXT ? wire_text(wire) : ""};
    int code = take_labels(taking, attribute, wire, &reading, &labels);
    if (code)
        return code;
    if (wire->failed)
        return taking_refuse(taking, "readings that are cut off");
    if (!text_is_utf8(reading.text, strlen(reading.text)))
        return taking_refuse(taking, "a reading of %s whose text is not UTF-8", attribute->name);
    if (attribute->kind == SERIES_EVENT && !(value >= 0 && isfinite(value)))
        return taking_refuse(taking, "a reading of event %s that is not an increment",
                             attribute->name);
    if (!scope_admits(taking->link->intake->scope, &reading)) {
        run->out_of_scope++;
        return 0;
    }
    return put_reading(run, &reading, number);
}

int taking_readings(void *context, struct channel_message *message)
{
    struct taking *taking = context;
    struct wire wire = wire_over(message->body, message->length);
    struct run *run = taking->run;
    uint32_t count = wire_u32(&wire);
    if (wire.failed)
        return taking_refuse(taking, "readings without their number");
    int code = 0;
    for (uint32_t i = 0; !code && i < count; i++)
        code = take_reading(taking, run, &wire);
    if (code)
        return code;
    if (run->readings.failed)
        return taking_refuse(taking, "more than %d bytes of readings in one run",
                             RUN_PAYLOAD_LIMIT);
    return wire_ended_well(&wire)
               ? 0
               : taking_refuse(taking, "more than the readings in their message");
}
