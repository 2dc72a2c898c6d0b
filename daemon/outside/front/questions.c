/* A small table in the order of its ids. */
#include "outside/front/questions.h"

static void take_out(struct question *row, struct question *ret)
{
    *ret = *row;
    *row = (struct question){0};
}

struct question *questions_add(struct questions *questions, void *request, int purpose,
                               int64_t now_ms)
{
    for (size_t i = 0; i < QUESTIONS_MOST; i++) {
        struct question *row = &questions->rows[i];
        if (row->id)
            continue;
        *row = (struct question){.id = ++questions->last_id,
                                 .request = request,
                                 .purpose = purpose,
                                 .until_ms = now_ms + QUESTIONS_WAIT_MS};
        return row;
    }
    return NULL;
}

struct question *questions_next(struct questions *questions)
{
    struct question *first = NULL;
    for (size_t i = 0; i < QUESTIONS_MOST; i++) {
        struct question *row = &questions->rows[i];
        if (row->id && row->asked)
            return NULL;
        if (row->id && (!first || row->id < first->id))
            first = row;
    }
    return first;
}

void questions_asked(struct question *question, int64_t now_ms)
{
    question->asked = true;
    question->tries++;
    question->until_ms = now_ms + QUESTIONS_RUN_MS;
}

int questions_take(struct questions *questions, int64_t id, struct question *ret)
{
    for (size_t i = 0; i < QUESTIONS_MOST && id > 0; i++) {
        if (questions->rows[i].id != id)
            continue;
        take_out(&questions->rows[i], ret);
        return 0;
    }
    return ERROR_MISSING;
}

int questions_lost(struct questions *questions, int64_t now_ms, struct question *ret)
{
    for (size_t i = 0; i < QUESTIONS_MOST; i++) {
        struct question *row = &questions->rows[i];
        if (!row->id || !row->asked)
            continue;
        if (row->tries >= QUESTIONS_TRIES) {
            take_out(row, ret);
            return 0;
        }
        row->asked = false;
        row->until_ms = now_ms + QUESTIONS_WAIT_MS;
    }
    return ERROR_MISSING;
}

int questions_take_late(struct questions *questions, int64_t now_ms, struct question *ret)
{
    for (size_t i = 0; i < QUESTIONS_MOST; i++) {
        if (!questions->rows[i].id || questions->rows[i].until_ms > now_ms)
            continue;
        take_out(&questions->rows[i], ret);
        return 0;
    }
    return ERROR_MISSING;
}

int64_t questions_next_ms(const struct questions *questions)
{
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < QUESTIONS_MOST; i++)
        if (questions->rows[i].id && questions->rows[i].until_ms < next_ms)
            next_ms = questions->rows[i].until_ms;
    return next_ms;
}
