/* Fuzzing what the engine reads back from a store that may be damaged: entry bundles, sample rows.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/ledger/bundle.h"
#include "evidence/series/chunk.h"
#include "evidence/series/row.h"
#include "ground/base/buffer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A bundle that reads well is written again to the same bytes. */
static void try_bundle(const uint8_t *data, size_t size)
{
    struct bundle bundle = {.bytes = data, .length = size};
    struct buffer again = {0};
    int code;
    while ((code = bundle_next(&bundle)) == 1)
        if (bundle_append(&again, bundle.entry, bundle.entry_length))
            abort();
    if (code == 0 && (again.length != size || (size && memcmp(again.data, data, size) != 0)))
        abort();
    buffer_finish(&again);
}

enum { SAMPLES = 4096 };

struct seen {
    struct row_sample samples[SAMPLES];
    size_t count;
};

static int keep_sample(void *context, const struct row_sample *sample)
{
    struct seen *seen = context;
    if (seen->count == SAMPLES)
        return ERROR_LIMIT;
    seen->samples[seen->count++] = *sample;
    return 0;
}

static int compare_sample(void *context, const struct row_sample *sample)
{
    struct seen *seen = context;
    if (memcmp(&seen->samples[seen->count++], sample, sizeof *sample) != 0)
        abort();
    return 0;
}

/* What one series' samples become in memory comes back bit by bit. */
static void try_chunk(const struct seen *seen)
{
    static int64_t times[CHUNK_SAMPLES];
    static double values[CHUNK_SAMPLES];
    struct chunk *chunk = NULL;
    int64_t last = -(INT64_C(1) << 60);
    for (size_t i = 0; i < seen->count && !(chunk && chunk_is_full(chunk)); i++) {
        const struct row_sample *sample = &seen->samples[i];
        if (sample->time_ms <= last || sample->time_ms >= INT64_C(1) << 60)
            continue;
        last = sample->time_ms;
        if (!chunk)
            chunk = chunk_new(sample->time_ms, sample->bits);
        else if (chunk_append(chunk, sample->time_ms, sample->bits))
            abort();
        if (!chunk)
            abort();
    }
    if (!chunk)
        return;
    chunk_decode(chunk, times, values);
    if (times[0] != chunk->first_ms || times[chunk->count - 1] != chunk->last_ms ||
        memcmp(&values[chunk->count - 1], &chunk->last_bits, sizeof *values) != 0)
        abort();
    chunk_free(chunk);
}

static void try_row(const uint8_t *data, size_t size)
{
    static struct seen seen;
    struct buffer body = {0};
    seen.count = 0;
    int code = row_decode(data, size, keep_sample, &seen);
    try_chunk(&seen);
    for (size_t i = 0; i < seen.count; i++)
        if (seen.samples[i].id < 0 || seen.samples[i].id > INT64_C(1) << 40)
            return;
    if (code)
        return;
    if (row_encode(seen.samples, seen.count, &body))
        abort();
    size_t count = seen.count;
    seen.count = 0;
    if (row_decode(body.data, body.length, compare_sample, &seen) || seen.count != count)
        abort();
    buffer_finish(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    if (data[0] & 1)
        try_row(data, size);
    try_bundle(data, size);
    return 0;
}
