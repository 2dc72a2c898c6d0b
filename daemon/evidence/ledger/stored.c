/* Reading the tree back from the store: head, tiles, the right edge. */
#include "evidence/ledger/ledger_private.h"

#include <string.h>

#include "evidence/ledger/bundle.h"

enum { REFRESH_BUNDLES = 64 }; /* of one transaction */

int ledger_stored_head(struct ledger *ledger, struct ledger_head *ret, struct error *error)
{
    struct store_query *query = store_query(
        ledger->store, "SELECT first + count, root FROM bundles ORDER BY first DESC LIMIT 1");
    int code = store_step(query, error);
    if (code < 0)
        return code;
    struct ledger_head head = {0};
    if (code == 0) {
        merkle_root(ledger->hasher, &(struct merkle_edge){0}, head.root);
        *ret = head;
        return 0;
    }
    size_t length;
    const void *root = store_bytes(query, 1, &length);
    head.size = store_integer(query, 0);
    bool good = length == sizeof head.root && head.size > 0;
    if (good)
        memcpy(head.root, root, sizeof head.root);
    store_reset(query);
    if (!good)
        return error_set(error, ERROR_FORMAT, "the ledger's last bundle has no root of 32 bytes");
    *ret = head;
    return 0;
}

int ledger_tile(struct ledger *ledger, unsigned level, int64_t n,
                uint8_t ret_hashes[MERKLE_TILE_BYTES], struct error *error)
{
    struct store_query *query =
        store_query(ledger->store, "SELECT hashes FROM tiles WHERE level=?1 AND n=?2");
    store_bind_integer(query, 1, level);
    store_bind_integer(query, 2, n);
    int code = store_step(query, error);
    if (code < 0)
        return code;
    size_t length = 0;
    const void *hashes = code ? store_bytes(query, 0, &length) : NULL;
    bool good = length == MERKLE_TILE_BYTES;
    if (good)
        memcpy(ret_hashes, hashes, MERKLE_TILE_BYTES);
    store_reset(query);
    if (!good)
        return error_set(error, ERROR_FORMAT, "the ledger's tile %u/%lld is %s", level,
                         (long long)n, code ? "not of 256 hashes" : "missing");
    return 0;
}

/* Hashes the leaves of one bundle row that are at begin and after; *next is the index that must
 * come. */
static int load_bundle(struct ledger *ledger, struct store_query *row, int64_t begin, int64_t *next)
{
    int64_t at = store_integer(row, 0);
    struct bundle bundle = {0};
    bundle.bytes = store_bytes(row, 1, &bundle.length);
    uint8_t *tile = merkle_edge_tile(&ledger->edge, 0);
    if (!tile)
        return ERROR_MEMORY;
    int code;
    while ((code = bundle_next(&bundle)) == 1) {
        if (at >= begin && at == *next && at - begin < MERKLE_TILE_WIDTH) {
            merkle_leaf(ledger->hasher, bundle.entry, bundle.entry_length,
                        tile + (at - begin) * LEDGER_HASH_SIZE);
            *next += 1;
        }
        at++;
    }
    return code;
}

/* The leaves behind the last full tile. A reader must not see what comes after its head. */
static int load_leaves(struct ledger *ledger, int64_t begin, int64_t size, struct error *error)
{
    struct store_query *query = store_query(
        ledger->store,
        "SELECT first, entries FROM bundles WHERE first + count > ?1 AND first < ?2 AND first >="
        " (SELECT max(first) FROM bundles WHERE first <= ?1) ORDER BY first");
    store_bind_integer(query, 1, begin);
    store_bind_integer(query, 2, size);
    int64_t next = begin;
    int code;
    while ((code = store_step(query, error)) == 1) {
        code = load_bundle(ledger, query, begin, &next);
        if (code == 0)
            continue;
        store_reset(query);
        return error_set(error, code, "the ledger's bundle with entry %lld is malformed",
                         (long long)next);
    }
    if (code == 0 && next != size)
        code = error_set(error, ERROR_FORMAT, "the ledger lacks entry %lld of %lld",
                         (long long)next, (long long)size);
    return code;
}

/* The hashes of an upper level are the roots of the full tiles below it. */
static int load_level(struct ledger *ledger, unsigned level, int64_t size, struct error *error)
{
    uint8_t below[MERKLE_TILE_BYTES];
    uint8_t *tile = merkle_edge_tile(&ledger->edge, level);
    if (!tile)
        return error_set(error, ERROR_MEMORY, "out of memory");
    int64_t end = size >> (MERKLE_TILE_HEIGHT * level);
    int64_t begin = end - end % MERKLE_TILE_WIDTH;
    for (int64_t i = begin; i < end; i++) {
        int code = ledger_tile(ledger, level - 1, i, below, error);
        if (code)
            return code;
        merkle_fold(ledger->hasher, below, MERKLE_TILE_HEIGHT,
                    tile + (i - begin) * LEDGER_HASH_SIZE);
    }
    return 0;
}

/* The perfect subtrees that the set bits of size name, out of the tiles that are not full. */
static void derive_edge(struct ledger *ledger, int64_t size)
{
    struct merkle_edge *merkle = &ledger->edge.merkle;
    merkle->size = size;
    for (unsigned bit = 0; size >> bit; bit++) {
        if (!(size >> bit & 1))
            continue;
        unsigned height = bit % MERKLE_TILE_HEIGHT;
        int64_t first = ((size >> bit) - 1) << height; /* within the tile's level */
        const uint8_t *tile = ledger->edge.tiles[bit / MERKLE_TILE_HEIGHT];
        merkle_fold(ledger->hasher, tile + first % MERKLE_TILE_WIDTH * LEDGER_HASH_SIZE, height,
                    merkle->hashes[bit]);
    }
}

static int load_tiles(struct ledger *ledger, int64_t size, struct error *error)
{
    int code = 0;
    if (size % MERKLE_TILE_WIDTH)
        code = load_leaves(ledger, size - size % MERKLE_TILE_WIDTH, size, error);
    for (unsigned level = 1;
         !code && level < MERKLE_TILE_LEVELS && size >> (MERKLE_TILE_HEIGHT * level); level++)
        code = load_level(ledger, level, size, error);
    return code;
}

int ledger_load(struct ledger *ledger, struct error *error)
{
    struct ledger_head head = {0};
    uint8_t root[LEDGER_HASH_SIZE];
    merkle_edge_finish(&ledger->edge);
    int code = ledger_stored_head(ledger, &head, error);
    if (!code)
        code = load_tiles(ledger, head.size, error);
    if (code)
        return code;
    derive_edge(ledger, head.size);
    merkle_root(ledger->hasher, &ledger->edge.merkle, root);
    if (memcmp(root, head.root, sizeof root) != 0)
        return error_set(error, ERROR_FORMAT,
                         "the ledger's stored entries and tiles do not lead to the root stored for "
                         "%lld entries: it was changed outside of conformd or damaged; keep a "
                         "copy, and restore a backup",
                         (long long)head.size);
    memcpy(ledger->root, root, sizeof root);
    return 0;
}

static int keep_tile(void *context, unsigned level, int64_t n, const uint8_t *hashes)
{
    (void)context; /* who wrote the leaves wrote the tile */
    (void)level;
    (void)n;
    (void)hashes;
    return 0;
}

/* One more commit's leaves, and its root. */
static int take_bundle(struct ledger *ledger, struct store_query *row)
{
    static const struct edge_listener listener = {NULL, keep_tile};
    struct bundle bundle = {0};
    size_t length;
    uint8_t hash[LEDGER_HASH_SIZE];
    bundle.bytes = store_bytes(row, 1, &bundle.length);
    int code = store_integer(row, 0) == ledger->edge.merkle.size ? 0 : ERROR_FORMAT;
    while (!code && (code = bundle_next(&bundle)) == 1) {
        merkle_leaf(ledger->hasher, bundle.entry, bundle.entry_length, hash);
        code = merkle_edge_push(&ledger->edge, ledger->hasher, hash, &listener);
    }
    if (code)
        return code;
    merkle_root(ledger->hasher, &ledger->edge.merkle, ledger->root);
    const void *root = store_bytes(row, 2, &length);
    bool same = root && length == sizeof ledger->root && !memcmp(root, ledger->root, length);
    return same ? 0 : ERROR_FORMAT;
}

static int take_bundles(struct ledger *ledger, size_t *ret_rows, struct error *error)
{
    struct store_query *query = store_query(
        ledger->store, "SELECT first, entries, root FROM bundles WHERE first >= ?1 ORDER BY first"
                       " LIMIT ?2");
    store_bind_integer(query, 1, ledger->edge.merkle.size);
    store_bind_integer(query, 2, REFRESH_BUNDLES);
    int code;
    *ret_rows = 0;
    while ((code = store_step(query, error)) == 1) {
        *ret_rows += 1;
        code = take_bundle(ledger, query);
        if (!code)
            continue;
        error_set(error, code,
                  "the ledger's bundle with entry %lld is malformed, or does not lead to the root "
                  "stored with it",
                  (long long)store_integer(query, 0));
        store_reset(query);
        return code;
    }
    return code;
}

int ledger_refresh(struct ledger *ledger, struct error *error)
{
    size_t rows = REFRESH_BUNDLES;
    int code = 0;
    while (!code && rows == REFRESH_BUNDLES)
        code = take_bundles(ledger, &rows, error);
    return code;
}
