/* A hash table of pointers; who uses it hashes and compares. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "ground/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty. Open addressing; at most two of three slots are taken. */
struct table {
    struct table_slot *slots;
    size_t capacity; /* 0 or a power of two */
    size_t count;
};

void *table_find(const struct table *table, uint64_t hash,
                 bool (*same)(const void *item, const void *key), const void *key);
/* The item must not be in it. ERROR_MEMORY. */
int table_add(struct table *table, uint64_t hash, void *item) MUST_CHECK;
/* Takes out this very item, if it is there. */
void table_remove(struct table *table, uint64_t hash, const void *item);
/* Calls on_item for every item, which may free it; then empties the table. */
void table_finish(struct table *table, void (*on_item)(void *item));
/* The same, but keeps the memory of the slots for next time. */
void table_reset(struct table *table, void (*on_item)(void *item));

#endif
