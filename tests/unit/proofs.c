/* Roots by recursion, and RFC 9162's verification of proofs. */
#include "unit/proofs.h"

#include <stdlib.h>
#include <string.h>

enum { HASH = LEDGER_HASH_SIZE };

struct tree tree_new(int64_t size)
{
    struct tree tree = {0};
    if (merkle_hasher_new(&tree.hasher))
        return tree;
    tree.hashes = calloc((size_t)size, HASH);
    for (int64_t i = 0; i < size; i++)
        merkle_leaf(tree.hasher, &i, sizeof i, tree.hashes[i]);
    return tree;
}

void tree_finish(struct tree *tree)
{
    merkle_hasher_free(tree->hasher);
    free(tree->hashes);
}

void naive_root(const struct tree *tree, int64_t begin_at, int64_t count, uint8_t *ret)
{
    if (count == 1) {
        memcpy(ret, tree->hashes[begin_at], HASH);
        return;
    }
    int64_t split = 1;
    while (2 * split < count)
        split *= 2;
    uint8_t left[HASH], right[HASH];
    naive_root(tree, begin_at, split, left);
    naive_root(tree, begin_at + split, count - split, right);
    merkle_node(tree->hasher, left, right, ret);
}

/* RFC 9162 2.1.3.2, written from its text. */
bool inclusion_holds(struct merkle_hasher *hasher, const struct ledger_path *path,
                     const struct claim *claim)
{
    int64_t index = claim->first, size = claim->size;
    const uint8_t *leaf = claim->hash, *root = claim->root;
    int64_t fn = index, sn = size - 1;
    uint8_t r[HASH];
    memcpy(r, leaf, HASH);
    for (size_t i = 0; i < path->count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            merkle_node(hasher, path->hashes[i], r, r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(hasher, r, path->hashes[i], r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(r, root, HASH) == 0;
}

/* RFC 9162 2.1.4.2. */
bool consistency_holds(struct merkle_hasher *hasher, const struct ledger_path *path,
                       const struct claim *claim)
{
    int64_t first = claim->first, second = claim->size;
    const uint8_t *first_root = claim->hash, *second_root = claim->root;
    if (first == second || first == 0)
        return path->count == 0 && (!first || memcmp(first_root, second_root, HASH) == 0);
    int64_t fn = first - 1, sn = second - 1;
    uint8_t fr[HASH], sr[HASH];
    size_t i = 0;
    bool power = (first & (first - 1)) == 0;
    if (!power && !path->count)
        return false;
    memcpy(fr, power ? first_root : path->hashes[i++], HASH);
    memcpy(sr, fr, HASH);
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    for (; i < path->count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            merkle_node(hasher, path->hashes[i], fr, fr);
            merkle_node(hasher, path->hashes[i], sr, sr);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(hasher, sr, path->hashes[i], sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(fr, first_root, HASH) == 0 && memcmp(sr, second_root, HASH) == 0;
}
