/* Criteria (27001:2022 9.1): target and tolerance judge a value; `for` and recovery judge how long.
 * Pure: time is an argument. */
#ifndef CRITERION_CRITERION_H
#define CRITERION_CRITERION_H

#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a result is. Ordered so that the worst element is the greatest. */
enum verdict {
    VERDICT_NOT_APPLICABLE, /* the measure does not apply here */
    VERDICT_MET,            /* the target is met */
    VERDICT_AT_RISK,        /* not the target, but within the tolerance */
    VERDICT_UNKNOWN,        /* not measured; never a pass */
    VERDICT_MISSED,         /* neither */
};
const char *criterion_verdict_text(enum verdict verdict); /* "met", "at_risk" ... */
/* The verdict of a text; ERROR_FORMAT. */
int criterion_verdict_from_text(const char *text, enum verdict *ret) MUST_CHECK;
enum verdict criterion_verdict_worse(enum verdict a, enum verdict b);

enum comparison {
    COMPARE_EQUAL,
    COMPARE_NOT_EQUAL,
    COMPARE_LESS,
    COMPARE_LESS_EQUAL,
    COMPARE_GREATER,
    COMPARE_GREATER_EQUAL
};

/* One bound: "== 0", "<= 2.5". */
struct bound {
    enum comparison comparison;
    double limit;
};
/* ERROR_FORMAT for anything but an operator and a finite number. */
int criterion_bound_parse(const char *text, struct bound *ret) MUST_CHECK;
bool criterion_bound_holds(const struct bound *bound, double value);

struct criterion {
    struct bound target;
    bool has_tolerance;
    struct bound tolerance;
    int64_t for_ms;     /* a miss lasts this long before it is raised; 0: at once */
    int64_t recover_ms; /* it is met this long before the condition counts as cleared */
};

/* From the construct's member: {target, tolerance, for, recover} (milliseconds). */
int criterion_from_json(const json_t *json, struct criterion *ret, struct error *error) MUST_CHECK;

/* NaN and infinity are unknown. */
enum verdict criterion_judge(const struct criterion *criterion, double value);

/* True when more of what is counted can only make it worse ("== 0", "< n", "<= n"), so that a
 * breach seen in a window that was observed only in part is a breach nevertheless. */
bool criterion_is_upper(const struct criterion *criterion);

/* What is remembered between evaluations; zeroed at first. Times are CLOCK_BOOTTIME. */
struct criterion_memory {
    bool judged;       /* there was an evaluation before */
    enum verdict last; /* the last one */
    int64_t at_ms;     /* when */
    int64_t missed_ms; /* how long it has been missed; unknown neither adds nor resets */
    int64_t met_ms;    /* how long it has been met since a miss */
    bool standing;     /* raised, and not recovered */
    bool provisional;  /* the last evaluation was good, but does not count */
};

enum criterion_move {
    CRITERION_NOTHING,
    CRITERION_RAISE,  /* missed for long enough: raise */
    CRITERION_EXTEND, /* still missed while standing: extend what was raised */
    CRITERION_CLEAR,  /* met for long enough while standing: the condition is cleared */
};

/* Adds one evaluation at boot_ms. Of a gap since the last one at most most_gap_ms counts: time
 * in which nobody observed proves nothing. */
enum criterion_move criterion_step(const struct criterion *criterion,
                                   struct criterion_memory *memory, enum verdict verdict,
                                   int64_t boot_ms, int64_t most_gap_ms);

/* The same of a result that is provisional (a backlog, a clock that was set, a method that was not
 * shown to work): a miss counts, and what is better neither adds nor resets. */
enum criterion_move criterion_step_provisional(const struct criterion *criterion,
                                               struct criterion_memory *memory,
                                               enum verdict verdict, int64_t boot_ms,
                                               int64_t most_gap_ms);

/* To and from the store: a restart keeps the times; after a reboot (other_boot) the clock
 * started at zero and the gap counts as nothing. */
json_t *criterion_memory_to_json(const struct criterion_memory *memory);
void criterion_memory_from_json(const json_t *json, bool other_boot, int64_t boot_ms,
                                struct criterion_memory *ret);

#endif
