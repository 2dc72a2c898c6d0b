/* The Merkle tree alone: RFC 6962 vectors, roots, proofs, tiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ground/base/text.h"
#include "kit/proofs.h"

enum { HASH = LEDGER_HASH_SIZE };

static void hex_of(const uint8_t *hash, char text[2 * HASH + 1])
{
    text_from_bytes(hash, HASH, text);
}

static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } leaves[8] = {{"", 0},
                   {"\0", 1},
                   {"\x10", 1},
                   {"\x20\x21", 2},
                   {"\x30\x31", 2},
                   {"\x40\x41\x42\x43", 4},
                   {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
                   {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16}};
    struct merkle_hasher *hasher;
    struct merkle_edge edge = {0};
    uint8_t hash[HASH];
    char text[2 * HASH + 1];
    assert_int_equal(merkle_hasher_new(&hasher), 0);
    merkle_root(hasher, &edge, hash);
    hex_of(hash, text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < 8; i++) {
        merkle_leaf(hasher, leaves[i].bytes, leaves[i].length, hash);
        merkle_push(hasher, &edge, hash, NULL);
        merkle_root(hasher, &edge, hash);
        hex_of(hash, text);
        if (i == 0)
            assert_string_equal(text,
                                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }
    assert_string_equal(text, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    merkle_hasher_free(hasher);
}

static int tree_node(void *context, unsigned level, int64_t index, uint8_t *ret_hash)
{
    naive_root(context, index << level, (int64_t)1 << level, ret_hash);
    return 0;
}

static void test_roots_against_the_recursion(void **state)
{
    (void)state;
    enum { MOST = 600 };
    struct tree tree = tree_new(MOST);
    struct merkle_edge edge = {0};
    uint8_t root[HASH], naive[HASH];
    for (int64_t size = 1; size <= MOST; size++) {
        merkle_push(tree.hasher, &edge, tree.hashes[size - 1], NULL);
        merkle_root(tree.hasher, &edge, root);
        naive_root(&tree, 0, size, naive);
        assert_memory_equal(root, naive, HASH);
    }
    tree_finish(&tree);
}

static void test_proofs_of_small_trees(void **state)
{
    (void)state;
    enum { MOST = 70 };
    struct tree tree = tree_new(MOST);
    struct merkle_source source = {tree.hasher, &tree, tree_node};
    struct ledger_path path;
    uint8_t root[HASH], old_root[HASH];
    for (int64_t size = 1; size <= MOST; size++) {
        naive_root(&tree, 0, size, root);
        for (int64_t at = 0; at < size; at++) {
            assert_int_equal(merkle_inclusion(&source, at, size, &path), 0);
            assert_true(inclusion_holds(tree.hasher, &path,
                                        &(struct claim){at, size, tree.hashes[at], root}));
            naive_root(&tree, 0, at + 1, old_root);
            assert_int_equal(merkle_consistency(&source, at + 1, size, &path), 0);
            assert_true(consistency_holds(tree.hasher, &path,
                                          &(struct claim){at + 1, size, old_root, root}));
        }
    }
    assert_int_equal(merkle_inclusion(&source, 5, 5, &path), ERROR_RANGE);
    assert_int_equal(merkle_inclusion(&source, -1, 5, &path), ERROR_RANGE);
    assert_int_equal(merkle_consistency(&source, 6, 5, &path), ERROR_RANGE);
    assert_int_equal(merkle_consistency(&source, 0, 5, &path), 0);
    assert_int_equal(path.count, 0);
    tree_finish(&tree);
}

/* Tiles as the store would keep them. */
struct shelf {
    size_t count;
    uint8_t hashes[300][MERKLE_TILE_BYTES];
};

static int keep_tile(void *context, unsigned level, int64_t n, const uint8_t *hashes)
{
    struct shelf *shelf = context;
    size_t place = level == 0 ? (size_t)n : 280 + 8 * (size_t)level + (size_t)n;
    assert_true(place < 300);
    memcpy(shelf->hashes[place], hashes, MERKLE_TILE_BYTES);
    shelf->count++;
    return 0;
}

/* 70,000 leaves: 273 full tiles and 112 hashes, one full and 17, one (FORMATS: tlog-tiles). */
static void test_tiles_of_70000(void **state)
{
    (void)state;
    enum { SIZE = 70000 };
    struct tree tree = tree_new(SIZE);
    struct shelf *shelf = calloc(1, sizeof *shelf);
    struct edge edge = {0};
    struct edge_listener listener = {shelf, keep_tile};
    uint8_t root[HASH], naive[HASH];
    for (int64_t i = 0; i < SIZE; i++)
        assert_int_equal(merkle_edge_push(&edge, tree.hasher, tree.hashes[i], &listener), 0);
    assert_int_equal(shelf->count, 274);
    for (int64_t n = 0; n < 273; n++)
        assert_memory_equal(shelf->hashes[n], tree.hashes[n * 256], MERKLE_TILE_BYTES);
    assert_memory_equal(edge.tiles[0], tree.hashes[273 * 256], 112 * HASH);
    naive_root(&tree, 65536 + 16 * 256, 256, naive);
    assert_memory_equal(edge.tiles[1] + 16 * HASH, naive, HASH);
    naive_root(&tree, 0, 65536, naive);
    assert_memory_equal(edge.tiles[2], naive, HASH);
    merkle_root(tree.hasher, &edge.merkle, root);
    naive_root(&tree, 0, SIZE, naive);
    assert_memory_equal(root, naive, HASH);
    merkle_edge_finish(&edge);
    free(shelf);
    tree_finish(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_roots_against_the_recursion),
        cmocka_unit_test(test_proofs_of_small_trees),
        cmocka_unit_test(test_tiles_of_70000),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
