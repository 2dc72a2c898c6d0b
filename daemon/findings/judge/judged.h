/* Measures and objectives as the engine evaluates them. Inside the room, and for acts. */
#ifndef JUDGE_JUDGED_H
#define JUDGE_JUDGED_H

#include "evaluation/criterion/objective.h"
#include "evaluation/measure/measure.h"
#include "evidence/intake/intake.h"

/* One measure as it is evaluated. */
struct judged {
    struct measure *measure; /* the approved text, or the configured one while on trial */
    bool trial;              /* nobody adopted or approved it yet */
    bool draft_waits;        /* the configuration holds another text, not approved */
    char *decided_by;
    int64_t decided_ms;
    struct criterion_memory memory;
    struct result result;
    bool judged;
    int64_t evaluations; /* since the configuration came into force */
    int64_t since_ms;    /* wall time of the present state */
    int64_t judged_ms;
    int64_t due_boot_ms;
    int64_t row_ms;      /* when the last row of results was written */
    int64_t leaf_ms;     /* when its last result leaf was */
    int64_t saved_ms;    /* when its rows of states were */
    int64_t extended_ms; /* when its finding was last extended */
    char *known_unknown; /* of the last result before the start: why it was unknown */
    int64_t evidence[INSTANCE_EVIDENCE];
    size_t evidence_count;
    char *finding; /* reference of the open finding, or NULL */
    bool touched;
    const json_t *excluded; /* what takes it out of the statement of applicability, of the config */
    bool observes;          /* its controls are not implemented yet: a miss is an observation */
    bool unsynchronised;    /* it was evaluated while the clock was not synchronised */
    bool reads_own;         /* it reads series of the engine itself */
};

struct objective {
    json_t *construct;
    char hash[DIGEST_TEXT_SIZE];
    bool approved;
    enum objective_state state;
    bool judged;
    enum objective_state told; /* by the last leaf */
    bool is_told;
    bool standing; /* missed and raised by this process */
    bool moved;    /* raised or cleared by this process: before, the register may hold either */
};

#endif
