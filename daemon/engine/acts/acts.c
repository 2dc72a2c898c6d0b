/* The control socket: who asks, what, and the answer. */
#include "engine/acts/acts.h"

#include <string.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static json_t *refuse(int code, const char *sentence)
{
    const char *kind = code == ERROR_DENIED                          ? "denied"
                       : code == ERROR_MISSING                       ? "missing"
                       : code == ERROR_STATE                         ? "state"
                       : code == ERROR_FORMAT || code == ERROR_RANGE ? "invalid"
                                                                     : "failed";
    return json_pack("{s:b, s:s, s:s}", "ok", false, "code", kind, "sentence", sentence);
}

/* A decision that must be somebody's: the audit loginuid says whose, whatever user he became. */
static bool may_decide(const struct engine *engine, const struct acts_asker *asker)
{
    return asker->loginuid != (uint32_t)-1 ||
           json_flag_of(engine->config, "allow_unattributed", false);
}

/* Without a default: the compiler names an act that nobody does. */
static int run_act(struct engine *engine, const struct act *act, json_t **ret_body,
                   struct error *error)
{
    switch (act->row->name) {
    case ACT_ADOPT:
        return acts_adopt(engine, act, ret_body, error);
    case ACT_APPROVE:
        return acts_approve(engine, act, ret_body, error);
    case ACT_OPEN:
        return acts_open(engine, act, ret_body, error);
    case ACT_ALERT_TEST:
        return acts_alert_test(engine, act, ret_body, error);
    case ACT_NC_TAKE:
        return acts_nc_take(engine, act, ret_body, error);
    case ACT_NC_DISMISS:
        return acts_nc_dismiss(engine, act, ret_body, error);
    case ACT_COLLECT: /* answered later, and no turn of its own */
    case ACT_OPERATE:
    case ACT_DECIDE:
    case ACT_END:
        break;
    }
    return error_set(error, ERROR_STATE, "%s is not an act of one transaction",
                     act_row_words[act->row->name]);
}

/* The whole act is one transaction; a refusal leaves nothing behind. */
static json_t *take_turn(struct engine *engine, struct act *act)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_json) json_t *body = NULL;
    int code = engine_turn_begin(engine, &act->now, &error);
    if (!code)
        code = run_act(engine, act, &body, &error);
    if (!code)
        code = engine_turn_judge(engine, &error);
    if (!code)
        code = engine_turn_end(engine, &error);
    if (code) {
        engine_turn_undo(engine);
        return refuse(code, error_sentence(&error));
    }
    engine->outbox_next_ms = 0;
    return json_pack("{s:b, s:O}", "ok", true, "body", body ? body : json_object());
}

/* `collect NAME`: the run under way or a new one; its readings are the answer. */
static json_t *collect(struct engine *engine, const json_t *arguments,
                       const struct acts_asker *asker, struct moment now)
{
    const char *name = json_text_of(arguments, "name", "");
    struct instance *instance = intake_find(&engine->intake, name);
    if (!instance) {
        CLEAN(clean_text)
        char *text =
            text_format("there is no collector \"%s\"; conformctl collectors shows all", name);
        return refuse(ERROR_MISSING, text ? text : name);
    }
    if (instance->condition == CONDITION_DISABLED)
        return refuse(ERROR_STATE, "it is disabled: its setting enabled is false");
    if (array_reserve(&engine->waiters, &engine->waiter_capacity, engine->waiter_count,
                      sizeof *engine->waiters))
        return refuse(ERROR_MEMORY, error_text(ERROR_MEMORY));
    engine->waiters[engine->waiter_count++] = (struct waiter){asker->asker, instance};
    instance_await(instance, true);
    /* A stream ends its interval when it is asked; a run under way is awaited. */
    if (instance->stream && instance->course.stage == COURSE_OPEN)
        engine->calls->collect(engine->context, instance, instance->started.run, 0);
    else if (!course_has_run(&instance->course))
        instance_due(instance, now.boot_ms);
    return NULL;
}

/* Whose rights count is who is logged in; without a login, who asks. */
static int may(const struct engine *engine, const struct act_row *row,
               const struct acts_asker *asker, char **ret_right, struct error *error)
{
    bool attributed = asker->loginuid != (uint32_t)-1;
    if ((row->guards & ACT_NEEDS_LOGIN) && !may_decide(engine, asker))
        return error_set(error, ERROR_DENIED,
                         "this decision needs a named person: your session has no audit loginuid "
                         "(/proc/self/loginuid); log in as yourself and use sudo, or set "
                         "allow_unattributed = true, and every such act will say so");
    struct acts_wish wish = {row, attributed ? asker->loginuid : asker->uid};
    return acts_allow(json_object_get(engine->config, "rights"), &wish, ret_right, error);
}

json_t *acts_control(struct engine *engine, const json_t *request, const struct acts_asker *asker,
                     struct moment now)
{
    CLEAN(error_finish) struct error error = {0};
    const char *name = json_text_of(request, "command", "");
    const json_t *arguments = json_object_get(request, "arguments");
    const struct act_row *row = act_row_find(name);
    bool attributed = asker->loginuid != (uint32_t)-1;
    CLEAN(clean_text)
    char *actor = attributed ? text_format("uid %u", asker->loginuid)
                             : text_format("uid %u (unattributed)", asker->uid);
    CLEAN(clean_text) char *right = NULL;
    if (!row) {
        error_set(&error, ERROR_FORMAT, "there is no command \"%s\"", name);
        return refuse(ERROR_FORMAT, error_sentence(&error));
    }
    int code = actor ? may(engine, row, asker, &right, &error) : ERROR_MEMORY;
    if (!code)
        code = act_row_check(row, arguments, &error);
    if (code)
        return refuse(code, error_sentence(&error));
    /* Only collect is such a one. */
    if (!(row->guards & ACT_CHANGES))
        return collect(engine, arguments, asker, now);
    struct act act = {row, arguments, actor, attributed, right, now};
    return take_turn(engine, &act);
}
