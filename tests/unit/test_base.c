/* The base room: values in text, labels, buffers, arrays, JSON, errors, sealed files. */
#include "ground/base/array.h"
#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/hash.h"
#include "ground/base/json.h"
#include "ground/base/labels.h"
#include "ground/base/table.h"
#include "ground/base/text.h"

#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

/* A text, what reading it answers, and the value. back: what the value is written as; NULL: as it
 * was read. */
struct whole {
    const char *text;
    int result;
    int64_t value;
    const char *back;
};

static const struct whole durations[] = {
    {"0s", 0, 0, NULL},
    {"250ms", 0, 250, NULL},
    {"10s", 0, 10000, NULL},
    {"1h30m", 0, 5400000, NULL},
    {"90m", 0, 5400000, "1h30m"},
    {"7d", 0, 604800000, NULL},
    {"2w", 0, 1209600000, "14d"},
    {"1y", 0, 31536000000, "365d"},
    {"1d1ms", 0, 86400001, NULL},
    {"", ERROR_FORMAT, 0, NULL},
    {"5", ERROR_FORMAT, 0, NULL},
    {"s", ERROR_FORMAT, 0, NULL},
    {"-5s", ERROR_FORMAT, 0, NULL},
    {"5s ", ERROR_FORMAT, 0, NULL},
    {"1.5h", ERROR_FORMAT, 0, NULL},
    {"5x", ERROR_FORMAT, 0, NULL},
    {"1m1h", ERROR_FORMAT, 0, NULL},
    {"1m1m", ERROR_FORMAT, 0, NULL},
    {"99999999999999999999s", ERROR_RANGE, 0, NULL},
    {"9223372036854775807s", ERROR_RANGE, 0, NULL},
    {"292471208y292471208w", ERROR_RANGE, 0, NULL},
};

static void test_durations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        const struct whole *row = &durations[i];
        int64_t value = -1;

        print_message("%s\n", row->text);
        assert_int_equal(text_to_duration(row->text, &value), row->result);
        assert_true(value == (row->result ? -1 : row->value));
        if (!row->result) {
            CLEAN(clean_text) char *back = text_from_duration(value);

            assert_string_equal(back, row->back ? row->back : row->text);
        }
    }
}

static const struct whole sizes[] = {
    {"0", 0, 0, NULL},
    {"512", 0, 512, NULL},
    {"512B", 0, 512, NULL},
    {"64kB", 0, 64000, NULL},
    {"64KiB", 0, 65536, NULL},
    {"1MB", 0, 1000000, NULL},
    {"1MiB", 0, 1048576, NULL},
    {"2GiB", 0, INT64_C(2) << 30, NULL},
    {"8388607TiB", 0, INT64_C(8388607) << 40, NULL},
    {"8388608TiB", ERROR_RANGE, 0, NULL},
    {"-1", ERROR_FORMAT, 0, NULL},
    {"1 kB", ERROR_FORMAT, 0, NULL},
    {"1KB", ERROR_FORMAT, 0, NULL},
    {"1kBx", ERROR_FORMAT, 0, NULL},
    {"", ERROR_FORMAT, 0, NULL},
};

static void test_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t value = -1;

        print_message("%s\n", sizes[i].text);
        assert_int_equal(text_to_bytes(sizes[i].text, &value), sizes[i].result);
        assert_true(value == (sizes[i].result ? -1 : sizes[i].value));
    }
}

static const struct whole times[] = {
    {"1970-01-01T00:00:00.000Z", 0, 0, NULL},
    {"2026-11-22T05:08:00.000Z", 0, 1795324080000, NULL},
    {"2026-11-22T05:08:00Z", 0, 1795324080000, "2026-11-22T05:08:00.000Z"},
    {"2026-11-22t07:08:00+02:00", 0, 1795324080000, "2026-11-22T05:08:00.000Z"},
    {"2026-11-21 23:38:00-05:30", 0, 1795324080000, "2026-11-22T05:08:00.000Z"},
    {"2026-11-22T05:08:00.5Z", 0, 1795324080500, "2026-11-22T05:08:00.500Z"},
    {"2026-11-22T05:08:00.123456789Z", 0, 1795324080123, "2026-11-22T05:08:00.123Z"},
    {"2026-11-22", 0, 1795305600000, "2026-11-22T00:00:00.000Z"},
    {"2024-02-29", 0, 1709164800000, "2024-02-29T00:00:00.000Z"},
    {"1969-12-31T23:59:59.999Z", 0, -1, NULL},
    {"0001-01-01T00:00:00.000Z", 0, -62135596800000, NULL},
    {"9999-12-31T23:59:59.999Z", 0, 253402300799999, NULL},
    {"2023-02-29", ERROR_RANGE, 0, NULL},
    {"2026-04-31", ERROR_RANGE, 0, NULL},
    {"2026-13-01", ERROR_FORMAT, 0, NULL},
    {"2026-1-2", ERROR_FORMAT, 0, NULL},
    {" 2026-01-02", ERROR_FORMAT, 0, NULL},
    {"2026-11-22T05:08:00", ERROR_FORMAT, 0, NULL},
    {"2026-11-22T05:08Z", ERROR_FORMAT, 0, NULL},
    {"2026-11-22T 5:08:00Z", ERROR_FORMAT, 0, NULL},
    {"2026-11-22T05:08:00.Z", ERROR_FORMAT, 0, NULL},
    {"2026-11-22T05:08:00+2:00", ERROR_FORMAT, 0, NULL},
    {"2026-11-22T05:08:00+ 2:00", ERROR_FORMAT, 0, NULL},
    {"2026-11-22T05:08:00+24:00", ERROR_FORMAT, 0, NULL},
    {"2026-11-22T05:08:00Zx", ERROR_FORMAT, 0, NULL},
    {"2026-11-22T24:00:00Z", ERROR_FORMAT, 0, NULL},
    {"", ERROR_FORMAT, 0, NULL},
};

static void test_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        const struct whole *row = &times[i];
        char back[TEXT_TIME_SIZE];
        int64_t value = 7;

        print_message("%s\n", row->text);
        assert_int_equal(text_to_time(row->text, &value), row->result);
        assert_true(value == (row->result ? 7 : row->value));
        if (row->result)
            continue;
        text_from_time(value, back);
        assert_string_equal(back, row->back ? row->back : row->text);
    }
}

static void test_doubles(void **state)
{
    static const double exact[] = {0.1,      1.0 / 3, 5e-324,  1.7976931348623157e308,
                                   123456.7, -2.5,    1e21,    9007199254740993.0,
                                   1e15,     -1e-7,   100000.0};
    char text[TEXT_DOUBLE_SIZE];
    double value = 0;

    (void)state;
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        text_from_double(exact[i], text);
        assert_int_equal(text_to_double(text, &value), 0);
        assert_true(value == exact[i]);
    }
    text_from_double(0.1, text);
    assert_string_equal(text, "0.1");
    text_from_double(100000, text);
    assert_string_equal(text, "100000");
    text_from_double(NAN, text);
    assert_string_equal(text, "NaN");
    text_from_double(INFINITY, text);
    assert_string_equal(text, "+Inf");
    text_from_double(-INFINITY, text);
    assert_string_equal(text, "-Inf");
}

static void test_plain_doubles(void **state)
{
    static const struct {
        double value;
        const char *plain;
        int digits;
    } cases[] = {{0, "0", 1},
                 {-1.5, "-1.5", 2},
                 {1e21, "1000000000000000000000", 1},
                 {-123456789012345680000.0, "-123456789012345680000", 17},
                 {1e-7, "0.0000001", 1},
                 {0.1, "0.1", 1},
                 {INFINITY, "+Inf", 0}};
    char text[TEXT_PLAIN_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text_plain_from_double(cases[i].value, text);
        assert_string_equal(text, cases[i].plain);
        if (cases[i].digits)
            assert_int_equal(text_double_digits(cases[i].value), cases[i].digits);
    }
    text_plain_from_double(DBL_TRUE_MIN, text);
    assert_int_equal(strlen(text), 326);
    text_plain_from_double(DBL_MAX, text);
    assert_int_equal(strlen(text), 309);
}

static bool is_text(const void *item, const void *key)
{
    return !strcmp(item, key);
}

/* A table that is filled, thinned out and emptied finds what is in it, and nothing else. */
static void test_table(void **state)
{
    struct table table = {0};
    char *texts[500];

    (void)state;
    for (int i = 0; i < 500; i++) {
        texts[i] = text_format("text %d", i);
        assert_int_equal(table_add(&table, hash_text(HASH_START, texts[i]), texts[i]), 0);
    }
    for (int i = 0; i < 500; i += 2) {
        table_remove(&table, hash_text(HASH_START, texts[i]), texts[i]);
        free(texts[i]);
    }
    assert_int_equal(table.count, 250);
    for (int i = 0; i < 500; i++) {
        CLEAN(clean_text) char *wanted = text_format("text %d", i);
        const char *found = table_find(&table, hash_text(HASH_START, wanted), is_text, wanted);
        assert_true(i % 2 ? found == texts[i] : !found);
    }
    table_reset(&table, free);
    assert_int_equal(table.count, 0);
    assert_null(table_find(&table, hash_text(HASH_START, "text 1"), is_text, "text 1"));
    table_finish(&table, free);
    /* The separators count. */
    assert_true(hash_text(hash_text(HASH_START, "a"), "bc") !=
                hash_text(hash_text(HASH_START, "ab"), "c"));
    assert_true(hash_bytes(HASH_START, "", 0) == HASH_START);
    assert_true(hash_bytes(HASH_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
}

static void test_no_doubles(void **state)
{
    static const char *const wrong[] = {"",   "NaN", "inf", "0x10", "1.5.", "1,5",   " 1",
                                        "1 ", "e5",  "--1", "+",    ".",    "nan(1)"};
    double value = 7;
    int64_t integer = 7;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        print_message("'%s'\n", wrong[i]);
        assert_int_equal(text_to_double(wrong[i], &value), ERROR_FORMAT);
        assert_int_equal(text_to_integer(wrong[i], &integer), ERROR_FORMAT);
    }
    assert_int_equal(text_to_double("1e999", &value), ERROR_RANGE);
    assert_int_equal(text_to_integer("9223372036854775808", &integer), ERROR_RANGE);
    assert_true(value == 7 && integer == 7);
    assert_int_equal(text_to_integer("-9223372036854775808", &integer), 0);
    assert_true(integer == INT64_MIN);
}

static void test_hexadecimal_is_read(void **state)
{
    static const char *const wrong[] = {"", "-1", "+1", " 1", "g", "x1"};
    uint64_t value = 7;
    const char *at = "0fFf:";
    (void)state;
    assert_int_equal(text_read_hex(&at, &value), 0);
    assert_true(value == 0xfff);
    assert_string_equal(at, ":");
    at = "0xdeadbeef";
    assert_int_equal(text_read_hex(&at, &value), 0);
    assert_true(value == 0 && *at == 'x');
    at = "00ffffffffffffffff";
    assert_int_equal(text_read_hex(&at, &value), 0);
    assert_true(value == UINT64_MAX);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        at = wrong[i];
        assert_int_equal(text_read_hex(&at, &value), ERROR_FORMAT);
        assert_ptr_equal(at, wrong[i]);
    }
    at = "10000000000000000";
    assert_int_equal(text_read_hex(&at, &value), ERROR_RANGE);
    assert_true(value == UINT64_MAX && *at == '1');
}

static void test_utf8(void **state)
{
    static const char *const good[] = {"",
                                       "a",
                                       "\xc3\xa9",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80",
                                       "\xed\x9f\xbf",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {
        "\x80",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x80\x80",
        "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xc3",         "\xe2\x82",         "\xf0\x9f\x98",     "a\xff"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(text_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_is_utf8(bad[i], strlen(bad[i])));
    assert_false(text_is_utf8("a\0b", 3));
}

static void test_printable(void **state)
{
    static const char raw[] = "a\tb\n\x1b[2J\x7f\xc3\xa9\xff\xc2\x9b\xe2\x82\xac\0z";
    CLEAN(clean_text) char *text = text_printable(raw, sizeof raw - 1);
    CLEAN(clean_text) char *none = text_printable("", 0);

    (void)state;
    assert_string_equal(text, "a\tb\\x0a\\x1b[2J\\x7f\xc3\xa9\\xff\\xc2\\x9b\xe2\x82\xac\\x00z");
    assert_string_equal(none, "");
}

static void test_small_text(void **state)
{
    static const uint8_t bytes[] = {0x00, 0x0f, 0xff};
    char hexadecimal[7];

    (void)state;
    text_from_bytes(bytes, 3, hexadecimal);
    assert_string_equal(hexadecimal, "000fff");
    assert_true(text_begins("abc", "ab") && text_begins("abc", "") && !text_begins("a", "ab"));
    assert_true(text_ends("abc", "bc") && !text_ends("c", "bc"));
}

static void test_labels(void **state)
{
    const struct label pairs[] = {{"b", "2"}, {LABELS_NAME, "up"}, {"a", "x\"\\\n"}, {"c", ""}};
    const struct label twice[] = {{"a", "1"}, {"a", "2"}};
    const struct label split[] = {{"a", "bc"}, {"ab", "c"}};
    CLEAN(labels_clean) struct labels *labels = NULL;
    CLEAN(labels_clean) struct labels *copy = NULL;
    CLEAN(labels_clean) struct labels *other = NULL;
    CLEAN(labels_clean) struct labels *empty = NULL;
    CLEAN(clean_text) char *text = NULL;
    CLEAN(clean_text) char *none = NULL;
    struct labels *refused = NULL;

    (void)state;
    assert_int_equal(labels_new(pairs, 4, &labels), 0);
    assert_int_equal(labels->count, 3);
    assert_string_equal(labels_get(labels, "b"), "2");
    assert_string_equal(labels_get(labels, "c"), "");
    assert_string_equal(labels_name(labels), "up");
    text = labels_text(labels);
    assert_string_equal(text, "up{a=\"x\\\"\\\\\\n\",b=\"2\"}");
    assert_int_equal(labels_new(twice, 2, &refused), ERROR_EXISTS);
    assert_null(refused);
    assert_int_equal(labels_new(split, 1, &other), 0);
    copy = labels_copy(labels);
    assert_true(labels_equal(labels, copy) && labels_hash(labels) == labels_hash(copy));
    assert_false(labels_equal(labels, other));
    assert_int_equal(labels_compare(labels, copy), 0);
    assert_true(labels_compare(labels, other) * labels_compare(other, labels) < 0);
    assert_int_equal(labels_new(NULL, 0, &empty), 0);
    none = labels_text(empty);
    assert_string_equal(none, "{}");
    assert_true(labels_is_metric_name("a:b_1") && !labels_is_label_name("a:b"));
    assert_false(labels_is_metric_name("1a") || labels_is_metric_name("") ||
                 labels_is_metric_name("a-b"));
}

static void test_buffer(void **state)
{
    CLEAN(buffer_finish) struct buffer buffer = {.limit = 10};
    char *taken;

    (void)state;
    buffer_print(&buffer, "%s-%d", "ab", 7);
    buffer_byte(&buffer, '!');
    assert_string_equal(buffer.data, "ab-7!");
    buffer_consume(&buffer, 3);
    assert_string_equal(buffer.data, "7!");
    buffer_consume(&buffer, 99);
    assert_int_equal(buffer.length, 0);
    buffer_text(&buffer, "0123456789");
    assert_false(buffer.failed);
    buffer_byte(&buffer, 'x');
    assert_true(buffer.failed);
    buffer_consume(&buffer, 5);
    buffer_byte(&buffer, 'x');
    assert_int_equal(buffer.length, 5);
    assert_null(buffer_take(&buffer));
    buffer_text(&buffer, "ok");
    taken = buffer_take(&buffer);
    assert_string_equal(taken, "ok");
    free(taken);
    taken = buffer_take(&buffer);
    assert_string_equal(taken, "");
    free(taken);
}

static void test_array(void **state)
{
    CLEAN(clean_memory) int *items = NULL;
    size_t capacity = 0;
    int sum = 0;

    (void)state;
    assert_int_equal(array_reserve(&items, &capacity, 0, sizeof *items), 0);
    items[0] = 5;
    assert_int_equal(array_reserve(&items, &capacity, 1000, sizeof *items), 0);
    assert_true(capacity > 1000);
    for (size_t i = 0; i < capacity; i++)
        sum += items[i];
    assert_int_equal(sum, 5);
    assert_int_equal(array_reserve(&items, &capacity, SIZE_MAX - 1, sizeof *items), ERROR_MEMORY);
    assert_int_equal(items[0], 5);
}

static void test_json(void **state)
{
    static const char once[] = "{\"b\":[1,true],\"a\":\"\xc3\xa9\"}";
    static const char twice[] = "{\"a\":1,\"a\":2}";
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_json) json_t *json = NULL;
    CLEAN(clean_text) char *text = NULL;

    (void)state;
    assert_int_equal(json_read(once, sizeof once - 1, &json, &error), 0);
    text = json_canonical(json);
    assert_string_equal(text, "{\"a\":\"\xc3\xa9\",\"b\":[1,true]}");
    assert_int_equal(json_set_double(json, "x", NAN), 0);
    assert_string_equal(json_text_of(json, "x", ""), "NaN");
    assert_true(json_integer_of(json, "a", 9) == 9);
    assert_int_equal(json_read(twice, sizeof twice - 1, &json, &error), ERROR_FORMAT);
    assert_non_null(strstr(error_sentence(&error), "line 1"));
    error_prefix(&error, "file %d", 3);
    assert_true(text_begins(error_sentence(&error), "file 3: line 1"));
    error_prefix(NULL, "nothing");
}

static void test_seal(void **state)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    CLEAN(buffer_finish) struct buffer untouched = {0};
    CLEAN(clean_fd) int fd = -1;
    CLEAN(clean_fd) int open_fd = memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    (void)state;
    assert_int_equal(file_seal("part", "hello\0you", 9, &fd), 0);
    assert_true(file_is_sealed(fd));
    assert_false(file_is_sealed(open_fd));
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_not_equal(ftruncate(fd, 0), 0);
    assert_int_equal(file_read_fd(fd, 9, &bytes), 0);
    assert_int_equal(bytes.length, 9);
    assert_memory_equal(bytes.data, "hello\0you", 10);
    assert_int_equal(file_read_fd(fd, 8, &untouched), ERROR_LIMIT);
    assert_null(untouched.data);
    assert_int_equal(file_read("/nonexistent/file", 8, &untouched), ERROR_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),     cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_times),         cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_plain_doubles), cmocka_unit_test(test_table),
        cmocka_unit_test(test_no_doubles),    cmocka_unit_test(test_hexadecimal_is_read),
        cmocka_unit_test(test_utf8),          cmocka_unit_test(test_printable),
        cmocka_unit_test(test_small_text),    cmocka_unit_test(test_labels),
        cmocka_unit_test(test_buffer),        cmocka_unit_test(test_array),
        cmocka_unit_test(test_json),          cmocka_unit_test(test_seal)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
