/* Entry bundles as in C2SP tlog-tiles: each entry has its length (16 bits, big-endian) before it.
 */
#ifndef LEDGER_BUNDLE_H
#define LEDGER_BUNDLE_H

#include "ground/base/buffer.h"

/* A walk over a bundle: set bytes and length, the rest zero. */
struct bundle {
    const uint8_t *bytes;
    size_t length;
    size_t at; /* where the next entry begins */
    const uint8_t *entry;
    size_t entry_length;
};

/* 1: entry and entry_length are the next entry; 0: the end; ERROR_FORMAT: the bytes end within an
 * entry. */
int bundle_next(struct bundle *bundle) MUST_CHECK;

/* ERROR_LIMIT beyond 65,535 bytes, ERROR_MEMORY. */
int bundle_append(struct buffer *entries, const void *entry, size_t length) MUST_CHECK;

#endif
