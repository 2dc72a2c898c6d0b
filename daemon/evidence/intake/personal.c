/* Names leave here as pseudonyms, so neither store nor ledger, API or message ever has them. */
#include "evidence/intake/personal.h"

#include <string.h>

#include "evidence/intake/intake.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { DAY_MS = 86400000, LIMIT_PRESET = 1000 };

/* What a collector writes for a name that is no account: it tells of nobody. */
#define NO_ACCOUNT "(invalid)"
/* The account that every host has names no person, and measures ask for it by name. */
#define ROOT "root"

void personal_basis_finish(struct basis *basis)
{
    free(basis->legal_basis);
    free(basis->reviewed_by);
    free(basis->review_due);
    *basis = (struct basis){0};
}

bool personal_basis_holds(const struct basis *basis, int64_t now_ms)
{
    return basis->legal_basis && *basis->legal_basis && *basis->reviewed_by && *basis->review_due &&
           now_ms < basis->until_ms;
}

int personal_configure(struct instance *instance, const json_t *config)
{
    struct basis *basis = &instance->basis;
    int64_t due_ms = 0;
    personal_basis_finish(basis);
    basis->legal_basis = strdup(json_text_of(config, "legal_basis", ""));
    basis->reviewed_by = strdup(json_text_of(config, "reviewed_by", ""));
    basis->review_due = strdup(json_text_of(config, "review_due", ""));
    if (!basis->legal_basis || !basis->reviewed_by || !basis->review_due)
        return ERROR_MEMORY;
    if (*basis->review_due && text_to_time(basis->review_due, &due_ms) == 0)
        basis->until_ms = due_ms + DAY_MS;
    instance->series_limit = (size_t)json_integer_of(config, "series_limit", LIMIT_PRESET);
    return 0;
}

bool personal_stays(const char *value)
{
    return !*value || strcmp(value, NO_ACCOUNT) == 0 || strcmp(value, ROOT) == 0;
}

int personal_label(const struct intake *intake, const struct instance *instance, const char **value,
                   char pseudonym[PSEUDONYM_SIZE])
{
    if (personal_stays(*value) || personal_basis_holds(&instance->basis, intake->turn->now.wall_ms))
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

/* A stream tells of its attributes batch by batch: one in which all had room says nothing of the
 * others, so it counts as full until room was made for a day's events. */
static bool is_full(const struct instance *instance, int64_t now_ms)
{
    if (!instance->overflow_ms)
        return false;
    return !instance->stream || now_ms - instance->overflow_ms < DAY_MS;
}

static void hurry(struct instance *instance, struct moment now)
{
    if (instance->stream || instance->due_boot_ms <= now.boot_ms)
        return;
    instance->due_boot_ms = now.boot_ms;
    instance->next_due_ms = now.wall_ms;
}

/* A run that is under way has taken some as it was before. */
static void switch_names(struct instance *instance, struct moment now)
{
    const struct run *run = &instance->run;
    if (!instance->attribute_count)
        return;
    instance->switched = instance->hides = true;
    instance->mixed = run->series || run->reading_count || run->excerpt_count;
    instance->untold++;
    hurry(instance, now);
}

void personal_renamed(struct instance *instance, struct moment now)
{
    if (instance->plain)
        return;
    switch_names(instance, now);
    instance->changed = instance->moved = true;
}

void personal_note(struct instance *instance, struct moment now)
{
    bool holds = personal_basis_holds(&instance->basis, now.wall_ms);
    bool full = is_full(instance, now.wall_ms);
    bool moved = holds != instance->plain || full != instance->overflow;
    if (holds != instance->plain)
        switch_names(instance, now);
    instance->changed = instance->changed || moved;
    instance->moved = instance->moved || moved;
    instance->plain = holds;
    instance->overflow = full;
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
    for (size_t i = 0; i < instance->attribute_count; i++) {
        const struct attribute *attribute = &instance->attributes[i];
        for (size_t l = 0; is_of(attribute, name) && l < attribute->label_count; l++)
            if ((attribute->personal >> l & 1) &&
                !personal_stays(labels_get(labels, attribute->labels[l])))
                return true;
    }
    return false;
}

int personal_hide(struct intake *intake, struct instance *instance, struct error *error)
{
    if (!instance->hides)
        return 0;
    instance->hides = false;
    int code = series_end(intake->turn->series, instance->name, tells_of_somebody, instance,
                          intake->turn->now.wall_ms);
    return code ? error_set(error, code, "the series of %s: %s", instance->name, error_text(code))
                : 0;
}

void personal_sealed(struct instance *instance, struct moment now)
{
    if (!instance->switched)
        return;
    instance->hides = instance->switched = instance->mixed;
    instance->names_from_ms = instance->plain ? now.wall_ms : 0;
    instance->moved = true;
    instance->mixed = false;
    if (instance->switched)
        hurry(instance, now);
}

static json_t *personal_labels(const struct instance *instance)
{
    json_t *list = json_array();
    for (size_t i = 0; i < instance->attribute_count; i++) {
        const struct attribute *attribute = &instance->attributes[i];
        json_t *labels = json_array();
        for (size_t l = 0; l < attribute->label_count; l++)
            if (attribute->personal >> l & 1)
                json_array_append_new(labels, json_string(attribute->labels[l]));
        if (json_array_size(labels))
            json_array_append_new(
                list, json_pack("{s:s, s:O}", "attribute", attribute->name, "labels", labels));
        json_decref(labels);
    }
    return list;
}

json_t *personal_show(const struct instance *instance)
{
    const struct basis *basis = &instance->basis;
    json_t *labels = personal_labels(instance);
    bool stated = basis->legal_basis && *basis->legal_basis;
    const char *kept = !json_array_size(labels) ? "none" : instance->plain ? "plain" : "pseudonyms";
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:b, s:I, s:b}", "labels", labels, "kept", kept,
                     "legal_basis", stated ? basis->legal_basis : "", "reviewed_by",
                     stated ? basis->reviewed_by : "", "review_due",
                     stated ? basis->review_due : "", "review_overdue", stated && !instance->plain,
                     "series_limit", (json_int_t)instance->series_limit, "series_limit_reached",
                     instance->overflow);
}
