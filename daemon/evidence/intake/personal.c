/* Names leave here as pseudonyms, so neither store nor ledger, API or message ever has them. */
#include "evidence/intake/personal.h"

#include <string.h>

#include "evidence/intake/intake.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

int personal_label(const struct intake *intake, const struct instance *instance, const char **value,
                   char pseudonym[PSEUDONYM_SIZE])
{
    if (names_tell_nobody(*value) ||
        names_may_stay(&instance->names, intake->sealing.turn->now.wall_ms))
        return 0;
    int code =
        intake->pseudonyms ? pseudonym_of(intake->pseudonyms, *value, pseudonym) : ERROR_STATE;
    if (!code)
        *value = pseudonym;
    return code;
}

/* Bytes of an excerpt. */
struct part {
    const char *bytes;
    size_t length;
};

static void append_part(struct buffer *text, const char *bytes, size_t length)
{
    CLEAN(clean_text) char *plain = text_printable(bytes, length);
    if (plain)
        buffer_text(text, plain);
    else
        text->failed = true;
}

static int append_personal(const struct intake *intake, const struct instance *instance,
                           struct buffer *text, struct part part)
{
    char pseudonym[PSEUDONYM_SIZE];
    CLEAN(clean_text) char *plain = text_printable(part.bytes, part.length);
    const char *kept = plain;
    if (!plain)
        return ERROR_MEMORY;
    int code = personal_label(intake, instance, &kept, pseudonym);
    if (!code)
        buffer_text(text, kept);
    return code;
}

int personal_text(const struct intake *intake, const struct instance *instance, struct wire *wire,
                  char **ret_text)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    size_t length, at = 0;
    const char *bytes = wire_bytes(wire, &length);
    uint32_t count = wire_u32(wire);
    int code = 0;
    for (uint32_t i = 0; !code && i < count && !wire->failed; i++) {
        size_t from = wire_u32(wire), part = wire_u32(wire);
        if (from < at || from > length || part > length - from)
            return ERROR_FORMAT;
        append_part(&text, bytes + at, from - at);
        code = append_personal(intake, instance, &text, (struct part){bytes + from, part});
        at = from + part;
    }
    if (code || wire->failed)
        return code ? code : ERROR_FORMAT;
    append_part(&text, bytes + at, length - at);
    *ret_text = buffer_take(&text);
    return *ret_text ? 0 : ERROR_MEMORY;
}

static bool is_of(const struct attribute *attribute, const char *name)
{
    size_t length = strlen(attribute->name);
    return strncmp(name, attribute->name, length) == 0 &&
           (!name[length] || strcmp(name + length, "_total") == 0 ||
            strcmp(name + length, "_info") == 0);
}

/* Does a series of this instance bear a name, or what stands for one? */
static bool tells_of_somebody(const void *context, const struct labels *labels)
{
    const struct instance *instance = context;
    const char *name = labels_name(labels);
    for (size_t i = 0; i < instance->attributes.count; i++) {
        const struct attribute *attribute = &instance->attributes.items[i];
        for (size_t l = 0; is_of(attribute, name) && l < attribute->label_count; l++)
            if ((attribute->personal >> l & 1) &&
                !names_tell_nobody(labels_get(labels, attribute->labels[l])))
                return true;
    }
    return false;
}

int personal_hide(struct intake *intake, struct instance *instance, struct error *error)
{
    if (!names_take_hidden(&instance->names))
        return 0;
    int code = series_end(intake->sealing.turn->series, instance->name, tells_of_somebody, instance,
                          intake->sealing.turn->now.wall_ms);
    return code ? error_set(error, code, "the series of %s: %s", instance->name, error_text(code))
                : 0;
}
