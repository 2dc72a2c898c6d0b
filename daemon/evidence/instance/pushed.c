/* Where a pushed source was last heard, and what is lost when its process did not end in order. */
#include "evidence/instance/pushed.h"

#include "evidence/instance/instance.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

enum { STATUS_READS_MOST = 2 }; /* CFD_OK, CFD_MORE, CFD_PARTIAL */

const char *pushed_words(const struct instance *instance)
{
    if (instance->pushed.is)
        return "what came since its last batch was committed, for its source keeps nothing";
    return instance->stream ? "nothing that its source still has: it reads on from its position"
                            : "nothing that its source still has: the next run reads it again";
}

/* Does the run come of a process that reads? A run that failed is of one that died, or of one that
 * could not begin. */
static bool is_reading(const struct run *run)
{
    return !run->has_status || (run->status >= 0 && run->status <= STATUS_READS_MOST);
}

static bool is_empty(const struct run *run)
{
    return !run->reading_count && !run->excerpt_count && !run->lost && !run->missing &&
           !run->opened && !json_object_size(run->positions) && !run->has_status && !run->interval;
}

static void begin(struct instance *instance, int64_t now_ms)
{
    instance->pushed.reads = true;
    /* What came while it was away was not watched, whoever ended it. */
    instance->standing.watch_from_ms = now_ms;
}

bool pushed_begins(struct instance *instance, int64_t now_ms)
{
    struct pushed *pushed = &instance->pushed;
    if (!pushed->is || pushed->reads || pushed->kept_ms || !is_empty(&instance->run))
        return false;
    begin(instance, now_ms);
    run_finish(&instance->run);
    pushed->kept_ms = now_ms;
    instance->record.untold++;
    instance_mark(instance, UNSAVED_NOW);
    return true;
}

/* Before what the batch itself says was lost. */
static int tell_loss(struct instance *instance, int64_t now_ms)
{
    char from[TEXT_TIME_SIZE], to[TEXT_TIME_SIZE];
    int64_t from_ms = instance->pushed.kept_ms < now_ms ? instance->pushed.kept_ms : now_ms;
    text_from_time(from_ms, from);
    text_from_time(now_ms, to);
    CLEAN(clean_text)
    char *why =
        text_format("its process did not end in order and its source keeps nothing: what came "
                    "between %s and %s and was not committed is gone, how much is unknown",
                    from, to);
    if (!instance->run.lost)
        instance->run.lost = json_array();
    instance->run.urgent = true;
    json_t *loss =
        json_pack("{s:s, s:s, s:s, s:I, s:I}", "source", instance->name, "why", why ? why : "",
                  "unit", PUSHED_UNIT, "from", (json_int_t)from_ms, "to", (json_int_t)now_ms);
    return json_array_insert_new(instance->run.lost, 0, loss) ? ERROR_MEMORY : 0;
}

int pushed_note(struct instance *instance, int64_t now_ms)
{
    struct pushed *pushed = &instance->pushed;
    int code = 0;
    if ((!pushed->is && !pushed->kept_ms) || !is_reading(&instance->run))
        return 0;
    /* Its end in order was noted, and its last words came behind that. */
    bool over = !course_has_process(&instance->course) && instance->course.stage != COURSE_OVER &&
                !pushed->kept_ms;
    if (!pushed->reads && pushed->kept_ms)
        code = tell_loss(instance, now_ms);
    if (!pushed->reads)
        begin(instance, now_ms);
    pushed->kept_ms = pushed->is && !over ? now_ms : 0;
    instance_mark(instance, UNSAVED_NOW);
    return code;
}

void pushed_note_end(struct instance *instance)
{
    struct pushed *pushed = &instance->pushed;
    const struct run *run = &instance->run;
    bool in_order = instance->process.stopped && !instance->process.bad &&
                    !instance->process.broken && instance->course.work != COURSE_PROVES;
    /* Told to stop it had no time left for all that was there. */
    bool whole = !run->series && !run->ready && !instance->standing.backlog;
    if (!pushed->kept_ms || !pushed->reads || !in_order || !whole)
        return;
    pushed->kept_ms = 0;
    instance->record.untold++;
    instance_mark(instance, UNSAVED_NOW);
}
