/* Instances of collectors: what they declared, their state, what their process does. */
#ifndef INSTANCE_INSTANCE_H
#define INSTANCE_INSTANCE_H

#include "evidence/instance/account.h"
#include "evidence/instance/course.h"
#include "evidence/instance/names.h"
#include "evidence/instance/proof.h"
#include "evidence/instance/pushed.h"
#include "evidence/instance/record.h"
#include "evidence/instance/standing.h"
#include "evidence/instance/steps.h"
#include "evidence/ledger/digest.h"
#include "evidence/run/attribute.h"
#include "evidence/run/run.h"

#include <jansson.h>
#include <stdbool.h>

/* Whether a series limit was reached. */
struct overflow {
    size_t limit;  /* series of one attribute */
    bool reached;  /* and is still */
    int64_t at_ms; /* when a reading last had no room; 0: never, or not any more */
};

/* Somebody asked for a run: what it read is kept for the answer. */
struct awaited {
    bool waits;
    json_t *shown;
};

/* Runs that were due, and taken, since the engine's own series took them. */
struct counts {
    int64_t due;
    int64_t taken;
};

/* Whether the rows of states are behind. */
enum unsaved {
    UNSAVED_NOTHING,
    UNSAVED_SOON, /* written within a minute */
    UNSAVED_NOW,  /* in this turn */
};

/* Written by this room alone, but for `run` (intake fills it, sealing empties it), `record`
 * (sealing) and `link` (intake). */
struct instance {
    char *name;
    char *plugin;
    int64_t every_ms;
    int64_t deadline_ms;
    json_t *scope;       /* tags of the scope that it reads, or NULL */
    json_t *not_between; /* windows in which it is not started, or NULL */

    json_t *tables; /* as the collector declared, or NULL until it did */
    char tables_hash[DIGEST_TEXT_SIZE];
    bool stream;
    struct attributes attributes;

    enum condition condition;
    char *reason;
    struct standing standing;
    struct overflow overflow;
    struct names names;
    struct pushed pushed;
    struct proof proof; /* that its method works */
    struct account account;
    struct counts counts;

    struct course course;
    struct moment due; /* its next start, where nothing is under way; wall time for people */
    struct started started;
    struct process process;
    struct intake_link *link;
    struct awaited asked;

    struct run run;       /* what came since the last seal */
    struct record record; /* what the API shows of it */
    json_t *last_run;     /* as the API shows it */
    json_t *losses;       /* reported since monitoring took them, or NULL */
    bool touched;         /* sealed in this turn */
    enum unsaved unsaved;
    int64_t saved_ms;
};

int instance_init(struct instance *instance, const json_t *config) MUST_CHECK;
/* For a check of a configuration: one that has only declared its tables. */
int instance_init_declared(struct instance *instance, const char *name, const json_t *config,
                           json_t *tables) MUST_CHECK;
void instance_finish(struct instance *instance);
/* What of the configuration may change while it runs: its intervals, tags and windows. */
void instance_configure(struct instance *instance, const json_t *config);

/* Takes a collector's tables (borrowed); ERROR_FORMAT with a sentence when they are not as
 * MESSAGE_TABLES says. */
int instance_take_tables(struct instance *instance, json_t *tables, struct error *error) MUST_CHECK;
struct attribute *instance_attribute(struct instance *instance, const char *name);

/* The object that the API shows. */
json_t *instance_show(const struct instance *instance);
/* What its run read, for who asked for it; before it is emptied. */
void instance_show_run(struct instance *instance, enum condition condition);

/* Its rows of states are behind; what was to be written sooner stays so. */
void instance_mark(struct instance *instance, enum unsaved unsaved);
/* They were written. */
void instance_saved(struct instance *instance, int64_t now_ms);
/* Measures that read it are to be evaluated in this turn; or were. */
void instance_touch(struct instance *instance, bool touched);
/* Losses that monitoring has not received yet, the caller's; or NULL. */
json_t *instance_take_losses(struct instance *instance);
/* The counts since they were taken last. */
struct counts instance_take_counts(struct instance *instance);

#endif
