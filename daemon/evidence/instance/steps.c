/* Moves an instance from its start to the judgement of its end. */
#include "evidence/instance/steps.h"

#include <string.h>

#include "evidence/instance/instance.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static void begin_run(struct instance *instance, int64_t run, struct moment now)
{
    instance->started = (struct started){.run = run, .wall_ms = now.wall_ms};
    instance_wait(instance, now, instance->every_ms);
}

bool instance_start(struct instance *instance, int64_t run, struct moment now)
{
    if (course_move(&instance->course, COURSE_ASK_RUN))
        return false;
    begin_run(instance, run, now);
    instance->process.run = run;
    instance->process.boot_ms = now.boot_ms;
    return true;
}

bool instance_collect(struct instance *instance, int64_t run, struct moment now)
{
    if (course_move(&instance->course, COURSE_COLLECT))
        return false;
    begin_run(instance, run, now);
    instance->started.boot_ms = now.boot_ms;
    instance->process.outcome = false;
    return true;
}

bool instance_prove(struct instance *instance, int64_t run, struct moment now)
{
    if (course_move(&instance->course, COURSE_ASK_PROOF))
        return false;
    proof_start(&instance->proof, now);
    instance->process.run = run;
    instance->process.boot_ms = now.boot_ms;
    return true;
}

bool instance_connect(struct instance *instance)
{
    struct process *process = &instance->process;
    if (course_move(&instance->course, COURSE_CONNECT))
        return false;
    run_finish(&instance->run);
    process->heard = STREAM_SILENT;
    process->outcome = false;
    free(process->broken);
    process->broken = NULL;
    instance->pushed.reads = false;
    return true;
}

void instance_began(struct instance *instance, struct moment now)
{
    instance->started.wall_ms = now.wall_ms;
    instance->started.boot_ms = now.boot_ms;
}

bool instance_overdue(struct instance *instance)
{
    return course_move(&instance->course, COURSE_DEADLINE) == 0;
}

void instance_leave(struct instance *instance)
{
    if (course_move(&instance->course, COURSE_DISCONNECT))
        return;
}

/* What comes now is of a process before: it is gone, and its channel was not read to its end. */
static bool is_past(const struct instance *instance)
{
    enum course_stage stage = instance->course.stage;
    return stage == COURSE_IDLE || stage == COURSE_ASKED;
}

bool instance_outcome(struct instance *instance)
{
    if (instance->stream)
        return true;
    /* The process of a short interval stays: its run ends here, others with their process. What a
     * process before still says ends its own run, and not the one that was asked for since. */
    if (instance->every_ms < INSTANCE_RESIDENT_MS) {
        bool late = is_past(instance) || instance->course.stage == COURSE_OVER;
        if (!late && course_move(&instance->course, COURSE_OUTCOME))
            return false;
        instance->run.ready = true;
    }
    instance->process.outcome = true;
    return true;
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
    run->broken_off = instance->stream && instance->process.heard == STREAM_READ;
}

/* A stream's process is gone; what it said of its own state at its last interval explains more. */
static bool has_explained(const struct instance *instance)
{
    return instance->stream && instance->process.heard == STREAM_TOLD &&
           instance->condition != CONDITION_WELL && instance->condition != CONDITION_PARTIAL;
}

/* The process and its channel are gone: how did its run end? */
static void conclude(struct instance *instance)
{
    struct run *run = &instance->run;
    struct process *process = &instance->process;
    bool lasting = instance->stream || course_has_run(&instance->course);
    bool whole = run->has_status && !instance->stream;
    bool proved = instance->course.work == COURSE_PROVES;
    pushed_note_end(instance);
    CLEAN(clean_text) char *broken = process->broken;
    CLEAN(clean_text) char *why = process->why;
    process->broken = process->why = NULL;
    if (course_move(&instance->course, COURSE_CONCLUDE))
        return;
    if (proved) {
        run_finish(run);
        proof_conclude(&instance->proof, instance->tables, broken ? broken : why);
    } else if (broken) {
        fail_run(instance, text_format("it broke the protocol: %s", broken));
    } else if (whole && (!process->bad || run->status < 0)) {
        run->ready = true;
    } else if (!lasting || process->stopped || has_explained(instance)) {
        run_finish(run);
    } else {
        fail_run(instance, why);
        why = NULL;
    }
}

void instance_conclude(struct instance *instance)
{
    /* A whole batch or run is sealed first, as it was handed over. */
    if (instance->course.stage == COURSE_OVER && !instance->run.ready)
        conclude(instance);
}

void instance_disconnect(struct instance *instance, const char *sentence)
{
    /* The fault of a process before is not that of the next one. */
    if (sentence && instance->course.stage == COURSE_IDLE && !instance->run.ready) {
        fail_run(instance, text_format("it broke the protocol: %s", sentence));
    } else if (sentence && !is_past(instance)) {
        free(instance->process.broken);
        instance->process.broken = strdup(sentence);
    }
    if (!course_move(&instance->course, COURSE_DISCONNECT))
        instance_conclude(instance);
}

void instance_drop(struct instance *instance)
{
    if (course_move(&instance->course, COURSE_DROP))
        return;
}

static char *ended_words(const struct instance *instance, const json_t *ended)
{
    const char *reason = json_text_of(ended, "reason", "exited");
    int64_t code = json_integer_of(ended, "code", 0), signal = json_integer_of(ended, "signal", 0);
    if (!json_flag_of(ended, "started", true))
        return text_format("it could not be started: %s", reason);
    if (instance->course.work == COURSE_LATE || strcmp(reason, "deadline") == 0)
        return strdup("it passed its deadline and was ended");
    if (strcmp(reason, "silent") == 0)
        return strdup("it was silent for 4 s and was ended");
    if (signal)
        return text_format("signal %lld ended it", (long long)signal);
    if (instance->stream)
        return text_format("it exited with code %lld and should have stayed", (long long)code);
    return text_format("it exited with code %lld before its run had ended", (long long)code);
}

void instance_ended(struct instance *instance, const json_t *ended)
{
    struct process *process = &instance->process;
    bool started = json_flag_of(ended, "started", true);
    account_ended(&instance->account, ended);
    if (course_move(&instance->course, COURSE_PROCESS_ENDED))
        return;
    process->bad =
        !started || json_integer_of(ended, "signal", 0) || json_integer_of(ended, "code", 0);
    process->stopped = instance->course.work != COURSE_LATE &&
                       strcmp(json_text_of(ended, "reason", ""), "stopped") == 0;
    free(process->why);
    process->why = ended_words(instance, ended);
    instance_conclude(instance);
}

bool instance_is_ready(const struct instance *instance)
{
    return instance->run.ready || instance->course.stage == COURSE_OVER || instance->names.hides ||
           proof_is_untold(instance);
}

bool instance_stays(const struct instance *instance)
{
    return instance->stream || instance->every_ms < INSTANCE_RESIDENT_MS;
}

bool instance_is_busy(const struct instance *instance)
{
    const struct course *course = &instance->course;
    if (course->stage == COURSE_OVER || course->work == COURSE_PROVES)
        return true;
    if (course->stage == COURSE_OPEN && !instance->stream && instance_stays(instance))
        return course_has_run(course);
    return course_has_process(course);
}

void instance_due(struct instance *instance, int64_t boot_ms)
{
    instance->due.boot_ms = boot_ms;
}

void instance_wait(struct instance *instance, struct moment now, int64_t wait_ms)
{
    instance->due = (struct moment){now.wall_ms + wait_ms, now.boot_ms + wait_ms};
}

void instance_step_due(struct instance *instance, struct moment now, bool back)
{
    struct standing *standing = &instance->standing;
    standing->stepped = standing->stepped || (instance->stream && back);
    if (instance->due.wall_ms)
        instance->due.wall_ms = now.wall_ms + (instance->due.boot_ms - now.boot_ms);
    instance_touch(instance, true);
}

void instance_await(struct instance *instance, bool waits)
{
    instance->asked.waits = waits;
}

json_t *instance_take_shown(struct instance *instance)
{
    json_t *shown = instance->asked.shown;
    if (!shown)
        return NULL;
    instance->asked = (struct awaited){0};
    return shown;
}
