/* The instances, and a turn's intake. */
#include "evidence/intake/intake.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/instance/memory.h"
#include "evidence/intake/intake_link.h"
#include "evidence/intake/personal.h"
#include "evidence/sealing/positions.h"
#include "evidence/sealing/undo.h"
#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"

enum { SAVE_EVERY_MS = 60000 };

static int64_t now_of(const struct intake *intake)
{
    return intake->sealing.turn->now.wall_ms;
}

static int remember(struct intake *intake, struct instance *instance, struct error *error)
{
    CLEAN(clean_json) json_t *memory = NULL;
    struct store *store = intake->sealing.turn->store;
    int64_t now_ms = now_of(intake);
    int code = account_load(store, instance, error);
    if (code)
        return code;
    names_remember(&instance->names, now_ms);
    code = states_get(store, "instance_memory", instance->name, &memory, error);
    if (code == ERROR_MISSING)
        return 0;
    if (!code)
        code = memory_load(instance, memory);
    if (code)
        error_prefix(error, "what is remembered of collector %s", instance->name);
    /* The clock was set back while it was not among those configured. */
    else if (now_ms && instance->standing.last_end_ms > now_ms)
        instance_step(instance, now_ms);
    return code;
}

int intake_load(struct intake *intake, const json_t *collectors, struct error *error)
{
    size_t index;
    json_t *row;
    intake->instances = calloc(json_array_size(collectors) + 1, sizeof *intake->instances);
    if (!intake->instances)
        return ERROR_MEMORY;
    json_array_foreach (collectors, index, row) {
        struct instance *instance = calloc(1, sizeof *instance);
        if (!instance)
            return ERROR_MEMORY;
        intake->instances[intake->count++] = instance;
        int code = instance_init(instance, row);
        if (!code)
            code = remember(intake, instance, error);
        if (!code)
            code = sealing_load(&intake->sealing, instance, error);
        if (!code)
            code = proof_load(intake->sealing.turn->store, instance, error);
        if (code)
            return code;
        instance_enable(instance, json_flag_of(row, "enabled", false));
        instance_mark(instance, UNSAVED_NOW); /* shown from the first turn on */
    }
    return 0;
}

void intake_finish(struct intake *intake)
{
    for (size_t i = 0; i < intake->count; i++) {
        if (intake->instances[i]->link)
            intake->instances[i]->link->instance = NULL;
        instance_finish(intake->instances[i]);
        free(intake->instances[i]);
    }
    free(intake->instances);
    intake->instances = NULL;
    intake->count = 0;
}

struct instance *intake_find(const struct intake *intake, const char *name)
{
    for (size_t i = 0; i < intake->count; i++)
        if (strcmp(intake->instances[i]->name, name) == 0)
            return intake->instances[i];
    return NULL;
}

int intake_positions(struct intake *intake, const struct instance *instance, json_t **ret,
                     struct error *error)
{
    json_t *positions = NULL;
    int code = positions_get(intake->sealing.turn->store, instance, &positions, error);
    if (code)
        return code;
    *ret = json_pack("{s:s, s:o}", "instance", instance->name, "positions", positions);
    return *ret ? 0 : ERROR_MEMORY;
}

bool intake_is_ready(const struct intake *intake)
{
    for (size_t i = 0; i < intake->count; i++)
        if (instance_is_ready(intake->instances[i]))
            return true;
    return false;
}

int intake_step(struct intake *intake, struct moment now, struct error *error)
{
    int code = 0;
    for (size_t i = 0; !code && i < intake->count; i++) {
        struct instance *instance = intake->instances[i];
        code = sealing_unfold(&intake->sealing, instance, error);
        instance_step(instance, now.wall_ms);
        instance_step_due(instance, now, now.wall_ms < now_of(intake));
    }
    return code;
}

int intake_part(struct intake *intake, struct instance *instance, struct error *error)
{
    bool disabled = instance->condition == CONDITION_DISABLED;
    int code = disabled ? 0 : sealing_last(&intake->sealing, instance, error);
    if (!code)
        instance_part(instance);
    return code;
}

/* Its run, unless that was no more than the word that its process reads. */
static int seal_run(struct intake *intake, struct instance *instance, struct error *error)
{
    if (!instance->run.ready)
        return 0;
    bool only_begins = pushed_begins(instance, now_of(intake));
    int code = only_begins ? 0 : sealing_run(&intake->sealing, instance, error);
    if (!code && instance->link) {
        instance->link->sealed = true;
        instance->link->lines = only_begins ? instance->link->lines : 0;
    }
    return code;
}

/* What was handed over and is whole. */
static int seal_one(struct intake *intake, struct instance *instance, struct error *error)
{
    const struct moment now = intake->sealing.turn->now;
    int code = personal_hide(intake, instance, error);
    names_note(instance, now);
    if (!code)
        code = seal_run(intake, instance, error);
    /* There may be no turn after a stop's. */
    if (!code && instance->course.stage == COURSE_OVER)
        pushed_note_end(instance);
    if (!code && proof_is_untold(instance))
        code = sealing_proof(&intake->sealing, instance, error);
    /* The run may have reached a limit. */
    names_note(instance, now);
    return code;
}

int intake_seal(struct intake *intake, struct error *error)
{
    int code = 0;
    for (size_t i = 0; !code && i < intake->count; i++) {
        struct instance *instance = intake->instances[i];
        /* An end that waited for a batch to be sealed is judged in the turn after it. */
        instance_conclude(instance);
        code = seal_one(intake, instance, error);
        if (!code)
            code = sealing_due(&intake->sealing, instance, error);
    }
    return code;
}

int64_t intake_tell_ms(const struct intake *intake)
{
    int64_t first_ms = INT64_MAX;
    for (size_t i = 0; i < intake->count; i++) {
        int64_t tell_ms = intake->instances[i]->record.tell_boot_ms;
        if (tell_ms && tell_ms < first_ms)
            first_ms = tell_ms;
    }
    return first_ms;
}

void intake_committed(struct intake *intake)
{
    for (size_t i = 0; i < intake->count; i++) {
        struct intake_link *link = intake->instances[i]->link;
        undo_forget(intake->instances[i]);
        if (!link || !link->sealed)
            continue;
        link->held = 0;
        link->sealed = false;
    }
}

int intake_undone(struct intake *intake, struct error *error)
{
    int code = 0;
    intake_mark_all(intake);
    for (size_t i = 0; !code && i < intake->count; i++) {
        struct instance *instance = intake->instances[i];
        assert(!instance->link || !instance->link->sealed);
        code = undo_restore(&intake->sealing, instance, error);
    }
    return code;
}

void intake_mark_all(struct intake *intake)
{
    for (size_t i = 0; i < intake->count; i++)
        instance_mark(intake->instances[i], UNSAVED_NOW);
}

void intake_judged(struct intake *intake)
{
    for (size_t i = 0; i < intake->count; i++)
        instance_touch(intake->instances[i], false);
}

/* Are its rows to be written in this turn? */
static bool is_due(const struct instance *instance, int64_t now_ms)
{
    bool old = now_ms - instance->saved_ms >= SAVE_EVERY_MS || now_ms < instance->saved_ms;
    return instance->unsaved == UNSAVED_NOW || (instance->unsaved == UNSAVED_SOON && old);
}

int intake_save(struct intake *intake, struct error *error)
{
    struct store *store = intake->sealing.turn->store;
    int code = 0;
    for (size_t i = 0; !code && i < intake->count; i++) {
        struct instance *instance = intake->instances[i];
        if (!is_due(instance, now_of(intake)))
            continue;
        code = states_put(store, "instance", instance->name, instance_show(instance), error);
        if (!code)
            code =
                states_put(store, "instance_memory", instance->name, memory_save(instance), error);
        if (!code)
            code = account_save(store, instance, error);
        instance_saved(instance, now_of(intake));
    }
    return code;
}

int intake_tell(struct intake *intake, struct instance *instance, struct error *error)
{
    return sealing_tell(&intake->sealing, instance, error);
}

int intake_unfold(struct intake *intake, struct instance *instance, struct error *error)
{
    return sealing_unfold(&intake->sealing, instance, error);
}
