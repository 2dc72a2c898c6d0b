/* Scope, applicability, the clock's state and costs, from a run to the finding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "engine/engine/state.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "kit/engine_scene.h"
#include "kit/presets.h"

/* "x_bad"{host} is what scene_tables has as {user}. */
static const char host_tables[] =
    "{\"plugin\":\"x\",\"version\":\"1\",\"sha256\":\"aa\",\"stream\":false,\"attributes\":["
    "{\"name\":\"x_bad\",\"kind\":\"gauge\",\"labels\":[\"host\"]}]}";

static json_t *parse(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return json;
}

static void reload(struct scene *scene, const char *key, json_t *value)
{
    json_object_set_new(scene->config, key, value);
    CLEAN(clean_json) json_t *config = json_deep_copy(scene->config);
    presets_fill(config);
    assert_int_equal(engine_reload(scene->engine, config, scene->now, &scene->error), 0);
    scene_settle(scene);
}

/* The leaf with this index. */
static json_t *leaf_at(struct scene *scene, int64_t index)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    assert_int_equal(ledger_read(scene->engine->turn.ledger, index, &bytes, &scene->error), 0);
    json_t *leaf = NULL;
    assert_int_equal(json_read(bytes.data, bytes.length, &leaf, &scene->error), 0);
    return leaf;
}

static json_t *last_evidence(struct scene *scene, const char *name)
{
    return leaf_at(scene, scene_instance(scene, name)->record.evidence[0]);
}

static void run_hosts(struct scene *scene, const char *const *hosts)
{
    struct intake_link *link = scene_connect(scene, "accounts", host_tables);
    for (; *hosts; hosts++)
        scene_reading(scene, link, 0, *hosts, 1);
    scene_outcome(scene, link, 0, "");
    scene_leave(scene, link, "accounts", 0);
}

static void out_of_scope_is_refused_and_counted(void **state)
{
    static const char *const hosts[] = {"web1", "web9", "web2", NULL};
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    json_object_set_new(json_array_get(json_object_get(scene->config, "collectors"), 0), "scope",
                        parse("[\"web1\"]"));
    json_object_set_new(scene->config, "scope",
                        parse("{\"version\":1,\"assets\":[\"web1\",\"web2\"],\"sites\":[\"b\"]}"));
    scene_open(scene);
    run_hosts(scene, hosts);
    assert_true(scene_query(scene, "sum(x_bad)") == 2);
    assert_true(isnan(scene_query(scene, "x_bad{host=\"web9\"}")));
    CLEAN(clean_json) json_t *shown = scene_state(scene, "instance", "accounts");
    CLEAN(clean_json) json_t *account = scene_state(scene, "account", "accounts");
    assert_int_equal(json_integer_of(account, "out_of_scope", -1), 1);
    assert_int_equal(json_array_size(json_object_get(shown, "scope")), 1);
    CLEAN(clean_json) json_t *leaf = last_evidence(scene, "accounts");
    assert_int_equal(json_integer_of(leaf, "out_of_scope", -1), 1);
    assert_int_equal(json_integer_of(leaf, "readings", -1), 2);
    /* Nothing of what was refused is kept, and the tags of the collector stand beside its leaf. */
    CLEAN(buffer_finish) struct buffer kept = {0}, text = {0}, metrics = {0};
    int64_t index = scene_instance(scene, "accounts")->record.evidence[0];
    assert_int_equal(
        ledger_payload(scene->engine->turn.ledger, index, PAYLOAD_READINGS, &kept, NULL), 0);
    assert_null(memmem(kept.data, kept.length, "web9", 4));
    assert_int_equal(ledger_payload(scene->engine->turn.ledger, index, PAYLOAD_TEXT, &text, NULL),
                     0);
    assert_non_null(memmem(text.data, text.length, "\"scope\":[\"web1\"]", 16));
    assert_int_equal(engine_publish(scene->engine, "metrics", false, scene->now, &metrics), 0);
    assert_non_null(
        strstr(metrics.data, "conformd_readings_out_of_scope_total{collector=\"accounts\"} 1"));
    /* A scope that says nothing of hosts takes them all. */
    reload(scene, "scope", parse("{\"version\":2,\"sites\":[\"b\"]}"));
    scene_pass(scene, HOUR);
    run_hosts(scene, hosts);
    assert_true(scene_query(scene, "sum(x_bad)") == 3);
}

static json_t *about(const char *control, bool applies, const char *status)
{
    return json_pack("{s:s, s:b, s:s, s:s, s:s, s:s}", "control", control, "applicable", applies,
                     "justification", "no such", "owner", "ann", "review_due", "2027-01-01",
                     "status", status);
}

static void open_adopted(struct scene *scene, const char *controls, json_t *soa)
{
    scene_collector(scene, "accounts", MINUTE);
    json_t *measure = scene_measure_bad(scene);
    json_object_set_new(measure, "controls", parse(controls));
    if (soa)
        json_object_set_new(scene->config, "soa", soa);
    scene_open(scene);
    scene_run(scene, "accounts", 0, scene_nobody);
    scene_act_well(scene, "adopt", json_pack("{s:s, s:s}", "role", "ciso", "reason", "test"));
    scene_pass(scene, MINUTE);
    scene_run(scene, "accounts", 0, scene_bob);
}

static int64_t count_findings(struct scene *scene, const char *type)
{
    int64_t count = 0;
    struct store_query *query = store_query(
        scene->engine->turn.store, "SELECT count(*) FROM findings WHERE body->>'type' = ?1");
    store_bind_text(query, 1, type);
    assert_int_equal(store_step(query, &scene->error), 1);
    count = store_integer(query, 0);
    store_reset(query);
    return count;
}

static void what_does_not_apply_is_not_judged(void **state)
{
    struct scene *scene = *state;
    open_adopted(scene, "[\"own:1 A\",\"own:1 B\"]",
                 json_pack("[o, o]", about("own:1 A", false, ""), about("own:1 B", false, "")));
    scene_expect(scene, "M1", "not_applicable");
    CLEAN(clean_json) json_t *row = scene_state(scene, "measure", "M1");
    assert_string_equal(json_text_of(row, "reason", ""), "own:1 A does not apply: no such");
    assert_string_equal(json_text_of(row, "decided_by", ""), "ann");
    assert_string_equal(json_text_of(row, "until", ""), "2027-01-01");
    assert_true(json_is_null(json_object_get(row, "value")));
    assert_int_equal(json_array_size(json_object_get(row, "evidence")), 0);
    assert_int_equal(scene_findings(scene), 0);
    /* One of its controls applies after all. */
    reload(scene, "soa", json_pack("[o]", about("own:1 A", false, "")));
    scene_expect(scene, "M1", "missed");
    assert_int_equal(count_findings(scene, "nonconformity"), 1);
    /* What is open stays open when it is taken out. */
    reload(scene, "soa",
           json_pack("[o, o]", about("own:1 A", false, ""), about("own:1 B", false, "")));
    scene_pass(scene, HOUR);
    scene_run(scene, "accounts", 0, scene_nobody);
    scene_expect(scene, "M1", "not_applicable");
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE state = 'candidate'"
                                        " AND body->>'condition_cleared_at' IS NULL"),
                     1);
}

static void what_is_in_progress_raises_an_observation(void **state)
{
    struct scene *scene = *state;
    open_adopted(scene, "[\"own:1 A\"]", json_pack("[o]", about("own:1 A", true, "in_progress")));
    scene_expect(scene, "M1", "missed");
    CLEAN(buffer_finish) struct buffer text = {0};
    int64_t config = scene->engine->intake.sealing.config_leaf;
    assert_int_equal(ledger_payload(scene->engine->turn.ledger, config, PAYLOAD_TEXT, &text, NULL),
                     0);
    assert_non_null(memmem(text.data, text.length, "\"status\":\"in_progress\"", 22));
    assert_int_equal(count_findings(scene, "observation"), 1);
    /* The control is in force: what is open is a nonconformity at once, with an event. */
    reload(scene, "soa", json_pack("[o]", about("own:1 A", true, "implemented")));
    assert_int_equal(count_findings(scene, "nonconformity"), 1);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM finding_events WHERE event ="
                                        " 'extended'"),
                     1);
    reload(scene, "soa", json_pack("[o]", about("own:1 A", true, "not_started")));
    scene_pass(scene, 5 * MINUTE);
    assert_int_equal(count_findings(scene, "nonconformity"), 1);
    assert_int_equal(scene_findings(scene), 1);
}

/* A control that is implemented, or that nobody states anything of, makes it a nonconformity. */
static void one_control_in_force_is_enough(void **state)
{
    struct scene *scene = *state;
    open_adopted(scene, "[\"own:1 A\",\"own:1 B\"]",
                 json_pack("[o]", about("own:1 A", true, "in_progress")));
    assert_int_equal(count_findings(scene, "nonconformity"), 1);
}

static void results_bear_the_version_of_the_scope(void **state)
{
    struct scene *scene = *state;
    json_object_set_new(scene->config, "scope", parse("{\"version\":7,\"units\":[\"it\"]}"));
    open_adopted(scene, "[]", NULL);
    assert_true(scene_count(scene, "SELECT count(*) FROM results") > 0);
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM results WHERE body->>'scope' <> 7"),
                     0);
}

static enum clock_state clock_says;

static enum clock_state on_clock(void *context)
{
    (void)context;
    return clock_says;
}

static void no_recovery_by_a_clock_that_is_not_synchronised(void **state)
{
    static struct engine_calls asking;
    struct scene *scene = *state;
    open_adopted(scene, "[]", NULL);
    asking = *scene->engine->calls;
    asking.clock = on_clock;
    scene->engine->calls = &asking;
    clock_says = CLOCK_UNSYNCHRONISED;
    scene_pass(scene, 2 * MINUTE);
    scene_run(scene, "accounts", 0, scene_both);
    CLEAN(clean_json) json_t *leaf = last_evidence(scene, "accounts");
    int64_t index = json_integer_of(leaf, "clock", -1);
    CLEAN(clean_json) json_t *word = leaf_at(scene, index);
    assert_string_equal(json_text_of(word, "state", ""), "unsynchronised");
    CLEAN(clean_json) json_t *row = scene_state(scene, "measure", "M1");
    assert_string_equal(json_text_of(row, "clock", ""), "not synchronised");
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE body->>'quality' LIKE"
                                        " '%clock is not synchronised'"),
                     1);
    for (int i = 0; i < 10; i++) {
        scene_pass(scene, MINUTE);
        scene_run(scene, "accounts", 0, scene_nobody);
    }
    scene_expect(scene, "M1", "met");
    static const char cleared[] = "SELECT count(*) FROM findings WHERE"
                                  " body->>'condition_cleared_at' IS NOT NULL";
    assert_int_equal(scene_count(scene, cleared), 0);
    /* It is synchronised again: from now on the time counts. */
    clock_says = CLOCK_SYNCHRONISED;
    for (int i = 0; i < 3; i++) {
        scene_pass(scene, MINUTE);
        scene_run(scene, "accounts", 0, scene_nobody);
    }
    assert_int_equal(scene_count(scene, cleared), 1);
    assert_int_equal(scene_leaves(scene, "clock", ""), 2);
    CLEAN(clean_json) json_t *status = scene_state(scene, "daemon", "status");
    assert_string_equal(json_text_of(status, "clock", ""), "synchronised");
}

static void who_trusts_the_clock_says_so(void **state)
{
    static struct engine_calls asking;
    struct scene *scene = *state;
    json_object_set_new(scene->config, "trust_clock", json_true());
    open_adopted(scene, "[]", NULL);
    asking = *scene->engine->calls;
    asking.clock = on_clock;
    scene->engine->calls = &asking;
    clock_says = CLOCK_UNREADABLE;
    for (int i = 0; i < 4; i++) {
        scene_pass(scene, MINUTE);
        scene_run(scene, "accounts", 0, scene_nobody);
    }
    assert_int_equal(scene_count(scene, "SELECT count(*) FROM findings WHERE"
                                        " body->>'condition_cleared_at' IS NOT NULL"),
                     1);
    CLEAN(clean_json) json_t *status = scene_state(scene, "daemon", "status");
    CLEAN(clean_text) char *notes = json_dumps(json_object_get(status, "notes"), 0);
    assert_non_null(strstr(notes, "trust_clock is set"));
    assert_string_equal(json_text_of(status, "clock", ""), "unreadable");
}

/* It is 05:00 UTC when the scene begins. */
static void windows_are_left_alone(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    json_object_set_new(json_array_get(json_object_get(scene->config, "collectors"), 0),
                        "not_between", parse("[\"08:00-09:30\",\"22:00-08:00\"]"));
    scene_open(scene);
    assert_int_equal(scene->starts, 0);
    json_decref(scene_act(scene, "collect", json_pack("{s:s}", "name", "accounts")));
    scene_settle(scene);
    assert_int_equal(scene->starts, 1);
    scene_run(scene, "accounts", 0, scene_nobody);
    scene_pass(scene, 4 * HOUR + 29 * MINUTE);
    assert_int_equal(scene->starts, 1);
    scene_pass(scene, 2 * MINUTE);
    assert_int_equal(scene->starts, 2);
}

static void costs_are_added_up(void **state)
{
    struct scene *scene = *state;
    json_object_set_new(scene->config, "unasked", parse("[\"M1\"]"));
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    scene_measure(scene, "M2", "max(x_bad)", "== 0");
    scene_open(scene);
    struct intake_link *link = scene_connect(scene, "accounts", scene_tables);
    scene_reading(scene, link, 0, "ann", 1);
    scene_outcome(scene, link, 0, "");
    scene_eof(link);
    CLEAN(clean_json)
    json_t *ended = json_pack("{s:s, s:I, s:i, s:i, s:i, s:b, s:s}", "instance", "accounts", "run",
                              (json_int_t)scene_instance(scene, "accounts")->process.run, "code", 0,
                              "cpu_ms", 37, "rss_kib", 5000, "started", 1, "reason", "exited");
    engine_ended(scene->engine, ended, scene->now);
    scene_settle(scene);
    intake_link_free(link);
    assert_int_equal(scene_count(scene, "SELECT usage->>'cpu_ms' FROM runs"), 37);
    assert_int_equal(scene_count(scene, "SELECT usage->>'rss_kib' FROM runs"), 5000);
    int64_t bytes = scene_count(scene, "SELECT usage->>'bytes' FROM runs");
    assert_true(bytes > 20);
    /* They outlive a restart. */
    scene_close(scene);
    scene_open(scene);
    CLEAN(clean_json) json_t *cost = scene_state(scene, "account", "accounts");
    assert_int_equal(json_integer_of(cost, "cpu_ms", -1), 37);
    assert_int_equal(json_integer_of(cost, "runs", -1), 1);
    assert_int_equal(json_integer_of(cost, "bytes", -1), bytes);
    CLEAN(clean_json) json_t *unused = scene_state(scene, "measure", "M1");
    CLEAN(clean_json) json_t *used = scene_state(scene, "measure", "M2");
    assert_true(json_flag_of(unused, "unused", false));
    assert_false(json_flag_of(used, "unused", true));
    assert_int_equal(json_array_size(json_object_get(used, "fed_by")), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(out_of_scope_is_refused_and_counted, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_apply_is_not_judged, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(what_is_in_progress_raises_an_observation, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(one_control_in_force_is_enough, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(results_bear_the_version_of_the_scope, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(no_recovery_by_a_clock_that_is_not_synchronised,
                                        scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(who_trusts_the_clock_says_so, scene_set_up,
                                        scene_tear_down),
        cmocka_unit_test_setup_teardown(windows_are_left_alone, scene_set_up, scene_tear_down),
        cmocka_unit_test_setup_teardown(costs_are_added_up, scene_set_up, scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
