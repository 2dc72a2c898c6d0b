/* Chunks, rows and the table, apart from a set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/series/chunk.h"
#include "evidence/series/row.h"
#include "evidence/series/series.h"
#include "ground/base/clean.h"
#include "ground/base/hash.h"
#include "ground/base/table.h"

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return *state >> 11;
}

static uint64_t random_bits(uint64_t *state, uint64_t last)
{
    switch (next_random(state) % 5) {
    case 0:
        return next_random(state) << 11 ^ next_random(state);
    case 1:
        return bits_of((double)(next_random(state) % 1000));
    case 2:
        return SERIES_STALE_BITS;
    default:
        return last;
    }
}

static void test_chunks_bring_every_bit_back(void **state)
{
    (void)state;
    static int64_t times[CHUNK_SAMPLES], seen_times[CHUNK_SAMPLES];
    static double values[CHUNK_SAMPLES], seen_values[CHUNK_SAMPLES];
    uint64_t random = 42;
    for (int round = 0; round < 300; round++) {
        size_t count = 1;
        times[0] = -(int64_t)(next_random(&random) % 1000);
        values[0] = from_bits(random_bits(&random, 0));
        struct chunk *chunk = chunk_new(times[0], bits_of(values[0]));
        for (; !chunk_is_full(chunk); count++) {
            uint64_t most = round % 3 == 0 ? 1 : round % 3 == 1 ? 50 : UINT64_C(1) << 50;
            times[count] = times[count - 1] + 1 + (int64_t)(next_random(&random) % most);
            values[count] = from_bits(random_bits(&random, bits_of(values[count - 1])));
            assert_int_equal(chunk_append(chunk, times[count], bits_of(values[count])), 0);
        }
        chunk_seal(chunk);
        assert_int_equal(chunk->count, count);
        assert_true(chunk->length <= CHUNK_BYTES);
        chunk_decode(chunk, seen_times, seen_values);
        assert_memory_equal(seen_times, times, count * sizeof *times);
        assert_memory_equal(seen_values, values, count * sizeof *values);
        chunk_free(chunk);
    }
}

struct expected_rows {
    const struct row_sample *samples;
    size_t at;
};

static int check_row_sample(void *context, const struct row_sample *sample)
{
    struct expected_rows *expected = context;
    const struct row_sample *want = &expected->samples[expected->at++];
    assert_true(sample->id == want->id && sample->time_ms == want->time_ms &&
                sample->bits == want->bits);
    return 0;
}

static int ignore_sample(void *context, const struct row_sample *sample)
{
    (void)context;
    (void)sample;
    return 0;
}

static void test_rows_round_trip_and_check_bounds(void **state)
{
    (void)state;
    struct row_sample samples[] = {
        {9, 1795323600000, bits_of(1)},
        {9, 1795323590000, bits_of(-0.0)},
        {1, 1795323600000, bits_of(0.1)},
        {2, 1795323600000, SERIES_STALE_BITS},
        {3, 1795323600001, bits_of(NAN)},
        {7000, 1795323600000, bits_of(-9007199254740991.0)},
        {7001, -5, bits_of(9007199254740992.0)},
        {7002, 0, bits_of(-INFINITY)},
    };
    enum { COUNT = sizeof samples / sizeof *samples };
    CLEAN(buffer_finish) struct buffer body = {0};
    assert_int_equal(row_encode(samples, COUNT, &body), 0);
    assert_true(samples[3].time_ms < samples[4].time_ms && samples[4].id == 9);
    struct expected_rows expected = {samples, 0};
    assert_int_equal(row_decode(body.data, body.length, check_row_sample, &expected), 0);
    assert_int_equal(expected.at, COUNT);
    for (size_t length = 0; length < body.length; length++) {
        CLEAN(clean_memory) char *cut = malloc(length + 1);
        memcpy(cut, body.data, length);
        assert_int_equal(row_decode(cut, length, ignore_sample, NULL), ERROR_FORMAT);
    }
    buffer_byte(&body, 0);
    assert_int_equal(row_decode(body.data, body.length, ignore_sample, NULL), ERROR_FORMAT);
    assert_int_equal(row_decode("\1\1\0\3\0", 5, ignore_sample, NULL), ERROR_FORMAT);
}

static bool same_pointer(const void *item, const void *key)
{
    return item == key;
}

/* Few different hashes, so that places collide and removals must close up. */
static void test_table_under_collisions(void **state)
{
    (void)state;
    static char items[500];
    static bool in[500];
    struct table table = {0};
    uint64_t random = 7;
    for (int step = 0; step < 20000; step++) {
        size_t i = next_random(&random) % 500;
        if (in[i])
            table_remove(&table, i % 13, &items[i]);
        else
            assert_int_equal(table_add(&table, i % 13, &items[i]), 0);
        in[i] = !in[i];
        size_t j = next_random(&random) % 500;
        assert_int_equal(table_find(&table, j % 13, same_pointer, &items[j]) != NULL, in[j]);
    }
    while (table.count)
        for (size_t i = 0; i < 500; i++)
            if (in[i])
                table_remove(&table, i % 13, &items[i]);
    free(table.slots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_bring_every_bit_back),
        cmocka_unit_test(test_rows_round_trip_and_check_bounds),
        cmocka_unit_test(test_table_under_collisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
