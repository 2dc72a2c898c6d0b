/* What people decide and who is told: trial, adopt, approve, findings, refusals, the outbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/engine_scene.h"
#include "kit/presets.h"

static json_t *open_with_measure(struct scene *scene)
{
    scene_collector(scene, "accounts", HOUR);
    scene_channel(scene, "hook");
    json_t *measure = scene_measure_bad(scene);
    scene_open(scene);
    return measure;
}

static void adopt(struct scene *scene)
{
    scene_act_well(scene, "adopt", json_object());
}

static int64_t told(struct scene *scene)
{
    return scene_count(scene, "SELECT count(*) FROM outbox");
}

static bool last_event_is(struct scene *scene, const char *event)
{
    struct store_query *query = store_query(
        scene->engine->turn.store, "SELECT event FROM finding_events ORDER BY id DESC LIMIT 1");
    if (store_step(query, &scene->error) != 1)
        return false;
    bool same = strcmp(store_text(query, 0), event) == 0;
    store_reset(query);
    return same;
}

static void trial_adopt_extend_clear_return(void **state)
{
    struct scene *scene = *state;
    open_with_measure(scene);
    scene_run(scene, "accounts", 0, scene_both);
    CLEAN(clean_json) json_t *trial = scene_state(scene, "measure", "M1");
    assert_true(json_flag_of(trial, "would_raise", false));
    assert_int_equal(scene_findings(scene), 0);
    assert_int_equal(told(scene), 1); /* urgent: would_raise */
    adopt(scene);
    assert_int_equal(scene_findings(scene), 1);
    assert_int_equal(told(scene), 2);
    CLEAN(clean_json) json_t *adopted = scene_state(scene, "measure", "M1");
    assert_false(json_flag_of(adopted, "trial", true));
    assert_string_equal(json_text_of(adopted, "decided_by", ""), "uid 1000");
    adopt(scene);
    /* It lasts: the same finding, and no event for what is the same. */
    scene_pass(scene, 30 * MINUTE);
    assert_int_equal(scene_findings(scene), 1);
    assert_int_equal(told(scene), 2);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM finding_events"), 1);
    assert_true(scene_count(scene, "SELECT body ->> 'times_seen' FROM findings") > 10);
    /* Green again: stamped, and open. */
    scene_pass(scene, 30 * MINUTE);
    scene_run(scene, "accounts", 0, scene_nobody);
    scene_expect(scene, "M1", "met");
    assert_int_equal(told(scene), 2);
    scene_pass(scene, 3 * MINUTE);
    assert_true(last_event_is(scene, "condition_cleared"));
    assert_int_equal(told(scene), 3);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE state = 'candidate'"
                                        " AND body ->> 'condition_cleared_at' > ''"),
                     1);
    /* And fails again: the same one has returned. */
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_both);
    assert_true(last_event_is(scene, "returned"));
    assert_int_equal(scene_findings(scene), 1);
    assert_int_equal(told(scene), 4);
}

static void dismissed_stays_dismissed_while_it_stands(void **state)
{
    struct scene *scene = *state;
    open_with_measure(scene);
    adopt(scene);
    scene_run(scene, "accounts", 0, scene_both);
    assert_int_equal(scene_findings(scene), 1);
    scene_act_well(scene, "nc_dismiss",
                   json_pack("{s:s, s:s}", "ref", "NC-2026-0001", "reason", "false_positive"));
    scene_pass(scene, 30 * MINUTE);
    assert_int_equal(scene_findings(scene), 1);
    scene_pass(scene, 30 * MINUTE);
    scene_run(scene, "accounts", 0, scene_nobody);
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_both);
    assert_int_equal(scene_findings(scene), 2);
}

static void changed_text_waits_for_approval(void **state)
{
    struct scene *scene = *state;
    json_t *measure = open_with_measure(scene);
    adopt(scene);
    scene_run(scene, "accounts", 0, scene_both);
    scene_expect(scene, "M1", "missed");
    json_object_set_new(json_object_get(measure, "criterion"), "target", json_string("<= 5"));
    CLEAN(clean_json) json_t *config = json_deep_copy(scene->config);
    presets_fill(config);
    assert_int_equal(engine_reload(scene->engine, config, scene->now, &scene->error), 0);
    scene_settle(scene);
    scene_expect(scene, "M1", "missed");
    CLEAN(clean_json) json_t *draft = scene_state(scene, "measure", "M1");
    assert_string_equal(json_text_of(draft, "status", ""), "draft");
    scene_act_well(scene, "approve", json_pack("{s:s, s:s}", "id", "M1", "role", "ciso"));
    scene_expect(scene, "M1", "met");
    /* What the text before raised is cleared by the one in force. */
    scene_pass(scene, 3 * MINUTE);
    assert_true(last_event_is(scene, "condition_cleared"));
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM constructs WHERE status ="
                                        " 'superseded'"),
                     1);
}

static void refused_act_leaves_nothing(void **state)
{
    struct scene *scene = *state;
    open_with_measure(scene);
    adopt(scene);
    scene_run(scene, "accounts", 0, scene_both);
    int64_t events = scene_count(scene, "SELECT count(*) FROM finding_events");
    int64_t size = scene_count(scene, "SELECT max(first + count) FROM bundles");
    /* It fails after the approval was written: the text cannot be read. */
    json_t *construct = json_array_get(json_object_get(scene->engine->config, "measures"), 0);
    json_object_set_new(construct, "formula", json_string("sum("));
    scene_count(scene, "INSERT INTO constructs(kind, id, hash, version, status, first_seen_ms,"
                       " text) VALUES('measure', 'M9', 'h', 1, 'draft', 1, '{}')");
    CLEAN(clean_json)
    json_t *answer =
        scene_act(scene, "approve", json_pack("{s:s, s:s}", "id", "M1", "role", "ciso"));
    assert_false(json_flag_of(answer, "ok", true));
    assert_string_equal(json_text_of(answer, "code", ""), "invalid");
    json_object_set_new(construct, "formula", json_string("sum(x_bad)"));
    assert_false(engine_wants_turn(scene->engine, scene->now) && scene->engine->failed_turn);
    assert_int_equal(scene_count(scene, "SELECT max(first + count) FROM bundles"), size);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM constructs WHERE status ="
                                        " 'approved'"),
                     1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM finding_events"), events);
    assert_true(scene_query(scene, "sum(x_bad)") == 2);
    scene_settle(scene);
}

static void refusals(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *command;
        const char *arguments;
        const char *code;
    } rows[] = {
        {"adopt", "{\"measures\":[\"M7\"]}", "missing"},
        {"approve", "{\"id\":\"M7\"}", "missing"},
        {"nc_take", "{\"ref\":\"NC-1\"}", "invalid"},
        {"nc_take", "{\"ref\":\"NC-1\",\"owner\":\"me\"}", "missing"},
        {"nc_dismiss", "{\"ref\":\"NC-1\",\"reason\":\"tired\"}", "invalid"},
        {"alert_test", "{\"channel\":\"x\"}", "missing"},
        {"collect", "{\"name\":\"x\"}", "missing"},
        {"collect", "{}", "invalid"},
        {"reboot", "{}", "invalid"},
        {"adopt", "{\"measures\":\"M1\"}", "invalid"},
        {"adopt", "{\"dry_run\":1}", "invalid"},
        {"adopt", "{\"dryrun\":true}", "invalid"},
    };
    open_with_measure(scene);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *arguments = json_loads(rows[i].arguments, 0, NULL);
        CLEAN(clean_json) json_t *answer = scene_act(scene, rows[i].command, arguments);
        assert_string_equal(json_text_of(answer, "code", "none"), rows[i].code);
        assert_true(strlen(json_text_of(answer, "sentence", "")) > 10);
    }
    /* Nobody's decision is refused, what is no decision is not. */
    CLEAN(clean_json) json_t *request = json_pack("{s:s, s:{}}", "command", "adopt", "arguments");
    struct acts_asker nobody = {0, (uint32_t)-1, scene};
    CLEAN(clean_json) json_t *denied = acts_control(scene->engine, request, &nobody, scene->now);
    assert_string_equal(json_text_of(denied, "code", ""), "denied");
}

static void baseline_needs_something_known(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    json_t *measure =
        scene_measure(scene, "M1", "count(x_bad unless on(user) conformd_baseline)", "== 0");
    json_object_set_new(measure, "baseline", json_pack("[s]", "user"));
    json_object_set_new(measure, "when_empty", json_string("met"));
    scene_open(scene);
    adopt(scene);
    CLEAN(clean_json) json_t *waits = scene_state(scene, "measure", "M1");
    assert_true(json_flag_of(waits, "trial", false));
    scene_run(scene, "accounts", 0, scene_both);
    scene_expect(scene, "M1", "missed");
    adopt(scene);
    scene_expect(scene, "M1", "met");
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM baselines"), 2);
    assert_int_equal(scene_findings(scene), 0);
    scene_pass(scene, HOUR);
    static const char *const more[] = {"ann", "bob", "eve", NULL};
    scene_run(scene, "accounts", 0, more);
    scene_expect(scene, "M1", "missed");
    assert_int_equal(scene_findings(scene), 1);
}

static void deliver(struct scene *scene, bool ok, int64_t after_ms)
{
    json_t *item = json_array_get(scene->delivered, json_array_size(scene->delivered) - 1);
    CLEAN(clean_json)
    json_t *delivered =
        json_pack("{s:I, s:b, s:I, s:s}", "id", (json_int_t)json_integer_of(item, "id", 0), "ok",
                  ok, "after_ms", (json_int_t)after_ms, "why", ok ? "" : "refused");
    assert_int_equal(engine_delivered(scene->engine, delivered, scene->now, &scene->error), 0);
    scene_settle(scene);
}

static void outbox_until_taken(void **state)
{
    struct scene *scene = *state;
    open_with_measure(scene);
    scene_act_well(scene, "alert_test", json_object());
    scene_pass(scene, MINUTE);
    assert_int_equal(scene->couriers, 1); /* asked for once */
    scene->courier = true;
    engine_courier_came(scene->engine);
    scene_settle(scene);
    assert_int_equal(json_array_size(scene->delivered), 1);
    scene_pass(scene, MINUTE);
    assert_int_equal(json_array_size(scene->delivered), 1); /* under way */
    deliver(scene, false, 0);
    scene_pass(scene, 900);
    assert_int_equal(json_array_size(scene->delivered), 1);
    scene_pass(scene, 200);
    assert_int_equal(json_array_size(scene->delivered), 2);
    deliver(scene, false, 120000); /* Retry-After */
    scene_pass(scene, 119000);
    assert_int_equal(json_array_size(scene->delivered), 2);
    scene_pass(scene, 1100);
    assert_int_equal(json_array_size(scene->delivered), 3);
    /* The courier dies with it, then the engine. */
    assert_int_equal(engine_courier_gone(scene->engine, scene->now, &scene->error), 0);
    assert_int_equal(scene_count(scene, "SELECT tries FROM outbox"), 3);
    scene_crash(scene);
    scene_open(scene);
    scene_pass(scene, 5000);
    assert_int_equal(json_array_size(scene->delivered), 4);
    deliver(scene, true, 0);
    scene_pass(scene, HOUR);
    assert_int_equal(json_array_size(scene->delivered), 4);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM outbox WHERE taken_ms IS NULL"), 0);
    scene->now.wall_ms += 31LL * 24 * HOUR;
    scene->now.boot_ms += 31LL * 24 * HOUR;
    scene_pass(scene, 2 * MINUTE);
    assert_int_equal(told(scene), 0);
}

static void collect_answers(void **state)
{
    struct scene *scene = *state;
    open_with_measure(scene);
    CLEAN(clean_json)
    json_t *later = scene_act(scene, "collect", json_pack("{s:s}", "name", "accounts"));
    assert_null(later);
    scene_run(scene, "accounts", 0, scene_both);
    assert_non_null(scene->replied);
    const json_t *body = json_object_get(scene->replied, "body");
    assert_int_equal(json_array_size(json_object_get(body, "readings")), 2);
    assert_int_equal(scene->starts, 1); /* the run that was under way */
    json_decref(scene_act(scene, "collect", json_pack("{s:s}", "name", "accounts")));
    scene_settle(scene);
    assert_int_equal(scene->starts, 2);
}

static void missed_objective_raises_once(void **state)
{
    struct scene *scene = *state;
    json_object_set_new(scene->config, "objectives",
                        json_pack("[{s:s, s:i, s:s, s:[s], s:s, s:b}]", "id", "O1", "version", 1,
                                  "statement", "Nobody is bad.", "measures", "M1", "due",
                                  "2026-11-01", "enabled", 1));
    open_with_measure(scene);
    scene_run(scene, "accounts", 0, scene_both);
    CLEAN(clean_json) json_t *draft = scene_state(scene, "objective", "O1");
    assert_string_equal(json_text_of(draft, "state", ""), "missed");
    /* A draft raises nothing; the measure itself is on trial. */
    assert_int_equal(scene_findings(scene), 0);
    scene_act_well(scene, "approve", json_pack("{s:s, s:s}", "id", "O1", "role", "ciso"));
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_both);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE key = 'objective:O1'"
                                        " AND state = 'candidate'"),
                     1);
    /* Over a restart the open one is extended, not doubled. */
    scene_close(scene);
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_both);
    assert_int_equal(scene_findings(scene), 1);
    scene_pass(scene, HOUR);
    /* Nor is it forgotten over one so long that nothing is known then: it is reached, and that is
     * told once. */
    scene_close(scene);
    scene->now.wall_ms += 24 * HOUR;
    scene->now.boot_ms += 24 * HOUR;
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_nobody);
    scene_close(scene);
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_nobody);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM finding_events WHERE event ="
                                        " 'condition_cleared'"),
                     1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE body LIKE"
                                        " '%\"condition_cleared_at\":\"2026%' AND state ="
                                        " 'candidate'"),
                     1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(trial_adopt_extend_clear_return, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(dismissed_stays_dismissed_while_it_stands, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(changed_text_waits_for_approval, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(refused_act_leaves_nothing, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(refusals, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(baseline_needs_something_known, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(outbox_until_taken, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(collect_answers, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(missed_objective_raises_once, scene_set_up,
                                        scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
