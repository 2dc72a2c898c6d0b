/* Seals a run: folds it or writes its evidence, moves series and positions, keeps its row. */
#include "evidence/sealing/sealing.h"

#include "evidence/run/beyond.h"
#include "evidence/sealing/folding.h"
#include "evidence/sealing/leaves.h"
#include "evidence/sealing/pending.h"
#include "evidence/sealing/positions.h"
#include "ground/base/clean.h"

static int store_run_row(struct sealing *sealing, struct instance *instance, struct error *error)
{
    struct store_query *query =
        store_query(sealing->turn->store,
                    "INSERT INTO runs(instance, started_ms, ended_ms, outcome, reason, readings,"
                    " leaf, usage) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    CLEAN(clean_text) char *usage = account_usage(instance);
    store_bind_text(query, 1, instance->name);
    store_bind_integer(query, 2, instance->started.wall_ms);
    store_bind_integer(query, 3, sealing->turn->now.wall_ms);
    store_bind_text(query, 4, instance_condition_text(instance->condition));
    store_bind_text(query, 5, instance->reason ? instance->reason : "");
    store_bind_integer(query, 6, (int64_t)instance->run.reading_count);
    store_bind_integer(query, 7, instance->record.evidence[0]);
    store_bind_text(query, 8, usage);
    return store_run(query, error);
}

/* A stream hands over parts: what is not in one of them is not gone. What it read before it failed
 * counts, since its positions move on. */
static enum series_outcome series_outcome_of(const struct instance *instance,
                                             enum condition condition)
{
    bool well = condition == CONDITION_WELL || condition == CONDITION_PARTIAL;
    if (instance_is_part(instance))
        return SERIES_BATCH;
    if (instance->stream)
        return well || instance->run.reading_count ? SERIES_PARTIAL : SERIES_FAILED;
    return condition == CONDITION_WELL ? SERIES_WELL : well ? SERIES_PARTIAL : SERIES_FAILED;
}

/* A run that handed over nothing ends the series of its instance all the same. */
static int end_series(struct sealing *sealing, struct instance *instance, enum condition condition,
                      struct error *error)
{
    struct run *run = &instance->run;
    enum series_outcome outcome = series_outcome_of(instance, condition);
    int code = 0;
    if (!run->series && outcome == SERIES_FAILED)
        code = series_run_begin(sealing->turn->series, instance->name, 2 * instance->every_ms,
                                &run->series);
    if (code)
        return error_set(error, code, "the series of %s: %s", instance->name, error_text(code));
    struct series_run *series = run->series;
    run->series = NULL;
    return series ? series_run_end(series, outcome, sealing->turn->now.wall_ms,
                                   instance->standing.last_end_ms, error)
                  : 0;
}

static int record(struct sealing *sealing, struct instance *instance, enum folding_how how,
                  struct error *error)
{
    /* The stored state is to say that it is behind what no leaf tells of yet. */
    if (!instance->record.untold++)
        instance_mark(instance, UNSAVED_NOW);
    switch (how) {
    case FOLDING_NOTHING:
        return folding_add_nothing(instance);
    case FOLDING_FOLD:
        return folding_add(instance, sealing->turn->now.wall_ms);
    case FOLDING_HOLD:
        return pending_hold(sealing, instance, error);
    case FOLDING_LEAF:
        break;
    }
    return pending_tell_with_run(sealing, instance, error);
}

/* All that is to be told before the instance is as this run leaves it. */
static int prepare(struct sealing *sealing, struct instance *instance, enum condition condition,
                   enum folding_how *ret_how, struct error *error)
{
    struct folding folding = {.how = FOLDING_LEAF};
    int64_t now_ms = sealing->turn->now.wall_ms;
    int code = pushed_note(instance, now_ms);
    if (!code)
        code = beyond_tell(&instance->run, &instance->attributes);
    if (!code)
        code = leaves_tables(sealing, instance, error);
    if (!code)
        code = folding_choose(instance, condition, now_ms, &folding);
    if (!code && folding.ends_fold)
        code = folding_end(sealing, instance, error);
    *ret_how = folding.how;
    return code ? code : end_series(sealing, instance, condition, error);
}

int sealing_run(struct sealing *sealing, struct instance *instance, struct error *error)
{
    enum condition condition = instance_condition_of_run(instance);
    bool moved = instance->condition != condition;
    enum folding_how how;
    struct moment now = sealing->turn->now;
    int code = prepare(sealing, instance, condition, &how, error);
    if (!code)
        code = instance_note_sealed(instance, condition, now, sealing->keep_ms);
    if (code)
        return code;
    instance_note_run(instance, condition, now.wall_ms);
    /* Before its leaf, which tells what all runs have cost. */
    account_run(instance);
    code = positions_put(sealing->turn->store, instance, error);
    if (!code)
        code = record(sealing, instance, how, error);
    if (code)
        return code;
    instance_show_run(instance, condition);
    /* A stream's quiet intervals are told by its coverage leaves. */
    if (!instance->stream || moved)
        code = store_run_row(sealing, instance, error);
    run_finish(&instance->run);
    instance_touch(instance, true);
    instance_mark(instance, UNSAVED_SOON);
    return code;
}

int sealing_due(struct sealing *sealing, struct instance *instance, struct error *error)
{
    int code = folding_tell_due(sealing, instance, error);
    return code ? code : pending_tell_due(sealing, instance, error);
}
