/* The key of pseudonyms in the ledger: when one came into use, by what names it, never itself. */
#include "engine/engine/state.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/base/text.h"

/* What is in view under the pseudonyms of before is nobody's. */
static void rename_all(struct engine *engine)
{
    struct moment now = engine->turn.now;
    engine->calls->log(
        engine->context, LOG_LEVEL_WARNING,
        "the key of pseudonyms changed: from now on the same name has another pseudonym");
    for (size_t i = 0; i < engine->intake.count; i++)
        names_renamed(engine->intake.instances[i], now);
}

int engine_privacy_note_key(struct engine *engine, struct error *error)
{
    CLEAN(clean_json) json_t *known = NULL;
    char since[TEXT_TIME_SIZE];
    const char *id = pseudonym_key_id(engine->intake.pseudonyms);
    int64_t leaf;
    int code = states_get(engine->turn.store, "daemon", "pseudonym_key", &known, error);
    if (code && code != ERROR_MISSING)
        return code;
    if (strcmp(json_text_of(known, "id", ""), id) == 0)
        return 0;
    if (known)
        rename_all(engine);
    code = ledger_append(engine->turn.ledger, LEAF_KEY,
                         json_pack("{s:s, s:s, s:s}", "use", "pseudonyms", "id", id, "event",
                                   known ? "changed" : "made"),
                         &leaf, error);
    if (code)
        return code;
    text_from_time(engine->turn.now.wall_ms, since);
    return states_put(
        engine->turn.store, "daemon", "pseudonym_key",
        json_pack("{s:s, s:s, s:I}", "id", id, "since", since, "leaf", (json_int_t)leaf), error);
}
