/* One turn: a transaction over store, ledger and series, with one time. The engine has the only
 * one; every room below holds or is passed a const pointer to it and reads the time from there. */
#ifndef TURN_TURN_H
#define TURN_TURN_H

#include "evidence/ledger/ledger.h"
#include "evidence/series/series.h"
#include "evidence/store/store.h"
#include "ground/base/clock.h"
#include "ground/base/error.h"

/* Zeroed at first. Outside of a turn `now` is that of the last one that was committed. */
struct turn {
    struct store *store;
    struct ledger *ledger;
    struct series_set *series;
    struct moment now;
    struct moment committed;
};

/* At the start: opens all three to be written. What was opened before a failure is closed by
 * turn_close. */
int turn_open(struct turn *turn, const char *folder, const struct series_limits *limits,
              struct error *error) MUST_CHECK;
void turn_close(struct turn *turn);
/* The last turn of the process before: the first of this one is to be later. */
void turn_resume(struct turn *turn, struct moment last);

/* Begins the transaction; from then on it is `now`. */
int turn_begin(struct turn *turn, struct moment now, struct error *error) MUST_CHECK;
/* In a turn: what is read and written from here on is of another time (a step of the clock). */
void turn_set_now(struct turn *turn, struct moment now);
/* Writes what series and ledger took, and commits. ret_took_us: how long the commit alone took. */
int turn_commit(struct turn *turn, int64_t *ret_took_us, struct error *error) MUST_CHECK;
/* Takes it back: all three, and the time, are as they were before the turn. After an error memory
 * and store differ. */
int turn_undo(struct turn *turn, struct error *error) MUST_CHECK;

#endif
