/* Pushing leaves into the tree and its tiles. */
#include "ledger/edge.h"

#include <stdlib.h>
#include <string.h>

void edge_finish(struct edge *edge)
{
    for (unsigned level = 0; level < MERKLE_TILE_LEVELS; level++)
        free(edge->tiles[level]);
    *edge = (struct edge){0};
}

uint8_t *edge_tile(struct edge *edge, unsigned level)
{
    if (!edge->tiles[level])
        edge->tiles[level] = malloc(MERKLE_TILE_BYTES);
    return edge->tiles[level];
}

int edge_push(struct edge *edge, struct merkle_hasher *hasher, const uint8_t *leaf_hash,
              const struct edge_listener *listener)
{
    uint8_t carried[63][LEDGER_HASH_SIZE];
    int64_t at = edge->merkle.size; /* of the hash within its level */
    merkle_push(hasher, &edge->merkle, leaf_hash, carried);
    for (unsigned level = 0; level < MERKLE_TILE_LEVELS; level++) {
        uint8_t *tile = edge_tile(edge, level);
        if (!tile)
            return ERROR_MEMORY;
        size_t width = (size_t)(at % MERKLE_TILE_WIDTH);
        memcpy(tile + width * LEDGER_HASH_SIZE, carried[MERKLE_TILE_HEIGHT * level],
               LEDGER_HASH_SIZE);
        if (width + 1 < MERKLE_TILE_WIDTH)
            return 0;
        at /= MERKLE_TILE_WIDTH;
        int code = listener->on_tile(listener->context, level, at, tile);
        if (code)
            return code;
    }
    return 0;
}
