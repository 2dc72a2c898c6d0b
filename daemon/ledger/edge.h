/* The right edge of the stored tree: what a next leaf needs, and the tiles not yet full. */
#ifndef LEDGER_EDGE_H
#define LEDGER_EDGE_H

#include "ledger/merkle.h"

/* Zeroed is empty. A tile's width follows from the size: (size >> 8 * level) mod 256. */
struct edge {
    struct merkle_edge merkle;
    uint8_t *tiles[MERKLE_TILE_LEVELS]; /* of MERKLE_TILE_BYTES each, NULL until needed */
};
void edge_finish(struct edge *edge);

/* The hashes of the tile of this level that is not full, with room for all of them; NULL without
 * memory. */
uint8_t *edge_tile(struct edge *edge, unsigned level);

/* Hears of each tile that becomes full. A negative answer ends the push. */
struct edge_listener {
    void *context;
    int (*on_tile)(void *context, unsigned level, int64_t n, const uint8_t *hashes);
};

/* One more leaf. After a failure the edge is of no use. */
int edge_push(struct edge *edge, struct merkle_hasher *hasher, const uint8_t *leaf_hash,
              const struct edge_listener *listener) MUST_CHECK;

#endif
