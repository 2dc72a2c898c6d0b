/* The instances, their links, and a turn's intake. */
#include "evidence/intake/intake.h"

#include <assert.h>
#include <string.h>

#include "evidence/intake/leaves.h"
#include "evidence/intake/pushed.h"
#include "evidence/intake/seal.h"
#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { FOLD_MS = 3600000, SAVE_EVERY_MS = 60000 };

/* Times after now are of a clock that was wrong then. */
static void step_one(struct instance *instance, int64_t now_ms)
{
    spans_cut(&instance->watched, now_ms);
    for (size_t i = 0; i < instance->attribute_count; i++)
        spans_cut(&instance->attributes[i].missed, now_ms);
    instance->watch_from_ms = 0;
    instance->clock_set = true;
    /* What it read last has left the series, and what it read before is not what is now. */
    if (instance->last_end_ms > now_ms) {
        instance->stepped = true;
        instance->last_end_ms = now_ms;
    }
    if (instance->last_whole_ms > now_ms)
        instance->last_whole_ms = now_ms;
    /* What a turn of this very time reads is not told yet. */
    if (instance->told_ms >= now_ms)
        instance->told_ms = now_ms - 1;
    if (instance->overflow_ms > now_ms)
        instance->overflow_ms = now_ms;
    if (instance->names_from_ms > now_ms)
        instance->names_from_ms = now_ms;
    if (instance->pushed.kept_ms > now_ms)
        instance->pushed.kept_ms = now_ms;
    for (int i = 1; i < INSTANCE_EVIDENCE; i++)
        if (instance->evidence_ms[i] > now_ms)
            instance->evidence_ms[i] = 0;
    instance->untold++;
    instance->changed = instance->moved = true;
}

static int remember(struct intake *intake, struct instance *instance, struct error *error)
{
    CLEAN(clean_json) json_t *memory = NULL;
    int code = account_load(intake->turn->store, instance, error);
    if (code)
        return code;
    instance->plain = personal_basis_holds(&instance->basis, intake->turn->now.wall_ms);
    code = states_get(intake->turn->store, "instance_memory", instance->name, &memory, error);
    if (code == ERROR_MISSING)
        return 0;
    if (!code)
        code = instance_remember(instance, memory);
    if (code)
        error_prefix(error, "what is remembered of collector %s", instance->name);
    /* The clock was set back while it was not among those configured. */
    else if (intake->turn->now.wall_ms && instance->last_end_ms > intake->turn->now.wall_ms)
        step_one(instance, intake->turn->now.wall_ms);
    return code;
}

/* Kept from running it has no state but that; let run again it begins anew. */
static void note_enabled(struct instance *instance, bool enabled)
{
    if (enabled && instance->condition != CONDITION_DISABLED)
        return;
    instance->condition = enabled ? CONDITION_STARTING : CONDITION_DISABLED;
    free(instance->reason);
    instance->reason = enabled ? NULL : strdup("enabled = false");
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
            code = leaves_load(intake, instance, error);
        if (!code)
            code = proof_load(intake->turn->store, instance, error);
        if (code)
            return code;
        note_enabled(instance, json_flag_of(row, "enabled", true));
        instance->changed = instance->moved = true; /* shown from the first turn on */
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

struct intake_link *intake_link_new(struct intake *intake, struct instance *instance)
{
    struct intake_link *link = calloc(1, sizeof *link);
    if (!link)
        return NULL;
    intake_link_free(instance->link);
    run_finish(&instance->run);
    link->intake = intake;
    link->instance = instance;
    link->run = instance->running;
    instance->link = link;
    instance->told = instance->read = instance->end_pending = instance->pushed.reads = false;
    free(instance->broken);
    instance->broken = NULL;
    return link;
}

void intake_link_free(struct intake_link *link)
{
    if (!link)
        return;
    if (link->instance && link->instance->link == link)
        link->instance->link = NULL;
    intake_forget_early(link);
    free(link->why);
    free(link);
}

int intake_positions(struct intake *intake, const struct instance *instance, json_t **ret,
                     struct error *error)
{
    struct store_query *query =
        store_query(intake->turn->store, "SELECT key, value FROM positions WHERE instance = ?1");
    json_t *positions = json_object();
    int row;
    store_bind_text(query, 1, instance->name);
    while ((row = store_step(query, error)) > 0)
        json_object_set_new(positions, store_text(query, 0), json_string(store_text(query, 1)));
    if (row < 0) {
        json_decref(positions);
        return row;
    }
    *ret = json_pack("{s:s, s:o}", "instance", instance->name, "positions", positions);
    return *ret ? 0 : ERROR_MEMORY;
}

/* Replaces what the collector said of its run: it did not end as it should. */
static void fail_run(struct instance *instance, char *why)
{
    struct run *run = &instance->run;
    /* What no position covers is read again by the next process, so it must not count now. */
    run_finish(run);
    run->has_status = true;
    run->status = -1;
    run->why = why;
    run->ready = true;
    /* The end of a process is the end of what it had to say. */
    run->interval = true;
    run->broken_off = instance->stream && instance->read && !instance->told;
}

/* A stream's process is gone; what it said of its own state at its last interval explains more. */
static bool has_explained(const struct instance *instance)
{
    return instance->stream && instance->told && instance->condition != CONDITION_WELL &&
           instance->condition != CONDITION_PARTIAL;
}

/* The process and its channel are gone: how did its run end? */
static void conclude(struct instance *instance)
{
    struct run *run = &instance->run;
    bool lasting = instance->stream || instance->under_way;
    bool whole = run->has_status && !instance->stream;
    pushed_note_end(instance);
    CLEAN(clean_text) char *broken = instance->broken;
    CLEAN(clean_text) char *why = instance->end_why;
    instance->end_pending = false;
    instance->broken = instance->end_why = NULL;
    if (instance->proof.under_way) {
        run_finish(run);
        char *words = broken ? broken : why;
        if (broken)
            broken = NULL;
        else
            why = NULL;
        proof_conclude(instance, words);
    } else if (broken) {
        fail_run(instance, text_format("it broke the protocol: %s", broken));
    } else if (whole && (!instance->end_bad || run->status < 0)) {
        run->ready = true;
    } else if (!lasting || instance->end_stopped || has_explained(instance)) {
        run_finish(run);
    } else {
        fail_run(instance, why);
        why = NULL;
    }
    instance->under_way = false;
}

static void conclude_when_done(struct instance *instance)
{
    bool done = !instance->alive && (!instance->link || instance->link->closed);
    instance->end_pending = instance->end_pending || done;
    /* A whole batch or run is sealed first, as it was handed over. */
    if (done && !instance->run.ready)
        conclude(instance);
}

void intake_link_end(struct intake_link *link, const char *sentence)
{
    struct instance *instance = link->instance;
    link->closed = true;
    intake_forget_early(link);
    if (!instance || instance->link != link)
        return;
    if (sentence) {
        free(instance->broken);
        instance->broken = strdup(link->why ? link->why : sentence);
    }
    conclude_when_done(instance);
}

static char *ended_words(const struct instance *instance, const json_t *ended)
{
    const char *reason = json_text_of(ended, "reason", "exited");
    int64_t code = json_integer_of(ended, "code", 0), signal = json_integer_of(ended, "signal", 0);
    if (!json_flag_of(ended, "started", true))
        return text_format("it could not be started: %s", reason);
    if (instance->overdue || strcmp(reason, "deadline") == 0)
        return strdup("it passed its deadline and was ended");
    if (strcmp(reason, "silent") == 0)
        return strdup("it was silent for 4 s and was ended");
    if (signal)
        return text_format("signal %lld ended it", (long long)signal);
    if (instance->stream)
        return text_format("it exited with code %lld and should have stayed", (long long)code);
    return text_format("it exited with code %lld before its run had ended", (long long)code);
}

void intake_ended(struct instance *instance, const json_t *ended)
{
    bool started = json_flag_of(ended, "started", true);
    instance->alive = false;
    instance->end_bad =
        !started || json_integer_of(ended, "signal", 0) || json_integer_of(ended, "code", 0);
    instance->end_stopped =
        !instance->overdue && strcmp(json_text_of(ended, "reason", ""), "stopped") == 0;
    free(instance->end_why);
    instance->end_why = ended_words(instance, ended);
    account_ended(&instance->account, ended);
    conclude_when_done(instance);
}

bool intake_instance_is_ready(const struct instance *instance)
{
    return instance->run.ready || instance->end_pending || instance->hides ||
           (instance->proof.ended && !instance->proof.under_way);
}

bool intake_is_ready(const struct intake *intake)
{
    for (size_t i = 0; i < intake->count; i++)
        if (intake_instance_is_ready(intake->instances[i]))
            return true;
    return false;
}

int intake_step(struct intake *intake, struct moment now, struct error *error)
{
    int code = 0;
    for (size_t i = 0; !code && i < intake->count; i++) {
        struct instance *instance = intake->instances[i];
        code = intake_unfold(intake, instance, error);
        step_one(instance, now.wall_ms);
        /* A stream's last word may be newer than what is remembered of it, and is gone then. */
        instance->stepped =
            instance->stepped || (instance->stream && now.wall_ms < intake->turn->now.wall_ms);
        /* Schedules run on: only what people are shown moves. */
        if (instance->next_due_ms)
            instance->next_due_ms = now.wall_ms + (instance->due_boot_ms - now.boot_ms);
        instance->touched = true;
    }
    return code;
}

int intake_part(struct intake *intake, struct instance *instance, struct error *error)
{
    int code = instance->condition == CONDITION_DISABLED ? 0 : leaves_last(intake, instance, error);
    if (code)
        return code;
    spans_cut(&instance->watched, 0);
    for (size_t i = 0; i < instance->attribute_count; i++)
        spans_cut(&instance->attributes[i].missed, 0);
    instance->condition = CONDITION_STARTING;
    instance->stepped = false;
    instance->untold++;
    instance->last_end_ms = instance->last_whole_ms = instance->watch_from_ms = 0;
    instance->pushed.kept_ms = 0;
    return 0;
}

static bool fold_is_due(const struct instance *instance, int64_t now_ms)
{
    return instance->fold.runs && now_ms - instance->fold.first_ms >= FOLD_MS;
}

/* What was handed over and is whole. */
static int seal_one(struct intake *intake, struct instance *instance, struct moment now,
                    struct error *error)
{
    int code = personal_hide(intake, instance, error);
    personal_note(instance, now);
    if (!code && instance->run.ready && !pushed_begins(instance, now.wall_ms))
        code = seal_run(intake, instance, now, error);
    /* There may be no turn after a stop's. */
    if (!code && instance->end_pending)
        pushed_note_end(instance);
    if (!code && instance->proof.ended && !instance->proof.under_way)
        code = proof_keep(intake, instance, error);
    /* The run may have reached a limit. */
    personal_note(instance, now);
    return code;
}

int intake_seal(struct intake *intake, struct moment now, struct error *error)
{
    int code = 0;
    for (size_t i = 0; !code && i < intake->count; i++) {
        struct instance *instance = intake->instances[i];
        /* An end that waited for a batch to be sealed is judged in the turn after it. */
        if (!instance->run.ready && instance->end_pending)
            conclude(instance);
        code = seal_one(intake, instance, now, error);
        if (!code && fold_is_due(instance, now.wall_ms))
            code = intake_unfold(intake, instance, error);
        if (!code && instance->tell_boot_ms && instance->tell_boot_ms <= now.boot_ms)
            code = intake_tell(intake, instance, error);
        if (!code)
            code = leaves_due(intake, instance, error);
    }
    return code;
}

int64_t intake_tell_ms(const struct intake *intake)
{
    int64_t first_ms = INT64_MAX;
    for (size_t i = 0; i < intake->count; i++) {
        int64_t tell_ms = intake->instances[i]->tell_boot_ms;
        if (tell_ms && tell_ms < first_ms)
            first_ms = tell_ms;
    }
    return first_ms;
}

uint64_t intake_acknowledge(struct intake_link *link)
{
    uint64_t upto = link->held ? link->held - 1 : link->taken;
    if (upto <= link->acknowledged)
        return 0;
    link->acknowledged = upto;
    return upto;
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
    for (size_t i = 0; !code && i < intake->count; i++) {
        struct instance *instance = intake->instances[i];
        assert(!instance->link || !instance->link->sealed);
        instance->changed = instance->moved = true;
        code = undo_restore(intake, instance, error);
    }
    return code;
}

int intake_save(struct intake *intake, struct error *error)
{
    int code = 0;
    for (size_t i = 0; !code && i < intake->count; i++) {
        struct instance *instance = intake->instances[i];
        bool due = intake->turn->now.wall_ms - instance->saved_ms >= SAVE_EVERY_MS ||
                   intake->turn->now.wall_ms < instance->saved_ms;
        if (!instance->moved && !(instance->changed && due))
            continue;
        code = states_put(intake->turn->store, "instance", instance->name, instance_show(instance),
                          error);
        if (!code)
            code = states_put(intake->turn->store, "instance_memory", instance->name,
                              instance_memory(instance), error);
        if (!code)
            code = account_save(intake->turn->store, instance, error);
        instance->changed = instance->moved = false;
        instance->saved_ms = intake->turn->now.wall_ms;
    }
    return code;
}
