/* A question as the front sends it: who may read, and the answer in the shape that it takes. */
#include <string.h>

#include "evidence/ledger/digest.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "outside/api/api.h"

#define NO_LOGIN INT64_C(4294967295) /* an audit loginuid that is none */

/* Whose session the token is, for the caller to free; NULL for none, or one that has expired. */
static char *session_actor(struct store *store, const char *token, int64_t now_ms)
{
    char hash[DIGEST_TEXT_SIZE];
    if (!*token || digest_text(token, strlen(token), hash))
        return NULL;
    struct store_query *query =
        store_query(store, "SELECT actor FROM sessions WHERE hash = ?1 AND kind = 'session'"
                           " AND expires_ms >= ?2");
    store_bind_text(query, 1, hash);
    store_bind_integer(query, 2, now_ms);
    char *actor = store_step(query, NULL) == 1 ? strdup(store_text(query, 0)) : NULL;
    store_reset(query);
    return actor;
}

bool api_token_allows(struct store *store, const char *token, int64_t now_ms)
{
    CLEAN(clean_text) char *actor = session_actor(store, token, now_ms);
    return actor != NULL;
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

/* On api.sock who runs the process and who logged in; else who made the session's link. */
static char *reader_of(struct store *store, const json_t *ask, int64_t now_ms)
{
    const json_t *peer = json_object_get(ask, "peer");
    if (!json_is_object(peer))
        return session_actor(store, json_text_of(ask, "token", ""), now_ms);
    int64_t uid = json_integer_of(peer, "uid", -1);
    int64_t login = json_integer_of(peer, "loginuid", NO_LOGIN);
    return login == NO_LOGIN
               ? text_format("uid %lld, no login", (long long)uid)
               : text_format("uid %lld, login %lld", (long long)uid, (long long)login);
}

/* The front logs who read what; it knows neither whose a session is nor what a path shows. */
static void tell_read(struct store *store, const json_t *ask, int64_t now_ms, json_t *answer)
{
    const char *what = api_shows(json_text_of(ask, "path", ""));
    if (!what || !answer)
        return;
    CLEAN(clean_text) char *reader = reader_of(store, ask, now_ms);
    json_object_set_new(answer, "read",
                        json_pack("{s:s, s:s}", "what", what, "by", reader ? reader : "unknown"));
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
    if (response.status == 200)
        tell_read(api->store, ask, now_ms, answer);
    buffer_finish(&response.body);
    return answer ? answer : api_refuse(ask, 500, "the answer is not UTF-8");
}
