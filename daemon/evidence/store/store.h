/* The database: the only room that names SQLite. One writing connection. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "ground/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct store_query;

enum store_mode {
    STORE_WRITE, /* makes the file (0640) and migrates it; takes the exclusive lock of the folder */
    STORE_READ,  /* mode=ro; never migrates; what is read is loaded, then given (below) */
};

/* folder/conformd.db with WAL, synchronous=FULL, PERSIST_WAL, no automatic checkpoint in a commit.
 * STORE_WRITE also locks folder/lock (F_OFD_SETLK) until close: ERROR_EXISTS names the holder's
 * pid when another daemon runs. ERROR_VERSION when a newer version made it. */
int store_open(const char *folder, enum store_mode mode, struct store **ret,
               struct error *error) MUST_CHECK;
void store_close(struct store *store);

/* A reader's transaction ends before anybody looks at what it read: the first step of a query loads
 * all of its rows, and outside of store_begin the transaction is over with that. One of more than
 * STORE_READ_MS or STORE_READ_BYTES is given up: ERROR_LIMIT (one statement is tried again first).
 * Whoever reads much reads it in several, by a condition that goes on where the last one ended. */
enum { STORE_READ_MS = 50, STORE_READ_BYTES = 32 << 20 };

/* A turn is one transaction. commit returns when the bytes are on the disk. After a writer's
 * statement failed every further one and the commit fail, too, until rollback. Both end every query
 * that still had rows. ERROR_STATE for one inside of another, or a commit without one; a rollback
 * without one does nothing. */
int store_begin(struct store *store, struct error *error) MUST_CHECK;
int store_commit(struct store *store, struct error *error) MUST_CHECK;
void store_rollback(struct store *store);
bool store_in_transaction(const struct store *store);

/* Moves the WAL into the file; call when idle. Passive: never waits for readers. */
int store_checkpoint(struct store *store, struct error *error) MUST_CHECK;
/* The state of the WAL. While frames are not moved into the file it cannot be reset. */
struct store_log {
    int64_t bytes;  /* from its beginning to the last commit */
    int64_t frames; /* the same, as pages */
    int64_t moved;  /* of these, by the last checkpoint; -1: none since it was reset */
};
void store_log(const struct store *store, struct store_log *ret);
/* The process that holds a read mark of the WAL, as the kernel names it (one of them when there are
 * several; not this one); 0: none. For STORE_WRITE. */
int64_t store_log_holder(const struct store *store);
/* Bytes in the WAL now that are not yet in the file; for STORE_READ the length of the WAL. */
int64_t store_wal_bytes(const struct store *store);

/* A query prepared once and kept with the store; sql must be a literal (its address is the key).
 * Parameters are bound by position from 1; text and bytes are copied. store_query() also resets
 * the query, so that each use begins with it; parameters keep what was bound before. NULL only when
 * memory is out; the calls below take NULL and answer ERROR_DATABASE, as they do, with the reason,
 * where sql is wrong. */
struct store_query *store_query(struct store *store, const char *sql);
void store_bind_integer(struct store_query *query, int at, int64_t value);
void store_bind_double(struct store_query *query, int at, double value);
void store_bind_text(struct store_query *query, int at, const char *text); /* NULL binds NULL */
void store_bind_bytes(struct store_query *query, int at, const void *bytes, size_t length);

/* 1: a row is there; 0: no more rows, the query is reset; or ERROR_DATABASE with the sentence;
 * ERROR_LIMIT for a reader's that took too long or too much. */
int store_step(struct store_query *query, struct error *error) MUST_CHECK;
/* For what answers no rows: steps to the end. */
int store_run(struct store_query *query, struct error *error) MUST_CHECK;
/* Leaves a query before its last row; outside of a transaction it would hold its snapshot. */
void store_reset(struct store_query *query);

/* Columns of the present row from 0; pointers live until the next step or reset. */
int64_t store_integer(struct store_query *query, int column);
double store_double(struct store_query *query, int column);
const char *store_text(struct store_query *query, int column); /* NULL for NULL */
const void *store_bytes(struct store_query *query, int column, size_t *ret_length);

int64_t store_last_id(const struct store *store);

/* Small named values of the daemon itself (table meta). ret: the caller frees; ERROR_MISSING. */
int store_meta_get(struct store *store, const char *key, char **ret,
                   struct error *error) MUST_CHECK;
int store_meta_set(struct store *store, const char *key, const char *value,
                   struct error *error) MUST_CHECK;

#endif
