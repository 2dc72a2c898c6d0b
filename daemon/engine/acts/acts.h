/* What people do through the control socket: adopt, approve, open, collect, move a finding. */
#ifndef ACTS_ACTS_H
#define ACTS_ACTS_H

#include "engine/engine/state.h"
#include "ground/act_rows/act_row.h"

/* One command, in a turn of its own. */
struct act {
    const struct act_row *row;
    const json_t *arguments; /* as the row allows */
    const char *actor;       /* "uid 1000", with the login's name where it is known */
    bool attributed;         /* by an audit loginuid */
    const char *right;       /* by which of `rights`, or NULL where none are configured */
    struct moment now;
};

/* May this uid do it? By the setting `rights` of the engine's part; where there is none, yes, and
 * ret_right is NULL, else "WHO: ACT" of what allows it (the caller frees). ERROR_DENIED with a
 * sentence that says who may. */
struct acts_wish {
    const struct act_row *row;
    uint32_t uid;
};
int acts_allow(const json_t *rights, const struct acts_wish *wish, char **ret_right,
               struct error *error) MUST_CHECK;

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
int acts_adopt(struct engine *engine, const struct act *act, json_t **ret_body,
               struct error *error) MUST_CHECK;
int acts_approve(struct engine *engine, const struct act *act, json_t **ret_body,
                 struct error *error) MUST_CHECK;
int acts_open(struct engine *engine, const struct act *act, json_t **ret_body,
              struct error *error) MUST_CHECK;
int acts_alert_test(struct engine *engine, const struct act *act, json_t **ret_body,
                    struct error *error) MUST_CHECK;
int acts_nc_take(struct engine *engine, const struct act *act, json_t **ret_body,
                 struct error *error) MUST_CHECK;
int acts_nc_dismiss(struct engine *engine, const struct act *act, json_t **ret_body,
                    struct error *error) MUST_CHECK;

/* MESSAGE_ASK -> the object of MESSAGE_ANSWER, a new reference: a session for a link's token. All
 * that only reads is the reader's. */
json_t *acts_answer(struct engine *engine, const json_t *ask, struct moment now);

/* Trades a one-time link's token for a session's; ERROR_DENIED when it is unknown, used or old. */
struct session_begun {
    char *session;
    char *actor; /* who made the link */
};
int acts_session_begin(struct engine *engine, const char *token, int64_t now_ms,
                       struct session_begun *ret, struct error *error) MUST_CHECK;
void acts_session_begun_finish(struct session_begun *begun);

#endif
