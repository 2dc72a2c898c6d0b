/* FNV-1a, 64 bits (Fowler, Noll, Vo), for tables in memory and to recognise a file's first bytes.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* Continues a hash with these bytes; begin with HASH_START. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length);

/* The same with a text and its NUL, so that "a","bc" and "ab","c" differ. */
uint64_t hash_text(uint64_t hash, const char *text);

#endif
