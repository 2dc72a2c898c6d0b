/* A small table by id. */
#include "outside/front/waiting.h"

static struct waiting_row *find(struct waiting *waiting, int64_t id)
{
    for (size_t i = 0; i < WAITING_MOST; i++)
        if (waiting->rows[i].id == id)
            return &waiting->rows[i];
    return NULL;
}

int waiting_add(struct waiting *waiting, const struct waiting_row *row, int64_t *ret_id)
{
    struct waiting_row *place = find(waiting, 0);
    if (!place)
        return ERROR_LIMIT;
    *place = *row;
    place->id = ++waiting->last_id;
    *ret_id = place->id;
    return 0;
}

int waiting_take(struct waiting *waiting, int64_t id, struct waiting_row *ret)
{
    struct waiting_row *row = id > 0 ? find(waiting, id) : NULL;
    if (!row)
        return ERROR_MISSING;
    *ret = *row;
    *row = (struct waiting_row){0};
    return 0;
}

int waiting_take_late(struct waiting *waiting, int64_t now_ms, struct waiting_row *ret)
{
    for (size_t i = 0; i < WAITING_MOST; i++)
        if (waiting->rows[i].id && waiting->rows[i].deadline_ms <= now_ms)
            return waiting_take(waiting, waiting->rows[i].id, ret);
    return ERROR_MISSING;
}

int64_t waiting_next_ms(const struct waiting *waiting)
{
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < WAITING_MOST; i++)
        if (waiting->rows[i].id && waiting->rows[i].deadline_ms < next_ms)
            next_ms = waiting->rows[i].deadline_ms;
    return next_ms;
}
