/* The append-only ledger: leaves, their Merkle tree (RFC 6962), payloads beside it.
 * Appends happen inside a store transaction that the caller owns; ledger_seal() writes what the
 * turn appended as one row, with the new size and root. */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include "evidence/store/store.h"
#include "ground/base/buffer.h"

#include <jansson.h>
#include <stdint.h>

#define LEDGER_HASH_SIZE  32
#define LEDGER_LEAF_LIMIT 65535 /* bytes; the length in an entry bundle has 16 bits */

struct ledger;

/* The types of a leaf (DESIGN.md section 6). */
enum leaf_type {
    LEAF_EVIDENCE,
    LEAF_COVERAGE,
    LEAF_RESULT,
    LEAF_STATE,
    LEAF_FINDING,
    LEAF_ACTION,
    LEAF_APPROVAL,
    LEAF_EXCEPTION,
    LEAF_CONFIG,
    LEAF_COLLECTOR,
    LEAF_GAP,
    LEAF_DISPOSAL,
    LEAF_KEY,
    LEAF_CLOCK,
    LEAF_ANCHOR,
    LEAF_START,
    LEAF_STOP,
    LEAF_SELFTEST, /* a collector's method was tried on known data */
};
const char *ledger_leaf_type_text(enum leaf_type type);

/* What of a leaf's payload: each kind has a retention of its own. */
enum payload_kind {
    PAYLOAD_READINGS = 1, /* JSON lines, one reading each */
    PAYLOAD_EXCERPTS = 2, /* JSON lines, one excerpt each */
    PAYLOAD_TEXT = 3,     /* names, reasons and free text of an act, one JSON object */
    PAYLOAD_SAMPLES = 4,  /* samples of series since the leaf before (series/pack.h) */
    PAYLOAD_MOST = PAYLOAD_SAMPLES,
};

struct ledger_head {
    int64_t size; /* leaves */
    uint8_t root[LEDGER_HASH_SIZE];
};

/* Loads size, root and the right edge; checks that the stored bundles lead to the stored root for
 * the last (incomplete) tile. ERROR_FORMAT with a sentence when they do not: never write on. */
int ledger_open(struct store *store, struct ledger **ret, struct error *error) MUST_CHECK;
void ledger_close(struct ledger *ledger);

/* The time of the turn, which every leaf appended from now on has as "ts". */
void ledger_turn(struct ledger *ledger, int64_t wall_ms);

/* Appends one leaf made of `fields` (an object, taken over; "t" (type), "ts" (RFC 3339) and "v":1
 * are set here). Only strings, integers below 2^53, booleans, arrays, objects: no reals, no null
 * (ERROR_FORMAT). ret_index is the record's id. Readable only after ledger_seal. A failure appends
 * nothing and drops what was attached; ERROR_STATE when a commitment attached is not in the leaf,
 * or after a failed seal until ledger_forget. */
int ledger_append(struct ledger *ledger, enum leaf_type type, json_t *fields, int64_t *ret_index,
                  struct error *error) MUST_CHECK;

/* The index that the next ledger_append gives. */
int64_t ledger_next(const struct ledger *ledger);

/* Commits to a payload: SHA-256("conformd-payload-v1\n" + salt[16] + bytes) in lower-case hex goes
 * into ret_commitment for the leaf, in any field of it; the bytes are kept until the next
 * ledger_append, which stores them under its index. ERROR_EXISTS for a kind given twice. */
int ledger_attach(struct ledger *ledger, enum payload_kind kind, const void *bytes, size_t length,
                  char ret_commitment[65]) MUST_CHECK;

/* Writes the turn's leaves as one bundle row and the full tiles; call before the store's commit.
 * Nothing appended: nothing written. */
int ledger_seal(struct ledger *ledger, struct error *error) MUST_CHECK;
/* Forgets what was appended since the last seal; call when the transaction was rolled back,
 * after the rollback: what was sealed in it is undone too. */
void ledger_forget(struct ledger *ledger);

/* A reader's ledger: takes in the leaves that were committed since it was opened or last refreshed,
 * and checks that they lead to the root stored with them. */
int ledger_refresh(struct ledger *ledger, struct error *error) MUST_CHECK;

/* Size and root after the last seal. */
void ledger_head(const struct ledger *ledger, struct ledger_head *ret);

/* The leaf's bytes as they were hashed. ERROR_MISSING beyond the end. */
int ledger_read(struct ledger *ledger, int64_t index, struct buffer *ret_leaf,
                struct error *error) MUST_CHECK;
/* A payload's bytes; ERROR_MISSING when disposed of or never there. */
int ledger_payload(struct ledger *ledger, int64_t index, enum payload_kind kind,
                   struct buffer *ret_bytes, struct error *error) MUST_CHECK;

/* Recomputes every hash from the stored leaves, compares tiles, each commit's (size, root) and all
 * payload commitments still held. ret_leaves counts them. ERROR_FORMAT names the first mismatch.*/
int ledger_verify(struct ledger *ledger, int64_t *ret_leaves, struct error *error) MUST_CHECK;

struct ledger_path {
    size_t count;
    uint8_t hashes[64][LEDGER_HASH_SIZE];
};

/* RFC 6962: the audit path of leaf `index` in the tree of `size` leaves (2.1.1). */
int ledger_inclusion(struct ledger *ledger, int64_t index, int64_t size, struct ledger_path *ret,
                     struct error *error) MUST_CHECK;
/* RFC 6962: the proof that the tree of old_size is the beginning of that of size (2.1.2); empty
 * for an old_size of 0 or of size. Both proofs: ERROR_RANGE beyond the last seal. */
int ledger_consistency(struct ledger *ledger, int64_t old_size, int64_t size,
                       struct ledger_path *ret, struct error *error) MUST_CHECK;

#endif
