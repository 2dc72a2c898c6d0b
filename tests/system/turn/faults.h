/* Statements of SQLite that fail when a test wants it. Link with --wrap=sqlite3_step. */
#ifndef TURN_FAULTS_H
#define TURN_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

enum faults_kind {
    FAULTS_STATEMENT, /* this statement fails, and no other */
    FAULTS_FULL,      /* ... and SQLite takes the transaction back, as it does on a full disk */
    FAULTS_LASTING,   /* ... and so does every one after it */
};

/* From now on each step of a statement counts; step `at` fails, 0: none does. */
void faults_begin(int64_t at, enum faults_kind kind);
/* How many there were. Nothing is counted and nothing fails any more. */
int64_t faults_end(void);
bool faults_happened(void);
const char *faults_sql(void); /* what failed */

#endif
