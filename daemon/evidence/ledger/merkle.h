/* The Merkle tree of RFC 6962 section 2.1 over SHA-256, apart from where hashes are kept. */
#ifndef LEDGER_MERKLE_H
#define LEDGER_MERKLE_H

#include "evidence/ledger/ledger.h"

#include <stddef.h>

#define MERKLE_TILE_HEIGHT 8 /* tlog-tiles: a tile holds 2^8 hashes of one level */
#define MERKLE_TILE_WIDTH  256
#define MERKLE_TILE_BYTES  ((size_t)MERKLE_TILE_WIDTH * LEDGER_HASH_SIZE)
#define MERKLE_TILE_LEVELS 8 /* 2^63 leaves */

/* SHA-256, fetched once; not for two threads at a time. */
struct merkle_hasher;
int merkle_hasher_new(struct merkle_hasher **ret) MUST_CHECK;
void merkle_hasher_free(struct merkle_hasher *hasher);

/* SHA-256 of up to three pieces one after the other. */
struct merkle_piece {
    const void *bytes;
    size_t length;
};
void merkle_hash(struct merkle_hasher *hasher, const struct merkle_piece pieces[3],
                 uint8_t ret_hash[LEDGER_HASH_SIZE]);

/* SHA-256(0x00 + leaf) and SHA-256(0x01 + left + right); ret may be one of the operands. */
void merkle_leaf(struct merkle_hasher *hasher, const void *leaf, size_t length,
                 uint8_t ret_hash[LEDGER_HASH_SIZE]);
void merkle_node(struct merkle_hasher *hasher, const uint8_t left[LEDGER_HASH_SIZE],
                 const uint8_t right[LEDGER_HASH_SIZE], uint8_t ret_hash[LEDGER_HASH_SIZE]);

/* The root of 2^height hashes that follow one another; height at most 8. */
void merkle_fold(struct merkle_hasher *hasher, const uint8_t *hashes, unsigned height,
                 uint8_t ret_hash[LEDGER_HASH_SIZE]);

/* The right edge of a growing tree: one hash for each bit set in size. Zeroed is empty. */
struct merkle_edge {
    int64_t size;
    uint8_t hashes[63][LEDGER_HASH_SIZE]; /* [level] of the perfect subtree of 2^level leaves */
};
/* One more leaf. ret_carried may be NULL; else [level] is set to the hash of the subtree of 2^level
 * leaves that this leaf ends, for each level up to the highest of those (63 are possible). */
void merkle_push(struct merkle_hasher *hasher, struct merkle_edge *edge,
                 const uint8_t leaf_hash[LEDGER_HASH_SIZE],
                 uint8_t (*ret_carried)[LEDGER_HASH_SIZE]);
/* The root; of no leaves SHA-256(""). */
void merkle_root(struct merkle_hasher *hasher, const struct merkle_edge *edge,
                 uint8_t ret_root[LEDGER_HASH_SIZE]);

/* The right edge with the tiles that are not full. Zeroed is empty. A tile's width follows from the
 * size: (size >> 8 * level) mod 256. */
struct edge {
    struct merkle_edge merkle;
    uint8_t *tiles[MERKLE_TILE_LEVELS]; /* of MERKLE_TILE_BYTES each, NULL until needed */
};
void merkle_edge_finish(struct edge *edge);

/* The hashes of the tile of this level that is not full, with room for all of them; NULL without
 * memory. */
uint8_t *merkle_edge_tile(struct edge *edge, unsigned level);

/* Hears of each tile that becomes full. A negative answer ends the push. */
struct edge_listener {
    void *context;
    int (*on_tile)(void *context, unsigned level, int64_t n, const uint8_t *hashes);
};

/* One more leaf. After a failure the edge is of no use. */
int merkle_edge_push(struct edge *edge, struct merkle_hasher *hasher, const uint8_t *leaf_hash,
                     const struct edge_listener *listener) MUST_CHECK;

/* Where a proof finds hashes: node() gives that of the `index`th perfect subtree of 2^level
 * leaves, or a negative code that is handed on. */
struct merkle_source {
    struct merkle_hasher *hasher;
    void *context;
    int (*node)(void *context, unsigned level, int64_t index, uint8_t ret_hash[LEDGER_HASH_SIZE]);
};

/* RFC 6962 2.1.1 and 2.1.2. ERROR_RANGE unless 0 <= index < size, 0 <= old_size <= size. The proof
 * from 0 or from size itself is empty. */
int merkle_inclusion(const struct merkle_source *source, int64_t index, int64_t size,
                     struct ledger_path *ret) MUST_CHECK;
int merkle_consistency(const struct merkle_source *source, int64_t old_size, int64_t size,
                       struct ledger_path *ret) MUST_CHECK;

#endif
