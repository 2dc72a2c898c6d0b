/* One-time links, and the sessions that they become. Only hashes are stored. */
#include "engine/acts/acts.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { TOKEN_BYTES = 32, LINK_MS = 600000, SESSION_MS = 8 * 3600000, TOKEN_TEXT = 65 };

struct session_row {
    const char *kind; /* "link", "session" */
    const char *actor;
    int64_t expires_ms;
};

static int store_token(struct engine *engine, const char *token, const struct session_row *row,
                       struct error *error)
{
    char hash[DIGEST_TEXT_SIZE];
    int code = digest_text(token, strlen(token), hash);
    if (code)
        return code;
    struct store_query *query = store_query(
        engine->turn.store, "INSERT INTO sessions(hash, kind, actor, created_ms, expires_ms)"
                            " VALUES(?1, ?2, ?3, ?4, ?5)");
    store_bind_text(query, 1, hash);
    store_bind_text(query, 2, row->kind);
    store_bind_text(query, 3, row->actor);
    store_bind_integer(query, 4, engine->turn.now.wall_ms);
    store_bind_integer(query, 5, row->expires_ms);
    return store_run(query, error);
}

static int drop_old(struct engine *engine, struct error *error)
{
    struct store_query *query =
        store_query(engine->turn.store, "DELETE FROM sessions WHERE expires_ms < ?1");
    store_bind_integer(query, 1, engine->turn.now.wall_ms);
    return store_run(query, error);
}

int acts_open(struct engine *engine, const struct act *act, json_t **ret_body, struct error *error)
{
    char token[TOKEN_TEXT], expires[TEXT_TIME_SIZE];
    struct session_row row = {"link", act->actor, engine->turn.now.wall_ms + LINK_MS};
    int code = drop_old(engine, error);
    if (!code)
        code = digest_random(TOKEN_BYTES, token);
    if (!code)
        code = store_token(engine, token, &row, error);
    if (code)
        return code;
    text_from_time(row.expires_ms, expires);
    CLEAN(clean_text)
    char *url = text_format("%s/open?token=%s", json_text_of(engine->config, "url", ""), token);
    *ret_body =
        json_pack("{s:s, s:s, s:s}", "url", url ? url : "", "token", token, "expires_at", expires);
    return 0;
}

/* The actor of a link's token that has not expired; NULL without one. The caller frees. */
static char *find_link(struct engine *engine, const char *token, int64_t now_ms)
{
    char hash[DIGEST_TEXT_SIZE];
    CLEAN(error_finish) struct error error = {0};
    if (!*token || digest_text(token, strlen(token), hash))
        return NULL;
    struct store_query *query = store_query(
        engine->turn.store, "SELECT actor FROM sessions WHERE hash = ?1 AND kind = 'link'"
                            " AND expires_ms >= ?2");
    store_bind_text(query, 1, hash);
    store_bind_integer(query, 2, now_ms);
    if (store_step(query, &error) != 1)
        return NULL;
    char *actor = strdup(store_text(query, 0));
    if (store_step(query, &error) != 0) {
        free(actor);
        return NULL;
    }
    return actor;
}

static int use_up(struct engine *engine, const char *token, struct error *error)
{
    char hash[DIGEST_TEXT_SIZE];
    int code = digest_text(token, strlen(token), hash);
    if (code)
        return code;
    struct store_query *query =
        store_query(engine->turn.store, "DELETE FROM sessions WHERE hash = ?1 AND kind = 'link'");
    store_bind_text(query, 1, hash);
    return store_run(query, error);
}

void acts_session_begun_finish(struct session_begun *begun)
{
    free(begun->session);
    free(begun->actor);
    *begun = (struct session_begun){0};
}

int acts_session_begin(struct engine *engine, const char *token, int64_t now_ms,
                       struct session_begun *ret, struct error *error)
{
    char session[TOKEN_TEXT];
    CLEAN(clean_text) char *actor = find_link(engine, token, now_ms);
    if (!actor)
        return error_set(error, ERROR_DENIED,
                         "this link was used or is too old; conformctl open makes a new one");
    struct moment now = {.wall_ms = now_ms, .boot_ms = engine_now(engine).boot_ms};
    int code = engine_turn_begin(engine, &now, error);
    struct session_row row = {"session", actor, now.wall_ms + SESSION_MS};
    if (!code)
        code = use_up(engine, token, error);
    if (!code)
        code = digest_random(TOKEN_BYTES, session);
    if (!code)
        code = store_token(engine, session, &row, error);
    if (!code)
        code = engine_turn_end(engine, error);
    if (code) {
        engine_turn_undo(engine);
        return code;
    }
    *ret = (struct session_begun){strdup(session), actor};
    actor = NULL;
    return ret->session ? 0 : ERROR_MEMORY;
}
