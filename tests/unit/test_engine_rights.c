/* Who may do which act, by the setting rights as the parent has filled it in. */
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

#define NO_LOGIN ((uint32_t)-1)

/* ann (1001) and isms (1002, 1003) decide, cid (1004) adopts and collects, root operates. */
static json_t *rights(void)
{
    return json_pack("[{s:[s,s], s:[s], s:{s:[i], s:[i,i]}}, {s:[s], s:[s,s], s:{s:[i]}},"
                     " {s:[s], s:[s], s:{s:[i]}}]",
                     "who", "ann", "group:isms", "acts", "decide", "uids", "ann", 1001,
                     "group:isms", 1002, 1003, "who", "cid", "acts", "adopt", "collect", "uids",
                     "cid", 1004, "who", "root", "acts", "operate", "uids", "root", 0);
}

static void matrix(void **state)
{
    static const struct {
        enum act_name name;
        uint32_t uid;
        const char *right; /* or NULL: refused */
    } cases[] = {
        {ACT_ADOPT, 1001, "ann: decide"},
        {ACT_NC_DISMISS, 1003, "group:isms: decide"},
        {ACT_ADOPT, 1004, "cid: adopt"},
        {ACT_APPROVE, 1004, NULL},
        {ACT_COLLECT, 1004, "cid: collect"},
        {ACT_OPEN, 1004, NULL},
        {ACT_OPEN, 0, "root: operate"},
        {ACT_OPEN, 1001, NULL},
        {ACT_ADOPT, 0, NULL}, /* root has no more than it is given */
        {ACT_ADOPT, 1005, NULL},
    };
    (void)state;
    CLEAN(clean_json) json_t *list = rights();
    assert_non_null(list);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(error_finish) struct error error = {0};
        CLEAN(clean_text) char *right = NULL;
        struct acts_wish wish = {act_row_of(cases[i].name), cases[i].uid};
        int code = acts_allow(list, &wish, &right, &error);
        assert_int_equal(code, cases[i].right ? 0 : ERROR_DENIED);
        if (cases[i].right)
            assert_string_equal(right, cases[i].right);
        else
            assert_null(right);
    }
}

static void none_configured_allows_all(void **state)
{
    (void)state;
    CLEAN(clean_json) json_t *empty = json_array();
    struct acts_wish wish = {act_row_of(ACT_ADOPT), 7};
    char *right = NULL;
    assert_int_equal(acts_allow(NULL, &wish, &right, NULL), 0);
    assert_int_equal(acts_allow(empty, &wish, &right, NULL), 0);
    assert_null(right);
}

static json_t *ask(struct scene *scene, const char *command, uint32_t uid, uint32_t login)
{
    CLEAN(clean_json) json_t *request = json_pack("{s:s, s:{}}", "command", command, "arguments");
    struct acts_asker asker = {.uid = uid, .loginuid = login, .asker = scene};
    return acts_control(scene->engine, request, &asker, scene->now);
}

static void assert_refused(struct scene *scene, const char *command, uint32_t uid, uint32_t login,
                           const char *sentence)
{
    CLEAN(clean_json) json_t *answer = ask(scene, command, uid, login);
    assert_false(json_flag_of(answer, "ok", true));
    assert_string_equal(json_text_of(answer, "code", ""), "denied");
    if (!strstr(json_text_of(answer, "sentence", ""), sentence))
        fail_msg("%s", json_text_of(answer, "sentence", ""));
}

/* Through the whole act: a refusal changes nothing, an approval names its right in the ledger. */
static void through_the_socket(void **state)
{
    struct scene *scene = *state;
    scene_collector(scene, "accounts", HOUR);
    scene_measure(scene, "M1", "sum(x_bad)", "== 0");
    json_object_set_new(scene->config, "rights", rights());
    scene_open(scene);
    int64_t leaves = scene_leaves(scene, "approval", "");
    assert_refused(
        scene, "adopt", 0, 1005,
        "adopt is not allowed for uid 1005: the setting rights allows it for ann, group:isms, cid");
    assert_refused(scene, "adopt", 0, NO_LOGIN, "allow_unattributed");
    /* sudo does not lend root's right, and root's does not come with being root. */
    assert_refused(scene, "open", 0, 1001, "allows it for root");
    assert_refused(scene, "collect", 1005, NO_LOGIN, "allows it for cid, root");
    assert_int_equal(scene_leaves(scene, "approval", ""), leaves);
    CLEAN(clean_json) json_t *opened = ask(scene, "open", 0, NO_LOGIN);
    assert_true(json_flag_of(opened, "ok", false));
    CLEAN(clean_json) json_t *adopted = ask(scene, "adopt", 0, 1003);
    assert_true(json_flag_of(adopted, "ok", false));
    assert_int_equal(scene_leaves(scene, "approval", ""), leaves + 1);
    assert_int_equal(scene_count(scene,
                                 "SELECT count(*) FROM payloads WHERE"
                                 " instr(CAST(body AS TEXT), '\"right\":\"group:isms: decide\"')"),
                     1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrix),
        cmocka_unit_test(none_configured_allows_all),
        cmocka_unit_test_setup_teardown(through_the_socket, scene_set_up, scene_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
