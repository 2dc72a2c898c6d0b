/* What of an instance is in the ledger, and what is to be written there. */
#ifndef INSTANCE_RECORD_H
#define INSTANCE_RECORD_H

#include "evidence/instance/fold.h"
#include "evidence/run/run.h"

#include <stddef.h>
#include <stdint.h>

enum { INSTANCE_EVIDENCE = 16 };

/* What writing a leaf changed, as it was before; zeroed: nothing was written in this turn. */
struct undo {
    bool is;
    int64_t evidence[INSTANCE_EVIDENCE];
    int64_t evidence_ms[INSTANCE_EVIDENCE];
    int64_t told_ms;
    int64_t untold;
    int64_t tell_boot_ms;
    size_t held_rows;
    size_t held_bytes;
};

struct record {
    int64_t tables_leaf;                 /* of the tables that it declared; -1: none yet */
    int64_t evidence[INSTANCE_EVIDENCE]; /* latest leaves, newest first; -1: none */
    int64_t evidence_ms[INSTANCE_EVIDENCE];
    int64_t told_ms; /* the turn of its last leaf: what is older is in the ledger */
    int64_t untold;  /* runs and batches since */
    struct fold fold;
    struct run waiting;   /* sealed batches that are in no leaf yet; rows of pending too */
    size_t held_rows;     /* of pending */
    size_t held_bytes;    /* of what waits: readings that were merged already */
    int64_t tell_boot_ms; /* what waits is urgent: a leaf by then; 0: it is not */
    struct undo undo;
};

#endif
