/* Reads and writes findings and their events. */
#include "findings/register/finding_rows.h"

#include <string.h>

#include "evidence/ledger/digest.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

void finding_rows_finish(struct register_row *row)
{
    free(row->ref);
    free(row->key);
    json_decref(row->body);
    *row = (struct register_row){0};
}

int finding_rows_next_number(struct store *store, int year, int64_t *ret, struct error *error)
{
    CLEAN(clean_text) char *prefix = text_format("NC-%d-%%", year);
    struct store_query *query =
        store_query(store, "SELECT count(*) FROM findings WHERE ref LIKE ?1");
    store_bind_text(query, 1, prefix);
    int row = store_step(query, error);
    if (row < 0)
        return row;
    *ret = store_integer(query, 0) + 1;
    row = store_step(query, error);
    return row < 0 ? row : 0;
}

int finding_rows_uuid(char ret_text[37])
{
    char hex[33];
    int code = digest_random(16, hex);
    if (code)
        return code;
    hex[12] = '4';
    hex[16] = "89ab"[hex[16] & 3];
    size_t at = 0;
    for (size_t i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            ret_text[at++] = '-';
        ret_text[at++] = hex[i];
    }
    ret_text[at] = '\0';
    return 0;
}

static enum finding_state state_of(const char *text)
{
    for (int i = FINDING_CANDIDATE; i <= FINDING_DISMISSED; i++)
        if (strcmp(register_finding_state_text((enum finding_state)i), text) == 0)
            return (enum finding_state)i;
    return FINDING_CANDIDATE;
}

/* Takes the row of a query for id, ref, state, body, key. */
static int take_row(struct store_query *query, struct register_row *ret, struct error *error)
{
    int step = store_step(query, error);
    if (step <= 0)
        return step < 0 ? step : ERROR_MISSING;
    struct register_row row = {.id = store_integer(query, 0)};
    const char *body = store_text(query, 3);
    row.ref = strdup(store_text(query, 1));
    row.key = strdup(store_text(query, 4));
    row.state = state_of(store_text(query, 2));
    int code = json_read(body, strlen(body), &row.body, error);
    if (!code && store_step(query, error) < 0)
        code = ERROR_DATABASE;
    if (code) {
        finding_rows_finish(&row);
        return code;
    }
    *ret = row;
    return 0;
}

int finding_rows_open_by_key(struct store *store, const char *key, struct register_row *ret,
                             struct error *error)
{
    struct store_query *query = store_query(
        store, "SELECT id, ref, state, body, key FROM findings WHERE key = ?1 AND state NOT"
               " IN ('closed', 'dismissed') ORDER BY id DESC LIMIT 1");
    store_bind_text(query, 1, key);
    return take_row(query, ret, error);
}

int finding_rows_latest_by_key(struct store *store, const char *key, struct register_row *ret,
                               struct error *error)
{
    struct store_query *query = store_query(
        store,
        "SELECT id, ref, state, body, key FROM findings WHERE key = ?1 ORDER BY id DESC LIMIT 1");
    store_bind_text(query, 1, key);
    return take_row(query, ret, error);
}

int finding_rows_by_ref(struct store *store, const char *ref, struct register_row *ret,
                        struct error *error)
{
    struct store_query *query =
        store_query(store, "SELECT id, ref, state, body, key FROM findings WHERE ref = ?1");
    store_bind_text(query, 1, ref);
    return take_row(query, ret, error);
}

int finding_rows_insert(const struct turn *turn, const char *key, struct register_row *row,
                        struct error *error)
{
    CLEAN(clean_text) char *body = json_canonical(row->body);
    struct store_query *query =
        store_query(turn->store, "INSERT INTO findings(ref, key, state, raised_ms, body)"
                                 " VALUES(?1, ?2, ?3, ?4, ?5)");
    store_bind_text(query, 1, row->ref);
    store_bind_text(query, 2, key);
    store_bind_text(query, 3, register_finding_state_text(row->state));
    store_bind_integer(query, 4, turn->now.wall_ms);
    store_bind_text(query, 5, body);
    int code = store_run(query, error);
    row->id = store_last_id(turn->store);
    row->key = strdup(key);
    return code || row->key ? code : ERROR_MEMORY;
}

int finding_rows_update(const struct turn *turn, const struct register_row *row,
                        struct error *error)
{
    CLEAN(clean_text) char *body = json_canonical(row->body);
    struct store_query *query = store_query(
        turn->store, "UPDATE findings SET state = ?2, body = ?3, closed_ms = ?4 WHERE id = ?1");
    bool ended = row->state == FINDING_CLOSED || row->state == FINDING_DISMISSED;
    store_bind_integer(query, 1, row->id);
    store_bind_text(query, 2, register_finding_state_text(row->state));
    store_bind_text(query, 3, body);
    if (ended)
        store_bind_integer(query, 4, turn->now.wall_ms);
    else
        store_bind_text(query, 4, NULL);
    return store_run(query, error);
}

/* A copy without the lines that were seen: these are a payload of their own. */
static json_t *without_excerpts(const json_t *object)
{
    json_t *copy = json_copy((json_t *)object);
    json_object_del(copy, "excerpts");
    return copy;
}

static int attach_text(const struct turn *turn, const struct register_row *row,
                       const struct register_event *event, char ret_commitment[DIGEST_TEXT_SIZE])
{
    const json_t *told = json_object_get(event->details, "excerpts");
    bool listed = json_object_get(row->body, "excerpts") != NULL;
    CLEAN(clean_json)
    json_t *text = json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:o*, s:o}", "ref", row->ref, "key",
                             row->key, "actor", event->actor->name, "seen",
                             json_array_size(told) > 0, "told", told != NULL, "listed", listed,
                             "details", event->details ? without_excerpts(event->details) : NULL,
                             "row", without_excerpts(row->body));
    CLEAN(clean_text) char *body = text ? json_canonical(text) : NULL;
    if (!body)
        return ERROR_MEMORY;
    return ledger_attach(turn->ledger, PAYLOAD_TEXT, body, strlen(body), ret_commitment);
}

static int attach_excerpts(const struct turn *turn, const struct register_row *row, json_t *fields)
{
    char commitment[DIGEST_TEXT_SIZE];
    CLEAN(buffer_finish) struct buffer lines = {0};
    const json_t *list = json_object_get(row->body, "excerpts"), *excerpt;
    size_t index;
    json_array_foreach (list, index, excerpt) {
        CLEAN(clean_text) char *line = json_canonical(excerpt);
        buffer_text(&lines, line ? line : "");
        buffer_byte(&lines, '\n');
    }
    if (lines.failed)
        return ERROR_MEMORY;
    if (!lines.length)
        return 0;
    int code = ledger_attach(turn->ledger, PAYLOAD_EXCERPTS, lines.data, lines.length, commitment);
    return code ? code : json_object_set_new(fields, "pe", json_string(commitment));
}

/* The leaf of an event: numbers and commitments; names, words and the record as it stands from
 * then on are its payload. */
static int append_leaf(const struct turn *turn, const struct register_row *row,
                       const struct register_event *event, int64_t *ret_leaf, struct error *error)
{
    char commitment[DIGEST_TEXT_SIZE];
    int code = attach_text(turn, row, event, commitment);
    if (code)
        return error_set(error, code, "the ledger refused a payload: %s", error_text(code));
    json_t *fields = json_pack(
        "{s:I, s:s, s:s, s:b, s:s, s:O*}", "finding", (json_int_t)row->id, "event", event->name,
        "state", register_finding_state_text(row->state), "attributed", event->actor->attributed,
        "pt", commitment, "evidence", json_object_get(row->body, "evidence"));
    code = attach_excerpts(turn, row, fields);
    if (code) {
        json_decref(fields);
        return error_set(error, ERROR_MEMORY, "the ledger refused a payload: out of memory");
    }
    return ledger_append(turn->ledger, LEAF_FINDING, fields, ret_leaf, error);
}

int finding_rows_event(const struct turn *turn, const struct register_row *row,
                       const struct register_event *event, struct error *error)
{
    int64_t leaf = -1;
    int code = append_leaf(turn, row, event, &leaf, error);
    if (code)
        return code;
    CLEAN(clean_text) char *details = event->details ? json_canonical(event->details) : NULL;
    struct store_query *query = store_query(
        turn->store, "INSERT INTO finding_events(finding, time_ms, event, actor, body, leaf)"
                     " VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    store_bind_integer(query, 1, row->id);
    store_bind_integer(query, 2, turn->now.wall_ms);
    store_bind_text(query, 3, event->name);
    store_bind_text(query, 4, event->actor->name);
    store_bind_text(query, 5, details ? details : "{}");
    store_bind_integer(query, 6, leaf);
    return store_run(query, error);
}

static int count_where(struct store_query *query, int64_t *ret, struct error *error)
{
    int row = store_step(query, error);
    if (row <= 0)
        return row < 0 ? row : ERROR_DATABASE;
    *ret = store_integer(query, 0);
    row = store_step(query, error);
    return row < 0 ? row : 0;
}

int register_count(struct store *store, int64_t *ret_candidates, int64_t *ret_open,
                   struct error *error)
{
    int code =
        count_where(store_query(store, "SELECT count(*) FROM findings WHERE state = 'candidate'"),
                    ret_candidates, error);
    if (code)
        return code;
    return count_where(store_query(store, "SELECT count(*) FROM findings WHERE state NOT IN"
                                          " ('candidate', 'closed', 'dismissed')"),
                       ret_open, error);
}
