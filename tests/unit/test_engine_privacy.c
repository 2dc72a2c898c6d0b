/* Names leave the engine's intake as pseudonyms: series, evidence, excerpts; the key and its leaf.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engine/state.h"
#include "evaluation/isms/isms.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/engine_scene.h"

static int set_up(void **state)
{
    struct scene *scene = scene_new();
    scene_collector(scene, "slow", 3600000);
    *state = scene;
    return 0;
}

static json_t *collector_of(struct scene *scene)
{
    return json_array_get(json_object_get(scene->config, "collectors"), 0);
}

static void send_excerpt(struct scene *scene, struct intake_link *link, const char *text,
                         uint32_t from, uint32_t length)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_u32(&body, 0);
    wire_put_text(&body, "/var/log/x");
    wire_put_text(&body, "line 1");
    wire_put_text(&body, text);
    wire_put_u32(&body, 1);
    wire_put_u32(&body, from);
    wire_put_u32(&body, length);
    assert_int_equal(scene_send(scene, link, MESSAGE_EXCERPT, &body), 0);
}

/* A run that names user 0 in a gauge and its excerpt, and an event of each. */
static void run(struct scene *scene, const char *const *users)
{
    CLEAN(clean_text) char *line = text_format("user=%s did it", users[0]);
    struct intake_link *link = scene_connect(scene, "slow", scene_personal_tables);
    scene_reading(scene, link, 0, users[0], 1);
    for (size_t i = 0; users[i]; i++)
        scene_reading(scene, link, 1, users[i], (double)i + 1);
    send_excerpt(scene, link, line, 5, (uint32_t)strlen(users[0]));
    scene_outcome(scene, link, 0, "");
    scene_settle(scene);
    scene_leave(scene, link, "slow", 0);
}

/* What the last run left as evidence. */
static char *payload(struct scene *scene, enum payload_kind kind)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    int64_t leaf = scene_instance(scene, "slow")->record.evidence[0];
    assert_int_equal(ledger_payload(scene->engine->turn.ledger, leaf, kind, &text, &scene->error),
                     0);
    return strndup(text.data, text.length);
}

static void names_become_pseudonyms(void **state)
{
    static const char *const users[] = {"ann", "(invalid)", "root", NULL};
    struct scene *scene = *state;
    char pseudonym[PSEUDONYM_SIZE];
    scene_open(scene);
    run(scene, users);
    assert_true(isnan(scene_query(scene, "x_bad{user=\"ann\"}")));
    assert_true(scene_query(scene, "x_bad{user=~\"p-[0-9a-f]{16}\"}") == 1);
    assert_true(scene_query(scene, "x_hits{user=\"(invalid)\"}") == 2);
    assert_true(scene_query(scene, "x_hits{user=\"root\"}") == 3);
    CLEAN(clean_text) char *readings = payload(scene, PAYLOAD_READINGS);
    CLEAN(clean_text) char *excerpts = payload(scene, PAYLOAD_EXCERPTS);
    struct pseudonyms *key = NULL;
    assert_int_equal(pseudonym_open(scene->folder, &key, &scene->error), 0);
    assert_int_equal(pseudonym_of(key, "ann", pseudonym), 0);
    pseudonym_close(key);
    assert_null(strstr(readings, "ann"));
    assert_null(strstr(excerpts, "ann"));
    CLEAN(clean_text) char *line = text_format("user=%s did it", pseudonym);
    assert_non_null(strstr(excerpts, line));
    assert_non_null(strstr(readings, pseudonym));
}

static void a_legal_basis_keeps_names_until_its_review(void **state)
{
    static const char *const users[] = {"ann", NULL};
    struct scene *scene = *state;
    scene_legal_basis(scene, "2026-11-22");
    scene_open(scene);
    run(scene, users);
    assert_true(scene_query(scene, "x_bad{user=\"ann\"}") == 1);
    CLEAN(clean_text) char *excerpts = payload(scene, PAYLOAD_EXCERPTS);
    assert_non_null(strstr(excerpts, "user=ann did it"));
    CLEAN(clean_json) json_t *before = scene_state(scene, "instance", "slow");
    json_t *personal = json_object_get(before, "personal");
    assert_string_equal(json_text_of(personal, "kept", ""), "plain");
    assert_false(json_flag_of(personal, "review_overdue", true));
    scene_pass(scene, 24 * 3600000);
    run(scene, users);
    assert_true(isnan(scene_query(scene, "x_bad{user=\"ann\"}")));
    assert_true(scene_query(scene, "x_bad") == 1);
    CLEAN(clean_json) json_t *after = scene_state(scene, "instance", "slow");
    personal = json_object_get(after, "personal");
    assert_string_equal(json_text_of(personal, "kept", ""), "pseudonyms");
    assert_true(json_flag_of(personal, "review_overdue", false));
}

/* What has no room is summed up, in series and evidence alike, and said until there is room. */
static void beyond_the_limit_all_is_one(void **state)
{
    static const char *const many[] = {"(invalid)", "a", "b", "c", NULL};
    static const char *const few[] = {"(invalid)", NULL};
    struct scene *scene = *state;
    json_object_set_new(collector_of(scene), "series_limit", json_integer(1));
    scene_open(scene);
    run(scene, many);
    assert_true(scene_query(scene, "sum(x_hits)") == 10);
    assert_true(scene_query(scene, "x_hits{overflow=\"true\"}") == 9);
    CLEAN(clean_text) char *readings = payload(scene, PAYLOAD_READINGS);
    assert_non_null(strstr(readings, "{\"attribute\":\"x_hits\",\"labels\":{\"overflow\":\"true\"},"
                                     "\"readings\":3,\"value\":\"9\"}\n"));
    assert_null(strstr(readings, "p-"));
    CLEAN(clean_json) json_t *full = scene_state(scene, "instance", "slow");
    assert_true(json_flag_of(json_object_get(full, "personal"), "series_limit_reached", false));
    scene_pass(scene, 3600000);
    run(scene, few);
    CLEAN(clean_json) json_t *free = scene_state(scene, "instance", "slow");
    assert_false(json_flag_of(json_object_get(free, "personal"), "series_limit_reached", true));
}

static void spans_out_of_order_are_refused(void **state)
{
    struct scene *scene = *state;
    static const struct {
        uint32_t from, length;
    } cases[] = {{5, 1}, {3, 2}, {0, 5}, {UINT32_MAX, 1}, {1, UINT32_MAX}};
    scene_open(scene);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(buffer_finish) struct buffer body = {0};
        struct intake_link *link = scene_connect(scene, "slow", scene_personal_tables);
        wire_put_u32(&body, 0);
        wire_put_text(&body, "s");
        wire_put_text(&body, "p");
        wire_put_text(&body, "four");
        wire_put_u32(&body, 2);
        wire_put_u32(&body, 0);
        wire_put_u32(&body, 1);
        wire_put_u32(&body, cases[i].from);
        wire_put_u32(&body, cases[i].length);
        assert_int_equal(scene_send(scene, link, MESSAGE_EXCERPT, &body), ERROR_PEER);
        intake_link_free(link);
    }
}

static int64_t key_leaves(struct scene *scene, const char *event)
{
    CLEAN(clean_text)
    char *sql =
        text_format("SELECT count(*) FROM bundles WHERE instr(entries, CAST('\"event\":\"%s\"'"
                    " AS BLOB)) AND instr(entries, CAST('\"t\":\"key\"' AS BLOB))",
                    event);
    return scene_count(scene, sql);
}

static void the_key_is_a_file_of_its_own(void **state)
{
    struct scene *scene = *state;
    CLEAN(clean_text) char *path = text_format("%s/pseudonym.key", scene->folder);
    CLEAN(buffer_finish) struct buffer key = {0};
    struct stat status;
    scene_open(scene);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(file_read(path, 100, &key), 0);
    assert_int_equal(key.length, 32);
    assert_int_equal(key_leaves(scene, "made"), 1);
    scene_close(scene);
    scene_open(scene);
    assert_int_equal(key_leaves(scene, "made"), 1);
    scene_close(scene);
    assert_int_equal(unlink(path), 0);
    scene_open(scene);
    assert_int_equal(key_leaves(scene, "changed"), 1);
    scene_close(scene);
    assert_int_equal(chmod(path, 0644), 0);
    struct pseudonyms *open = NULL;
    assert_int_equal(pseudonym_open(scene->folder, &open, &scene->error), ERROR_DENIED);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 31), 0);
    assert_int_equal(pseudonym_open(scene->folder, &open, &scene->error), ERROR_FORMAT);
    /* As a power cut leaves it at the first start. */
    assert_int_equal(truncate(path, 0), 0);
    scene_open(scene);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 32);
}

static json_t *asking(struct scene *scene, const char *id, const char *formula)
{
    json_t *measure = scene_measure(scene, id, formula, "== 0");
    json_object_set_new(measure, "when_empty", json_string("met"));
    return measure;
}

/* Nobody is found among pseudonyms, which is no proof that nobody is there. */
static void a_name_is_not_asked_of_pseudonyms(void **state)
{
    static const char *const users[] = {"ann", NULL};
    struct scene *scene = *state;
    asking(scene, "ANN", "count(x_bad{user=\"ann\"} > 0)");
    asking(scene, "WHERE", "count(x_age > 0)");
    json_object_set_new(json_array_get(json_object_get(scene->config, "measures"), 1), "valid_when",
                        json_string("count(x_bad{user!~\"bob.*\"}) > 0"));
    asking(scene, "ROOT", "count(x_bad{user=\"root\"} > 0)");
    asking(scene, "OTHER", "count(x_bad{user=\"ann\",instance=\"other\"} > 0)");
    scene_open(scene);
    run(scene, users);
    scene_expect(scene, "ANN", "unknown");
    assert_string_equal(scene_reason(scene, "ANN"),
                        "invalid: the formula asks x_bad for a name in the label user, of which "
                        "collector slow keeps pseudonyms: it states no legal basis");
    scene_expect(scene, "WHERE", "unknown");
    scene_expect(scene, "ROOT", "met");
    /* There is no other: that it has nothing of hers is not known. */
    scene_expect(scene, "OTHER", "unknown");
}

static void a_name_is_not_known_when_the_basis_has_lapsed(void **state)
{
    static const char *const users[] = {"ann", NULL};
    struct scene *scene = *state;
    asking(scene, "ANN", "count(x_bad{user=\"ann\"} > 0)");
    scene_legal_basis(scene, "2026-11-22");
    scene_open(scene);
    run(scene, users);
    scene_expect(scene, "ANN", "missed");
    scene_pass(scene, 24 * 3600000);
    run(scene, users);
    scene_expect(scene, "ANN", "unknown");
    assert_non_null(
        strstr(scene_reason(scene, "ANN"), "the review of its legal basis was due on 2026-11-22"));
}

static void reload(struct scene *scene)
{
    assert_int_equal(engine_reload(scene->engine, scene->config, scene->now, &scene->error), 0);
    scene->now.wall_ms++;
    scene_settle(scene);
}

static void withdraw_basis(struct scene *scene)
{
    json_object_del(collector_of(scene), "legal_basis");
}

static void open_asking(struct scene *scene)
{
    static const char *const users[] = {"ann", "root", NULL};
    asking(scene, "ANN", "count(x_bad{user=\"ann\"} > 0)");
    asking(scene, "ALL", "count(x_bad > 0)");
    asking(scene, "AGE", "count(x_age > 0)");
    json_object_set_new(asking(scene, "PAST", "sum(sum_over_time(x_hits{user=\"ann\"}[90m]))"),
                        "coverage", json_string("0"));
    scene_open(scene);
    run(scene, users);
}

/* Whom pseudonyms stood for is found by name when the collector has read again, which it does at
 * once; and in a range when all of it lies behind that. */
static void a_basis_counts_from_the_next_run(void **state)
{
    static const char *const users[] = {"ann", "root", NULL};
    struct scene *scene = *state;
    open_asking(scene);
    scene_expect(scene, "ALL", "missed");
    int starts = scene->starts;
    scene_legal_basis(scene, "2030-01-01");
    reload(scene);
    scene_expect_reason(scene, "ANN", "unknown",
                        "collector slow keeps names as they are now, and has not reported since");
    scene_expect_reason(scene, "ALL", "unknown",
                        "collector slow keeps names as they are now, and has not reported since");
    scene_expect(scene, "AGE", "met");
    assert_true(isnan(scene_query(scene, "x_bad{user=~\"p-.*\"}")));
    assert_true(scene_query(scene, "x_hits{user=\"root\"}") == 2);
    assert_int_equal(scene->starts, starts + 1);
    run(scene, users);
    scene_expect(scene, "ANN", "missed");
    scene_expect(scene, "ALL", "missed");
    scene_expect_reason(scene, "PAST", "unknown",
                        "collector slow kept pseudonyms until 2026-11-22T05:00:00.0");
    scene_pass(scene, 3600000);
    run(scene, users);
    scene_expect_reason(scene, "PAST", "unknown", "kept pseudonyms until");
    scene_pass(scene, 3600000);
    run(scene, users);
    scene_expect(scene, "PAST", "missed");
}

/* Names leave the view with the basis, and nothing that is empty now is a pass. */
static void names_leave_with_their_basis(void **state)
{
    static const char *const users[] = {"ann", NULL};
    struct scene *scene = *state;
    scene_legal_basis(scene, "2030-01-01");
    open_asking(scene);
    scene_expect(scene, "ANN", "missed");
    withdraw_basis(scene);
    reload(scene);
    scene_expect_reason(scene, "ALL", "unknown",
                        "collector slow keeps names as new pseudonyms now, and has not reported");
    assert_true(isnan(scene_query(scene, "x_bad{user=\"ann\"}")));
    /* Also over a crash, for the next process. */
    scene_crash(scene);
    scene_open(scene);
    scene_pass(scene, 1000);
    scene_expect_reason(scene, "ALL", "unknown",
                        "collector slow keeps names as new pseudonyms now, and has not reported");
    run(scene, users);
    scene_expect(scene, "ALL", "missed");
    assert_true(isnan(scene_query(scene, "{user=\"ann\"}")));
    assert_true(scene_query(scene, "x_bad{user=~\"p-.*\"}") == 1);
}

/* So it is when the configuration changed while nothing ran. */
static void a_start_sees_another_basis(void **state)
{
    struct scene *scene = *state;
    scene_legal_basis(scene, "2030-01-01");
    open_asking(scene);
    scene_close(scene);
    withdraw_basis(scene);
    scene_open(scene);
    scene_pass(scene, 1000);
    scene_expect_reason(scene, "ALL", "unknown",
                        "collector slow keeps names as new pseudonyms now, and has not reported");
    assert_true(isnan(scene_query(scene, "{user=\"ann\"}")));
}

/* A run that read before and after holds some of both: another one is to tell. */
static void a_run_in_between_tells_nothing(void **state)
{
    static const char *const users[] = {"bob", NULL};
    struct scene *scene = *state;
    scene_legal_basis(scene, "2030-01-01");
    open_asking(scene);
    scene_pass(scene, 3600000);
    struct intake_link *link = scene_connect(scene, "slow", scene_personal_tables);
    scene_reading(scene, link, 0, "ann", 1);
    withdraw_basis(scene);
    reload(scene);
    scene_reading(scene, link, 0, "bob", 1);
    scene_outcome(scene, link, 0, "");
    scene_settle(scene);
    scene_eof(link);
    scene_ended(scene, "slow", 0, "exited");
    int starts = scene->starts;
    scene_settle(scene);
    intake_link_free(link);
    scene_pass(scene, 1000);
    assert_true(isnan(scene_query(scene, "{user=\"ann\"}")));
    scene_expect_reason(scene, "ALL", "unknown",
                        "collector slow keeps names as new pseudonyms now, and has not reported");
    assert_int_equal(scene->starts, starts + 1);
    run(scene, users);
    scene_expect(scene, "ALL", "missed");
    assert_true(scene_query(scene, "x_bad") == 1);
}

/* The key was moved away between a stop and a start: the old pseudonyms are nobody's. */
static void another_key_is_told_anew(void **state)
{
    static const char *const users[] = {"ann", NULL};
    struct scene *scene = *state;
    CLEAN(clean_text) char *path = text_format("%s/pseudonym.key", scene->folder);
    open_asking(scene);
    scene_expect(scene, "ALL", "missed");
    scene_close(scene);
    assert_int_equal(unlink(path), 0);
    scene_open(scene);
    scene_pass(scene, 1000);
    assert_int_equal(key_leaves(scene, "changed"), 1);
    scene_expect_reason(scene, "ALL", "unknown",
                        "collector slow keeps names as new pseudonyms now, and has not reported");
    assert_true(isnan(scene_query(scene, "x_bad{user=~\"p-.*\"}")));
    run(scene, users);
    scene_expect(scene, "ALL", "missed");
    assert_true(scene_query(scene, "count(x_hits{user=~\"p-.*\"})") == 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_become_pseudonyms),
        TEST(a_legal_basis_keeps_names_until_its_review),
        TEST(beyond_the_limit_all_is_one),
        TEST(spans_out_of_order_are_refused),
        TEST(the_key_is_a_file_of_its_own),
        TEST(a_name_is_not_asked_of_pseudonyms),
        TEST(a_name_is_not_known_when_the_basis_has_lapsed),
        TEST(a_basis_counts_from_the_next_run),
        TEST(names_leave_with_their_basis),
        TEST(a_start_sees_another_basis),
        TEST(a_run_in_between_tells_nothing),
        TEST(another_key_is_told_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
