/* Questions as the front sends them: who may read, and what a question needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/ledger/digest.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "kit/store_scene.h"
#include "outside/api/api.h"

#define NOW INT64_C(1795323600000)

static void put_token(struct store *store, const char *token, const char *kind, int64_t until_ms)
{
    char hash[DIGEST_TEXT_SIZE];
    assert_int_equal(digest_text(token, strlen(token), hash), 0);
    struct store_query *query =
        store_query(store, "INSERT INTO sessions(hash, kind, actor, created_ms, expires_ms)"
                           " VALUES(?1, ?2, 'x', 0, ?3)");
    store_bind_text(query, 1, hash);
    store_bind_text(query, 2, kind);
    store_bind_integer(query, 3, until_ms);
    assert_int_equal(store_run(query, NULL), 0);
}

static int64_t status_of(struct api *api, json_t *ask)
{
    CLEAN(clean_json) json_t *taken = ask;
    CLEAN(clean_json) json_t *answer = api_ask(api, taken, NOW);
    assert_int_equal(json_integer_of(answer, "id", 0), 5);
    assert_non_null(json_object_get(answer, "body"));
    return json_integer_of(answer, "status", 0);
}

static void test_who_may_read(void **state)
{
    (void)state;
    char folder[STORE_SCENE_FOLDER];
    struct store *store = store_scene_new(folder);
    struct store *reader = store_scene_open(folder, STORE_READ);
    struct api api = {.store = reader};
    put_token(store, "good", "session", NOW);
    put_token(store, "old", "session", NOW - 1);
    put_token(store, "link", "link", NOW + 1000);
    static const struct {
        const char *token;
        int64_t status;
    } cases[] = {{"good", 200}, {"old", 401}, {"link", 401}, {"", 401}, {"other", 401}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(status_of(&api, json_pack("{s:i, s:s, s:s}", "id", 5, "path",
                                                   "/api/measures", "token", cases[i].token)),
                         cases[i].status);
    assert_int_equal(status_of(&api, json_pack("{s:i, s:s, s:{s:i}}", "id", 5, "path",
                                               "/api/measures", "peer", "uid", 1000)),
                     200);
    assert_int_equal(
        status_of(&api, json_pack("{s:i, s:s, s:{}}", "id", 5, "path", "/none", "peer")), 404);
    store_close(reader);
    store_close(store);
    store_scene_remove(folder);
}

/* "WHAT by WHOM" of the answer, or "" where it shows nothing of anybody. */
static void assert_read(struct api *api, const char *path, json_t *who, const char *expected)
{
    CLEAN(clean_json) json_t *ask = json_pack("{s:i, s:s}", "id", 5, "path", path);
    CLEAN(clean_json) json_t *taken = who;
    assert_int_equal(json_object_update(ask, taken), 0);
    CLEAN(clean_json) json_t *answer = api_ask(api, ask, NOW);
    const json_t *read = json_object_get(answer, "read");
    CLEAN(clean_text)
    char *text =
        read ? text_format("%s by %s", json_text_of(read, "what", ""), json_text_of(read, "by", ""))
             : strdup("");
    assert_string_equal(text, expected);
}

static json_t *peer(json_int_t uid, json_int_t login)
{
    return json_pack("{s:{s:I, s:I}}", "peer", "uid", uid, "loginuid", login);
}

static void test_what_was_read(void **state)
{
    (void)state;
    char folder[STORE_SCENE_FOLDER];
    struct store *store = store_scene_new(folder);
    struct store *reader = store_scene_open(folder, STORE_READ);
    struct api api = {.store = reader};
    put_token(store, "good", "session", NOW);
    put_token(store, "old", "session", NOW - 1);
    assert_read(&api, "/api/findings", peer(0, 1000), "findings by uid 0, login 1000");
    assert_read(&api, "/api/findings", peer(7, 4294967295), "findings by uid 7, no login");
    assert_read(&api, "/api/findings", json_pack("{s:s}", "token", "good"), "findings by x");
    assert_read(&api, "/api/findings", json_pack("{s:s}", "token", "old"), "");
    assert_read(&api, "/api/findings/NC-1", peer(0, 1000), ""); /* 404: nothing was shown */
    assert_read(&api, "/api/measures", peer(0, 1000), "");
    assert_string_equal(api_shows("/api/evidence/7"), "evidence");
    assert_string_equal(api_shows("/api/findings/NC-1"), "findings");
    assert_string_equal(api_shows("/api/v1/query_range"), "series");
    assert_string_equal(api_shows("/api/v1/label/user/values"), "series");
    assert_null(api_shows("/api/status"));
    assert_null(api_shows("/nothing"));
    store_close(reader);
    store_close(store);
    store_scene_remove(folder);
}

static void test_what_is_needed(void **state)
{
    (void)state;
    assert_int_equal(api_needs("/api/status"), API_NEEDS_LEDGER);
    assert_int_equal(api_needs("/api/evidence/7"), API_NEEDS_LEDGER);
    assert_int_equal(api_needs("/api/v1/label/x/values"), API_NEEDS_SERIES);
    assert_int_equal(api_needs("/api/v1/query"), API_NEEDS_SERIES);
    assert_int_equal(api_needs("/api/measures/M1"), 0);
    assert_int_equal(api_needs("/nothing"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_who_may_read),
                                       cmocka_unit_test(test_what_was_read),
                                       cmocka_unit_test(test_what_is_needed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
