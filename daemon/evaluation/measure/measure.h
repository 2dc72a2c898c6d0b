/* Measures: a construct's formula and criterion (27001:2022 9.1), and what a result is. */
#ifndef MEASURE_MEASURE_H
#define MEASURE_MEASURE_H

#include "evaluation/criterion/criterion.h"
#include "evaluation/promql/selectors.h"
#include "evidence/ledger/digest.h"
#include "evidence/series/series.h"
#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* What a formula's answer counts as where there is no number in it. */
struct measure_instead {
    enum { INSTEAD_UNKNOWN, INSTEAD_MET, INSTEAD_NUMBER } as;
    double number;
};

struct measure {
    json_t *construct;           /* as configured or approved */
    char hash[DIGEST_TEXT_SIZE]; /* of its canonical text: its identity */
    const char *id;              /* borrowed from the construct, as the rest of its text */
    struct promql *formula;
    struct promql *valid_when; /* or NULL */
    struct criterion criterion;
    int64_t every_ms;
    double coverage; /* share of a range that must have been observed */
    bool accept_partial;
    const json_t *elements;   /* of the population, or NULL */
    struct promql *inventory; /* a selector that gives them, or NULL: the host itself */
    const char *element_label;
    double min_coverage;   /* share of the population that must be seen */
    double systemic_share; /* when more of it breaches, it is one thing that is wrong */
    struct measure_instead when_empty;
    struct measure_instead zero_denominator;
};

/* Where in a construct a mistake is. setting is borrowed (a literal); sentence is the heap's. */
struct measure_fault {
    const char *setting;
    size_t column;
    char *sentence;
};
void measure_fault_finish(struct measure_fault *fault);

/* Parses a construct (borrowed). ERROR_FORMAT fills ret_fault. */
int measure_new(json_t *construct, struct measure **ret,
                struct measure_fault *ret_fault) MUST_CHECK;
void measure_free(struct measure *measure);

/* Why something is not known (DESIGN.md section 7). */
enum unknown_kind {
    KNOWN,
    UNKNOWN_NOT_SET_UP, /* never measured: a to-do */
    UNKNOWN_LOST,       /* was measured, is not */
    UNKNOWN_INVALID,    /* valid_when is not true, or the value is not a number */
    UNKNOWN_TOO_FEW,    /* observed for too short a part of the range, or an empty answer */
    UNKNOWN_STOPPED,    /* conformd itself was down */
};
const char *measure_unknown_kind_text(enum unknown_kind kind);
/* Which of several reasons is reported: lost, stopped, invalid, too few, not set up, in this
 * order. */
bool measure_unknown_is_worse(enum unknown_kind kind, enum unknown_kind than);

/* What is known of one attribute. */
struct watch_answer {
    enum unknown_kind unknown;
    char *reason;     /* the heap's; NULL when known */
    double covered;   /* share of the range that every feeding instance observed; 1 for no range */
    bool provisional; /* a backlog is being worked off */
    enum unknown_kind partly; /* what is unknown because a run was partial: a measure may accept */
    char *partly_reason;      /* that; the heap's */
    bool event;               /* increments: an observed interval without one is 0 */
    int64_t whole_ms;         /* when partial: when its instance last read everything; 0: never */
};

/* What a measure sees of the world at one time. */
struct measure_world {
    struct series_set *series;
    int64_t now_ms;
    int64_t reach_ms; /* the longest look-back of any series */
    void *context;
    /* What is known of the attribute called `name` (a series' name) over from_ms .. to_ms (equal
     * for an instant). */
    int (*watch)(void *context, const char *name, int64_t from_ms, int64_t to_ms,
                 struct watch_answer *ret);
    /* False for a series that counts no more: its collector is gone. NULL: all do. */
    bool (*counts)(void *context, const struct labels *labels);
    /* True when this label of the attribute holds personal data. */
    bool (*is_personal)(void *context, const char *name, const char *label);
    /* Why the series cannot show what a selector asks for, or NULL; the heap's. NULL as
     * function: they always can. */
    int (*hidden)(void *context, const struct promql_selector *selector, char **ret_why);
};

struct result_element {
    struct labels *labels;
    double value;
    enum verdict verdict;
};

/* Zeroed at first; measure_result_finish frees. */
struct result {
    enum verdict verdict;
    enum unknown_kind unknown;
    char *reason; /* a sentence when unknown, or of a flag; else NULL */
    bool has_value;
    double value; /* of the worst element */
    bool provisional;
    bool part_watched; /* a breach, although not everything was observed */
    bool systemic;     /* more than systemic_share of the population breaches */
    bool partial;      /* from a partial run, which the construct accepts */
    size_t expected;   /* of the population */
    size_t seen;
    size_t breaching; /* of the population, or of the answer's elements, that miss */
    struct result_element *elements;
    size_t count;
};
void measure_result_finish(struct result *result);

/* Evaluates formula and criterion at world->now_ms. An error is one of ours (memory, limits); what
 * the world lacks is a result that says so. */
int measure_judge(const struct measure *measure, const struct measure_world *world,
                  struct result *ret, struct error *error) MUST_CHECK;

/* Visits the names of the series that the formula and valid_when read. */
void measure_each_name(const struct measure *measure,
                       void (*on_name)(void *context, const char *name), void *context);
/* Visits the selectors of the formula, of valid_when and of the population. */
void measure_each_selector(const struct measure *measure,
                           void (*on_selector)(void *context, const struct promql_selector *),
                           void *context);
/* The longest look back of its selectors, with offsets. */
int64_t measure_reach_ms(const struct measure *measure);

/* A source for formulas over the series of the daemon. Views live until series_release(). */
struct promql_source measure_source(struct series_set *series);

#endif
