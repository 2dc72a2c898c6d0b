/* Who of the children runs, since when, and what is due: start, kill, or nothing. */
#include "parent/children/children.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"

enum { FIRST_DELAY_MS = 100, LONGEST_DELAY_MS = 60000 };

void children_backoff_died(struct backoff *backoff, int64_t ready_for_ms, int64_t now_ms)
{
    backoff->died_ms = now_ms;
    if (ready_for_ms >= CHILDREN_WELL_MS)
        backoff->deaths = 0;
    backoff->deaths++;
    backoff->unready = ready_for_ms < 0 ? backoff->unready + 1 : 0;
}

int64_t children_backoff_delay_ms(const struct backoff *backoff)
{
    if (backoff->deaths < 2)
        return 0;
    int64_t delay_ms = FIRST_DELAY_MS;
    for (unsigned i = 2; i < backoff->deaths && delay_ms < LONGEST_DELAY_MS; i++)
        delay_ms *= 2;
    return delay_ms < LONGEST_DELAY_MS ? delay_ms : (int64_t)LONGEST_DELAY_MS;
}

bool children_backoff_is_spent(const struct backoff *backoff, int64_t now_ms)
{
    return backoff->unready >= CHILDREN_DEATHS_MOST &&
           now_ms - backoff->died_ms < CHILDREN_ASIDE_MS;
}

struct children_row *children_find(const struct children *table, enum role role,
                                   const char *instance)
{
    for (size_t i = 0; i < table->count; i++) {
        struct children_row *row = table->rows[i];
        if (row->role == role &&
            (!role_has(role, ROLE_NAMED) || (instance && !strcmp(row->instance, instance))))
            return row;
    }
    return NULL;
}

static void free_row(struct children_row *row)
{
    free(row->instance);
    free(row->status);
    free(row);
}

int children_add(struct children *table, enum role role, const char *instance,
                 struct children_row **ret)
{
    struct children_row *row = children_find(table, role, instance);
    if (!row) {
        if (array_reserve(&table->rows, &table->capacity, table->count, sizeof *table->rows))
            return ERROR_MEMORY;
        row = calloc(1, sizeof *row);
        if (!row)
            return ERROR_MEMORY;
        row->role = role;
        row->ready_ms = -1;
        if (instance && !(row->instance = strdup(instance))) {
            free(row);
            return ERROR_MEMORY;
        }
        table->rows[table->count++] = row;
    }
    *ret = row;
    return 0;
}

void children_drop(struct children *table, struct children_row *row)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i] != row)
            continue;
        table->rows[i] = table->rows[--table->count];
        free_row(row);
        return;
    }
}

void children_finish(struct children *table)
{
    for (size_t i = 0; i < table->count; i++)
        free_row(table->rows[i]);
    free(table->rows);
    *table = (struct children){0};
}

bool children_want(struct children_row *row, int64_t now_ms)
{
    /* Without engine and front there is no daemon; they are tried for ever. */
    if (role_has(row->role, ROLE_FOREIGN) && children_backoff_is_spent(&row->backoff, now_ms))
        return false;
    /* A run that is due long after the last one died has waited already. */
    int64_t after_ms = row->backoff.deaths ? row->backoff.died_ms : now_ms;
    row->state = CHILDREN_WAITING;
    row->start_at_ms = after_ms + children_backoff_delay_ms(&row->backoff);
    return true;
}

void children_started(struct children_row *row, pid_t pid, int64_t now_ms)
{
    row->state = CHILDREN_STARTING;
    row->pid = pid;
    row->killed = false;
    row->in_order = false;
    row->again = false;
    row->reason = NULL;
    row->started_ms = now_ms;
    row->heard_ms = now_ms;
    row->ready_ms = -1;
    row->kill_at_ms = 0;
    row->run = row->next_run;
    row->deadline_ms = row->next_limit_ms ? now_ms + row->next_limit_ms : 0;
    free(row->status);
    row->status = NULL;
}

void children_heard(struct children_row *row, int64_t now_ms)
{
    row->heard_ms = now_ms;
}

void children_became_ready(struct children_row *row, int64_t now_ms)
{
    if (row->state != CHILDREN_STARTING)
        return;
    row->state = CHILDREN_READY;
    row->ready_ms = now_ms;
}

void children_condemn(struct children_row *row, int64_t now_ms, const char *reason)
{
    if (!row->reason)
        row->reason = reason;
    row->kill_at_ms = now_ms;
}

void children_stopping(struct children_row *row, int64_t now_ms, int64_t grace_ms)
{
    row->in_order = true;
    if (!row->reason)
        row->reason = "stopped";
    if (!row->kill_at_ms || now_ms + grace_ms < row->kill_at_ms)
        row->kill_at_ms = now_ms + grace_ms;
}

void children_ended(struct children_row *row, bool well, int64_t now_ms)
{
    if (well || row->in_order)
        row->backoff = (struct backoff){0};
    else
        children_backoff_died(&row->backoff, row->ready_ms < 0 ? -1 : now_ms - row->ready_ms,
                              now_ms);
    row->state = CHILDREN_IDLE;
    row->pid = 0;
    row->ready_ms = -1;
    row->in_order = false;
}

/* The moment after which a process is killed, and why. */
static int64_t end_of(const struct children_row *row, const char **ret_reason)
{
    int64_t silent_ms = role_find(row->role)->silent_ms;
    int64_t end_ms = INT64_MAX;
    if (row->deadline_ms) {
        end_ms = row->deadline_ms;
        *ret_reason = "deadline";
    } else {
        end_ms =
            row->ready_ms < 0 ? row->started_ms + CHILDREN_UNREADY_MS : row->heard_ms + silent_ms;
        *ret_reason = "silent";
    }
    if (row->kill_at_ms && row->kill_at_ms < end_ms) {
        end_ms = row->kill_at_ms;
        *ret_reason = row->reason;
    }
    return end_ms;
}

enum children_action children_due(struct children_row *row, int64_t now_ms)
{
    if (row->state == CHILDREN_WAITING)
        return now_ms >= row->start_at_ms ? CHILDREN_START : CHILDREN_NOTHING;
    if (row->state == CHILDREN_IDLE || row->killed)
        return CHILDREN_NOTHING;
    const char *reason = NULL;
    if (now_ms < end_of(row, &reason))
        return CHILDREN_NOTHING;
    if (!row->reason)
        row->reason = reason;
    return CHILDREN_KILL;
}

int64_t children_next_ms(const struct children *table)
{
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < table->count; i++) {
        const struct children_row *row = table->rows[i];
        const char *reason = NULL;
        int64_t at_ms = INT64_MAX;
        if (row->state == CHILDREN_WAITING)
            at_ms = row->start_at_ms;
        else if (row->state != CHILDREN_IDLE && !row->killed)
            at_ms = end_of(row, &reason);
        if (at_ms < next_ms)
            next_ms = at_ms;
    }
    return next_ms;
}
