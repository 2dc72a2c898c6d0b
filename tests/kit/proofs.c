/* Roots by recursion, and RFC 9162's verification of proofs. */
#include "kit/proofs.h"

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

/* The state of RFC 9162 2.1.4.2, in its names: two ends, and the roots folded up to them. */
struct fold {
    int64_t fn;
    int64_t sn;
    uint8_t fr[HASH];
    uint8_t sr[HASH];
};

static void climb(struct fold *fold)
{
    fold->fn >>= 1;
    fold->sn >>= 1;
}

static void fold_in(struct merkle_hasher *hasher, struct fold *fold, const uint8_t *node)
{
    if ((fold->fn & 1) || fold->fn == fold->sn) {
        merkle_node(hasher, node, fold->fr, fold->fr);
        merkle_node(hasher, node, fold->sr, fold->sr);
        while (!(fold->fn & 1) && fold->fn != 0)
            climb(fold);
    } else {
        merkle_node(hasher, fold->sr, node, fold->sr);
    }
    climb(fold);
}

/* RFC 9162 2.1.4.2. */
bool consistency_holds(struct merkle_hasher *hasher, const struct ledger_path *path,
                       const struct claim *claim)
{
    int64_t first = claim->first, second = claim->size;
    if (first == second || first == 0)
        return path->count == 0 && (!first || memcmp(claim->hash, claim->root, HASH) == 0);
    struct fold fold = {.fn = first - 1, .sn = second - 1};
    size_t i = 0;
    bool power = (first & (first - 1)) == 0;
    if (!power && !path->count)
        return false;
    memcpy(fold.fr, power ? claim->hash : path->hashes[i++], HASH);
    memcpy(fold.sr, fold.fr, HASH);
    while (fold.fn & 1)
        climb(&fold);
    for (; i < path->count; i++) {
        if (fold.sn == 0)
            return false;
        fold_in(hasher, &fold, path->hashes[i]);
    }
    return fold.sn == 0 && memcmp(fold.fr, claim->hash, HASH) == 0 &&
           memcmp(fold.sr, claim->root, HASH) == 0;
}
