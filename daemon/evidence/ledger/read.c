/* Leaves, payloads and proofs of what was sealed. */
#include "evidence/ledger/ledger_private.h"

#include <string.h>

#include "evidence/ledger/bundle.h"

/* Walks to the leaf in its bundle. 1: found; 0: beyond the end. */
static int find_leaf(struct store_query *row, int64_t index, struct bundle *ret_bundle)
{
    struct bundle bundle = {0};
    bundle.bytes = store_bytes(row, 1, &bundle.length);
    int code = 1;
    for (int64_t at = store_integer(row, 0); code == 1 && at <= index; at++)
        code = bundle_next(&bundle);
    *ret_bundle = bundle;
    return code;
}

int ledger_read(struct ledger *ledger, int64_t index, struct buffer *ret_leaf, struct error *error)
{
    struct store_query *query =
        store_query(ledger->store, "SELECT first, entries FROM bundles WHERE first <= ?1"
                                   " ORDER BY first DESC LIMIT 1");
    store_bind_integer(query, 1, index);
    struct bundle bundle;
    int code = store_step(query, error);
    if (code < 0)
        return code;
    if (code == 1)
        code = find_leaf(query, index, &bundle);
    if (code == 1) {
        buffer_reset(ret_leaf);
        buffer_append(ret_leaf, bundle.entry, bundle.entry_length);
    }
    store_reset(query);
    if (code == 0)
        return error_set(error, ERROR_MISSING, "the ledger has no entry %lld", (long long)index);
    if (code < 0)
        return error_set(error, code, "the ledger's bundle with entry %lld is malformed",
                         (long long)index);
    return ret_leaf->failed ? error_set(error, ERROR_MEMORY, "no memory for an entry") : 0;
}

int ledger_payload(struct ledger *ledger, int64_t index, enum payload_kind kind,
                   struct buffer *ret_bytes, struct error *error)
{
    struct store_query *query =
        store_query(ledger->store, "SELECT body FROM payloads WHERE leaf=?1 AND kind=?2");
    store_bind_integer(query, 1, index);
    store_bind_integer(query, 2, kind);
    int code = store_step(query, error);
    if (code < 0)
        return code;
    if (code == 0)
        return error_set(error, ERROR_MISSING,
                         "entry %lld has no such payload, or it was disposed of", (long long)index);
    size_t length;
    const void *bytes = store_bytes(query, 0, &length);
    buffer_reset(ret_bytes);
    buffer_append(ret_bytes, bytes, length);
    store_reset(query);
    return ret_bytes->failed ? error_set(error, ERROR_MEMORY, "no memory for a payload") : 0;
}

/* What a proof asks through merkle_source. */
struct asking {
    struct ledger *ledger;
    struct error *error;
};

static int node_of(void *context, unsigned level, int64_t index, uint8_t *ret_hash)
{
    const struct asking *asking = context;
    struct ledger *ledger = asking->ledger;
    unsigned tile_level = level / MERKLE_TILE_HEIGHT;
    unsigned height = level % MERKLE_TILE_HEIGHT;
    int64_t first = index << height; /* within the tile's level */
    int64_t n = first / MERKLE_TILE_WIDTH;
    int64_t full = ledger->edge.merkle.size >> (MERKLE_TILE_HEIGHT * (tile_level + 1));
    uint8_t stored[MERKLE_TILE_BYTES];
    const uint8_t *tile = ledger->edge.tiles[tile_level];
    if (n < full) {
        int code = ledger_tile(ledger, tile_level, n, stored, asking->error);
        if (code)
            return code;
        tile = stored;
    }
    merkle_fold(ledger->hasher, tile + first % MERKLE_TILE_WIDTH * LEDGER_HASH_SIZE, height,
                ret_hash);
    return 0;
}

static int refuse_size(const struct ledger *ledger, int64_t size, struct error *error)
{
    return error_set(error, ERROR_RANGE, "a proof for %lld entries, but there are %lld",
                     (long long)size, (long long)ledger->edge.merkle.size);
}

int ledger_inclusion(struct ledger *ledger, int64_t index, int64_t size, struct ledger_path *ret,
                     struct error *error)
{
    struct asking asking = {ledger, error};
    if (size > ledger->edge.merkle.size)
        return refuse_size(ledger, size, error);
    int code = merkle_inclusion(&(struct merkle_source){ledger->hasher, &asking, node_of}, index,
                                size, ret);
    if (code == ERROR_RANGE)
        return error_set(error, code, "entry %lld is not among the first %lld", (long long)index,
                         (long long)size);
    return code;
}

int ledger_consistency(struct ledger *ledger, int64_t old_size, int64_t size,
                       struct ledger_path *ret, struct error *error)
{
    struct asking asking = {ledger, error};
    if (size > ledger->edge.merkle.size)
        return refuse_size(ledger, size, error);
    int code = merkle_consistency(&(struct merkle_source){ledger->hasher, &asking, node_of},
                                  old_size, size, ret);
    if (code == ERROR_RANGE)
        return error_set(error, code, "a tree of %lld entries is not the beginning of one of %lld",
                         (long long)old_size, (long long)size);
    return code;
}
