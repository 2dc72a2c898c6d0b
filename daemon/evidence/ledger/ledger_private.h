/* Shared by this room's files: the open ledger. */
#ifndef LEDGER_LEDGER_PRIVATE_H
#define LEDGER_LEDGER_PRIVATE_H

#include "evidence/ledger/merkle.h"
#include "ground/base/text.h"

#define LEDGER_SALT_SIZE 16

/* A payload that waits for its leaf. */
struct attachment {
    uint8_t salt[LEDGER_SALT_SIZE];
    char commitment[2 * LEDGER_HASH_SIZE + 1]; /* empty: none of this kind */
    struct buffer bytes;
};

struct ledger {
    struct store *store;
    struct merkle_hasher *hasher;
    struct edge edge; /* of what was sealed */
    uint8_t root[LEDGER_HASH_SIZE];
    int64_t turn_ms;
    char turn_text[TEXT_TIME_SIZE];
    struct buffer leaf;    /* that is being made */
    struct buffer entries; /* appended and not yet sealed, as an entry bundle */
    int64_t entries_count;
    struct attachment attached[PAYLOAD_MOST]; /* [kind - 1] */
    bool broken; /* memory may be ahead of the store: nothing may be appended */
};

/* The commitment to a payload, as ledger_attach() says it. */
void ledger_commit_payload(struct merkle_hasher *hasher, const uint8_t *salt,
                           const struct merkle_piece *payload,
                           char ret_text[2 * LEDGER_HASH_SIZE + 1]);

/* The bytes of a leaf: fields with "t", "ts" and "v" set, as json_canonical() writes them; put
 * behind what is in ret_text. ERROR_FORMAT for what a leaf may not hold, ERROR_LIMIT for its
 * length. */
int ledger_make_leaf(json_t *fields, enum leaf_type type, const char *time, struct buffer *ret_text,
                     struct error *error) MUST_CHECK;

/* Sets edge and root from the store and holds them against the root stored there. */
int ledger_load(struct ledger *ledger, struct error *error) MUST_CHECK;

/* A full tile as the store has it; ERROR_FORMAT when it is absent or of another length. */
int ledger_tile(struct ledger *ledger, unsigned level, int64_t n,
                uint8_t ret_hashes[MERKLE_TILE_BYTES], struct error *error) MUST_CHECK;

/* Size and root after the last commit of the store; of none 0 and the empty root. */
int ledger_stored_head(struct ledger *ledger, struct ledger_head *ret,
                       struct error *error) MUST_CHECK;

#endif
