/* For tests of the Merkle tree: roots by the recursion of RFC 6962, and a verifier of proofs. */
#ifndef KIT_PROOFS_H
#define KIT_PROOFS_H

#include "evidence/ledger/merkle.h"

#include <stdbool.h>

/* A tree of counted leaves, every hash kept. */
struct tree {
    struct merkle_hasher *hasher;
    uint8_t (*hashes)[LEDGER_HASH_SIZE];
};
/* hasher is NULL where there is no memory. */
struct tree tree_new(int64_t size);
void tree_finish(struct tree *tree);

/* MTH(D[begin_at:begin_at + count]) by the recursion of RFC 6962 2.1; count is at least 1. */
void naive_root(const struct tree *tree, int64_t begin_at, int64_t count, uint8_t *ret);

/* RFC 9162 2.1.3.2 and 2.1.4.2, written from their text. */
struct claim {
    int64_t first; /* the leaf's index, or the size of the old tree */
    int64_t size;
    const uint8_t *hash; /* of the leaf, or the old root */
    const uint8_t *root;
};
bool inclusion_holds(struct merkle_hasher *hasher, const struct ledger_path *path,
                     const struct claim *claim);
bool consistency_holds(struct merkle_hasher *hasher, const struct ledger_path *path,
                       const struct claim *claim);

#endif
