/* Instances of collectors: what they declared, how their last run ended, when they were watched. */
#ifndef INTAKE_INSTANCE_H
#define INTAKE_INSTANCE_H

#include "evidence/intake/account.h"
#include "evidence/intake/attribute.h"
#include "evidence/intake/fold.h"
#include "evidence/intake/personal.h"
#include "evidence/intake/proof.h"
#include "evidence/intake/pushed.h"
#include "evidence/intake/run.h"
#include "evidence/intake/undo.h"
#include "evidence/ledger/digest.h"
#include "ground/base/clock.h"

#include <jansson.h>
#include <stdbool.h>

enum {
    INSTANCE_EVIDENCE = 16,
    INSTANCE_ATTRIBUTES = 256,
    INSTANCE_RESIDENT_MS = 60000, /* below this interval a snapshot's process stays between runs */
};

/* How an instance stands since its last sealed run. */
enum condition {
    CONDITION_STARTING, /* no run has ended yet */
    CONDITION_WELL,
    CONDITION_PARTIAL, /* some attributes are missing */
    CONDITION_FAILED,
    CONDITION_ABSENT,   /* its source is not on this host */
    CONDITION_STANDBY,  /* another instance follows its source */
    CONDITION_DISABLED, /* the configuration keeps it from running */
};
const char *instance_condition_text(enum condition condition);

struct instance {
    char *name;
    char *plugin;
    int64_t every_ms;
    int64_t deadline_ms;

    json_t *scope;       /* tags of the scope that it reads, or NULL */
    json_t *not_between; /* windows in which it is not started, or NULL */
    struct account account;

    json_t *tables; /* as the collector declared, or NULL until it did */
    char tables_hash[DIGEST_TEXT_SIZE];
    int64_t tables_leaf; /* -1: none yet */
    bool stream;
    struct pushed pushed;
    struct attribute *attributes;
    size_t attribute_count;

    enum condition condition;
    char *reason;
    bool ever_well;      /* it was measured once: from now on silence is a loss */
    int64_t last_end_ms; /* wall time of the last sealed run; 0: none */
    bool ended_here;     /* in this process */
    int64_t last_well_ms;
    int64_t last_whole_ms; /* of a run that read everything; 0: none */
    bool stepped;          /* the clock was set back behind its last run: nothing is known of now */
    int64_t watch_from_ms; /* what is watched goes on from here; 0: begins anew */
    bool backlog;          /* more is waiting: results are provisional */
    bool clock_set;        /* the clock was set since it last told: results are provisional */
    struct proof proof;    /* that its method works */
    json_t *losses;        /* told since monitoring took them, or NULL */
    bool overflow;         /* a series limit was reached, and is still */
    int64_t overflow_ms;   /* when a reading last had no room; 0: never, or not any more */
    size_t series_limit;   /* series of one attribute */
    struct basis basis;    /* why personal data may be kept as it is */
    bool plain;            /* so it is: it has a legal basis whose review is not overdue */
    bool switched;         /* how names are kept changed, and no run has told of them since */
    bool mixed;            /* ... while this run was under way: it holds some of both */
    bool hides;            /* what is in view of before is to end in the next turn */
    int64_t names_from_ms; /* what is older stands under pseudonyms; 0: nothing does */
    json_t *last_run;      /* as the API shows it */
    struct spans watched;
    int64_t evidence[INSTANCE_EVIDENCE]; /* latest leaves, newest first; -1: none */
    int64_t evidence_ms[INSTANCE_EVIDENCE];

    int64_t due_boot_ms; /* the next start, where nothing is under way */
    int64_t next_due_ms; /* the same as wall time, for people */
    int64_t running;     /* the run under way or the last one, 0: none */
    int64_t started_ms;
    int64_t started_boot_ms;
    bool under_way;          /* the run was asked for and has not ended */
    int64_t process_run;     /* the run that its process was started for */
    int64_t process_boot_ms; /* when */
    bool alive;              /* a process was asked for and its end was not told */
    bool overdue;            /* it passed its deadline and the engine had it ended */
    bool told;               /* a stream's process said at an interval how it stands */
    bool read;               /* ... has handed over readings that are sealed */
    bool failing;            /* it failed, and no interval of it has ended since */
    struct intake_link *link;

    /* A process is done with when its channel has ended and the parent told its end. */
    bool end_pending; /* to be judged once what it handed over is sealed */
    bool end_bad;
    bool end_stopped; /* it was ended on purpose: that is no failure */
    char *end_why;
    char *broken; /* it broke the protocol, and how */

    struct run run;       /* what came since the last seal */
    struct run waiting;   /* sealed batches that no leaf tells of yet; rows of pending too */
    size_t held_rows;     /* of pending */
    size_t held_bytes;    /* of what waits: readings that were merged already */
    int64_t tell_boot_ms; /* what waits is urgent: a leaf by then; 0: it is not */
    int64_t told_ms;      /* the turn of its last leaf: what is older stands in the ledger */
    int64_t untold;       /* runs and batches since */
    struct undo undo;     /* of what was told in this turn */
    bool touched;         /* sealed in this turn */
    bool changed;         /* the state rows are to be written, within a minute */
    bool moved;           /* ... in this turn */
    int64_t saved_ms;

    struct fold fold;
    int64_t due_count;   /* runs that were due, and taken, since the engine's own series took */
    int64_t taken_count; /* them */
    bool waited_for;     /* somebody asked for this run: keep what it read */
    json_t *shown;       /* what it read, for the asker */
};

int instance_init(struct instance *instance, const json_t *config) MUST_CHECK;
void instance_finish(struct instance *instance);

/* Takes a collector's tables (borrowed); ERROR_FORMAT with a sentence when they are not as
 * MESSAGE_TABLES says. */
int instance_take_tables(struct instance *instance, json_t *tables, struct error *error) MUST_CHECK;
struct attribute *instance_attribute(struct instance *instance, const char *name);

/* What must outlive a restart, as JSON, and back. */
json_t *instance_memory(const struct instance *instance);
int instance_remember(struct instance *instance, const json_t *memory) MUST_CHECK;

/* The object that the API shows. */
json_t *instance_show(const struct instance *instance);

void instance_evidence_add(struct instance *instance, int64_t leaf, int64_t time_ms);

#endif
