/* Which text of each measure and objective judges: the approved one, or the configured on trial. */
#include "findings/judge/parts.h"

#include <string.h>

#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/base/text.h"

/* The approved row of a construct. */
struct approved {
    char *hash;
    json_t *text;
    char *decided_by;
    int64_t decided_ms;
};

static void approved_finish(struct approved *approved)
{
    free(approved->hash);
    free(approved->decided_by);
    json_decref(approved->text);
}

static int find_approved(struct judge *judge, const char *kind, const char *id,
                         struct approved *ret, struct error *error)
{
    struct store_query *query =
        store_query(judge->turn->store, "SELECT hash, text, decided_by, decided_ms FROM constructs"
                                        " WHERE kind = ?1 AND id = ?2 AND status = 'approved'");
    store_bind_text(query, 1, kind);
    store_bind_text(query, 2, id);
    int row = store_step(query, error);
    if (row <= 0)
        return row < 0 ? row : ERROR_MISSING;
    const char *text = store_text(query, 1), *by = store_text(query, 2);
    ret->hash = strdup(store_text(query, 0));
    ret->decided_by = strdup(by ? by : "");
    ret->decided_ms = store_integer(query, 3);
    int code = json_read(text, strlen(text), &ret->text, error);
    if (!code && store_step(query, error) < 0)
        code = ERROR_DATABASE;
    return code;
}

/* Told by the next config leaf, since the ledger is to hold every text that ever judged. */
static int note_text(struct judge *judge, const char *kind, const json_t *construct,
                     const char *hash, const char *text)
{
    if (!judge->new_texts)
        judge->new_texts = json_array();
    return json_array_append_new(
        judge->new_texts,
        json_pack("{s:s, s:s, s:s, s:I, s:s}", "kind", kind, "id",
                  json_text_of(construct, "id", ""), "hash", hash, "version",
                  (json_int_t)json_integer_of(construct, "version", 0), "text", text));
}

/* A text that was never seen becomes a row; one seen before keeps its status. */
static int keep_text(struct judge *judge, const char *kind, const json_t *construct,
                     const char *hash, struct error *error)
{
    CLEAN(clean_text) char *text = json_canonical(construct);
    struct store_query *query = store_query(
        judge->turn->store, "INSERT INTO constructs(kind, id, hash, version, status, first_seen_ms,"
                            " text) VALUES(?1, ?2, ?3, ?4, 'draft', ?5, ?6) ON CONFLICT DO NOTHING"
                            " RETURNING 1");
    if (!text)
        return ERROR_MEMORY;
    store_bind_text(query, 1, kind);
    store_bind_text(query, 2, json_text_of(construct, "id", ""));
    store_bind_text(query, 3, hash);
    store_bind_integer(query, 4, json_integer_of(construct, "version", 0));
    store_bind_integer(query, 5, judge->turn->now.wall_ms);
    store_bind_text(query, 6, text);
    int row = store_step(query, error);
    if (row <= 0)
        return row;
    row = store_run(query, error);
    return row ? row : note_text(judge, kind, construct, hash, text) ? ERROR_MEMORY : 0;
}

static void note_name(void *context, const char *name)
{
    struct judged *judged = context;
    judged->reads_own = judged->reads_own || text_begins(name, "conformd_");
}

/* What a measure remembers over a restart. */
static int remember(struct judge *judge, struct judged *judged, struct error *error)
{
    CLEAN(clean_json) json_t *memory = NULL;
    int code =
        states_get(judge->turn->store, "measure_memory", judged->measure->id, &memory, error);
    if (code)
        return code == ERROR_MISSING ? 0 : code;
    criterion_memory_from_json(json_object_get(memory, "criterion"), judge->other_boot,
                               judge->turn->now.boot_ms, &judged->memory);
    judged->since_ms = json_integer_of(memory, "since", 0);
    judged->known_unknown = strdup(json_text_of(memory, "unknown", ""));
    const char *finding = json_text_of(memory, "finding", "");
    if (*finding)
        judged->finding = strdup(finding);
    judged->leaf_ms = json_integer_of(memory, "leaf", 0);
    return 0;
}

static int parse_measure(json_t *construct, struct measure **ret, struct error *error)
{
    struct measure_fault fault = {0};
    int code = measure_new(construct, ret, &fault);
    if (code)
        error_set(error, code, "measure %s: %s: %s", json_text_of(construct, "id", "?"),
                  fault.setting ? fault.setting : "construct",
                  fault.sentence ? fault.sentence : error_text(code));
    measure_fault_finish(&fault);
    return code;
}

/* One text that cannot be read must not stop the others; it is shown as what it is. */
static int show_unreadable(struct judge *judge, const json_t *construct, struct error *error)
{
    CLEAN(clean_text) char *reason = text_format("invalid: %s", error_sentence(error));
    json_t *row =
        json_pack("{s:s, s:s, s:s, s:s, s:b, s:n, s:[], s:[], s:s}", "id",
                  json_text_of(construct, "id", ""), "name", json_text_of(construct, "name", ""),
                  "state", criterion_verdict_text(VERDICT_UNKNOWN), "reason", reason ? reason : "",
                  "trial", true, "value", "elements", "evidence", "status", "draft");
    judge->log(judge->context, LOG_LEVEL_ERROR, error_sentence(error));
    error_finish(error);
    return states_put(judge->turn->store, "measure", json_text_of(construct, "id", ""), row, error);
}

/* The approved text judges, also where the configuration holds another by now. */
static int take_approved(struct judge *judge, struct judged *judged, struct approved *approved)
{
    CLEAN(error_finish) struct error error = {0};
    struct measure *measure = NULL;
    bool other = strcmp(approved->hash, judged->measure->hash) != 0;
    int code = other ? parse_measure(approved->text, &measure, &error) : 0;
    if (code == ERROR_MEMORY)
        return code;
    /* Approved once, and not readable by this version: the configured text goes on trial. */
    if (code) {
        judge->log(judge->context, LOG_LEVEL_ERROR, error_sentence(&error));
        return 0;
    }
    if (other) {
        measure_free(judged->measure);
        judged->measure = measure;
    }
    judged->draft_waits = other;
    judged->trial = false;
    judged->decided_by = approved->decided_by;
    judged->decided_ms = approved->decided_ms;
    approved->decided_by = NULL;
    return 0;
}

static int load_measure(struct judge *judge, json_t *construct, struct error *error)
{
    struct judged *judged = &judge->measures[judge->measure_count];
    CLEAN(approved_finish) struct approved approved = {0};
    *judged = (struct judged){.trial = true};
    int code = parse_measure(construct, &judged->measure, error);
    if (code)
        return code == ERROR_MEMORY ? code : show_unreadable(judge, construct, error);
    judge->measure_count++;
    code = keep_text(judge, "measure", construct, judged->measure->hash, error);
    if (!code)
        code = find_approved(judge, "measure", judged->measure->id, &approved, error);
    if (!code)
        code = take_approved(judge, judged, &approved);
    if (code && code != ERROR_MISSING)
        return code;
    judge_applies_load(judge, judged);
    measure_each_name(judged->measure, note_name, judged);
    int64_t reach = measure_reach_ms(judged->measure);
    if (reach > judge->intake->sealing.keep_ms)
        judge->intake->sealing.keep_ms = reach;
    return remember(judge, judged, error);
}

static int load_objective(struct judge *judge, json_t *construct, struct error *error)
{
    struct objective *objective = &judge->objectives[judge->objective_count++];
    CLEAN(approved_finish) struct approved approved = {0};
    *objective = (struct objective){.construct = json_incref(construct)};
    CLEAN(clean_text) char *text = json_canonical(construct);
    int code = digest_text(text, strlen(text), objective->hash);
    if (!code)
        code = keep_text(judge, "objective", construct, objective->hash, error);
    if (!code)
        code =
            find_approved(judge, "objective", json_text_of(construct, "id", ""), &approved, error);
    if (code)
        return code == ERROR_MISSING ? 0 : code;
    objective->approved = true;
    if (strcmp(approved.hash, objective->hash) != 0) {
        json_decref(objective->construct);
        objective->construct = json_incref(approved.text);
    }
    return 0;
}

static int load_list(struct judge *judge, const char *key,
                     int (*load)(struct judge *judge, json_t *construct, struct error *error),
                     struct error *error)
{
    size_t index;
    json_t *construct;
    json_array_foreach (json_object_get(judge->config, key), index, construct) {
        if (!json_flag_of(construct, "enabled", false))
            continue;
        int code = load(judge, construct, error);
        if (code)
            return code;
    }
    return 0;
}

static bool is_in(const json_t *list, const char *key, const char *name)
{
    size_t index;
    json_t *row;
    json_array_foreach ((json_t *)list, index, row) {
        if (strcmp(json_text_of(row, key, ""), name) == 0)
            return json_flag_of(row, "enabled", false);
    }
    return false;
}

/* What is shown of one that is gone from the configuration, or disabled, is gone too; what is
 * remembered of it stays. */
static int drop_gone(struct judge *judge, const char *kind, const json_t *list, const char *key,
                     struct error *error)
{
    CLEAN(clean_json) json_t *gone = json_array();
    struct store_query *query =
        store_query(judge->turn->store, "SELECT id FROM states WHERE kind = ?1");
    size_t index;
    json_t *name;
    int row;
    store_bind_text(query, 1, kind);
    while ((row = store_step(query, error)) > 0)
        if (!is_in(list, key, store_text(query, 0)))
            json_array_append_new(gone, json_string(store_text(query, 0)));
    json_array_foreach (gone, index, name) {
        if (row)
            break;
        query = store_query(judge->turn->store, "DELETE FROM states WHERE kind = ?1 AND id = ?2");
        store_bind_text(query, 1, kind);
        store_bind_text(query, 2, json_string_value(name));
        row = store_run(query, error);
    }
    return row;
}

int judge_load(struct judge *judge, struct error *error)
{
    const json_t *config = judge->config;
    size_t measures = json_array_size(json_object_get(judge->config, "measures"));
    size_t objectives = json_array_size(json_object_get(judge->config, "objectives"));
    judge->measures = calloc(measures + 1, sizeof *judge->measures);
    judge->objectives = calloc(objectives + 1, sizeof *judge->objectives);
    if (!judge->measures || !judge->objectives)
        return ERROR_MEMORY;
    judge->intake->sealing.keep_ms = 7LL * 86400000;
    int code = load_list(judge, "measures", load_measure, error);
    if (!code)
        code = load_list(judge, "objectives", load_objective, error);
    if (!code)
        code = drop_gone(judge, "measure", json_object_get(config, "measures"), "id", error);
    if (!code)
        code = drop_gone(judge, "objective", json_object_get(config, "objectives"), "id", error);
    if (!code)
        code = drop_gone(judge, "instance", json_object_get(config, "collectors"), "name", error);
    return code;
}

void judge_forget(struct judge *judge)
{
    for (size_t i = 0; i < judge->measure_count; i++) {
        struct judged *judged = &judge->measures[i];
        measure_free(judged->measure);
        measure_result_finish(&judged->result);
        free(judged->decided_by);
        free(judged->known_unknown);
        free(judged->finding);
    }
    for (size_t i = 0; i < judge->objective_count; i++)
        json_decref(judge->objectives[i].construct);
    free(judge->measures);
    free(judge->objectives);
    judge->measures = NULL;
    judge->objectives = NULL;
    judge->measure_count = judge->objective_count = 0;
}

void judge_finish(struct judge *judge)
{
    judge_forget(judge);
    json_decref(judge->new_texts);
}

void judge_touch_own(struct judge *judge)
{
    for (size_t i = 0; i < judge->measure_count; i++)
        judge->measures[i].touched = judge->measures[i].touched || judge->measures[i].reads_own;
}

void judge_touch_all(struct judge *judge)
{
    for (size_t i = 0; i < judge->measure_count; i++)
        judge->measures[i].touched = true;
}

struct judged *judge_find(struct judge *judge, const char *id)
{
    for (size_t i = 0; i < judge->measure_count; i++)
        if (strcmp(judge->measures[i].measure->id, id) == 0)
            return &judge->measures[i];
    return NULL;
}

static int approval_leaf(struct judge *judge, const struct judge_decision *decision,
                         int64_t *ret_leaf, struct error *error)
{
    char commitment[DIGEST_TEXT_SIZE];
    CLEAN(clean_json)
    json_t *text =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:O*}", "kind", decision->kind, "id",
                  decision->id, "actor", decision->actor, "role", decision->role, "reason",
                  decision->reason, "right", decision->right, "baseline", decision->baseline);
    CLEAN(clean_text) char *body = json_canonical(text);
    if (!body)
        return ERROR_MEMORY;
    int code = ledger_attach(judge->turn->ledger, PAYLOAD_TEXT, body, strlen(body), commitment);
    if (code)
        return error_set(error, code, "the ledger refused a payload: %s", error_text(code));
    json_t *fields =
        json_pack("{s:s, s:s, s:b, s:s}", "construct", decision->hash, "kind", decision->kind,
                  "attributed", decision->attributed, "pt", commitment);
    return ledger_append(judge->turn->ledger, LEAF_APPROVAL, fields, ret_leaf, error);
}

int judge_approve(struct judge *judge, const struct judge_decision *decision, struct error *error)
{
    int64_t leaf = -1;
    struct store_query *query =
        store_query(judge->turn->store,
                    "UPDATE constructs SET status = 'superseded' WHERE kind = ?1 AND id = ?2"
                    " AND status = 'approved' AND hash <> ?3");
    store_bind_text(query, 1, decision->kind);
    store_bind_text(query, 2, decision->id);
    store_bind_text(query, 3, decision->hash);
    int code = store_run(query, error);
    if (!code)
        code = approval_leaf(judge, decision, &leaf, error);
    if (code)
        return code;
    query = store_query(judge->turn->store,
                        "UPDATE constructs SET status = 'approved', decided_ms = ?4,"
                        " decided_by = ?5, reason = ?6, leaf = ?7"
                        " WHERE kind = ?1 AND id = ?2 AND hash = ?3");
    store_bind_text(query, 1, decision->kind);
    store_bind_text(query, 2, decision->id);
    store_bind_text(query, 3, decision->hash);
    store_bind_integer(query, 4, judge->turn->now.wall_ms);
    store_bind_text(query, 5, decision->actor);
    store_bind_text(query, 6, decision->reason);
    store_bind_integer(query, 7, leaf);
    return store_run(query, error);
}
