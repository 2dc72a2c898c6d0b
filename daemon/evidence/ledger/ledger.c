/* The open ledger: appending, sealing and forgetting a turn's leaves. */
#include "evidence/ledger/ledger_private.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/ledger/bundle.h"
#include "ground/base/clean.h"

int ledger_open(struct store *store, struct ledger **ret, struct error *error)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return error_set(error, ERROR_MEMORY, "out of memory");
    ledger->store = store;
    ledger_turn(ledger, 0);
    int code = merkle_hasher_new(&ledger->hasher);
    if (code)
        code = error_set(error, code, "SHA-256 of OpenSSL is not available");
    else
        code = ledger_load(ledger, error);
    if (code) {
        ledger_close(ledger);
        return code;
    }
    *ret = ledger;
    return 0;
}

/* Empties them and keeps their memory for the next turn. */
static void drop_attached(struct ledger *ledger)
{
    for (size_t i = 0; i < PAYLOAD_MOST; i++) {
        ledger->attached[i].commitment[0] = '\0';
        buffer_reset(&ledger->attached[i].bytes);
    }
}

void ledger_close(struct ledger *ledger)
{
    if (!ledger)
        return;
    for (size_t i = 0; i < PAYLOAD_MOST; i++)
        buffer_finish(&ledger->attached[i].bytes);
    buffer_finish(&ledger->entries);
    buffer_finish(&ledger->leaf);
    merkle_edge_finish(&ledger->edge);
    merkle_hasher_free(ledger->hasher);
    free(ledger);
}

void ledger_turn(struct ledger *ledger, int64_t wall_ms)
{
    ledger->turn_ms = wall_ms;
    text_from_time(wall_ms, ledger->turn_text);
}

void ledger_head(const struct ledger *ledger, struct ledger_head *ret)
{
    ret->size = ledger->edge.merkle.size;
    memcpy(ret->root, ledger->root, sizeof ret->root);
}

int ledger_attach(struct ledger *ledger, enum payload_kind kind, const void *bytes, size_t length,
                  char ret_commitment[65])
{
    struct attachment *attachment = &ledger->attached[kind - 1];
    if (attachment->commitment[0])
        return ERROR_EXISTS;
    if (RAND_bytes(attachment->salt, sizeof attachment->salt) != 1)
        return ERROR_IO;
    buffer_reset(&attachment->bytes);
    buffer_append(&attachment->bytes, bytes, length);
    if (attachment->bytes.failed)
        return ERROR_MEMORY;
    ledger_commit_payload(ledger->hasher, attachment->salt, &(struct merkle_piece){bytes, length},
                          attachment->commitment);
    memcpy(ret_commitment, attachment->commitment, sizeof attachment->commitment);
    return 0;
}

static int store_payload(struct ledger *ledger, size_t slot, int64_t index, struct error *error)
{
    const struct attachment *attachment = &ledger->attached[slot];
    struct store_query *query =
        store_query(ledger->store, "INSERT INTO payloads(leaf,kind,salt,body) VALUES(?1,?2,?3,?4)");
    store_bind_integer(query, 1, index);
    store_bind_integer(query, 2, (int64_t)slot + 1);
    store_bind_bytes(query, 3, attachment->salt, sizeof attachment->salt);
    store_bind_bytes(query, 4, attachment->bytes.data, attachment->bytes.length);
    return store_run(query, error);
}

/* A payload whose commitment is not in its leaf could be exchanged unseen. */
static int store_attached(struct ledger *ledger, const char *leaf, int64_t index,
                          struct error *error)
{
    for (size_t i = 0; i < PAYLOAD_MOST; i++)
        if (ledger->attached[i].commitment[0] && !strstr(leaf, ledger->attached[i].commitment))
            return error_set(
                error, ERROR_STATE,
                "a payload is attached to an entry that does not contain its commitment");
    int code = 0;
    for (size_t i = 0; !code && i < PAYLOAD_MOST; i++)
        if (ledger->attached[i].commitment[0])
            code = store_payload(ledger, i, index, error);
    return code;
}

static int make_leaf(struct ledger *ledger, enum leaf_type type, json_t *fields,
                     struct error *error)
{
    buffer_reset(&ledger->leaf);
    return ledger_make_leaf(fields, type, ledger->turn_text, &ledger->leaf, error);
}

static int append_leaf(struct ledger *ledger, int64_t index, struct error *error)
{
    size_t before = ledger->entries.length;
    int code = bundle_append(&ledger->entries, ledger->leaf.data, ledger->leaf.length);
    if (code)
        error_set(error, code, "no memory for an entry");
    else
        code = store_attached(ledger, ledger->leaf.data, index, error);
    if (code) {
        ledger->entries.length = before;
        ledger->entries.failed = false;
    }
    return code;
}

int64_t ledger_next(const struct ledger *ledger)
{
    return ledger->edge.merkle.size + ledger->entries_count;
}

int ledger_append(struct ledger *ledger, enum leaf_type type, json_t *fields, int64_t *ret_index,
                  struct error *error)
{
    CLEAN(clean_json) json_t *taken = fields;
    int64_t index = ledger_next(ledger);
    int code = 0;
    if (ledger->broken)
        code = error_set(error, ERROR_STATE, "the ledger's last write failed: call ledger_forget");
    if (!code)
        code = make_leaf(ledger, type, taken, error);
    if (!code)
        code = append_leaf(ledger, index, error);
    drop_attached(ledger);
    if (code)
        return code;
    ledger->entries_count++;
    *ret_index = index;
    return 0;
}

/* What a seal hands to the edge. */
struct sealing {
    struct store *store;
    struct error *error;
};

static int write_tile(void *context, unsigned level, int64_t n, const uint8_t *hashes)
{
    const struct sealing *sealing = context;
    struct store_query *query =
        store_query(sealing->store, "INSERT INTO tiles(level,n,hashes) VALUES(?1,?2,?3)");
    store_bind_integer(query, 1, level);
    store_bind_integer(query, 2, n);
    store_bind_bytes(query, 3, hashes, MERKLE_TILE_BYTES);
    return store_run(query, sealing->error);
}

static int write_bundle(struct ledger *ledger, int64_t first, struct error *error)
{
    struct store_query *query =
        store_query(ledger->store,
                    "INSERT INTO bundles(first,count,time_ms,entries,root) VALUES(?1,?2,?3,?4,?5)");
    store_bind_integer(query, 1, first);
    store_bind_integer(query, 2, ledger->entries_count);
    store_bind_integer(query, 3, ledger->turn_ms);
    store_bind_bytes(query, 4, ledger->entries.data, ledger->entries.length);
    store_bind_bytes(query, 5, ledger->root, sizeof ledger->root);
    return store_run(query, error);
}

static int push_entries(struct ledger *ledger, struct error *error)
{
    struct sealing sealing = {ledger->store, error};
    struct edge_listener listener = {&sealing, write_tile};
    struct bundle bundle = {.bytes = (const uint8_t *)ledger->entries.data,
                            .length = ledger->entries.length};
    uint8_t hash[LEDGER_HASH_SIZE];
    int code;
    while ((code = bundle_next(&bundle)) == 1) {
        merkle_leaf(ledger->hasher, bundle.entry, bundle.entry_length, hash);
        code = merkle_edge_push(&ledger->edge, ledger->hasher, hash, &listener);
        if (code == ERROR_MEMORY)
            error_set(error, code, "no memory for the ledger's tiles");
        if (code)
            return code;
    }
    return code;
}

static void drop_entries(struct ledger *ledger)
{
    buffer_reset(&ledger->entries);
    ledger->entries_count = 0;
}

int ledger_seal(struct ledger *ledger, struct error *error)
{
    if (ledger->broken)
        return error_set(error, ERROR_STATE, "the ledger's last write failed: call ledger_forget");
    if (!ledger->entries_count)
        return 0;
    int64_t first = ledger->edge.merkle.size;
    int code = push_entries(ledger, error);
    if (!code) {
        merkle_root(ledger->hasher, &ledger->edge.merkle, ledger->root);
        code = write_bundle(ledger, first, error);
    }
    ledger->broken = code != 0;
    drop_entries(ledger);
    return code;
}

void ledger_forget(struct ledger *ledger)
{
    struct ledger_head stored;
    drop_entries(ledger);
    drop_attached(ledger);
    int code = ledger_stored_head(ledger, &stored, NULL);
    /* What was sealed before the rollback is in memory and no longer in the store. */
    if (!code && (ledger->broken || stored.size != ledger->edge.merkle.size ||
                  memcmp(stored.root, ledger->root, sizeof stored.root) != 0))
        code = ledger_load(ledger, NULL);
    ledger->broken = code != 0;
}
