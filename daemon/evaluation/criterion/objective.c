/* Judges an objective from the worst of its measures. */
#include "evaluation/criterion/objective.h"

const char *objective_state_text(enum objective_state state)
{
    switch (state) {
    case OBJECTIVE_UNKNOWN:
        return "unknown";
    case OBJECTIVE_ON_COURSE:
        return "on_course";
    case OBJECTIVE_BEHIND:
        return "behind";
    case OBJECTIVE_ACHIEVED:
        return "achieved";
    case OBJECTIVE_MISSED:
        return "missed";
    }
    return "unknown";
}

enum objective_state objective_judge(const enum verdict *verdicts, size_t count, int64_t due_ms,
                                     int64_t now_ms)
{
    bool is_due = now_ms >= due_ms, any_known = false, any_unknown = false, any_short = false;
    enum verdict worst = VERDICT_NOT_APPLICABLE;
    for (size_t i = 0; i < count; i++) {
        worst = criterion_verdict_worse(worst, verdicts[i]);
        any_unknown = any_unknown || verdicts[i] == VERDICT_UNKNOWN;
        any_short = any_short || verdicts[i] == VERDICT_AT_RISK;
        any_known = any_known || verdicts[i] != VERDICT_NOT_APPLICABLE;
    }
    if (worst == VERDICT_MISSED)
        return is_due ? OBJECTIVE_MISSED : OBJECTIVE_BEHIND;
    if (any_unknown || !any_known)
        return OBJECTIVE_UNKNOWN;
    if (any_short)
        return is_due ? OBJECTIVE_MISSED : OBJECTIVE_BEHIND;
    return is_due ? OBJECTIVE_ACHIEVED : OBJECTIVE_ON_COURSE;
}
