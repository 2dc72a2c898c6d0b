/* Findings: raised once, extended, cleared, moved by one function, each step an event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "findings/register/register.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "kit/store_scene.h"

#define NOW 1795323600000

struct bench {
    char folder[STORE_SCENE_FOLDER];
    struct store *store;
    struct turn turn;
    struct error error;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    bench->store = store_scene_new(bench->folder);
    bench->turn = (struct turn){.store = bench->store, .now = {.wall_ms = NOW}};
    assert_int_equal(ledger_open(bench->store, &bench->turn.ledger, &bench->error), 0);
    assert_int_equal(store_begin(bench->store, &bench->error), 0);
    ledger_turn(bench->turn.ledger, NOW);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    store_rollback(bench->store);
    ledger_close(bench->turn.ledger);
    store_close(bench->store);
    store_scene_remove(bench->folder);
    error_finish(&bench->error);
    free(bench);
    return 0;
}

static struct register_raised raise_value(struct bench *bench, const char *value, int64_t leaf)
{
    struct register_raised raised = {0};
    CLEAN(clean_json)
    json_t *facts = json_pack("{s:s, s:s, s:[I], s:[{s:s}]}", "title", "T", "value", value,
                              "evidence", (json_int_t)leaf, "breaching", "value", value);
    assert_int_equal(register_raise(&bench->turn, "measure:M1", facts, &raised, &bench->error), 0);
    return raised;
}

static void raised_once(void **state)
{
    struct bench *bench = *state;
    struct register_raised raised = raise_value(bench, "1", 5);
    assert_true(raised.is_new);
    assert_string_equal(raised.ref, "NC-2026-0001");
    free(raised.ref);
    /* At once again, with more: it is extended, and not told a second time. */
    bench->turn.now.wall_ms += 50;
    raised = raise_value(bench, "2", 6);
    assert_false(raised.is_new);
    assert_string_equal(raised.ref, "NC-2026-0001");
    free(raised.ref);
    assert_int_equal(store_scene_count(bench->store, "SELECT count(*) FROM findings"), 1);
    assert_int_equal(store_scene_count(bench->store, "SELECT count(*) FROM finding_events"), 1);
    assert_int_equal(store_scene_count(bench->store, "SELECT body ->> 'value' FROM findings"), 2);
    assert_int_equal(
        store_scene_count(bench->store,
                          "SELECT json_array_length(body, '$.evidence') FROM findings"),
        2);
    /* What changed is told once an hour; what did not, never. */
    bench->turn.now.wall_ms += 3600000;
    free(raise_value(bench, "2", 6).ref);
    assert_int_equal(store_scene_count(bench->store, "SELECT count(*) FROM finding_events"), 1);
    free(raise_value(bench, "3", 7).ref);
    assert_int_equal(store_scene_count(bench->store, "SELECT count(*) FROM finding_events"), 2);
    assert_int_equal(store_scene_count(bench->store, "SELECT body ->> 'times_seen' FROM findings"),
                     4);
}

static void cleared_is_not_closed(void **state)
{
    struct bench *bench = *state;
    CLEAN(clean_text) char *ref = NULL;
    CLEAN(clean_text) char *none = NULL;
    assert_int_equal(register_clear(&bench->turn, "measure:M1", &none, &bench->error), 0);
    assert_null(none);
    free(raise_value(bench, "1", 5).ref);
    assert_int_equal(register_clear(&bench->turn, "measure:M1", &ref, &bench->error), 0);
    assert_string_equal(ref, "NC-2026-0001");
    int64_t candidates, open;
    assert_int_equal(register_count(bench->store, &candidates, &open, &bench->error), 0);
    assert_int_equal(candidates, 1);
    struct register_raised raised = raise_value(bench, "1", 5);
    assert_true(raised.returned && !raised.is_new);
    free(raised.ref);
    assert_int_equal(
        store_scene_count(bench->store,
                          "SELECT count(*) FROM finding_events WHERE event = 'returned'"),
        1);
}

static int move(struct bench *bench, const char *ref, enum finding_state to)
{
    CLEAN(clean_json) json_t *details = json_pack("{s:s, s:i}", "owner", "alice", "fix", 7);
    struct register_move wanted = {
        .ref = ref, .to = to, .actor = {"uid 1000", true}, .reason = "r", .details = details};
    return register_move(&bench->turn, &wanted, &bench->error);
}

static void moves(void **state)
{
    struct bench *bench = *state;
    static const struct {
        enum finding_state to;
        int code;
    } rows[] = {
        {FINDING_HANDLING, ERROR_STATE},
        {FINDING_CLOSED, ERROR_STATE},
        {FINDING_REGISTERED, 0},
        {FINDING_REGISTERED, ERROR_STATE},
        {FINDING_DISMISSED, ERROR_STATE},
        {FINDING_EVALUATED, 0},
        {FINDING_HANDLING, 0},
        {FINDING_CLOSED, 0},
        {FINDING_CANDIDATE, ERROR_STATE},
        {FINDING_HANDLING, 0},
    };
    free(raise_value(bench, "1", 5).ref);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (move(bench, "NC-2026-0001", rows[i].to) != rows[i].code)
            fail_msg("row %zu: %s", i, error_sentence(&bench->error));
    assert_int_equal(move(bench, "NC-2026-0009", FINDING_REGISTERED), ERROR_MISSING);
    assert_int_equal(
        store_scene_count(bench->store, "SELECT body ->> 'owner' = 'alice' FROM findings"), 1);
    assert_int_equal(store_scene_count(bench->store, "SELECT count(*) FROM finding_events"), 6);
}

static void dismissed(void **state)
{
    struct bench *bench = *state;
    struct register_raised raised = {0};
    free(raise_value(bench, "1", 5).ref);
    assert_int_equal(move(bench, "NC-2026-0001", FINDING_DISMISSED), 0);
    assert_int_equal(store_scene_count(bench->store, "SELECT closed_ms FROM findings"), NOW);
    CLEAN(clean_json) json_t *facts = json_pack("{s:s}", "title", "T");
    assert_int_equal(register_extend(&bench->turn, "measure:M1", facts, &raised, &bench->error), 0);
    assert_null(raised.ref);
    raised = raise_value(bench, "1", 5);
    assert_string_equal(raised.ref, "NC-2026-0002");
    free(raised.ref);
    bench->turn.now.wall_ms += 60LL * 86400000; /* another year, another number */
    assert_int_equal(move(bench, "NC-2026-0002", FINDING_DISMISSED), 0);
    raised = raise_value(bench, "1", 5);
    assert_string_equal(raised.ref, "NC-2027-0001");
    free(raised.ref);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(raised_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cleared_is_not_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(moves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dismissed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
