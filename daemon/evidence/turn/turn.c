/* One turn: store, ledger and series move together, or not at all. */
#include "evidence/turn/turn.h"

int turn_open(struct turn *turn, const char *folder, const struct series_limits *limits,
              struct error *error)
{
    int code = store_open(folder, STORE_WRITE, &turn->store, error);
    if (!code)
        code = ledger_open(turn->store, &turn->ledger, error);
    return code ? code : series_open(turn->store, limits, &turn->series, error);
}

void turn_close(struct turn *turn)
{
    series_close(turn->series);
    ledger_close(turn->ledger);
    store_close(turn->store);
    *turn = (struct turn){0};
}

void turn_resume(struct turn *turn, struct moment last)
{
    turn->now = turn->committed = last;
}

void turn_set_now(struct turn *turn, struct moment now)
{
    turn->now = now;
    ledger_turn(turn->ledger, now.wall_ms);
}

int turn_begin(struct turn *turn, struct moment now, struct error *error)
{
    int code = store_begin(turn->store, error);
    if (!code)
        turn_set_now(turn, now);
    return code;
}

int turn_commit(struct turn *turn, int64_t *ret_took_us, struct error *error)
{
    int code = series_save(turn->series, turn->now.wall_ms, error);
    if (!code)
        code = ledger_seal(turn->ledger, error);
    int64_t begun_us = clock_us();
    if (!code)
        code = store_commit(turn->store, error);
    if (code)
        return code;
    *ret_took_us = clock_us() - begun_us;
    turn->committed = turn->now;
    return 0;
}

int turn_undo(struct turn *turn, struct error *error)
{
    store_rollback(turn->store);
    ledger_forget(turn->ledger);
    turn->now = turn->committed;
    if (store_in_transaction(turn->store))
        return error_set(error, ERROR_DATABASE, "the store: its transaction cannot be rolled back");
    return series_reload(turn->series, error);
}
