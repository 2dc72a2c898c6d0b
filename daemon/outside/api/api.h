/* The API: one question in, one answer out. Everything is read from the store, the ledger and the
 * series; nothing is written. Who may ask: api_may_read. */
#ifndef API_API_H
#define API_API_H

#include "evidence/ledger/ledger.h"
#include "evidence/series/series.h"
#include "evidence/store/store.h"
#include "ground/base/buffer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* All borrowed; ledger and series may be NULL for what api_needs says does without. Not while a
 * series_each is under way. */
struct api {
    struct store *store;
    struct ledger *ledger;
    struct series_set *series;
};

enum { API_NEEDS_LEDGER = 1, API_NEEDS_SERIES = 2 };
/* Which of them this path reads. */
unsigned api_needs(const char *path);
/* What of people or of evidence this path shows, in a word for the log of reads; NULL: nothing. */
const char *api_shows(const char *path);

struct api_request {
    const char *method;  /* "GET"; or "POST" for /api/v1, its form being in query already */
    const char *path;    /* decoded: "/api/measures/M009" */
    const json_t *query; /* {name: text, or [text...] where a name came several times}; or NULL */
    const char *body;    /* not looked at today */
    int64_t now_ms;
};

struct api_response {
    int status;         /* as HTTP's */
    const char *type;   /* Content-Type; static */
    struct buffer body; /* the caller calls buffer_finish; at most API_BODY_LIMIT bytes */
};

#define API_BODY_LIMIT (16u << 20) /* bytes; beyond it the answer is an error that says so */

/* Always answers: 200; 400 for what cannot be understood; 404; 405; 422 for a formula that cannot
 * be evaluated; 503 for what is beyond a reader's limits of time and memory; 500 with the store's
 * sentence. ret is set whole and need not be initialised. */
void api_answer(const struct api *api, const struct api_request *request, struct api_response *ret);

/* A question of the front (MESSAGE_ASK) -> the object of MESSAGE_ANSWER, a new reference. */
json_t *api_ask(const struct api *api, const json_t *ask, int64_t now_ms);
/* The same with a sentence instead of an answer. */
json_t *api_refuse(const json_t *ask, int status, const char *sentence);

/* May this token read? A session's that has not expired. */
bool api_token_allows(struct store *store, const char *token, int64_t now_ms);
/* Whoever reached api.sock passed the rights of its file; others need a token. */
bool api_may_read(struct store *store, const json_t *ask, int64_t now_ms);

#endif
