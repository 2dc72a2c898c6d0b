/* Recomputes the ledger from its leaves and holds all that is stored against it. */
#include "evidence/ledger/ledger_private.h"

#include <string.h>

#include "evidence/ledger/bundle.h"

/* Rows read before the snapshot is let go, so that a long check does not hold the WAL. */
#define ROWS_A_SNAPSHOT "64"

struct check {
    struct ledger *ledger;
    struct edge edge;
    struct store_query *payload; /* its present row, or NULL after the last */
    struct error *error;
};

static int check_tile(void *context, unsigned level, int64_t n, const uint8_t *hashes)
{
    const struct check *check = context;
    uint8_t stored[MERKLE_TILE_BYTES];
    int code = ledger_tile(check->ledger, level, n, stored, check->error);
    if (!code && memcmp(stored, hashes, sizeof stored) != 0)
        code =
            error_set(check->error, ERROR_FORMAT,
                      "the ledger's tile %u/%lld does not match its entries", level, (long long)n);
    return code;
}

static int next_payload(struct check *check)
{
    int code = store_step(check->payload, check->error);
    if (code == 0)
        check->payload = NULL;
    return code < 0 ? code : 0;
}

static int start_payloads(struct check *check)
{
    check->payload = store_query(check->ledger->store, "SELECT leaf, kind, salt, body FROM payloads"
                                                       " WHERE leaf >= ?1 ORDER BY leaf, kind");
    store_bind_integer(check->payload, 1, check->edge.merkle.size);
    return next_payload(check);
}

/* The commitments stand in the leaf as text, whatever field its writer chose. */
static int check_payload(const struct check *check, const struct bundle *leaf)
{
    char commitment[2 * LEDGER_HASH_SIZE + 1];
    size_t salt_length;
    const uint8_t *salt = store_bytes(check->payload, 2, &salt_length);
    struct merkle_piece body = {0};
    body.bytes = store_bytes(check->payload, 3, &body.length);
    bool good = salt_length == LEDGER_SALT_SIZE;
    if (good) {
        ledger_commit_payload(check->ledger->hasher, salt, &body, commitment);
        good = memmem(leaf->entry, leaf->entry_length, commitment, sizeof commitment - 1);
    }
    if (good)
        return 0;
    return error_set(check->error, ERROR_FORMAT,
                     "payload %lld of entry %lld does not match the commitment in the entry",
                     (long long)store_integer(check->payload, 1),
                     (long long)store_integer(check->payload, 0));
}

static int check_leaf(struct check *check, const struct bundle *leaf)
{
    uint8_t hash[LEDGER_HASH_SIZE];
    int64_t index = check->edge.merkle.size;
    struct edge_listener listener = {check, check_tile};
    int code = 0;
    while (!code && check->payload && store_integer(check->payload, 0) == index) {
        code = check_payload(check, leaf);
        if (!code)
            code = next_payload(check);
    }
    if (code)
        return code;
    merkle_leaf(check->ledger->hasher, leaf->entry, leaf->entry_length, hash);
    return merkle_edge_push(&check->edge, check->ledger->hasher, hash, &listener);
}

static int check_root(struct check *check, struct store_query *row)
{
    uint8_t root[LEDGER_HASH_SIZE];
    size_t length;
    const void *stored = store_bytes(row, 3, &length);
    const struct ledger *ledger = check->ledger;
    int64_t size = check->edge.merkle.size;
    merkle_root(ledger->hasher, &check->edge.merkle, root);
    if (length != sizeof root || memcmp(stored, root, sizeof root) != 0)
        return error_set(check->error, ERROR_FORMAT,
                         "the entries up to %lld do not lead to the root stored with them",
                         (long long)size);
    if (size == ledger->edge.merkle.size && memcmp(root, ledger->root, sizeof root) != 0)
        return error_set(check->error, ERROR_FORMAT,
                         "the ledger of %lld entries was exchanged since it was opened",
                         (long long)size);
    return 0;
}

static int check_bundle(struct check *check, struct store_query *row)
{
    int64_t first = store_integer(row, 0);
    int64_t end = first + store_integer(row, 1);
    if (first != check->edge.merkle.size)
        return error_set(check->error, ERROR_FORMAT, "the ledger lacks the bundle with entry %lld",
                         (long long)check->edge.merkle.size);
    struct bundle bundle = {0};
    bundle.bytes = store_bytes(row, 2, &bundle.length);
    int code;
    while ((code = bundle_next(&bundle)) == 1) {
        code = check_leaf(check, &bundle);
        if (code)
            return code;
    }
    if (code || check->edge.merkle.size != end)
        return error_set(
            check->error, ERROR_FORMAT,
            "the bundle of entry %lld does not contain the %lld entries that it should",
            (long long)first, (long long)(end - first));
    return check_root(check, row);
}

/* One snapshot's worth. ret_rows: how many bundles there were. */
static int check_rows(struct check *check, size_t *ret_rows)
{
    struct store_query *rows =
        store_query(check->ledger->store, "SELECT first, count, entries, root FROM bundles WHERE"
                                          " first >= ?1 ORDER BY first LIMIT " ROWS_A_SNAPSHOT);
    store_bind_integer(rows, 1, check->edge.merkle.size);
    *ret_rows = 0;
    int code = start_payloads(check);
    while (!code && (code = store_step(rows, check->error)) == 1) {
        code = check_bundle(check, rows);
        *ret_rows += 1;
    }
    store_reset(rows);
    store_reset(check->payload);
    return code;
}

/* What no leaf accounts for. */
static int check_strays(struct check *check)
{
    struct store_query *tile = store_query(
        check->ledger->store,
        "SELECT level, n FROM tiles WHERE ((n + 1) << (8 * (level + 1))) >"
        " coalesce((SELECT first + count FROM bundles ORDER BY first DESC LIMIT 1), 0) LIMIT 1");
    int code = store_step(tile, check->error);
    if (code == 1)
        code = error_set(check->error, ERROR_FORMAT, "the ledger's tile %lld/%lld has no entries",
                         (long long)store_integer(tile, 0), (long long)store_integer(tile, 1));
    store_reset(tile);
    if (code)
        return code;
    struct store_query *payload = store_query(
        check->ledger->store,
        "SELECT leaf FROM payloads WHERE leaf < 0 OR leaf >="
        " coalesce((SELECT first + count FROM bundles ORDER BY first DESC LIMIT 1), 0) LIMIT 1");
    code = store_step(payload, check->error);
    if (code == 1)
        code =
            error_set(check->error, ERROR_FORMAT, "a payload names entry %lld, which is not there",
                      (long long)store_integer(payload, 0));
    store_reset(payload);
    return code;
}

static int check_all(struct check *check)
{
    size_t rows = 1;
    int code = 0;
    while (!code && rows)
        code = check_rows(check, &rows);
    if (!code && check->edge.merkle.size < check->ledger->edge.merkle.size)
        code = error_set(check->error, ERROR_FORMAT, "the ledger lacks the bundle with entry %lld",
                         (long long)check->edge.merkle.size);
    return code ? code : check_strays(check);
}

int ledger_verify(struct ledger *ledger, int64_t *ret_leaves, struct error *error)
{
    if (ledger->entries_count)
        return error_set(error, ERROR_STATE,
                         "seal or forget the transaction before the ledger is checked");
    struct check check = {.ledger = ledger, .error = error};
    int code = check_all(&check);
    int64_t leaves = check.edge.merkle.size;
    merkle_edge_finish(&check.edge);
    if (!code)
        *ret_leaves = leaves;
    return code;
}
