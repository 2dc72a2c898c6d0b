/* A hash table of label sets. */
#include "host/scan/tally.h"

#include "ground/base/array.h"

#include <stdlib.h>
#include <string.h>

static struct capture cut(const struct capture *value)
{
    struct capture kept = *value;
    if (kept.length > TALLY_VALUE_MOST)
        kept.length = TALLY_VALUE_MOST;
    return kept;
}

/* FNV-1a (Fowler, Noll, Vo), the lengths between the values. */
static uint64_t hash_set(size_t attribute, const struct capture *values, size_t value_count)
{
    uint64_t hash = 14695981039346656037u ^ attribute;
    for (size_t i = 0; i < value_count; i++) {
        struct capture value = cut(&values[i]);
        for (size_t b = 0; b < value.length; b++)
            hash = (hash ^ (unsigned char)value.bytes[b]) * 1099511628211u;
        hash = (hash ^ (value.length + 256)) * 1099511628211u;
    }
    return hash;
}

static bool is_set(const struct tally_set *set, uint64_t hash, size_t attribute,
                   const struct capture *values)
{
    if (set->hash != hash || set->attribute != attribute)
        return false;
    for (size_t i = 0; i < set->value_count; i++) {
        struct capture value = cut(&values[i]);
        if (value.length != set->values[i].length ||
            (value.length && memcmp(value.bytes, set->values[i].bytes, value.length) != 0))
            return false;
    }
    return true;
}

static void place(struct tally *tally, size_t number)
{
    size_t at = tally->sets[number].hash & (tally->slot_count - 1);
    while (tally->slots[at])
        at = (at + 1) & (tally->slot_count - 1);
    tally->slots[at] = (uint32_t)number + 1;
}

/* Keeps at least half of the slots free. */
static int widen(struct tally *tally)
{
    if (tally->count * 2 < tally->slot_count)
        return 0;
    size_t wider = tally->slot_count ? tally->slot_count * 2 : 256;
    uint32_t *slots = calloc(wider, sizeof *slots);
    if (!slots)
        return ERROR_MEMORY;
    free(tally->slots);
    tally->slots = slots;
    tally->slot_count = wider;
    for (size_t i = 0; i < tally->count; i++)
        place(tally, i);
    return 0;
}

static int keep_values(struct tally_set *set, const struct capture *values)
{
    size_t size = 1;
    for (size_t i = 0; i < set->value_count; i++)
        size += cut(&values[i]).length;
    set->block = malloc(size);
    if (!set->block)
        return ERROR_MEMORY;
    char *at = set->block;
    for (size_t i = 0; i < set->value_count; i++) {
        struct capture value = cut(&values[i]);
        if (value.length)
            memcpy(at, value.bytes, value.length);
        set->values[i] = (struct capture){at, value.length};
        at += value.length;
    }
    return 0;
}

static struct tally_set *find(struct tally *tally, uint64_t hash, size_t attribute,
                              const struct capture *values)
{
    if (!tally->slot_count)
        return NULL;
    size_t at = hash & (tally->slot_count - 1);
    for (; tally->slots[at]; at = (at + 1) & (tally->slot_count - 1)) {
        struct tally_set *set = &tally->sets[tally->slots[at] - 1];
        if (is_set(set, hash, attribute, values))
            return set;
    }
    return NULL;
}

int tally_add(struct tally *tally, size_t attribute, const struct capture *values,
              size_t value_count, uint64_t count)
{
    uint64_t hash = hash_set(attribute, values, value_count);
    struct tally_set *known = find(tally, hash, attribute, values);
    if (known) {
        known->count += count;
        return 0;
    }
    int code = array_reserve(&tally->sets, &tally->capacity, tally->count, sizeof *tally->sets);
    if (!code)
        code = widen(tally);
    if (code)
        return code;
    struct tally_set *set = &tally->sets[tally->count];
    *set = (struct tally_set){
        .hash = hash, .count = count, .attribute = attribute, .value_count = value_count};
    code = keep_values(set, values);
    if (code)
        return code;
    place(tally, tally->count++);
    return 0;
}

void tally_reset(struct tally *tally)
{
    for (size_t i = 0; i < tally->count; i++)
        free(tally->sets[i].block);
    tally->count = 0;
    if (tally->slots)
        memset(tally->slots, 0, tally->slot_count * sizeof *tally->slots);
}

void tally_finish(struct tally *tally)
{
    tally_reset(tally);
    free(tally->sets);
    free(tally->slots);
    *tally = (struct tally){0};
}
