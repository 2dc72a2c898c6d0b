/* When an instance keeps names otherwise than before, and what it shows of that. */
#include "evidence/instance/names.h"

#include <string.h>

#include "evidence/instance/instance.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { DAY_MS = 86400000 };

/* What a collector writes for a name that is no account: it tells of nobody. */
#define NO_ACCOUNT "(invalid)"
/* The account that every host has names no person, and measures ask for it by name. */
#define ROOT "root"

bool names_tell_nobody(const char *value)
{
    return !*value || strcmp(value, NO_ACCOUNT) == 0 || strcmp(value, ROOT) == 0;
}

static void forget_basis(struct basis *basis)
{
    free(basis->legal_basis);
    free(basis->reviewed_by);
    free(basis->review_due);
    *basis = (struct basis){0};
}

void names_finish(struct names *names)
{
    forget_basis(&names->basis);
    *names = (struct names){0};
}

bool names_may_stay(const struct names *names, int64_t now_ms)
{
    const struct basis *basis = &names->basis;
    return basis->legal_basis && *basis->legal_basis && *basis->reviewed_by && *basis->review_due &&
           now_ms < basis->until_ms;
}

int names_configure(struct instance *instance, const json_t *config)
{
    struct basis *basis = &instance->names.basis;
    int64_t due_ms = 0;
    forget_basis(basis);
    basis->legal_basis = strdup(json_text_of(config, "legal_basis", ""));
    basis->reviewed_by = strdup(json_text_of(config, "reviewed_by", ""));
    basis->review_due = strdup(json_text_of(config, "review_due", ""));
    if (!basis->legal_basis || !basis->reviewed_by || !basis->review_due)
        return ERROR_MEMORY;
    if (*basis->review_due && text_to_time(basis->review_due, &due_ms) == 0)
        basis->until_ms = due_ms + DAY_MS;
    instance->overflow.limit = (size_t)json_integer_of(config, "series_limit", 0);
    return 0;
}

void names_remember(struct names *names, int64_t now_ms)
{
    names->plain = names_may_stay(names, now_ms);
}

bool names_take_hidden(struct names *names)
{
    bool hides = names->hides;
    names->hides = false;
    return hides;
}

/* A stream tells of its attributes batch by batch: one in which all had room says nothing of the
 * others, so it counts as full until room was made for a day's events. */
static bool is_full(const struct instance *instance, int64_t now_ms)
{
    if (!instance->overflow.at_ms)
        return false;
    return !instance->stream || now_ms - instance->overflow.at_ms < DAY_MS;
}

static void hurry(struct instance *instance, struct moment now)
{
    if (instance->stream || instance->due.boot_ms <= now.boot_ms)
        return;
    instance->due = now;
}

/* A run that is under way has taken some as it was before. */
static void switch_names(struct instance *instance, struct moment now)
{
    const struct run *run = &instance->run;
    if (!instance->attributes.count)
        return;
    instance->names.switched = instance->names.hides = true;
    instance->names.mixed = run->series || run->reading_count || run->excerpt_count;
    instance->record.untold++;
    hurry(instance, now);
}

void names_renamed(struct instance *instance, struct moment now)
{
    if (instance->names.plain)
        return;
    switch_names(instance, now);
    instance_mark(instance, UNSAVED_NOW);
}

void names_note(struct instance *instance, struct moment now)
{
    bool holds = names_may_stay(&instance->names, now.wall_ms);
    bool full = is_full(instance, now.wall_ms);
    if (holds != instance->names.plain)
        switch_names(instance, now);
    if (holds != instance->names.plain || full != instance->overflow.reached)
        instance_mark(instance, UNSAVED_NOW);
    instance->names.plain = holds;
    instance->overflow.reached = full;
}

void names_sealed(struct instance *instance, struct moment now)
{
    struct names *names = &instance->names;
    if (!names->switched)
        return;
    names->hides = names->switched = names->mixed;
    names->from_ms = names->plain ? now.wall_ms : 0;
    names->mixed = false;
    instance_mark(instance, UNSAVED_NOW);
    if (names->switched)
        hurry(instance, now);
}

static json_t *personal_labels(const struct instance *instance)
{
    json_t *list = json_array();
    for (size_t i = 0; i < instance->attributes.count; i++) {
        const struct attribute *attribute = &instance->attributes.items[i];
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

json_t *names_show(const struct instance *instance)
{
    const struct basis *basis = &instance->names.basis;
    json_t *labels = personal_labels(instance);
    bool stated = basis->legal_basis && *basis->legal_basis, plain = instance->names.plain;
    const char *kept = !json_array_size(labels) ? "none" : plain ? "plain" : "pseudonyms";
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:b, s:I, s:b}", "labels", labels, "kept", kept,
                     "legal_basis", stated ? basis->legal_basis : "", "reviewed_by",
                     stated ? basis->reviewed_by : "", "review_due",
                     stated ? basis->review_due : "", "review_overdue", stated && !plain,
                     "series_limit", (json_int_t)instance->overflow.limit, "series_limit_reached",
                     instance->overflow.reached);
}
