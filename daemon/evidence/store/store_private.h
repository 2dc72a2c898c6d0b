/* Shared by this room's files: the connection, its queries, the folder's lock. */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

#include "evidence/store/store.h"
#include "ground/base/table.h"

#include <sqlite3.h>

struct store {
    sqlite3 *db;
    enum store_mode mode;
    int lock_fd;  /* STORE_WRITE only, else -1 */
    int marks_fd; /* of the -shm file, to ask who holds its read marks; STORE_WRITE only, else -1 */
    bool begun;   /* a writer's transaction is open, or should be */
    bool failed;  /* a statement of it failed */
    char *wal_path; /* for store_wal_bytes of a reader */
    int64_t wal_bytes;
    struct store_log log;
    int64_t read_until_us; /* a reader's transaction ends before; 0: none is open */
    size_t read_bytes;     /* what it has loaded */
    struct table queries;  /* struct store_query by the address of its literal */
};

/* What SQLite says of its last failure, as the sentence of ERROR_DATABASE. */
int store_fail(sqlite3 *db, const char *doing, struct error *error);

/* A reader's transaction begins, or is over. */
void store_reading(struct store *store);
void store_read(struct store *store);

/* Opens the -shm file, before SQLite does and for as long as its connection is open: a process
 * that closes any descriptor of a file loses all POSIX locks that it has on it, SQLite's among
 * them. */
int store_open_marks(const char *folder, int *ret_fd, struct error *error) MUST_CHECK;

void store_finish_queries(struct store *store);
/* Ends every query that still has rows to give, so that none holds a snapshot. */
void store_reset_queries(struct store *store);

/* Locks folder/lock and writes our pid into it. ret_fd: the caller closes. */
int store_lock_folder(const char *folder, int *ret_fd, struct error *error) MUST_CHECK;

/* Takes the steps of the list that the database has not yet taken, each in a transaction. */
int store_migrate(sqlite3 *db, const char *const *steps, size_t count,
                  struct error *error) MUST_CHECK;
/* Of a reader: exactly this version, or ERROR_VERSION. */
int store_check_version(sqlite3 *db, size_t count, struct error *error) MUST_CHECK;

#endif
