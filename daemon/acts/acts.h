/* What people do through the control socket: adopt, approve, open, collect, move a finding. */
#ifndef ACTS_ACTS_H
#define ACTS_ACTS_H

#include "engine/state.h"

/* One command, in a turn of its own. */
struct act {
    const json_t *arguments;
    const char *actor; /* "uid 1000", with the login's name where it is known */
    bool attributed;   /* by an audit loginuid */
    struct moment now;
};

/* A line of the control socket: {command, arguments}. The answer {ok, body | code, sentence} is a
 * new reference, or NULL when it comes later through calls->reply with asker->asker. */
struct acts_asker {
    uint32_t uid;
    uint32_t loginuid; /* (uint32_t)-1: none */
    void *asker;
};
json_t *acts_control(struct engine *engine, const json_t *request, const struct acts_asker *asker,
                     struct moment now);

/* Each fills ret_body and returns a code with a sentence. */
int act_adopt(struct engine *engine, const struct act *act, json_t **ret_body,
              struct error *error) MUST_CHECK;
int act_approve(struct engine *engine, const struct act *act, json_t **ret_body,
                struct error *error) MUST_CHECK;
int act_open(struct engine *engine, const struct act *act, json_t **ret_body,
             struct error *error) MUST_CHECK;
int act_alert_test(struct engine *engine, const struct act *act, json_t **ret_body,
                   struct error *error) MUST_CHECK;
int act_nc_take(struct engine *engine, const struct act *act, json_t **ret_body,
                struct error *error) MUST_CHECK;
int act_nc_dismiss(struct engine *engine, const struct act *act, json_t **ret_body,
                   struct error *error) MUST_CHECK;

/* MESSAGE_ASK -> the object of MESSAGE_ANSWER, a new reference: a session for a link's token. All
 * that only reads is the reader's. */
json_t *acts_answer(struct engine *engine, const json_t *ask, struct moment now);

/* Trades a one-time link's token for a session's; ERROR_DENIED when it is unknown, used or old. */
int session_begin(struct engine *engine, const char *token, int64_t now_ms, char **ret_session,
                  struct error *error) MUST_CHECK;

#endif
