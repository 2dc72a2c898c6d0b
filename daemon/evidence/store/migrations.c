/* Every step the schema ever took; the number of those taken is PRAGMA user_version. */
#include "evidence/store/migrations.h"

const char *const store_migrations[] = {
    /* 1: the ledger, runs, series, judgements, register, outbox */
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    /* entries: tlog entry bundle (u16 big-endian length, leaf) of one commit; root: over all up to
       here, so that each (size, root) ever committed stays known */
    "CREATE TABLE bundles(first INTEGER PRIMARY KEY, count INTEGER NOT NULL,"
    " time_ms INTEGER NOT NULL, entries BLOB NOT NULL, root BLOB NOT NULL);"
    /* full tiles only: 256 hashes of a level; what is not full is computed from bundles */
    "CREATE TABLE tiles(level INTEGER NOT NULL, n INTEGER NOT NULL, hashes BLOB NOT NULL,"
    " PRIMARY KEY(level, n)) WITHOUT ROWID;"
    "CREATE TABLE payloads(leaf INTEGER NOT NULL, kind INTEGER NOT NULL, salt BLOB NOT NULL,"
    " body BLOB NOT NULL, PRIMARY KEY(leaf, kind));"
    "CREATE TABLE runs(id INTEGER PRIMARY KEY, instance TEXT NOT NULL, started_ms INTEGER NOT NULL,"
    " ended_ms INTEGER, outcome TEXT, reason TEXT, readings INTEGER, leaf INTEGER, usage TEXT);"
    "CREATE INDEX runs_by_instance ON runs(instance, id);"
    /* where a stream goes on; written in the commit that took what was read up to there */
    "CREATE TABLE positions(instance TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY(instance, key)) WITHOUT ROWID;"
    "CREATE TABLE series(id INTEGER PRIMARY KEY, labels TEXT NOT NULL UNIQUE,"
    " lookback_ms INTEGER NOT NULL, kind INTEGER NOT NULL);"
    "CREATE TABLE samples(id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE INDEX samples_by_time ON samples(time_ms);"
    /* what must outlive a restart of a judge: kind is instance, measure, objective, daemon */
    "CREATE TABLE states(kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,"
    " PRIMARY KEY(kind, id)) WITHOUT ROWID;"
    "CREATE TABLE results(id INTEGER PRIMARY KEY, measure TEXT NOT NULL, time_ms INTEGER NOT NULL,"
    " state TEXT NOT NULL, body TEXT NOT NULL, leaf INTEGER);"
    "CREATE INDEX results_by_measure ON results(measure, time_ms);"
    /* every text of a measure or objective that was ever in force, with what was decided of it */
    "CREATE TABLE constructs(kind TEXT NOT NULL, id TEXT NOT NULL, hash TEXT NOT NULL,"
    " version INTEGER NOT NULL, status TEXT NOT NULL, first_seen_ms INTEGER NOT NULL,"
    " decided_ms INTEGER, decided_by TEXT, reason TEXT, text TEXT NOT NULL, leaf INTEGER,"
    " PRIMARY KEY(kind, id, hash)) WITHOUT ROWID;"
    "CREATE TABLE baselines(measure TEXT NOT NULL, labels TEXT NOT NULL, adopted_ms INTEGER NOT "
    "NULL,"
    " adopted_by TEXT NOT NULL, leaf INTEGER, PRIMARY KEY(measure, labels)) WITHOUT ROWID;"
    "CREATE TABLE findings(id INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, key TEXT NOT NULL,"
    " state TEXT NOT NULL, raised_ms INTEGER NOT NULL, closed_ms INTEGER, body TEXT NOT NULL);"
    "CREATE INDEX findings_by_key ON findings(key, state);"
    "CREATE TABLE finding_events(id INTEGER PRIMARY KEY, finding INTEGER NOT NULL,"
    " time_ms INTEGER NOT NULL, event TEXT NOT NULL, actor TEXT NOT NULL, body TEXT NOT NULL,"
    " leaf INTEGER);"
    "CREATE INDEX finding_events_by_finding ON finding_events(finding, id);"
    "CREATE TABLE outbox(id INTEGER PRIMARY KEY, channel TEXT NOT NULL, event TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, body TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,"
    " next_ms INTEGER NOT NULL DEFAULT 0, taken_ms INTEGER, last_error TEXT);"
    "CREATE INDEX outbox_waiting ON outbox(taken_ms, next_ms);"
    "CREATE TABLE sessions(hash TEXT PRIMARY KEY, kind TEXT NOT NULL, actor TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL) WITHOUT ROWID;",
    /* batches of a stream that no evidence leaf tells of yet; written in the commit that took them
     */
    "CREATE TABLE pending(id INTEGER PRIMARY KEY, instance TEXT NOT NULL, body TEXT NOT NULL);"
    "CREATE INDEX pending_by_instance ON pending(instance, id);",
};

const size_t store_migrations_count = sizeof store_migrations / sizeof *store_migrations;
