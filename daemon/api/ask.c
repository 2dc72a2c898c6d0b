/* A question as the front sends it: who may read, and the answer in the shape that it takes. */
#include <string.h>

#include "api/api.h"
#include "base/clean.h"
#include "base/json.h"
#include "ledger/digest.h"

bool api_token_allows(struct store *store, const char *token, int64_t now_ms)
{
    char hash[DIGEST_TEXT_SIZE];
    if (!*token || digest_text(token, strlen(token), hash))
        return false;
    struct store_query *query =
        store_query(store, "SELECT 1 FROM sessions WHERE hash = ?1 AND kind = 'session'"
                           " AND expires_ms >= ?2");
    store_bind_text(query, 1, hash);
    store_bind_integer(query, 2, now_ms);
    bool known = store_step(query, NULL) == 1;
    store_reset(query);
    return known;
}

bool api_may_read(struct store *store, const json_t *ask, int64_t now_ms)
{
    return json_is_object(json_object_get(ask, "peer")) ||
           api_token_allows(store, json_text_of(ask, "token", ""), now_ms);
}

static json_t *reply(const json_t *ask, int status, const char *type, const char *body)
{
    return json_pack("{s:I, s:i, s:s, s:s}", "id", (json_int_t)json_integer_of(ask, "id", 0),
                     "status", status, "type", type, "body", body);
}

json_t *api_refuse(const json_t *ask, int status, const char *sentence)
{
    CLEAN(clean_json) json_t *body = json_pack("{s:s}", "error", sentence);
    CLEAN(clean_text) char *text = json_canonical(body);
    return reply(ask, status, "application/json", text ? text : "{}");
}

json_t *api_ask(const struct api *api, const json_t *ask, int64_t now_ms)
{
    struct api_request request = {.method = json_text_of(ask, "method", "GET"),
                                  .path = json_text_of(ask, "path", ""),
                                  .query = json_object_get(ask, "query"),
                                  .body = json_text_of(ask, "body", ""),
                                  .now_ms = now_ms};
    struct api_response response = {0};
    if (!api_may_read(api->store, ask, now_ms))
        return api_refuse(ask, 401, "no session, or it has ended; conformctl open makes a link");
    api_answer(api, &request, &response);
    json_t *answer = reply(ask, response.status, response.type ? response.type : "text/plain",
                           response.body.data ? response.body.data : "");
    buffer_finish(&response.body);
    return answer ? answer : api_refuse(ask, 500, "the answer is not UTF-8");
}
