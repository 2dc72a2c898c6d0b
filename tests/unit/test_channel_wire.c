/* Values in a message's body, sound and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ground/base/clean.h"
#include "ground/channel/wire.h"

static void test_wire_round(void **state)
{
    (void)state;
    CLEAN(buffer_finish) struct buffer body = {0};
    size_t length;
    wire_put_u16(&body, 0xfffe);
    wire_put_u32(&body, 7);
    wire_put_u64(&body, UINT64_MAX);
    wire_put_i64(&body, -5);
    wire_put_double(&body, 0.5);
    wire_put_text(&body, "text");
    wire_put_text(&body, NULL);
    wire_put_bytes(&body, "a\0b", 3);
    struct wire wire = wire_over(body.data, body.length);
    assert_int_equal(wire_u16(&wire), 0xfffe);
    assert_int_equal(wire_u32(&wire), 7);
    assert_true(wire_u64(&wire) == UINT64_MAX);
    assert_int_equal(wire_i64(&wire), -5);
    assert_true(wire_double(&wire) == 0.5);
    assert_string_equal(wire_text(&wire), "text");
    assert_string_equal(wire_text(&wire), "");
    assert_false(wire_ended_well(&wire));
    const char *bytes = wire_bytes(&wire, &length);
    assert_int_equal(length, 3);
    assert_memory_equal(bytes, "a\0b", 3);
    assert_true(wire_ended_well(&wire));
    assert_int_equal(wire_u16(&wire), 0);
    assert_true(wire.failed);
}

static void test_wire_hostile(void **state)
{
    (void)state;
    static const struct {
        uint32_t says;
        const char *bytes;
        size_t length;
    } texts[] = {
        {3, "abc", 3},          /* no NUL at all */
        {3, "abcd", 4},         /* another byte in its place */
        {3, "a\0c", 4},         /* one inside */
        {4, "abc", 4},          /* longer than what is left */
        {UINT32_MAX, "abc", 4}, /* far longer */
        {UINT32_MAX - 3, "", 1},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CLEAN(buffer_finish) struct buffer body = {0};
        wire_put_u32(&body, texts[i].says);
        buffer_append(&body, texts[i].bytes, texts[i].length);
        struct wire wire = wire_over(body.data, body.length);
        assert_string_equal(wire_text(&wire), "");
        assert_true(wire.failed);
        assert_int_equal(wire_u64(&wire), 0);
        assert_string_equal(wire_text(&wire), "");
    }
    struct wire empty = wire_over(NULL, 0);
    assert_true(wire_ended_well(&empty));
    assert_int_equal(wire_u32(&empty), 0);
    assert_false(wire_ended_well(&empty));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire_round),
        cmocka_unit_test(test_wire_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
