/* The questions for the reader: one at a time is asked of it, the others wait in their order, so
 * that it is known which one a reader died of. Pure. */
#ifndef FRONT_QUESTIONS_H
#define FRONT_QUESTIONS_H

#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    QUESTIONS_MOST = 64,
    QUESTIONS_TRIES = 2,       /* of one whose reader ended before it answered */
    QUESTIONS_WAIT_MS = 20000, /* until it is asked */
    QUESTIONS_RUN_MS = 10000,  /* from then to the answer */
};

struct question {
    int64_t id; /* 0: free */
    void *request;
    int purpose;     /* the owner's */
    json_t *message; /* as it is asked; owned */
    int64_t until_ms;
    unsigned tries;
    bool asked;
};

/* Zeroed is empty. */
struct questions {
    struct question rows[QUESTIONS_MOST];
    int64_t last_id;
};

/* A place for one that waits from now on, its message still to be set; NULL when all are taken. */
struct question *questions_add(struct questions *questions, void *request, int purpose,
                               int64_t now_ms);
/* The one to be asked now; NULL for none, or while one is asked. */
struct question *questions_next(struct questions *questions);
void questions_asked(struct question *question, int64_t now_ms);
/* Takes the row of an id out, its message with it: ERROR_MISSING. */
int questions_take(struct questions *questions, int64_t id, struct question *ret) MUST_CHECK;
/* The reader has gone: the one that was asked waits again; after QUESTIONS_TRIES it is taken out
 * instead. ERROR_MISSING: none is. */
int questions_lost(struct questions *questions, int64_t now_ms, struct question *ret) MUST_CHECK;
/* Takes one row out whose time is over at now_ms (INT64_MAX: any). ERROR_MISSING: none. */
int questions_take_late(struct questions *questions, int64_t now_ms,
                        struct question *ret) MUST_CHECK;
/* When the next one's time is over, or INT64_MAX. */
int64_t questions_next_ms(const struct questions *questions);

#endif
