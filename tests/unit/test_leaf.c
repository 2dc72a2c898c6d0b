/* Leaves as text, their types, and the bundles they stand in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "evidence/ledger/bundle.h"
#include "evidence/ledger/ledger_private.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"

static const char *random_text(uint64_t *random, char *text, size_t most)
{
    static const char *const pieces[] = {"a",
                                         "Z",
                                         "\"",
                                         "\\",
                                         "/",
                                         "\n",
                                         "\t",
                                         "\r",
                                         "\b",
                                         "\f",
                                         "\x01",
                                         "\x1f",
                                         "\x7f",
                                         " ",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80"};
    size_t length = 0, count;
    *random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
    for (count = (size_t)(*random >> 33) % most; count; count--) {
        *random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
        const char *piece = pieces[(size_t)(*random >> 33) % (sizeof pieces / sizeof *pieces)];
        memcpy(text + length, piece, strlen(piece));
        length += strlen(piece);
    }
    text[length] = '\0';
    return text;
}

static json_t *random_value(uint64_t *random, int depth)
{
    char text[64];
    *random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
    switch ((*random >> 33) % (depth > 3 ? 3 : 5)) {
    case 0:
        return json_integer((json_int_t)(*random >> 12) - (json_int_t)(*random & 0xffff));
    case 1:
        return json_boolean(*random & 1 << 20);
    case 2:
        return json_string(random_text(random, text, 12));
    case 3: {
        json_t *array = json_array();
        for (int i = (int)(*random >> 40) % 4; i > 0; i--)
            json_array_append_new(array, random_value(random, depth + 1));
        return array;
    }
    default: {
        json_t *object = json_object();
        for (int i = (int)(*random >> 40) % 12; i > 0; i--)
            json_object_set_new(object, random_text(random, text, 5),
                                random_value(random, depth + 1));
        return object;
    }
    }
}

/* The writer of leaves is one of our own, for speed; the other is jansson's. */
static void test_leaves_are_as_json_canonical_writes_them(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int i = 0; i < 3000; i++) {
        json_t *fields = json_pack("{s:o}", "x", random_value(&random, 0));
        CLEAN(buffer_finish) struct buffer text = {0};
        struct error error = {0};
        if (ledger_make_leaf(fields, LEAF_GAP, "2026-11-22T05:00:00.000Z", &text, &error))
            fail_msg("%s", error_sentence(&error));
        json_object_set_new(fields, "t", json_string("gap"));
        json_object_set_new(fields, "ts", json_string("2026-11-22T05:00:00.000Z"));
        json_object_set_new(fields, "v", json_integer(1));
        CLEAN(clean_text) char *expected = json_canonical(fields);
        assert_string_equal(text.data, expected);
        json_decref(fields);
    }
}

static void test_types_have_words(void **state)
{
    (void)state;
    for (int type = LEAF_EVIDENCE; type <= LEAF_STOP; type++)
        assert_string_not_equal(ledger_leaf_type_text((enum leaf_type)type), "unknown");
}

static void test_bundle_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        int first, second;
    } cases[] = {
        {"", 0, 0, 0},
        {"\0", 1, ERROR_FORMAT, 0},
        {"\0\0", 2, 1, 0},
        {"\0\1a", 3, 1, 0},
        {"\0\2a", 3, ERROR_FORMAT, 0},
        {"\0\1ab", 4, 1, ERROR_FORMAT},
        {"\xff\xff", 2, ERROR_FORMAT, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bundle bundle = {.bytes = (const uint8_t *)cases[i].bytes,
                                .length = cases[i].length};
        int first = bundle_next(&bundle);
        assert_int_equal(first, cases[i].first);
        if (first == 1)
            assert_int_equal(bundle_next(&bundle), cases[i].second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_have_words),
        cmocka_unit_test(test_bundle_bounds),
        cmocka_unit_test(test_leaves_are_as_json_canonical_writes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
