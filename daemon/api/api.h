/* The API: one question in, one answer out. Everything is read from the store, the ledger and the
 * series; nothing is written and nobody is asked who they are: the caller has decided that. */
#ifndef API_API_H
#define API_API_H

#include "base/buffer.h"
#include "ledger/ledger.h"
#include "series/series.h"
#include "store/store.h"

#include <jansson.h>
#include <stdint.h>

/* All borrowed. In a turn's transaction or outside of one; not while a series_each is under way. */
struct api {
    struct store *store;
    struct ledger *ledger;
    struct series_set *series;
};

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
 * be evaluated; 500 with the store's sentence. ret is set whole and need not be initialised. */
void api_answer(const struct api *api, const struct api_request *request, struct api_response *ret);

#endif
