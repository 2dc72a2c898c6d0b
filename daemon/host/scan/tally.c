/* Label sets and how often each came. */
#include "host/scan/tally.h"

#include "ground/base/array.h"
#include "ground/base/hash.h"

#include <stdlib.h>
#include <string.h>

/* What a set is found by. */
struct wanted {
    uint64_t hash;
    size_t attribute;
    const struct capture *values;
    size_t value_count;
};

static struct capture cut(const struct capture *value)
{
    struct capture kept = *value;
    if (kept.length > TALLY_VALUE_MOST)
        kept.length = TALLY_VALUE_MOST;
    return kept;
}

/* The lengths between the values keep "a","bc" and "ab","c" apart. */
static uint64_t hash_set(size_t attribute, const struct capture *values, size_t value_count)
{
    uint64_t hash = hash_bytes(HASH_START, &attribute, sizeof attribute);
    for (size_t i = 0; i < value_count; i++) {
        struct capture value = cut(&values[i]);
        hash = hash_bytes(hash, value.bytes, value.length);
        hash = hash_bytes(hash, &value.length, sizeof value.length);
    }
    return hash;
}

static bool is_set(const void *item, const void *key)
{
    const struct tally_set *set = item;
    const struct wanted *wanted = key;
    if (set->attribute != wanted->attribute)
        return false;
    for (size_t i = 0; i < set->value_count; i++) {
        struct capture value = cut(&wanted->values[i]);
        if (value.length != set->values[i].length ||
            (value.length && memcmp(value.bytes, set->values[i].bytes, value.length) != 0))
            return false;
    }
    return true;
}

static struct tally_set *make_set(const struct wanted *wanted)
{
    size_t size = 1;
    for (size_t i = 0; i < wanted->value_count; i++)
        size += cut(&wanted->values[i]).length;
    struct tally_set *set = malloc(sizeof *set + size);
    if (!set)
        return NULL;
    set->attribute = wanted->attribute;
    set->value_count = wanted->value_count;
    char *at = set->bytes;
    for (size_t i = 0; i < set->value_count; i++) {
        struct capture value = cut(&wanted->values[i]);
        if (value.length)
            memcpy(at, value.bytes, value.length);
        set->values[i] = (struct capture){at, value.length};
        at += value.length;
    }
    return set;
}

int tally_add(struct tally *tally, size_t attribute, const struct capture *values,
              size_t value_count, uint64_t count)
{
    struct wanted wanted = {hash_set(attribute, values, value_count), attribute, values,
                            value_count};
    struct tally_set *set = table_find(&tally->table, wanted.hash, is_set, &wanted);
    if (set) {
        set->count += count;
        return 0;
    }
    int code = array_reserve(&tally->sets, &tally->capacity, tally->count, sizeof *tally->sets);
    if (code)
        return code;
    set = make_set(&wanted);
    if (!set)
        return ERROR_MEMORY;
    set->count = count;
    code = table_add(&tally->table, wanted.hash, set);
    if (code) {
        free(set);
        return code;
    }
    tally->sets[tally->count++] = set;
    return 0;
}

void tally_reset(struct tally *tally)
{
    table_reset(&tally->table, free);
    tally->count = 0;
}

void tally_finish(struct tally *tally)
{
    table_finish(&tally->table, free);
    free(tally->sets);
    *tally = (struct tally){0};
}
