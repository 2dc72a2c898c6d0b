/* Numbers and times in the API's JSON, as Prometheus (Go's strconv) writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "outside/api/write.h"

static void test_values(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "\"0\""},
        {-0.0, "\"-0\""},
        {1, "\"1\""},
        {0.1, "\"0.1\""},
        {-2.5, "\"-2.5\""},
        {1e-6, "\"0.000001\""},
        {1e-7, "\"1e-07\""},
        {1.5e-7, "\"1.5e-07\""},
        {1e20, "\"100000000000000000000\""},
        {-1.23e20, "\"-123000000000000000000\""},
        {1e21, "\"1e+21\""},
        {1.7976931348623157e308, "\"1.7976931348623157e+308\""},
        {5e-324, "\"5e-324\""},
        {123456789.123, "\"123456789.123\""},
        {9007199254740993.0, "\"9007199254740992\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(buffer_finish) struct buffer text = {0};
        write_value(&text, cases[i].value);
        assert_string_equal(text.data, cases[i].text);
    }
    CLEAN(buffer_finish) struct buffer times = {0};
    write_time(&times, -1);
    write_time(&times, 1010);
    write_time(&times, INT64_MIN);
    assert_string_equal(times.data, "-0.0011.010-9223372036854775.808");
    CLEAN(buffer_finish) struct buffer scalars = {0};
    write_scalar_time(&scalars, 1010);
    write_scalar_time(&scalars, 100000);
    write_scalar_value(&scalars, 1.5e21);
    write_scalar_value(&scalars, 1e-7);
    assert_string_equal(scalars.data, "1.01100\"1500000000000000000000\"\"0.0000001\"");
}

static void check_json(const char *text, const char *expected, int code)
{
    CLEAN(clean_json) json_t *json = NULL;
    CLEAN(buffer_finish) struct buffer out = {0};
    assert_int_equal(json_read(text, strlen(text), &json, NULL), 0);
    assert_int_equal(write_json(&out, json, NULL), code);
    if (!code)
        assert_string_equal(out.data, expected);
}

static void test_json(void **state)
{
    (void)state;
    static const char text[] = "{\"b\":[1,0.1,true,false,null,\"\\u0001\\\"\\\\\\n\"],\"a\":{}}";
    CLEAN(buffer_finish) struct buffer deep = {0};
    check_json(text, text, 0);
    check_json("-1e20", "-1e+20", 0);
    for (int i = 0; i < 70; i++)
        buffer_byte(&deep, '[');
    for (int i = 0; i < 70; i++)
        buffer_byte(&deep, ']');
    check_json(deep.data, NULL, ERROR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
