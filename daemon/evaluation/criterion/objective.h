/* Objectives (27001:2022 6.2): evaluated from their measures and their date. Pure. */
#ifndef CRITERION_OBJECTIVE_H
#define CRITERION_OBJECTIVE_H

#include "evaluation/criterion/criterion.h"

#include <stdint.h>

enum objective_state {
    OBJECTIVE_UNKNOWN,   /* a measure is unknown and none is missed */
    OBJECTIVE_ON_COURSE, /* before its date, its measures are met */
    OBJECTIVE_BEHIND,    /* before its date, a measure is missed or at risk */
    OBJECTIVE_ACHIEVED,  /* at its date its measures were met */
    OBJECTIVE_MISSED,    /* at its date they were not */
};
const char *objective_state_text(enum objective_state state);

/* verdicts: those of its measures now. From due_ms on (wall milliseconds) the plan's date has come:
 * known measures decide; an unknown one leaves it unknown, for missing data is never a pass. */
enum objective_state objective_judge(const enum verdict *verdicts, size_t count, int64_t due_ms,
                                     int64_t now_ms);

#endif
