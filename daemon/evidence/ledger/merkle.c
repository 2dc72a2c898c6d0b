/* Hashes of leaves and nodes, the right edge and its tiles, and proofs (RFC 6962 section 2.1). */
#include "evidence/ledger/merkle.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct merkle_hasher {
    EVP_MD *sha256;
    EVP_MD_CTX *context;
};

int merkle_hasher_new(struct merkle_hasher **ret)
{
    struct merkle_hasher *hasher = calloc(1, sizeof *hasher);
    if (!hasher)
        return ERROR_MEMORY;
    hasher->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    hasher->context = EVP_MD_CTX_new();
    if (!hasher->sha256 || !hasher->context ||
        EVP_DigestInit_ex2(hasher->context, hasher->sha256, NULL) != 1) {
        merkle_hasher_free(hasher);
        return ERROR_MEMORY;
    }
    *ret = hasher;
    return 0;
}

void merkle_hasher_free(struct merkle_hasher *hasher)
{
    if (!hasher)
        return;
    EVP_MD_CTX_free(hasher->context);
    EVP_MD_free(hasher->sha256);
    free(hasher);
}

void merkle_hash(struct merkle_hasher *hasher, const struct merkle_piece pieces[3],
                 uint8_t ret_hash[LEDGER_HASH_SIZE])
{
    /* With the digest set up once these only move bytes: a failure is a broken library, and no
     * hash at all is better than a wrong one. */
    int good = EVP_DigestInit_ex2(hasher->context, NULL, NULL);
    for (size_t i = 0; i < 3; i++)
        if (pieces[i].length)
            good &= EVP_DigestUpdate(hasher->context, pieces[i].bytes, pieces[i].length);
    if (!good || EVP_DigestFinal_ex(hasher->context, ret_hash, NULL) != 1)
        abort();
}

void merkle_leaf(struct merkle_hasher *hasher, const void *leaf, size_t length,
                 uint8_t ret_hash[LEDGER_HASH_SIZE])
{
    merkle_hash(hasher, (struct merkle_piece[3]){{"\0", 1}, {leaf, length}}, ret_hash);
}

void merkle_node(struct merkle_hasher *hasher, const uint8_t left[LEDGER_HASH_SIZE],
                 const uint8_t right[LEDGER_HASH_SIZE], uint8_t ret_hash[LEDGER_HASH_SIZE])
{
    merkle_hash(
        hasher,
        (struct merkle_piece[3]){{"\1", 1}, {left, LEDGER_HASH_SIZE}, {right, LEDGER_HASH_SIZE}},
        ret_hash);
}

void merkle_fold(struct merkle_hasher *hasher, const uint8_t *hashes, unsigned height,
                 uint8_t ret_hash[LEDGER_HASH_SIZE])
{
    uint8_t work[MERKLE_TILE_BYTES];
    size_t width = (size_t)1 << height;
    memcpy(work, hashes, width * LEDGER_HASH_SIZE);
    for (; width > 1; width /= 2)
        for (size_t i = 0; i < width / 2; i++)
            merkle_node(hasher, work + 2 * i * LEDGER_HASH_SIZE,
                        work + (2 * i + 1) * LEDGER_HASH_SIZE, work + i * LEDGER_HASH_SIZE);
    memcpy(ret_hash, work, LEDGER_HASH_SIZE);
}

void merkle_push(struct merkle_hasher *hasher, struct merkle_edge *edge,
                 const uint8_t leaf_hash[LEDGER_HASH_SIZE],
                 uint8_t (*ret_carried)[LEDGER_HASH_SIZE])
{
    uint8_t carried[LEDGER_HASH_SIZE];
    memcpy(carried, leaf_hash, LEDGER_HASH_SIZE);
    for (unsigned level = 0;; level++) {
        if (ret_carried)
            memcpy(ret_carried[level], carried, LEDGER_HASH_SIZE);
        if (!(edge->size >> level & 1)) {
            memcpy(edge->hashes[level], carried, LEDGER_HASH_SIZE);
            break;
        }
        merkle_node(hasher, edge->hashes[level], carried, carried);
    }
    edge->size++;
}

void merkle_root(struct merkle_hasher *hasher, const struct merkle_edge *edge,
                 uint8_t ret_root[LEDGER_HASH_SIZE])
{
    if (!edge->size) {
        merkle_hash(hasher, (struct merkle_piece[3]){{0}}, ret_root);
        return;
    }
    unsigned level = 0;
    while (!(edge->size >> level & 1))
        level++;
    memcpy(ret_root, edge->hashes[level], LEDGER_HASH_SIZE);
    for (level++; edge->size >> level; level++)
        if (edge->size >> level & 1)
            merkle_node(hasher, edge->hashes[level], ret_root, ret_root);
}

void merkle_edge_finish(struct edge *edge)
{
    for (unsigned level = 0; level < MERKLE_TILE_LEVELS; level++)
        free(edge->tiles[level]);
    *edge = (struct edge){0};
}

uint8_t *merkle_edge_tile(struct edge *edge, unsigned level)
{
    if (!edge->tiles[level])
        edge->tiles[level] = malloc(MERKLE_TILE_BYTES);
    return edge->tiles[level];
}

int merkle_edge_push(struct edge *edge, struct merkle_hasher *hasher, const uint8_t *leaf_hash,
                     const struct edge_listener *listener)
{
    uint8_t carried[63][LEDGER_HASH_SIZE];
    int64_t at = edge->merkle.size; /* of the hash within its level */
    merkle_push(hasher, &edge->merkle, leaf_hash, carried);
    for (unsigned level = 0; level < MERKLE_TILE_LEVELS; level++) {
        uint8_t *tile = merkle_edge_tile(edge, level);
        if (!tile)
            return ERROR_MEMORY;
        size_t width = (size_t)(at % MERKLE_TILE_WIDTH);
        memcpy(tile + width * LEDGER_HASH_SIZE, carried[(size_t)MERKLE_TILE_HEIGHT * level],
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

/* The largest power of two below n, for n of 2 and more. */
static int64_t split_of(int64_t n)
{
    return (int64_t)1 << (63 - __builtin_clzll((uint64_t)n - 1));
}

/* MTH(D[begin:end]); begin is where a split of RFC 6962 puts it, so that the range falls into
 * perfect subtrees of falling size. */
static int range_hash(const struct merkle_source *source, int64_t begin, int64_t end,
                      uint8_t ret_hash[LEDGER_HASH_SIZE])
{
    uint8_t parts[63][LEDGER_HASH_SIZE];
    size_t count = 0;
    while (begin < end) {
        unsigned level = (unsigned)(63 - __builtin_clzll((uint64_t)(end - begin)));
        int code = source->node(source->context, level, begin >> level, parts[count]);
        if (code)
            return code;
        count++;
        begin += (int64_t)1 << level;
    }
    if (!count)
        return ERROR_RANGE;
    memcpy(ret_hash, parts[count - 1], LEDGER_HASH_SIZE);
    for (size_t i = count - 1; i-- > 0;)
        merkle_node(source->hasher, parts[i], ret_hash, ret_hash);
    return 0;
}

/* The walks below go from the root down; proofs are told from the leaf up. */
static void turn_round(struct ledger_path *path)
{
    uint8_t kept[LEDGER_HASH_SIZE];
    for (size_t i = 0, j = path->count; i + 1 < j; i++) {
        j--;
        memcpy(kept, path->hashes[i], LEDGER_HASH_SIZE);
        memcpy(path->hashes[i], path->hashes[j], LEDGER_HASH_SIZE);
        memcpy(path->hashes[j], kept, LEDGER_HASH_SIZE);
    }
}

int merkle_inclusion(const struct merkle_source *source, int64_t index, int64_t size,
                     struct ledger_path *ret)
{
    if (index < 0 || index >= size)
        return ERROR_RANGE;
    struct ledger_path path = {0};
    int64_t begin = 0, end = size;
    while (end - begin > 1) {
        int64_t middle = begin + split_of(end - begin);
        bool left = index < middle;
        int code =
            range_hash(source, left ? middle : begin, left ? end : middle, path.hashes[path.count]);
        if (code)
            return code;
        path.count++;
        begin = left ? begin : middle;
        end = left ? middle : end;
    }
    turn_round(&path);
    *ret = path;
    return 0;
}

int merkle_consistency(const struct merkle_source *source, int64_t old_size, int64_t size,
                       struct ledger_path *ret)
{
    if (old_size < 0 || old_size > size)
        return ERROR_RANGE;
    struct ledger_path path = {0};
    int64_t begin = 0, end = old_size ? size : 0;
    while (end > old_size) {
        int64_t middle = begin + split_of(end - begin);
        bool left = old_size <= middle;
        int code =
            range_hash(source, left ? middle : begin, left ? end : middle, path.hashes[path.count]);
        if (code)
            return code;
        path.count++;
        begin = left ? begin : middle;
        end = left ? middle : end;
    }
    /* Where the old tree is a whole left part the verifier has its root already. */
    if (begin > 0) {
        int code = range_hash(source, begin, end, path.hashes[path.count]);
        if (code)
            return code;
        path.count++;
    }
    turn_round(&path);
    *ret = path;
    return 0;
}
