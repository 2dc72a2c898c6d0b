/* Growing an array: keeps room for one more item. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include "ground/base/error.h"

#include <stddef.h>

/* Makes *items hold at least count + 1 items of item_size bytes; new memory is zeroed.
 * items is a pointer to the array's pointer. ERROR_MEMORY leaves all as it was. */
int array_reserve(void *items, size_t *capacity, size_t count, size_t item_size) MUST_CHECK;

#endif
