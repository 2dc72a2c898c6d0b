/* What people do with findings, and the test of an alert's way. */
#include "engine/acts/acts.h"

#include <string.h>

#include "findings/register/register.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static int move(struct engine *engine, const struct act *act, enum finding_state to,
                const char *reason, struct error *error)
{
    CLEAN(clean_json) json_t *details = json_copy((json_t *)(uintptr_t)act->arguments);
    if (details && act->right && json_object_set_new(details, "right", json_string(act->right)))
        return error_set(error, ERROR_FORMAT, "the right has no name in UTF-8");
    struct register_move wanted = {.ref = json_text_of(act->arguments, "ref", ""),
                                   .to = to,
                                   .actor = {act->actor, act->attributed},
                                   .reason = reason,
                                   .details = details};
    return register_move(&engine->turn, &wanted, error);
}

int acts_nc_take(struct engine *engine, const struct act *act, json_t **ret_body,
                 struct error *error)
{
    const char *owner = json_text_of(act->arguments, "owner", "");
    int code = move(engine, act, FINDING_REGISTERED, "", error);
    if (!code)
        *ret_body = json_pack("{s:s, s:s, s:s}", "ref", json_text_of(act->arguments, "ref", ""),
                              "state", "registered", "owner", owner);
    return code;
}

int acts_nc_dismiss(struct engine *engine, const struct act *act, json_t **ret_body,
                    struct error *error)
{
    const char *reason = json_text_of(act->arguments, "reason", "");
    int code = move(engine, act, FINDING_DISMISSED, reason, error);
    if (!code)
        *ret_body = json_pack("{s:s, s:s}", "ref", json_text_of(act->arguments, "ref", ""), "state",
                              "dismissed");
    return code;
}

/* Only the named channel, or all. */
static json_t *chosen_channels(const struct engine *engine, const char *name)
{
    json_t *chosen = json_array();
    size_t index;
    json_t *channel;
    json_array_foreach (json_object_get(engine->config, "channels"), index, channel) {
        if (!*name || strcmp(json_text_of(channel, "name", ""), name) == 0)
            json_array_append(chosen, channel);
    }
    return chosen;
}

int acts_alert_test(struct engine *engine, const struct act *act, json_t **ret_body,
                    struct error *error)
{
    const char *name = json_text_of(act->arguments, "channel", "");
    CLEAN(clean_json) json_t *channels = chosen_channels(engine, name);
    if (!json_array_size(channels))
        return error_set(error, ERROR_MISSING, "there is no channel%s%s in the configuration",
                         *name ? " called " : "", name);
    CLEAN(clean_json)
    json_t *data = json_pack("{s:s, s:s}", "title", "a test of this channel; nothing is wrong",
                             "state", "test");
    struct notify_context context = {&engine->turn, channels, engine->host};
    struct notify_event event = {"test", "test", URGENCY_NOW, data};
    int code = notify_put(&context, &event, error);
    if (!code)
        *ret_body = json_pack("{s:I}", "channels", (json_int_t)json_array_size(channels));
    return code;
}
