/* The leaves of a configuration and of what was judged, with the words beside them. */
#include "findings/judge/parts.h"

#include <string.h>

#include "evaluation/isms/isms.h"
#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

/* Attaches an object (taken over) as the leaf's text. */
static int attach_text(struct judge *judge, json_t *text, char ret_commitment[DIGEST_TEXT_SIZE],
                       struct error *error)
{
    CLEAN(clean_json) json_t *taken = text;
    CLEAN(clean_text) char *body = taken ? json_canonical(taken) : NULL;
    if (!body)
        return ERROR_MEMORY;
    int code = ledger_attach(judge->turn->ledger, PAYLOAD_TEXT, body, strlen(body), ret_commitment);
    return code ? error_set(error, code, "the ledger refused a payload: %s", error_text(code)) : 0;
}

/* The names in a list of the configuration, of those that are enabled. */
static json_t *names_of(const struct judge *judge, const char *list, const char *key)
{
    json_t *names = json_array(), *row;
    size_t index;
    json_array_foreach (json_object_get(judge->config, list), index, row) {
        if (json_flag_of(row, "enabled", false))
            json_array_append_new(names, json_string(json_text_of(row, key, "")));
    }
    return names;
}

int judge_write_config(struct judge *judge, struct error *error)
{
    char commitment[DIGEST_TEXT_SIZE];
    json_t *texts = judge->new_texts ? judge->new_texts : json_array();
    judge->new_texts = NULL;
    json_t *soa = json_object_get(judge->config, "soa");
    json_t *scope = json_object_get(judge->config, "scope");
    int code = attach_text(judge,
                           json_pack("{s:o, s:o, s:o, s:o, s:I, s:O*, s:O*}", "collectors",
                                     names_of(judge, "collectors", "name"), "measures",
                                     names_of(judge, "measures", "id"), "objectives",
                                     names_of(judge, "objectives", "id"), "constructs", texts,
                                     "keep", (json_int_t)json_integer_of(judge->config, "keep", 0),
                                     "scope", isms_scope_version(judge->config) ? scope : NULL,
                                     "soa", json_array_size(soa) ? soa : NULL),
                           commitment, error);
    if (code)
        return code;
    json_t *fields = json_pack("{s:s, s:s}", "sha256", json_text_of(judge->config, "hash", ""),
                               "pt", commitment);
    return ledger_append(judge->turn->ledger, LEAF_CONFIG, fields,
                         &judge->intake->sealing.config_leaf, error);
}

json_t *judge_leaf_memory(const struct judged *judged)
{
    return json_pack("{s:o, s:I, s:s, s:s, s:I}", "criterion",
                     criterion_memory_to_json(&judged->memory), "since",
                     (json_int_t)judged->since_ms, "unknown",
                     measure_unknown_kind_text(judged->result.unknown), "finding",
                     judged->finding ? judged->finding : "", "leaf", (json_int_t)judged->leaf_ms);
}

int judge_leaf_result(struct judge *judge, struct judged *judged, json_t *body, int64_t *ret_leaf,
                      struct error *error)
{
    char number[TEXT_DOUBLE_SIZE] = "", commitment[DIGEST_TEXT_SIZE];
    const struct result *result = &judged->result;
    judged->leaf_ms = judge->turn->now.wall_ms;
    int code = attach_text(judge,
                           json_pack("{s:s, s:O, s:o}", "measure", judged->measure->id, "body",
                                     body, "state", judge_leaf_memory(judged)),
                           commitment, error);
    if (code)
        return code;
    if (result->has_value)
        text_from_double(result->value, number);
    json_t *evidence = json_array();
    for (size_t i = 0; i < judged->evidence_count; i++)
        json_array_append_new(evidence, json_integer(judged->evidence[i]));
    json_t *fields =
        json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:b, s:b, s:o, s:I, s:s}", "construct",
                  judged->measure->hash, "state", criterion_verdict_text(result->verdict),
                  "unknown", measure_unknown_kind_text(result->unknown), "value", number,
                  "expected", (json_int_t)result->expected, "seen", (json_int_t)result->seen,
                  "breaching", (json_int_t)result->breaching, "systemic", result->systemic, "trial",
                  judged->trial, "provisional", result->provisional, "evidence", evidence, "config",
                  (json_int_t)judge->intake->sealing.config_leaf, "pt", commitment);
    return ledger_append(judge->turn->ledger, LEAF_RESULT, fields, ret_leaf, error);
}

/* What the last leaf said; it is in the row that the API shows. */
static int read_told(struct judge *judge, struct objective *objective, struct error *error)
{
    CLEAN(clean_json) json_t *row = NULL;
    int code = states_get(judge->turn->store, "objective",
                          json_text_of(objective->construct, "id", ""), &row, error);
    if (code)
        return code == ERROR_MISSING ? 0 : code;
    objective->is_told =
        strcmp(json_text_of(row, "state", ""), objective_state_text(objective->state)) == 0;
    objective->told = objective->state;
    return 0;
}

int judge_leaf_objective(struct judge *judge, struct objective *objective, struct error *error)
{
    char commitment[DIGEST_TEXT_SIZE];
    int64_t leaf;
    int code = objective->is_told ? 0 : read_told(judge, objective, error);
    if (code || (objective->is_told && objective->told == objective->state))
        return code;
    code = attach_text(judge,
                       json_pack("{s:s, s:s}", "kind", "objective", "id",
                                 json_text_of(objective->construct, "id", "")),
                       commitment, error);
    if (code)
        return code;
    objective->told = objective->state;
    objective->is_told = true;
    return ledger_append(judge->turn->ledger, LEAF_STATE,
                         json_pack("{s:s, s:s, s:s}", "construct", objective->hash, "state",
                                   objective_state_text(objective->state), "pt", commitment),
                         &leaf, error);
}
