/* Raises, extends, clears and moves findings; every step is an event and a leaf. */
#include "findings/register/register.h"

#include <string.h>
#include <time.h>

#include "findings/register/finding_rows.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { EVIDENCE_LIMIT = 50, EXTEND_LEAF_MS = 3600000 };

const char *register_finding_state_text(enum finding_state state)
{
    switch (state) {
    case FINDING_CANDIDATE:
        return "candidate";
    case FINDING_REGISTERED:
        return "registered";
    case FINDING_EVALUATED:
        return "evaluated";
    case FINDING_HANDLING:
        return "handling";
    case FINDING_CLOSED:
        return "closed";
    case FINDING_DISMISSED:
        return "dismissed";
    }
    return "";
}

static void set_time(json_t *body, const char *key, int64_t wall_ms)
{
    char text[TEXT_TIME_SIZE];
    text_from_time(wall_ms, text);
    json_object_set_new(body, key, json_string(text));
}

static int year_of(int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    return utc.tm_year + 1900;
}

/* A new candidate's body: the facts, and what the register adds. */
static int make_body(const struct turn *turn, const json_t *facts, struct register_row *row,
                     struct error *error)
{
    int64_t number;
    char uuid[37];
    int code = finding_rows_next_number(turn->store, year_of(turn->now.wall_ms), &number, error);
    if (!code)
        code = finding_rows_uuid(uuid);
    if (code)
        return code;
    row->ref = text_format("NC-%d-%04lld", year_of(turn->now.wall_ms), (long long)number);
    row->body = json_deep_copy(facts);
    if (!row->ref || !row->body)
        return ERROR_MEMORY;
    row->state = FINDING_CANDIDATE;
    json_object_set_new(row->body, "ref", json_string(row->ref));
    json_object_set_new(row->body, "uuid", json_string(uuid));
    json_object_set_new(row->body, "state", json_string(register_finding_state_text(row->state)));
    json_object_set_new(row->body, "condition_cleared_at", json_null());
    json_object_set_new(row->body, "times_seen", json_integer(1));
    json_object_set_new(row->body, "told_ms", json_integer(turn->now.wall_ms));
    set_time(row->body, "raised_at", turn->now.wall_ms);
    set_time(row->body, "last_seen_at", turn->now.wall_ms);
    return 0;
}

static const struct register_actor daemon_actor = {"conformd", true};

static int raise_new(const struct turn *turn, const char *key, const json_t *facts,
                     struct register_raised *ret, struct error *error)
{
    CLEAN(finding_rows_finish) struct register_row row = {0};
    int code = make_body(turn, facts, &row, error);
    if (!code)
        code = finding_rows_insert(turn, key, &row, error);
    if (!code)
        code = finding_rows_event(turn, &row,
                                  &(struct register_event){"raised", &daemon_actor, facts}, error);
    if (code)
        return code;
    *ret = (struct register_raised){.ref = row.ref, .is_new = true};
    row.ref = NULL;
    return 0;
}

/* Adds the leaves that are not there yet, the newest kept. */
static bool merge_evidence(json_t *body, const json_t *facts)
{
    json_t *known = json_object_get(body, "evidence");
    const json_t *leaf, *more = json_object_get(facts, "evidence");
    size_t index, at;
    bool added = false;
    json_array_foreach (more, index, leaf) {
        const json_t *old;
        bool there = false;
        json_array_foreach (known, at, old)
            there = there || json_equal(old, leaf);
        if (there)
            continue;
        json_array_append(known, (json_t *)leaf);
        added = true;
    }
    while (json_array_size(known) > EVIDENCE_LIMIT)
        json_array_remove(known, 0);
    return added;
}

/* What the latest judgement says replaces what the one before said. */
static bool refresh(json_t *body, const json_t *facts)
{
    static const char *const keys[] = {"value", "breaching", "population", "excerpts", "quality"};
    bool moved = !json_equal(json_object_get(body, "value"), json_object_get(facts, "value"));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_t *value = json_object_get(facts, keys[i]);
        if (value && !(json_is_array(value) && !json_array_size(value)))
            json_object_set(body, keys[i], value);
    }
    return moved;
}

/* An observation whose requirement holds by now is a nonconformity; nothing goes the other way by
 * itself. */
static bool harden(json_t *body, const json_t *facts)
{
    const char *type = json_text_of(facts, "type", "observation");
    if (strcmp(json_text_of(body, "type", ""), "observation") != 0 ||
        strcmp(type, "observation") == 0)
        return false;
    json_object_set_new(body, "type", json_string(type));
    return true;
}

static int extend(const struct turn *turn, struct register_row *row, const json_t *facts,
                  struct register_raised *ret, struct error *error)
{
    bool moved = refresh(row->body, facts);
    bool added = merge_evidence(row->body, facts);
    bool returned = json_is_string(json_object_get(row->body, "condition_cleared_at"));
    int64_t told_ms = json_integer_of(row->body, "told_ms", 0);
    json_object_set_new(row->body, "times_seen",
                        json_integer(json_integer_of(row->body, "times_seen", 1) + 1));
    json_object_set_new(row->body, "condition_cleared_at", json_null());
    set_time(row->body, "last_seen_at", turn->now.wall_ms);
    bool long_ago = turn->now.wall_ms < told_ms || turn->now.wall_ms - told_ms >= EXTEND_LEAF_MS;
    bool tell = harden(row->body, facts) || returned || ((moved || added) && long_ago);
    if (tell)
        json_object_set_new(row->body, "told_ms", json_integer(turn->now.wall_ms));
    int code = finding_rows_update(turn, row, error);
    struct register_event event = {returned ? "returned" : "extended", &daemon_actor, facts};
    if (!code && tell)
        code = finding_rows_event(turn, row, &event, error);
    if (code)
        return code;
    *ret = (struct register_raised){.ref = row->ref, .returned = returned};
    row->ref = NULL;
    return 0;
}

int register_raise(const struct turn *turn, const char *key, const json_t *facts,
                   struct register_raised *ret, struct error *error)
{
    CLEAN(finding_rows_finish) struct register_row row = {0};
    int code = finding_rows_open_by_key(turn->store, key, &row, error);
    if (code == ERROR_MISSING)
        return raise_new(turn, key, facts, ret, error);
    return code ? code : extend(turn, &row, facts, ret, error);
}

int register_extend(const struct turn *turn, const char *key, const json_t *facts,
                    struct register_raised *ret, struct error *error)
{
    CLEAN(finding_rows_finish) struct register_row row = {0};
    int code = finding_rows_latest_by_key(turn->store, key, &row, error);
    if (code && code != ERROR_MISSING)
        return code;
    if (!code && row.state == FINDING_DISMISSED) {
        *ret = (struct register_raised){0};
        return 0;
    }
    return register_raise(turn, key, facts, ret, error);
}

int register_clear(const struct turn *turn, const char *key, char **ret_ref, struct error *error)
{
    CLEAN(finding_rows_finish) struct register_row row = {0};
    *ret_ref = NULL;
    int code = finding_rows_open_by_key(turn->store, key, &row, error);
    if (code)
        return code == ERROR_MISSING ? 0 : code;
    if (json_is_string(json_object_get(row.body, "condition_cleared_at")))
        return 0;
    set_time(row.body, "condition_cleared_at", turn->now.wall_ms);
    code = finding_rows_update(turn, &row, error);
    if (!code)
        code = finding_rows_event(
            turn, &row, &(struct register_event){"condition_cleared", &daemon_actor, NULL}, error);
    if (code)
        return code;
    *ret_ref = row.ref;
    row.ref = NULL;
    return 0;
}

/* Which moves there are (DOMAIN.md 4.1). */
static const bool allowed[][FINDING_DISMISSED + 1] = {
    [FINDING_CANDIDATE] = {[FINDING_REGISTERED] = true, [FINDING_DISMISSED] = true},
    [FINDING_REGISTERED] = {[FINDING_EVALUATED] = true},
    [FINDING_EVALUATED] = {[FINDING_HANDLING] = true},
    [FINDING_HANDLING] = {[FINDING_CLOSED] = true},
    [FINDING_CLOSED] = {[FINDING_HANDLING] = true},
    [FINDING_DISMISSED] = {false},
};

/* Who answers for it, what is done, by when: part of the record from then on. */
static void keep_decision(json_t *body, const json_t *details)
{
    static const char *const keys[] = {"owner", "fix", "due"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_t *value = json_object_get(details, keys[i]);
        if (json_is_string(value))
            json_object_set(body, keys[i], value);
    }
}

int register_move(const struct turn *turn, const struct register_move *move, struct error *error)
{
    CLEAN(finding_rows_finish) struct register_row row = {0};
    int code = finding_rows_by_ref(turn->store, move->ref, &row, error);
    if (code == ERROR_MISSING)
        return error_set(error, code, "there is no finding %s; conformctl nc list shows all",
                         move->ref);
    if (code)
        return code;
    if (!allowed[row.state][move->to])
        return error_set(error, ERROR_STATE, "%s is %s and cannot become %s", move->ref,
                         register_finding_state_text(row.state),
                         register_finding_state_text(move->to));
    CLEAN(clean_json)
    json_t *details = json_pack(
        "{s:s, s:s, s:s, s:b, s:O*}", "from", register_finding_state_text(row.state), "to",
        register_finding_state_text(move->to), "reason", move->reason ? move->reason : "",
        "attributed", move->actor.attributed, "details", (json_t *)move->details);
    row.state = move->to;
    keep_decision(row.body, move->details);
    json_object_set_new(row.body, "state", json_string(register_finding_state_text(move->to)));
    code = finding_rows_update(turn, &row, error);
    struct register_event event = {register_finding_state_text(move->to), &move->actor, details};
    return code ? code : finding_rows_event(turn, &row, &event, error);
}
