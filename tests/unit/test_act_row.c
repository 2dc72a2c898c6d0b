/* The table of acts: it is whole, and a request is held against its row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ground/act_rows/act_row.h"
#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "parent/config/schema.h"

static void every_act_has_its_row(void **state)
{
    (void)state;
    for (int i = ACT_FIRST; i < ACT_END; i++) {
        const struct act_row *row = act_row_of((enum act_name)i);
        assert_non_null(act_row_words[i]);
        assert_int_equal(row->name, i);
        assert_ptr_equal(act_row_find(act_row_words[i]), row);
        assert_true(row->right == ACT_OPERATE || row->right == ACT_DECIDE);
        assert_non_null(row->help);
        assert_non_null(row->fields);
        /* Who decides must be somebody. */
        assert_int_equal(row->right == ACT_DECIDE, (row->guards & ACT_NEEDS_LOGIN) != 0);
        /* The engine answers one alone later. */
        assert_int_equal(i == ACT_COLLECT, !(row->guards & ACT_CHANGES));
    }
    assert_null(act_row_words[ACT_END]);
    assert_null(act_row_find("operate"));
    assert_null(act_row_find(""));
}

static void every_field_can_be_typed(void **state)
{
    (void)state;
    for (int i = ACT_FIRST; i < ACT_END; i++) {
        const struct act_row *row = act_row_of((enum act_name)i);
        int words = 0;
        for (const struct act_field *field = row->fields; field->name; field++) {
            words += (field->traits & ACT_WORD) != 0;
            assert_non_null(field->help);
            assert_int_equal(field->value == NULL, field->kind == ACT_FLAG);
            assert_ptr_equal(act_row_field(row, field->name), field);
            /* A list is words alone; what must be there cannot be false. */
            if (field->kind != ACT_TEXT)
                assert_false(field->traits & ACT_REQUIRED);
            assert_true(field->kind != ACT_TEXTS || (field->traits & ACT_WORD));
        }
        assert_true(words <= 1);
    }
    const struct act_row *adopt = act_row_of(ACT_ADOPT);
    assert_ptr_equal(act_row_field(adopt, "dry-run"), act_row_field(adopt, "dry_run"));
    assert_null(act_row_field(adopt, "dry"));
    assert_null(act_row_field(adopt, "dry_runs"));
}

static void requests(void **state)
{
    static const struct {
        enum act_name name;
        const char *arguments;
        const char *sentence; /* or NULL: allowed */
    } cases[] = {
        {ACT_OPEN, NULL, NULL},
        {ACT_OPEN, "{}", NULL},
        {ACT_OPEN, "{\"who\":\"me\"}", "open: found \"who\"; it takes nothing"},
        {ACT_OPEN, "[]", "open: arguments: found a list, allowed is an object"},
        {ACT_OPEN, "\"x\"", "open: arguments: found a text, allowed is an object"},
        {ACT_ADOPT, NULL, NULL},
        {ACT_ADOPT, "{\"measures\":[],\"dry_run\":true,\"role\":\"r\",\"reason\":\"x\"}", NULL},
        {ACT_ADOPT, "{\"measures\":[\"M1\",\"M2\"],\"dry_run\":false}", NULL},
        {ACT_ADOPT, "{\"measures\":\"M1\"}",
         "adopt: measures: found a text, allowed is a list of texts"},
        {ACT_ADOPT, "{\"measures\":null}",
         "adopt: measures: found null, allowed is a list of texts"},
        {ACT_ADOPT, "{\"measures\":[\"M1\",2]}",
         "adopt: measures: found a list of others, allowed is a list of texts"},
        {ACT_ADOPT, "{\"dry_run\":1}", "adopt: dry_run: found a number, allowed is true or false"},
        {ACT_ADOPT, "{\"dry-run\":true}",
         "adopt: found \"dry-run\", allowed are measures, role, reason, dry_run"},
        {ACT_ADOPT, "{\"role\":{}}", "adopt: role: found an object, allowed is a text"},
        {ACT_ADOPT, "{\"measure\":[\"M1\"]}",
         "adopt: found \"measure\", allowed are measures, role, reason, dry_run"},
        {ACT_COLLECT, NULL, "collect: name is missing: which collector"},
        {ACT_COLLECT, "{\"name\":\"\"}", "collect: name is missing: which collector"},
        {ACT_COLLECT, "{\"name\":true}", "collect: name: found true or false, allowed is a text"},
        {ACT_APPROVE, "{\"id\":\"M1\"}", NULL},
        {ACT_NC_TAKE, "{\"ref\":\"NC-1\"}", "nc_take: owner is missing: who answers for it"},
        {ACT_NC_TAKE, "{\"ref\":\"NC-1\",\"owner\":\"me\",\"due\":\"7d\"}", NULL},
        /* By which right is the engine's to say. */
        {ACT_NC_TAKE, "{\"ref\":\"NC-1\",\"owner\":\"me\",\"right\":\"x\"}",
         "nc_take: found \"right\", allowed are ref, owner, fix, due, reason, note"},
        {ACT_NC_DISMISS, "{\"ref\":\"NC-1\",\"reason\":\"data_error\"}", NULL},
        {ACT_NC_DISMISS, "{\"ref\":\"NC-1\"}", "nc_dismiss: reason is missing: why"},
        {ACT_NC_DISMISS, "{\"ref\":\"NC-1\",\"reason\":\"tired\"}",
         "nc_dismiss: reason: found \"tired\", allowed are false_positive, duplicate_of, "
         "out_of_scope, test, data_error"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(error_finish) struct error error = {0};
        const char *text = cases[i].arguments;
        CLEAN(clean_json) json_t *arguments = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
        assert_true(!text || arguments);
        int code = act_row_check(act_row_of(cases[i].name), arguments, &error);
        assert_int_equal(code, cases[i].sentence ? ERROR_FORMAT : 0);
        if (code)
            assert_string_equal(error_sentence(&error), cases[i].sentence);
    }
}

static void say_of(struct buffer *help, enum act_name right)
{
    size_t count = 0, said = 0;
    for (int i = ACT_FIRST; i < ACT_END; i++)
        count += act_row_of((enum act_name)i)->right == right;
    buffer_print(help, "%s is ", act_row_words[right]);
    for (int i = ACT_FIRST; i < ACT_END; i++) {
        if (act_row_of((enum act_name)i)->right != right)
            continue;
        said++;
        buffer_print(help, "%s%s",
                     said == 1       ? ""
                     : said == count ? " and "
                                     : ", ",
                     act_row_words[i]);
    }
}

/* The setting `rights` says what its two words cover, in the reference and the manual too, which
 * follow it. */
static void rights_say_what_they_cover(void **state)
{
    (void)state;
    CLEAN(buffer_finish) struct buffer help = {0};
    const struct setting *acts = schema_rights;
    while (acts->name && strcmp(acts->name, "acts") != 0)
        acts++;
    assert_non_null(acts->name);
    assert_ptr_equal(acts->choices, act_row_words);
    buffer_print(&help, "What they may do: ");
    say_of(&help, ACT_OPERATE);
    buffer_print(&help, "; ");
    say_of(&help, ACT_DECIDE);
    buffer_print(&help, ".");
    assert_string_equal(acts->help, help.data);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_act_has_its_row),
        cmocka_unit_test(every_field_can_be_typed),
        cmocka_unit_test(requests),
        cmocka_unit_test(rights_say_what_they_cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
