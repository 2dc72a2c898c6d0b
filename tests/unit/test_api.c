/* The API over a real store, ledger and series: bodies as documented, refusals, Prometheus' forms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "kit/store_scene.h"
#include "outside/api/api.h"

#define NOW 1795323600000 /* 2026-11-22T05:00:00Z */

struct bench {
    char folder[STORE_SCENE_FOLDER];
    struct error error;
    struct api api;
};

static void must(struct bench *bench, int code)
{
    if (code)
        fail_msg("%s", error_sentence(&bench->error));
}

static void put_state(struct bench *bench, const char *kind, const char *id, const char *body)
{
    struct store_query *query = store_query(
        bench->api.store, "INSERT OR REPLACE INTO states(kind, id, body) VALUES(?1, ?2, ?3)");
    store_bind_text(query, 1, kind);
    store_bind_text(query, 2, id);
    store_bind_text(query, 3, body);
    must(bench, store_run(query, &bench->error));
}

static void put_states(struct bench *bench)
{
    put_state(bench, "measure", "M1",
              "{\"id\":\"M1\",\"name\":\"One\",\"state\":\"met\",\"status\":\"approved\","
              "\"reason\":\"\",\"value\":0.1,\"trial\":false}");
    put_state(bench, "measure", "M2",
              "{\"id\":\"M2\",\"state\":\"unknown\",\"status\":\"trial\",\"trial\":true,"
              "\"reason\":\"never measured\",\"value\":null}");
    put_state(bench, "objective", "O1",
              "{\"id\":\"O1\",\"state\":\"unknown\",\"status\":\"draft\",\"reason\":\"\"}");
    put_state(bench, "instance", "accounts",
              "{\"name\":\"accounts\",\"state\":\"well\",\"attributes\":["
              "{\"name\":\"up\",\"kind\":\"gauge\",\"help\":\"Is up.\",\"unit\":\"\"},"
              "{\"name\":\"log_lines\",\"kind\":\"event\",\"help\":\"Lines.\",\"unit\":\"\"},"
              "{\"name\":\"sshd_method\",\"kind\":\"text\",\"help\":\"How.\",\"unit\":\"\"}]}");
    put_state(bench, "instance", "journal",
              "{\"name\":\"journal\",\"state\":\"standby\",\"reason\":\"log follows it\","
              "\"attributes\":[{\"name\":\"up\",\"kind\":\"gauge\",\"help\":\"Is up.\","
              "\"unit\":\"\"}]}");
    put_state(bench, "daemon", "status",
              "{\"version\":\"0.1.0\",\"ready\":true,\"notes\":[],"
              "\"series\":2,\"samples\":22}");
}

static void put_register(struct bench *bench)
{
    static const char *const rows[] = {
        "INSERT INTO findings(id, ref, key, state, raised_ms, body) VALUES(1, 'NC-2026-0001',"
        " 'measure:M1', 'candidate', 5, '{\"title\":\"T\",\"ref\":\"old\",\"state\":\"old\","
        "\"evidence\":[0],\"uuid\":\"u\"}')",
        "INSERT INTO findings(id, ref, key, state, raised_ms, body) VALUES(2, 'NC-2026-0002',"
        " 'measure:M2', 'dismissed', 5, '{\"title\":\"D\"}')",
        "INSERT INTO finding_events(finding, time_ms, event, actor, body, leaf) VALUES(1, 1000,"
        " 'raised', 'conformd', '{\"note\":\"words\"}', 0)",
        "INSERT INTO results(measure, time_ms, state, body, leaf) VALUES('M1', 2000, 'met',"
        " '{\"value\":2.5,\"evidence\":[7],\"scope\":2}', 0), ('M1', 1000, 'missed', "
        "'{\"value\":null}', 0)",
        "INSERT INTO constructs(kind, id, hash, version, status, first_seen_ms, decided_ms,"
        " decided_by, reason, text) VALUES('measure', 'M9', 'h', 1, 'disabled', 1, 60000,"
        " 'uid 1000 (alice)', 'no such host', '{}')",
        "INSERT INTO outbox(channel, event, created_ms, body, tries) VALUES('ops', 'e', 1, '{}', "
        "0),"
        " ('ops', 'e', 1, '{}', 3)",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        must(bench, store_run(store_query(bench->api.store, rows[i]), &bench->error));
}

static void put_leaf(struct bench *bench, const char *readings, const char *text)
{
    char commitment[65] = "";
    int64_t index;
    enum payload_kind kind = readings ? PAYLOAD_READINGS : PAYLOAD_TEXT;
    const char *bytes = readings ? readings : text;
    if (bytes)
        must(bench, ledger_attach(bench->api.ledger, kind, bytes, strlen(bytes), commitment));
    must(bench, ledger_append(bench->api.ledger, LEAF_EVIDENCE, json_pack("{s:s}", "p", commitment),
                              &index, &bench->error));
}

static void put_samples(struct bench *bench)
{
    static const char *const jobs[] = {"a", "b\"\n"};
    for (int64_t t = NOW - 600000; t <= NOW; t += 60000) {
        for (size_t i = 0; i < 2; i++) {
            struct label pairs[] = {{LABELS_NAME, "up"}, {"job", jobs[i]}};
            CLEAN(labels_clean) struct labels *labels = NULL;
            must(bench, labels_new(pairs, 2, &labels));
            must(bench, series_put(bench->api.series, labels, t, (double)i + 0.5, 120000));
        }
    }
    must(bench, series_save(bench->api.series, NOW, &bench->error));
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct series_limits limits = {.keep_ms = 86400000, .per_source = 100, .lookback_ms = 300000};
    bench->api.store = store_scene_new(bench->folder);
    must(bench, ledger_open(bench->api.store, &bench->api.ledger, &bench->error));
    must(bench, series_open(bench->api.store, &limits, &bench->api.series, &bench->error));
    must(bench, store_begin(bench->api.store, &bench->error));
    ledger_turn(bench->api.ledger, NOW);
    put_states(bench);
    put_register(bench);
    put_leaf(bench, "{\"a\":1}\n{\"a\":2}\n", NULL);
    put_leaf(bench, NULL, "{\"who\":\"alice\"}");
    put_leaf(bench, NULL, NULL);
    put_samples(bench);
    must(bench, ledger_seal(bench->api.ledger, &bench->error));
    must(bench, store_commit(bench->api.store, &bench->error));
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    series_close(bench->api.series);
    ledger_close(bench->api.ledger);
    store_close(bench->api.store);
    store_scene_remove(bench->folder);
    error_finish(&bench->error);
    free(bench);
    return 0;
}

static char *ask_with(void **state, const char *method, const char *path, const char *query,
                      int status)
{
    struct bench *bench = *state;
    struct api_response response;
    CLEAN(clean_json) json_t *object = NULL;
    if (query)
        must(bench, json_read(query, strlen(query), &object, &bench->error));
    struct api_request request = {method, path, object, "", NOW};
    api_answer(&bench->api, &request, &response);
    if (response.status != status)
        fail_msg("%s: %d: %s", path, response.status, response.body.data);
    assert_string_equal(response.type, "application/json");
    char *text = buffer_take(&response.body);
    assert_non_null(text);
    return text;
}

static json_t *ask(void **state, const char *path, const char *query, int status)
{
    json_t *object = NULL;
    CLEAN(clean_text) char *text = ask_with(state, "GET", path, query, status);
    if (json_read(text, strlen(text), &object, NULL))
        fail_msg("no JSON: %s", text);
    return object;
}

/* The answer's text, whole. */
static void check(void **state, const char *path, const char *query, const char *expected)
{
    CLEAN(clean_text) char *text = ask_with(state, "GET", path, query, 200);
    assert_string_equal(text, expected);
}

static void check_refusal(void **state, const char *path, const char *query, int status,
                          const char *expected)
{
    CLEAN(clean_text) char *text = ask_with(state, "GET", path, query, status);
    if (!strstr(text, expected))
        fail_msg("%s: %s", path, text);
}

static int64_t number_at(const json_t *object, const char *a, const char *b)
{
    return json_integer_of(json_object_get(object, a), b, -1);
}

static void test_status(void **state)
{
    CLEAN(clean_json) json_t *status = ask(state, "/api/status", NULL, 200);
    assert_string_equal(json_text_of(status, "version", ""), "0.1.0");
    assert_string_equal(json_text_of(status, "now", ""), "2026-11-22T05:00:00.000Z");
    assert_int_equal(number_at(status, "measures", "met"), 1);
    assert_int_equal(number_at(status, "measures", "unknown"), 1);
    assert_int_equal(number_at(status, "measures", "missed"), 0);
    assert_int_equal(number_at(status, "collectors", "well"), 1);
    assert_int_equal(number_at(status, "collectors", "standby"), 1);
    assert_int_equal(number_at(status, "findings", "candidates"), 1);
    assert_int_equal(number_at(status, "findings", "open"), 0);
    assert_int_equal(number_at(status, "outbox", "waiting"), 2);
    assert_int_equal(number_at(status, "outbox", "failed"), 1);
    assert_int_equal(number_at(status, "ledger", "size"), 3);
    assert_int_equal(json_integer_of(status, "series", -1), 2);
    assert_int_equal(json_integer_of(status, "samples", -1), 22);
}

static void test_measures(void **state)
{
    CLEAN(clean_json) json_t *all = ask(state, "/api/measures", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(all, "measures")), 2);
    CLEAN(clean_text) char *text = ask_with(state, "GET", "/api/measures/M1", NULL, 200);
    assert_non_null(strstr(text, "\"value\":0.1,"));
    CLEAN(clean_json) json_t *one = ask(state, "/api/measures/M1", NULL, 200);
    const json_t *history = json_object_get(one, "history");
    assert_int_equal(json_array_size(history), 2);
    const json_t *last = json_array_get(history, 1);
    assert_string_equal(json_text_of(last, "at", ""), "1970-01-01T00:00:02.000Z");
    assert_true(json_number_of(last, "value", 0) == 2.5);
    assert_false(json_flag_of(last, "comparable", true));
    assert_true(json_flag_of(json_array_get(history, 0), "comparable", false));
    CLEAN(clean_json) json_t *short_one = ask(state, "/api/measures/M1", "{\"limit\":\"1\"}", 200);
    assert_int_equal(json_array_size(json_object_get(short_one, "history")), 1);
    check_refusal(state, "/api/measures/M8", NULL, 404, "{\"error\":\"there is no measure");
    check_refusal(state, "/api/measures/M1", "{\"limit\":\"-1\"}", 400, "limit");
}

/* One collector feeds two measures: each has its cost, and is said to share it. */
static void test_costs(void **state)
{
    put_state(*state, "measure", "M1", "{\"id\":\"M1\",\"fed_by\":[\"a\"],\"unused\":true}");
    put_state(*state, "measure", "M2", "{\"id\":\"M2\",\"fed_by\":[\"a\",\"b\"]}");
    put_state(*state, "account", "a", "{\"name\":\"a\",\"runs\":2,\"cpu_ms\":30,\"bytes\":100}");
    put_state(*state, "account", "b", "{\"name\":\"b\",\"runs\":1,\"cpu_ms\":4,\"bytes\":10}");
    put_state(*state, "account", "accounts", "{\"name\":\"accounts\",\"out_of_scope\":7}");
    CLEAN(clean_json) json_t *collectors = ask(state, "/api/collectors", NULL, 200);
    assert_int_equal(number_at(json_array_get(json_object_get(collectors, "collectors"), 0), "cost",
                               "out_of_scope"),
                     7);
    CLEAN(clean_json) json_t *all = ask(state, "/api/costs", NULL, 200);
    const json_t *one = json_array_get(json_object_get(all, "costs"), 0);
    const json_t *two = json_array_get(json_object_get(all, "costs"), 1);
    assert_int_equal(json_integer_of(one, "cpu_ms", 0), 30);
    assert_true(json_flag_of(one, "unused", false));
    assert_int_equal(json_integer_of(two, "runs", 0), 3);
    assert_int_equal(json_integer_of(two, "cpu_ms", 0), 34);
    assert_int_equal(json_integer_of(two, "bytes", 0), 110);
    assert_int_equal(json_integer_of(two, "shared_by", 0), 2);
}

static void test_findings(void **state)
{
    CLEAN(clean_json) json_t *all = ask(state, "/api/findings", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(all, "findings")), 2);
    CLEAN(clean_json) json_t *open = ask(state, "/api/findings", "{\"state\":\"open\"}", 200);
    const json_t *list = json_object_get(open, "findings");
    assert_int_equal(json_array_size(list), 1);
    const json_t *first = json_array_get(list, 0);
    assert_string_equal(json_text_of(first, "ref", ""), "NC-2026-0001");
    assert_string_equal(json_text_of(first, "state", ""), "candidate");
    assert_null(json_object_get(first, "uuid"));
    CLEAN(clean_json) json_t *none = ask(state, "/api/findings", "{\"state\":\"closed\"}", 200);
    assert_int_equal(json_array_size(json_object_get(none, "findings")), 0);
    CLEAN(clean_json) json_t *one = ask(state, "/api/findings/NC-2026-0001", NULL, 200);
    assert_string_equal(json_text_of(one, "uuid", ""), "u");
    const json_t *event = json_array_get(json_object_get(one, "events"), 0);
    assert_string_equal(json_text_of(event, "text", ""), "words");
    assert_string_equal(json_text_of(event, "actor", ""), "conformd");
    assert_int_equal(json_integer_of(event, "leaf", -1), 0);
    check_refusal(state, "/api/findings/NC-1", NULL, 404, "there is no finding");
}

static void test_not_judged(void **state)
{
    CLEAN(clean_json) json_t *body = ask(state, "/api/not_judged", NULL, 200);
    CLEAN(clean_text) char *text = json_canonical(json_object_get(body, "items"));
    static const char *const expected[] = {
        "\"id\":\"M2\",\"kind\":\"measure\",\"reason\":\"in trial",
        "\"why\":\"trial\"",
        "\"id\":\"M2\",\"kind\":\"measure\",\"reason\":\"never measured\"",
        "\"why\":\"draft\"",
        "\"id\":\"journal\",\"kind\":\"collector\",\"reason\":\"log follows it\"",
        "\"decided_at\":\"1970-01-01T00:01:00.000Z\",\"decided_by\":\"uid 1000 (alice)\",\"id\":"
        "\"M9\",\"kind\":\"measure\",\"reason\":\"no such host\",\"until\":null,\"why\":"
        "\"disabled\""};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (!strstr(text, expected[i]))
            fail_msg("%s is not in %s", expected[i], text);
    assert_null(strstr(text, "\"M1\""));
    assert_int_equal(json_array_size(json_object_get(body, "items")), 5);
}

static void test_evidence(void **state)
{
    CLEAN(clean_json) json_t *all = ask(state, "/api/evidence", NULL, 200);
    assert_int_equal(json_integer_of(all, "size", -1), 3);
    assert_int_equal(strlen(json_text_of(all, "root", "")), 64);
    assert_int_equal(json_array_size(json_object_get(all, "leaves")), 3);
    CLEAN(clean_json)
    json_t *window = ask(state, "/api/evidence", "{\"from\":\"1\",\"limit\":\"1\"}", 200);
    const json_t *leaves = json_object_get(window, "leaves");
    assert_int_equal(json_array_size(leaves), 1);
    assert_int_equal(json_integer_of(json_array_get(leaves, 0), "index", -1), 1);
    CLEAN(clean_json) json_t *one = ask(state, "/api/evidence/0", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(one, "readings")), 2);
    assert_int_equal(json_array_size(json_object_get(one, "excerpts")), 0);
    assert_int_equal(json_array_size(json_object_get(one, "inclusion")), 2);
    CLEAN(clean_json) json_t *two = ask(state, "/api/evidence/1", NULL, 200);
    assert_string_equal(json_text_of(json_object_get(two, "text"), "who", ""), "alice");
    check_refusal(state, "/api/evidence/3", NULL, 404, "there is no entry 3");
    check_refusal(state, "/api/evidence/x", NULL, 400, "not the index of an entry");
    check_refusal(state, "/api/evidence", "{\"limit\":\"9999\"}", 400, "limit");
}

static void test_query(void **state)
{
    check(state, "/api/v1/query", "{\"query\":\"up\"}",
          "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
          "{\"metric\":{\"__name__\":\"up\",\"job\":\"a\"},\"value\":[1795323600,\"0.5\"]},"
          "{\"metric\":{\"__name__\":\"up\",\"job\":\"b\\\"\\n\"},\"value\":[1795323600,\"1.5\"]}"
          "]}}");
    check(state, "/api/v1/query", "{\"query\":\"1 + 1\",\"time\":\"10.25\"}",
          "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[10.25,"
          "\"2\"]}}");
    check(state, "/api/v1/query", "{\"query\":\"'x'\",\"time\":\"2026-11-22T05:00:00Z\"}",
          "{\"status\":\"success\",\"data\":{\"resultType\":\"string\",\"result\":[1795323600,"
          "\"x\"]}}");
    check(state, "/api/v1/query", "{\"query\":\"up{job='a'}[2m]\"}",
          "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{"
          "\"__name__\":\"up\",\"job\":\"a\"},\"values\":[[1795323480,\"0.5\"],[1795323540,"
          "\"0.5\"],[1795323600,\"0.5\"]]}]}}");
}

/* A series has its own look-back of two minutes, unless the asker brings one. */
static void test_lookback(void **state)
{
    static const char empty[] =
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}";
    static const char two[] = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\","
                              "\"result\":[{\"metric\":{},\"value\":[1795323780,\"2\"]}]}}";
    check(state, "/api/v1/query", "{\"query\":\"up\",\"time\":\"1795323780\"}", empty);
    check(state, "/api/v1/query",
          "{\"query\":\"count(up)\",\"time\":\"1795323780\",\"lookback_delta\":\"5m\"}", two);
}

static void test_range(void **state)
{
    check(state, "/api/v1/query_range",
          "{\"query\":\"sum(up)\",\"start\":\"1795323480\",\"end\":\"1795323600\",\"step\":\"1m\"}",
          "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},"
          "\"values\":[[1795323480,\"2\"],[1795323540,\"2\"],[1795323600,\"2\"]]}]}}");
    check_refusal(state, "/api/v1/query_range",
                  "{\"query\":\"up\",\"start\":\"2\",\"end\":\"1\",\"step\":\"1\"}", 400,
                  "end timestamp must not be before start time");
    check_refusal(state, "/api/v1/query_range",
                  "{\"query\":\"up\",\"start\":\"0\",\"end\":\"1\",\"step\":\"0\"}", 400,
                  "zero or negative query resolution");
    check_refusal(state, "/api/v1/query_range",
                  "{\"query\":\"up\",\"start\":\"0\",\"end\":\"11001\",\"step\":\"1\"}", 400,
                  "exceeded maximum resolution of 11,000 points");
    check_refusal(state, "/api/v1/query_range", "{\"query\":\"up\",\"start\":\"0\",\"end\":\"1\"}",
                  400, "cannot parse \\\"\\\" to a valid duration");
    check_refusal(state, "/api/v1/query_range",
                  "{\"query\":\"up[5m]\",\"start\":\"0\",\"end\":\"1\",\"step\":\"1\"}", 400,
                  "\"invalid expression type \\\"range vector\\\" for range query");
}

static void test_v1_errors(void **state)
{
    check_refusal(state, "/api/v1/query", NULL, 400,
                  "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"invalid parameter "
                  "\\\"query\\\"");
    check_refusal(state, "/api/v1/query", "{\"query\":\"up{\"}", 400, "parse error");
    check_refusal(state, "/api/v1/query", "{\"query\":\"up\",\"time\":\"noon\"}", 400,
                  "cannot parse \\\"noon\\\" to a valid timestamp");
    check_refusal(state, "/api/v1/query", "{\"query\":\"up\",\"timeout\":\"x\"}", 400,
                  "to a valid duration");
    check_refusal(state, "/api/v1/query", "{\"query\":\"up * on() up\"}", 422,
                  "{\"status\":\"error\",\"errorType\":\"execution\"");
}

static void test_series(void **state)
{
    static const char a_only[] =
        "{\"status\":\"success\",\"data\":[{\"__name__\":\"up\",\"job\":\"a\"}]}";
    check(state, "/api/v1/series", "{\"match[]\":[\"up{job='a'}\",\"{job=~'a.*'}\"]}", a_only);
    check(state, "/api/v1/series", "{\"match[]\":\"up\",\"limit\":\"1\"}",
          "{\"status\":\"success\",\"data\":[{\"__name__\":\"up\",\"job\":\"a\"}],\"warnings\":["
          "\"results truncated due to limit\"]}");
    check(state, "/api/v1/series", "{\"match[]\":\"up\",\"start\":\"0\",\"end\":\"1000\"}",
          "{\"status\":\"success\",\"data\":[]}");
    check(state, "/api/v1/series",
          "{\"match[]\":\"up{job='a'}\",\"start\":\"1795323000\",\"end\":\"1795323600\"}", a_only);
    check(state, "/api/v1/series", "{\"match[]\":\"up\",\"start\":\"1795323600\",\"end\":\"1\"}",
          "{\"status\":\"success\",\"data\":[]}");
    check_refusal(state, "/api/v1/series", NULL, 400, "no match[] parameter provided");
    check_refusal(state, "/api/v1/series", "{\"match[]\":\"sum(up)\"}", 400,
                  "not a series selector");
    check_refusal(state, "/api/v1/series", "{\"match[]\":\"up[5m]\"}", 400,
                  "not a series selector");
    check_refusal(state, "/api/v1/series", "{\"match[]\":\"up offset 5m\"}", 400,
                  "not a series selector");
    check_refusal(state, "/api/v1/series", "{\"match[]\":\"-up\"}", 400, "not a series selector");
    check_refusal(state, "/api/v1/series", "{\"match[]\":\"up{\"}", 400, "parse error");
}

static void test_labels(void **state)
{
    check(state, "/api/v1/labels", NULL,
          "{\"status\":\"success\",\"data\":[\"__name__\",\"job\"]}");
    check(state, "/api/v1/labels", "{\"match[]\":\"nothing\"}",
          "{\"status\":\"success\",\"data\":[]}");
    check(state, "/api/v1/label/job/values", NULL,
          "{\"status\":\"success\",\"data\":[\"a\",\"b\\\"\\n\"]}");
    check(state, "/api/v1/label/__name__/values", NULL,
          "{\"status\":\"success\",\"data\":[\"up\"]}");
    check(state, "/api/v1/label/none/values", NULL, "{\"status\":\"success\",\"data\":[]}");
    check_refusal(state, "/api/v1/label/a-b/values", NULL, 400, "invalid label name");
}

static void test_metadata(void **state)
{
    check(state, "/api/v1/metadata", NULL,
          "{\"status\":\"success\",\"data\":{"
          "\"log_lines\":[{\"type\":\"gauge\",\"help\":\"Lines.\",\"unit\":\"\"}],"
          "\"log_lines_total\":[{\"type\":\"counter\",\"help\":\"Lines.\",\"unit\":\"\"}],"
          "\"sshd_method_info\":[{\"type\":\"info\",\"help\":\"How.\",\"unit\":\"\"}],"
          "\"up\":[{\"type\":\"gauge\",\"help\":\"Is up.\",\"unit\":\"\"}]}}");
    check(state, "/api/v1/metadata", "{\"metric\":\"up\"}",
          "{\"status\":\"success\",\"data\":{"
          "\"up\":[{\"type\":\"gauge\",\"help\":\"Is up.\",\"unit\":\"\"}]}}");
}

static void test_routes(void **state)
{
    static const char *const nowhere[] = {"/api",
                                          "/api/",
                                          "/api/measures/",
                                          "/api/measures/M1/x",
                                          "/api/v1/label//values",
                                          "/api/v1/label/a/b/values",
                                          "/api/v1/label/job",
                                          "",
                                          "/api/statusx"};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
        check_refusal(state, nowhere[i], NULL, 404,
                      "{\"error\":\"there is nothing at this path\"}");
    free(ask_with(state, "POST", "/api/status", NULL, 405));
    free(ask_with(state, "PUT", "/api/v1/query", NULL, 405));
    CLEAN(clean_text)
    char *form = ask_with(state, "POST", "/api/v1/query", "{\"query\":\"1\"}", 200);
    assert_non_null(strstr(form, "scalar"));
}

/* A body that somebody damaged is ours to tell, and never an empty answer. */
static void test_damage(void **state)
{
    put_state(*state, "measure", "M3", "{\"id\":");
    check_refusal(state, "/api/measures", NULL, 500, "the stored body of M3 cannot be read");
    check_refusal(state, "/api/status", NULL, 500, "M3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_measures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_costs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_findings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_judged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_evidence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_query, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lookback, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_v1_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_series, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_labels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_metadata, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_routes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
