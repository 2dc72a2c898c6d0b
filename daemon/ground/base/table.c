/* Linear probing; what is taken out is closed up, so that no marks of the dead remain. */
#include "ground/base/table.h"

#include <stdlib.h>
#include <string.h>

struct table_slot {
    uint64_t hash;
    void *item;
};

/* FNV leaves the low bits of short texts alike. */
static size_t home_of(uint64_t hash, size_t capacity)
{
    return (size_t)((hash * 0x9e3779b97f4a7c15ULL) >> 32) & (capacity - 1);
}

void *table_find(const struct table *table, uint64_t hash,
                 bool (*same)(const void *item, const void *key), const void *key)
{
    if (!table->capacity)
        return NULL;
    size_t at = home_of(hash, table->capacity);
    for (; table->slots[at].item; at = (at + 1) & (table->capacity - 1))
        if (table->slots[at].hash == hash && same(table->slots[at].item, key))
            return table->slots[at].item;
    return NULL;
}

static void place(struct table_slot *slots, size_t capacity, struct table_slot slot)
{
    size_t at = home_of(slot.hash, capacity);
    while (slots[at].item)
        at = (at + 1) & (capacity - 1);
    slots[at] = slot;
}

static int grow(struct table *table)
{
    size_t capacity = table->capacity ? 2 * table->capacity : 16;
    struct table_slot *slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return ERROR_MEMORY;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].item)
            place(slots, capacity, table->slots[i]);
    free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
    return 0;
}

int table_add(struct table *table, uint64_t hash, void *item)
{
    if (3 * (table->count + 1) > 2 * table->capacity && grow(table))
        return ERROR_MEMORY;
    place(table->slots, table->capacity, (struct table_slot){hash, item});
    table->count++;
    return 0;
}

void table_remove(struct table *table, uint64_t hash, const void *item)
{
    if (!table->capacity)
        return;
    size_t mask = table->capacity - 1;
    size_t hole = home_of(hash, table->capacity);
    while (table->slots[hole].item && table->slots[hole].item != item)
        hole = (hole + 1) & mask;
    if (!table->slots[hole].item)
        return;
    for (size_t at = (hole + 1) & mask; table->slots[at].item; at = (at + 1) & mask) {
        size_t home = home_of(table->slots[at].hash, table->capacity);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        table->slots[hole] = table->slots[at];
        hole = at;
    }
    table->slots[hole] = (struct table_slot){0};
    table->count--;
}

void table_reset(struct table *table, void (*on_item)(void *item))
{
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].item)
            on_item(table->slots[i].item);
    if (table->slots)
        memset(table->slots, 0, table->capacity * sizeof *table->slots);
    table->count = 0;
}

void table_finish(struct table *table, void (*on_item)(void *item))
{
    table_reset(table, on_item);
    free(table->slots);
    *table = (struct table){0};
}
