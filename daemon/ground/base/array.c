/* Doubles an array when it is full. */
#include "ground/base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int array_reserve(void *items, size_t *capacity, size_t count, size_t item_size)
{
    if (count < *capacity)
        return 0;
    size_t grown = *capacity ? *capacity : 4;
    while (grown <= count) {
        if (grown > SIZE_MAX / 2)
            return ERROR_MEMORY;
        grown *= 2;
    }
    void *old;
    memcpy(&old, items, sizeof old);
    char *wider = reallocarray(old, grown, item_size);
    if (!wider)
        return ERROR_MEMORY;
    memset(wider + *capacity * item_size, 0, (grown - *capacity) * item_size);
    memcpy(items, &wider, sizeof wider);
    *capacity = grown;
    return 0;
}
