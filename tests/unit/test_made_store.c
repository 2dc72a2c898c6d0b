/* A store of months holds what it says, its ledger agrees, and the API's lists give all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/looking.h"
#include "kit/made_store.h"
#include "kit/store_scene.h"
#include "outside/api/api.h"

enum { FINDINGS = 1000, MEASURES = 40, DAYS = 90, PAGE = 1000 };

static const char of_measures[] = "SELECT count(*) FROM findings WHERE key LIKE 'measure:M%'";

static int set_up(void **state)
{
    scene_set_up(state);
    made_store(*state, &(struct made_plan){FINDINGS, MEASURES, DAYS});
    return 0;
}

static int64_t count(const char *folder, const char *sql)
{
    struct store *store = store_scene_open(folder, STORE_READ);
    int64_t value = store_scene_count(store, sql);
    store_close(store);
    return value;
}

static void findings_in_every_state(void **state)
{
    static const char *const states[] = {"candidate", "registered", "evaluated",
                                         "handling",  "closed",     "dismissed"};
    struct scene *scene = *state;
    int64_t all = 0;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        CLEAN(clean_text) char *sql = text_format("%s AND state = '%s'", of_measures, states[i]);
        int64_t found = count(scene->folder, sql);
        assert_in_range(found, 6, FINDINGS / 2);
        all += found;
    }
    assert_int_equal(all, FINDINGS);
    assert_true(count(scene->folder, "SELECT count(*) FROM finding_events WHERE event ="
                                     " 'returned'") > 0);
    assert_true(count(scene->folder, "SELECT count(*) FROM findings WHERE state = 'candidate' AND"
                                     " body ->> 'condition_cleared_at' IS NULL") > 0);
    assert_int_equal(count(scene->folder, "SELECT count(*) FROM findings WHERE key IN"
                                          " ('collector:gone') OR key LIKE 'gap:%'"),
                     2);
}

static void expect_measure(struct scene *scene, const char *id, const char *state,
                           const char *reason)
{
    CLEAN(clean_text)
    char *sql = text_format("SELECT count(*) FROM states WHERE kind = 'measure' AND id = '%s' AND"
                            " body ->> 'state' = '%s' AND body ->> 'reason' LIKE '%s%%'",
                            id, state, reason);
    if (count(scene->folder, sql) != 1)
        fail_msg("%s is not %s: %s", id, state, reason);
}

static void measures_in_every_state(void **state)
{
    expect_measure(*state, "M000", "missed", "");
    expect_measure(*state, "M001", "met", "");
    expect_measure(*state, "AT_RISK", "at_risk", "");
    expect_measure(*state, "EXCLUDED", "not_applicable", "");
    expect_measure(*state, "NOT_SET_UP", "unknown", "not set up: ");
    expect_measure(*state, "LOST", "unknown", "lost: ");
    expect_measure(*state, "STOPPED", "unknown", "stopped: ");
    expect_measure(*state, "INVALID", "unknown", "invalid: ");
    expect_measure(*state, "TOO_FEW", "unknown", "too few: ");
}

static void months_of_results_and_runs(void **state)
{
    struct scene *scene = *state;
    assert_in_range(count(scene->folder, "SELECT (max(time_ms) - min(time_ms)) / 86400000 FROM"
                                         " results WHERE measure = 'M000'"),
                    DAYS - 4, DAYS + 1);
    assert_true(count(scene->folder, "SELECT count(*) FROM results") > DAYS * MEASURES);
    assert_int_equal(count(scene->folder, "SELECT count(DISTINCT outcome) FROM runs"), 3);
    assert_true(count(scene->folder, "SELECT count(*) FROM runs") > 3 * 4 * (DAYS - 5));
    assert_true(count(scene->folder, "SELECT count(*) FROM outbox WHERE taken_ms IS NULL AND"
                                     " tries = 0") > 0);
    assert_true(count(scene->folder, "SELECT count(*) FROM outbox WHERE taken_ms > 0") > 0);
    assert_true(count(scene->folder, "SELECT count(*) FROM outbox WHERE tries > 0") > 0);
}

static void the_ledger_agrees(void **state)
{
    looking_expect_equal(*state);
}

/* --- the lists --- */

static json_t *ask(const struct api *api, const char *path, const char *query)
{
    CLEAN(clean_json) json_t *object = json_loads(query, 0, NULL);
    struct api_request request = {"GET", path, object, "", SCENE_START};
    struct api_response response;
    api_answer(api, &request, &response);
    if (response.status != 200)
        fail_msg("%s%s: %d: %s", path, query, response.status, response.body.data);
    json_t *answer = NULL;
    assert_int_equal(json_read(response.body.data, response.body.length, &answer, NULL), 0);
    buffer_finish(&response.body);
    return answer;
}

static void expect_findings(const struct api *api, const char *query, int64_t expected)
{
    CLEAN(clean_json) json_t *answer = ask(api, "/api/findings", query);
    const json_t *list = json_object_get(answer, "findings");
    const char *last = "NC-9999";
    size_t i;
    const json_t *row;
    if ((int64_t)json_array_size(list) != expected)
        fail_msg("%s: %zu findings, not %lld", query, json_array_size(list), (long long)expected);
    json_array_foreach (list, i, row) {
        const char *ref = json_text_of(row, "ref", "");
        assert_true(strcmp(ref, last) < 0); /* each once, the newest first */
        last = ref;
    }
}

static void expect_leaves(const struct api *api)
{
    struct ledger_head head;
    ledger_head(api->ledger, &head);
    int64_t next = 0;
    while (next < head.size) {
        CLEAN(clean_text)
        char *query = text_format("{\"from\": \"%lld\", \"limit\": \"%d\"}", (long long)next, PAGE);
        CLEAN(clean_json) json_t *answer = ask(api, "/api/evidence", query);
        const json_t *list = json_object_get(answer, "leaves");
        size_t i;
        const json_t *row;
        assert_true(json_array_size(list) > 0);
        json_array_foreach (list, i, row)
            assert_int_equal(json_integer_of(row, "index", -1), next++);
    }
    assert_true(head.size > 10 * PAGE);
}

static void lists_give_all(void **state)
{
    struct scene *scene = *state;
    struct api api = {.store = store_scene_open(scene->folder, STORE_WRITE)};
    scene_must(scene, ledger_open(api.store, &api.ledger, &scene->error));
    int64_t closed = store_scene_count(api.store, "SELECT count(*) FROM findings WHERE state ="
                                                  " 'closed'");
    int64_t ended = store_scene_count(api.store, "SELECT count(*) FROM findings WHERE state IN"
                                                 " ('closed', 'dismissed')");
    int64_t all = store_scene_count(api.store, "SELECT count(*) FROM findings");
    assert_true(all > FINDINGS);
    expect_findings(&api, "{}", PAGE);
    expect_findings(&api, "{\"limit\": \"10000\"}", all);
    expect_findings(&api, "{\"limit\": \"10000\", \"state\": \"closed\"}", closed);
    expect_findings(&api, "{\"state\": \"open\"}", all - ended);
    expect_leaves(&api);
    ledger_close(api.ledger);
    store_close(api.store);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_in_every_state),
        cmocka_unit_test(measures_in_every_state),
        cmocka_unit_test(months_of_results_and_runs),
        cmocka_unit_test(the_ledger_agrees),
        cmocka_unit_test(lists_give_all),
    };
    return cmocka_run_group_tests(tests, set_up, scene_tear_down);
}
