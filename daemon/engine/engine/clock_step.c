/* The wall clock was set: what that does to samples, waits and what is shown (DESIGN.md section 3).
 */
#include "engine/engine/clock_step.h"

#include "ground/base/text.h"

enum {
    STEP_MS = 2000, /* of the wall clock: a larger one is told and kept */
    DAY_MS = 86400000,
};

/* Of the time before a boot only that it does not go back is known. */
int64_t clock_step_expected_ms(const struct engine *engine, struct moment now)
{
    if (engine->turn.now.boot_ms)
        return engine->turn.now.wall_ms + now.boot_ms - engine->turn.now.boot_ms;
    return now.wall_ms > engine->turn.now.wall_ms ? now.wall_ms : engine->turn.now.wall_ms;
}

bool clock_step_is_one(int64_t should_ms, int64_t is_ms)
{
    return is_ms - should_ms > STEP_MS || should_ms - is_ms > STEP_MS;
}

/* A leaf of its own; what was folded before is told by the clock of before. */
static int write_leaf(struct engine *engine, int64_t from_ms, int64_t to_ms, struct error *error)
{
    char from[TEXT_TIME_SIZE], to[TEXT_TIME_SIZE];
    int64_t leaf;
    text_from_time(from_ms, from);
    text_from_time(to_ms, to);
    return ledger_append(engine->turn.ledger, LEAF_CLOCK,
                         json_pack("{s:s, s:s}", "from", from, "to", to), &leaf, error);
}

static int run_shifted(struct store_query *query, int64_t from_ms, int64_t now_ms,
                       struct error *error)
{
    store_bind_integer(query, 1, now_ms);
    store_bind_integer(query, 2, from_ms);
    return store_run(query, error);
}

/* Waits keep how long they last: a message that was refused is tried again after the same time, a
 * session ends after the same time. */
static int move_waits(struct engine *engine, int64_t from_ms, int64_t now_ms, struct error *error)
{
    int code =
        run_shifted(store_query(engine->turn.store, "UPDATE outbox SET next_ms = next_ms + ?1 - ?2"
                                                    " WHERE taken_ms IS NULL AND tries > 0"),
                    from_ms, now_ms, error);
    return code ? code
                : run_shifted(store_query(engine->turn.store, "UPDATE sessions SET expires_ms ="
                                                              " expires_ms + ?1 - ?2"),
                              from_ms, now_ms, error);
}

/* What was due is due. What waits for an hour of the day, and no longer than a day, waits for the
 * next such hour; a digest for the same day of a week before, where that has not come. */
static int move_calendar(struct engine *engine, int64_t from_ms, int64_t now_ms,
                         struct error *error)
{
    int code =
        run_shifted(store_query(engine->turn.store,
                                "UPDATE outbox SET next_ms = CASE WHEN next_ms <= ?2 THEN ?1"
                                " ELSE next_ms - (next_ms - ?1 - 1) / 86400000 * 86400000 END"
                                " WHERE taken_ms IS NULL AND tries = 0 AND next_ms > ?1"
                                " AND next_ms <= ?2 + 86400000"),
                    from_ms, now_ms, error);
    return code
               ? code
               : run_shifted(store_query(engine->turn.store, "UPDATE outbox SET next_ms = next_ms -"
                                                             " (?2 - ?1) / 604800000 * 604800000"
                                                             " WHERE taken_ms IS NULL AND tries = 0"
                                                             " AND next_ms > ?2 + 86400000"),
                             from_ms, now_ms, error);
}

/* The engine's own times, and all measures: judged at once, for what they show may have gone. */
static void move_own(struct engine *engine, int64_t from_ms, struct moment now)
{
    selfmetrics_step(&engine->own, from_ms);
    engine->loaded_ms += now.wall_ms - from_ms;
    engine->outbox_next_ms = 0;
    /* A clock that is wrong must not make what is kept too old at once. */
    engine->swept_boot_ms = now.boot_ms + DAY_MS;
    judge_touch_all(&engine->judge);
}

int clock_step_take(struct engine *engine, int64_t from_ms, struct error *error)
{
    const struct moment now = engine->turn.now;
    turn_set_now(&engine->turn, (struct moment){from_ms, now.boot_ms});
    int code = intake_step(&engine->intake, now, error);
    turn_set_now(&engine->turn, now);
    if (!code)
        code = write_leaf(engine, from_ms, now.wall_ms, error);
    move_own(engine, from_ms, now);
    if (!code)
        code = move_waits(engine, from_ms, now.wall_ms, error);
    if (code || now.wall_ms > from_ms)
        return code;
    code = move_calendar(engine, from_ms, now.wall_ms, error);
    return code ? code : series_drop_after(engine->turn.series, now.wall_ms, error);
}
