/* Stands between the store and SQLite. */
#include "turn/faults.h"

#include <stdio.h>

#include <sqlite3.h>

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);

static struct {
    bool counts;
    bool happened;
    int64_t steps;
    int64_t at;
    enum faults_kind kind;
    char sql[256];
} faults;

void faults_begin(int64_t at, enum faults_kind kind)
{
    faults.counts = true;
    faults.happened = false;
    faults.steps = 0;
    faults.at = at;
    faults.kind = kind;
}

int64_t faults_end(void)
{
    faults.counts = false;
    return faults.steps;
}

bool faults_happened(void)
{
    return faults.happened;
}

const char *faults_sql(void)
{
    return faults.sql;
}

static bool fails_now(void)
{
    if (!faults.counts)
        return false;
    faults.steps++;
    return faults.steps == faults.at ||
           (faults.kind == FAULTS_LASTING && faults.at && faults.steps > faults.at);
}

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    if (!fails_now())
        return __real_sqlite3_step(statement);
    sqlite3 *db = sqlite3_db_handle(statement);
    if (!faults.happened)
        snprintf(faults.sql, sizeof faults.sql, "%s", sqlite3_sql(statement));
    faults.happened = true;
    if (faults.kind == FAULTS_FULL && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return SQLITE_FULL;
}
