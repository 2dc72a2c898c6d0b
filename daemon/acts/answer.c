/* Answers the front: who may read, and what the API says. */
#include "acts/acts.h"

#include <string.h>

#include "api/api.h"
#include "base/clean.h"
#include "base/json.h"

static json_t *reply(const json_t *ask, int status, const char *type, const char *body)
{
    return json_pack("{s:I, s:i, s:s, s:s}", "id", (json_int_t)json_integer_of(ask, "id", 0),
                     "status", status, "type", type, "body", body);
}

static json_t *reply_error(const json_t *ask, int status, const char *sentence)
{
    CLEAN(clean_json) json_t *body = json_pack("{s:s}", "error", sentence);
    CLEAN(clean_text) char *text = json_canonical(body);
    return reply(ask, status, "application/json", text ? text : "{}");
}

/* The front trades a link's token for a session's. */
static json_t *begin(struct engine *engine, const json_t *ask, int64_t now_ms)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_text) char *session = NULL;
    int code = session_begin(engine, json_text_of(ask, "body", ""), now_ms, &session, &error);
    if (code)
        return reply_error(ask, 401, error_sentence(&error));
    CLEAN(clean_json) json_t *body = json_pack("{s:s}", "session", session);
    CLEAN(clean_text) char *text = json_canonical(body);
    return reply(ask, 200, "application/json", text ? text : "{}");
}

json_t *acts_answer(struct engine *engine, const json_t *ask, struct moment now)
{
    const char *path = json_text_of(ask, "path", "");
    /* Whoever reached api.sock passed the rights of its file. */
    bool local = json_is_object(json_object_get(ask, "peer"));
    if (strcmp(path, "/session") == 0)
        return begin(engine, ask, now.wall_ms);
    if (!local && !session_allows(engine, json_text_of(ask, "token", ""), now.wall_ms))
        return reply_error(ask, 401, "no session, or it has ended; conformctl open makes a link");
    struct api api = {engine->store, engine->ledger, engine->series};
    struct api_request request = {.method = json_text_of(ask, "method", "GET"),
                                  .path = path,
                                  .query = json_object_get(ask, "query"),
                                  .body = json_text_of(ask, "body", ""),
                                  .now_ms = now.wall_ms};
    struct api_response response = {0};
    api_answer(&api, &request, &response);
    json_t *answer = reply(ask, response.status, response.type ? response.type : "text/plain",
                           response.body.data ? response.body.data : "");
    buffer_finish(&response.body);
    return answer ? answer : reply_error(ask, 500, "the answer is not UTF-8");
}
