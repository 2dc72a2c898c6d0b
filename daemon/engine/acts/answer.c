/* Answers the front: what it asks of the engine and not of the reader, because it is written. */
#include "engine/acts/acts.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"

static json_t *reply(const json_t *ask, int status, json_t *body)
{
    CLEAN(clean_json) json_t *taken = body;
    CLEAN(clean_text) char *text = json_canonical(taken);
    return json_pack("{s:I, s:i, s:s, s:s}", "id", (json_int_t)json_integer_of(ask, "id", 0),
                     "status", status, "type", "application/json", "body", text ? text : "{}");
}

/* The front trades a link's token for a session's. */
static json_t *begin(struct engine *engine, const json_t *ask, int64_t now_ms)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(acts_session_begun_finish) struct session_begun begun = {0};
    int code = acts_session_begin(engine, json_text_of(ask, "body", ""), now_ms, &begun, &error);
    if (code)
        return reply(ask, 401, json_pack("{s:s}", "error", error_sentence(&error)));
    json_t *answer = reply(ask, 200, json_pack("{s:s}", "session", begun.session));
    /* For the line in the front's log. */
    json_object_set_new(answer, "read",
                        json_pack("{s:s, s:s}", "what", "session", "by", begun.actor));
    return answer;
}

json_t *acts_answer(struct engine *engine, const json_t *ask, struct moment now)
{
    if (strcmp(json_text_of(ask, "path", ""), "/session") == 0)
        return begin(engine, ask, now.wall_ms);
    return reply(ask, 404, json_pack("{s:s}", "error", "the engine answers nothing at this path"));
}
