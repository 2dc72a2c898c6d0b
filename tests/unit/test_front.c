/* The front's pure parts: Host and tokens, questions that wait, what the engine left, pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "outside/front/ask.h"
#include "outside/front/guard.h"
#include "outside/front/held.h"
#include "outside/front/waiting.h"
#include "outside/web/web.h"

static void test_host(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool alone;
        bool is_public;
    } cases[] = {
        {"localhost", true, true},
        {"LOCALHOST:9191", true, true},
        {"127.0.0.1:9191", true, true},
        {"127.8.0.1", true, true},
        {"[::1]:9191", true, true},
        {"[::1]", true, true},
        {"evil.example", false, true},
        {"evil.example:9191", false, true},
        {"localhost.evil.example", false, true},
        {"127.0.0.1.evil.example", false, true},
        {"10.0.0.1:9191", false, true},
        {"[fe80::1]", false, true},
        {"", false, false},
        {":9191", false, false},
        {"localhost:", false, false},
        {"localhost:99999999", false, false},
        {"localhost:9191@evil", false, false},
        {"[::1", false, false},
        {"[::1]x", false, false},
        {"local host", false, false},
        {"localhost/..", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (guard_host(cases[i].host, false) != cases[i].alone)
            fail_msg("loopback: %s", cases[i].host);
        if (guard_host(cases[i].host, true) != cases[i].is_public)
            fail_msg("public: %s", cases[i].host);
    }
    assert_false(guard_host(NULL, true));
}

static void check_token(const char *authorization, const char *cookies, const char *expected)
{
    CLEAN(clean_text) char *token = guard_token(authorization, cookies, "conformd_9191");
    if (expected)
        assert_string_equal(token, expected);
    else
        assert_null(token);
}

static void test_token(void **state)
{
    (void)state;
    check_token(NULL, NULL, NULL);
    check_token("Bearer abc-._~+/=", NULL, "abc-._~+/=");
    check_token("bearer  abc", "conformd_9191=no", "abc");
    check_token("Basic abc", NULL, NULL);
    check_token("Bearer a b", NULL, NULL);
    check_token("Bearer ", "conformd_9191=no", NULL);
    check_token(NULL, "a=1; conformd_9191=xyz; b=2", "xyz");
    check_token(NULL, "conformd_9191=xyz", "xyz");
    check_token(NULL, "xconformd_9191=xyz", NULL);
    check_token(NULL, "conformd_91=xyz", NULL);
    check_token(NULL, "conformd_9191=", NULL);
    check_token(NULL, "conformd_9191=\"x\"", NULL);
}

static void test_cookie(void **state)
{
    (void)state;
    CLEAN(clean_text) char *a = guard_cookie_name("127.0.0.1:9191");
    CLEAN(clean_text) char *b = guard_cookie_name("localhost");
    CLEAN(clean_text) char *c = guard_cookie_name(NULL);
    CLEAN(clean_text) char *d = guard_cookie_name("[::1]:81");
    CLEAN(clean_text) char *set = guard_set_cookie(a, "v");
    assert_string_equal(a, "conformd_9191");
    assert_string_equal(b, "conformd_80");
    assert_string_equal(c, "conformd_80");
    assert_string_equal(d, "conformd_81");
    assert_string_equal(set, "conformd_9191=v; Path=/; HttpOnly; SameSite=Strict");
}

static void test_waiting(void **state)
{
    (void)state;
    struct waiting waiting = {0};
    struct waiting_row row = {.deadline_ms = 100}, out;
    int64_t id = 0;
    int things[WAITING_MOST];
    assert_int_equal(waiting_next_ms(&waiting), INT64_MAX);
    for (int i = 0; i < WAITING_MOST; i++) {
        row.request = &things[i];
        row.deadline_ms = 100 + i;
        assert_int_equal(waiting_add(&waiting, &row, &id), 0);
        assert_int_equal(id, i + 1);
    }
    assert_int_equal(waiting_add(&waiting, &row, &id), ERROR_LIMIT);
    assert_int_equal(waiting_next_ms(&waiting), 100);
    assert_int_equal(waiting_take(&waiting, 7, &out), 0);
    assert_ptr_equal(out.request, &things[6]);
    assert_int_equal(waiting_take(&waiting, 7, &out), ERROR_MISSING);
    assert_int_equal(waiting_take(&waiting, 0, &out), ERROR_MISSING);
    assert_int_equal(waiting_take(&waiting, -3, &out), ERROR_MISSING);
    assert_int_equal(waiting_take_late(&waiting, 99, &out), ERROR_MISSING);
    assert_int_equal(waiting_take_late(&waiting, 100, &out), 0);
    assert_ptr_equal(out.request, &things[0]);
    assert_int_equal(waiting_add(&waiting, &row, &id), 0);
    assert_int_equal(id, WAITING_MOST + 1);
}

static int sealed(const char *text)
{
    int fd = -1;
    assert_int_equal(file_seal("test", text, strlen(text), &fd), 0);
    return fd;
}

static int take(struct held *held, const char *kind, const char *type, bool ready, int64_t now_ms)
{
    CLEAN(clean_json)
    json_t *message = json_pack("{s:s, s:s, s:b}", "kind", kind, "type", type, "ready", ready);
    int fd = sealed(kind);
    int code = held_take(held, message, fd, now_ms);
    if (code)
        close(fd);
    return code;
}

static void test_held(void **state)
{
    (void)state;
    struct held held;
    enum exposition_dialect dialect;
    held_init(&held);
    assert_non_null(held_trouble(&held, 0));
    held.linked = true;
    assert_non_null(held_trouble(&held, 0));
    assert_int_equal(held_find(&held, HELD_METRICS, EXPOSITION_TEXT, &dialect), -1);
    assert_int_equal(take(&held, "health", "json", true, 1000), 0);
    assert_int_equal(take(&held, "metrics", "openmetrics", true, 1000), 0);
    assert_int_equal(take(&held, "nonsense", "text", true, 1000), ERROR_PEER);
    assert_true(held.ready);
    assert_null(held_trouble(&held, 1000 + HELD_FRESH_MS));
    assert_non_null(held_trouble(&held, 1001 + HELD_FRESH_MS));
    assert_true(held_find(&held, HELD_METRICS, EXPOSITION_TEXT, &dialect) >= 0);
    assert_int_equal(dialect, EXPOSITION_OPENMETRICS);
    assert_int_equal(take(&held, "metrics", "text", false, 1000), 0);
    assert_true(held_find(&held, HELD_METRICS, EXPOSITION_TEXT, &dialect) >= 0);
    assert_int_equal(dialect, EXPOSITION_TEXT);
    assert_false(held.ready);
    /* What could still be written is refused. */
    int pipes[2];
    CLEAN(clean_json) json_t *message = json_pack("{s:s}", "kind", "health");
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(held_take(&held, message, pipes[0], 0), ERROR_PEER);
    close(pipes[0]);
    close(pipes[1]);
    held_drop(&held);
    assert_non_null(held_trouble(&held, 1000));
    assert_int_equal(held_find(&held, HELD_METRICS, EXPOSITION_TEXT, &dialect), -1);
}

static void test_ask(void **state)
{
    (void)state;
    CLEAN(clean_json) json_t *query = json_pack("{s:s}", "a", "b");
    CLEAN(clean_json) json_t *message = NULL;
    struct ask ask = {.method = "GET", .path = "/api/x", .query = query, .token = "t"};
    assert_int_equal(ask_make(&ask, 5, &message), 0);
    CLEAN(clean_text) char *text = json_canonical(message);
    assert_string_equal(text, "{\"body\":\"\",\"id\":5,\"method\":\"GET\",\"path\":\"/api/x\","
                              "\"query\":{\"a\":\"b\"},\"token\":\"t\"}");
    CLEAN(clean_json) json_t *local = NULL;
    ask.local = true;
    ask.uid = 1000;
    ask.pid = (uint32_t)getpid();
    assert_int_equal(ask_make(&ask, 6, &local), 0);
    const json_t *peer = json_object_get(local, "peer");
    assert_int_equal(json_integer_of(peer, "uid", -1), 1000);
    assert_int_equal(json_integer_of(peer, "pid", -1), getpid());
    assert_true(json_integer_of(peer, "loginuid", -1) >= 0);
    assert_true(ask_loginuid(0) == ASK_NO_LOGINUID);
    json_t *none = NULL;
    ask.body = "\xff";
    assert_int_equal(ask_make(&ask, 7, &none), ERROR_FORMAT);
}

static void test_answer(void **state)
{
    (void)state;
    struct answer answer;
    CLEAN(clean_json)
    json_t *good = json_pack("{s:i, s:i, s:s, s:s, s:{s:s, s:i}}", "id", 3, "status", 200, "type",
                             "text/plain", "body", "s3ss", "headers", "X-A", "b", "X-B", 1);
    assert_int_equal(ask_answer_read(good, &answer), 0);
    assert_int_equal(answer.id, 3);
    assert_int_equal(answer.length, 4);
    assert_int_equal(answer.field_count, 1);
    assert_null(answer.read_what);
    json_object_set_new(good, "read", json_pack("{s:s, s:s}", "what", "evidence", "by", "uid 7"));
    assert_int_equal(ask_answer_read(good, &answer), 0);
    assert_string_equal(answer.read_what, "evidence");
    assert_string_equal(answer.read_by, "uid 7");
    CLEAN(clean_text) char *bare = ask_answer_session(&answer);
    assert_string_equal(bare, "s3ss");
    answer.body = "{\"session\":\"abc\"}";
    answer.length = strlen(answer.body);
    CLEAN(clean_text) char *named = ask_answer_session(&answer);
    assert_string_equal(named, "abc");
    answer.body = "{\"session\":\"a; Domain=evil\"}";
    answer.length = strlen(answer.body);
    assert_null(ask_answer_session(&answer));
    CLEAN(clean_json) json_t *no_id = json_pack("{s:i}", "status", 200);
    CLEAN(clean_json) json_t *no_status = json_pack("{s:i, s:i}", "id", 1, "status", 99);
    assert_int_equal(ask_answer_read(no_id, &answer), ERROR_PEER);
    assert_int_equal(ask_answer_read(no_status, &answer), ERROR_PEER);
}

static void test_pages(void **state)
{
    (void)state;
    const char *type = NULL;
    const struct web_file *index = web_find("/", &type);
    assert_non_null(index);
    assert_string_equal(type, "text/html; charset=utf-8");
    assert_memory_equal(index->bytes, "<!doctype html>", 15);
    assert_non_null(web_find("/app.js", &type));
    assert_non_null(web_find("/expired.html", &type));
    assert_null(web_find("/../etc/passwd", &type));
    assert_null(web_find("/app.js/", &type));
    /* The policy allows no script or style in a page, and nothing from elsewhere. */
    for (size_t i = 0; i < web_file_count; i++) {
        CLEAN(buffer_finish) struct buffer text = {0};
        buffer_append(&text, web_files[i].bytes, web_files[i].length);
        assert_null(strstr(text.data, "innerHTML"));
        assert_null(strstr(text.data, "https://"));
        assert_null(strstr(text.data, " style=\""));
        assert_null(strstr(text.data, "<script>"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host),    cmocka_unit_test(test_token), cmocka_unit_test(test_cookie),
        cmocka_unit_test(test_waiting), cmocka_unit_test(test_held),  cmocka_unit_test(test_ask),
        cmocka_unit_test(test_answer),  cmocka_unit_test(test_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
