/* Moves the life of an instance: two tables, what comes of each state at each event. What they
 * leave out cannot be. */
#include "evidence/instance/course.h"

#include <stddef.h>

static const struct step {
    enum course_stage from;
    enum course_event event;
    enum course_stage to;
} steps[] = {
    {COURSE_IDLE, COURSE_ASK_RUN, COURSE_ASKED},
    {COURSE_IDLE, COURSE_ASK_PROOF, COURSE_ASKED},
    /* Of a process that was asked for before a reload. */
    {COURSE_IDLE, COURSE_CONNECT, COURSE_ORPHAN},
    {COURSE_IDLE, COURSE_DISCONNECT, COURSE_IDLE},
    {COURSE_IDLE, COURSE_DROP, COURSE_IDLE},

    {COURSE_ASKED, COURSE_CONNECT, COURSE_OPEN},
    {COURSE_ASKED, COURSE_DEADLINE, COURSE_ASKED},
    /* The channel of the process before. */
    {COURSE_ASKED, COURSE_DISCONNECT, COURSE_ASKED},
    {COURSE_ASKED, COURSE_DROP, COURSE_ASKED},
    {COURSE_ASKED, COURSE_PROCESS_ENDED, COURSE_OVER},

    {COURSE_OPEN, COURSE_CONNECT, COURSE_OPEN},
    {COURSE_OPEN, COURSE_COLLECT, COURSE_OPEN},
    {COURSE_OPEN, COURSE_OUTCOME, COURSE_OPEN},
    {COURSE_OPEN, COURSE_DEADLINE, COURSE_OPEN},
    {COURSE_OPEN, COURSE_DISCONNECT, COURSE_CLOSED},
    {COURSE_OPEN, COURSE_DROP, COURSE_CLOSED},
    {COURSE_OPEN, COURSE_PROCESS_ENDED, COURSE_ORPHAN},

    {COURSE_CLOSED, COURSE_CONNECT, COURSE_OPEN},
    {COURSE_CLOSED, COURSE_OUTCOME, COURSE_CLOSED},
    {COURSE_CLOSED, COURSE_DEADLINE, COURSE_CLOSED},
    {COURSE_CLOSED, COURSE_DISCONNECT, COURSE_CLOSED},
    {COURSE_CLOSED, COURSE_DROP, COURSE_CLOSED},
    {COURSE_CLOSED, COURSE_PROCESS_ENDED, COURSE_OVER},

    /* Whoever keeps the channel open does not keep the next run from its start. */
    {COURSE_ORPHAN, COURSE_ASK_RUN, COURSE_ASKED},
    {COURSE_ORPHAN, COURSE_ASK_PROOF, COURSE_ASKED},
    {COURSE_ORPHAN, COURSE_CONNECT, COURSE_ORPHAN},
    {COURSE_ORPHAN, COURSE_OUTCOME, COURSE_ORPHAN},
    {COURSE_ORPHAN, COURSE_DISCONNECT, COURSE_OVER},
    {COURSE_ORPHAN, COURSE_DROP, COURSE_IDLE},

    {COURSE_OVER, COURSE_CONNECT, COURSE_ORPHAN},
    {COURSE_OVER, COURSE_DISCONNECT, COURSE_OVER},
    {COURSE_OVER, COURSE_DROP, COURSE_OVER},
    {COURSE_OVER, COURSE_CONCLUDE, COURSE_IDLE},
};

/* What is done, by event: out of which works it may come, each a bit, and what is done then. */
enum {
    RESTS = 1 << COURSE_RESTS,
    RUNS = 1 << COURSE_RUNS,
    LATE = 1 << COURSE_LATE,
    PROVES = 1 << COURSE_PROVES,
};
static const struct doing {
    unsigned from;
    unsigned keep; /* goes on as it was */
    enum course_work to;
} doings[COURSE_EVENTS] = {
    /* A run under way is one of an orphan. */
    [COURSE_ASK_RUN] = {RESTS | RUNS | LATE, 0, COURSE_RUNS},
    [COURSE_ASK_PROOF] = {RESTS | RUNS | LATE, 0, COURSE_PROVES},
    [COURSE_CONNECT] = {0, RESTS | RUNS | LATE | PROVES, COURSE_RESTS},
    [COURSE_COLLECT] = {RESTS, 0, COURSE_RUNS},
    [COURSE_OUTCOME] = {RUNS | LATE, RESTS | PROVES, COURSE_RESTS},
    [COURSE_DEADLINE] = {RUNS, 0, COURSE_LATE},
    [COURSE_DISCONNECT] = {0, RESTS | RUNS | LATE | PROVES, COURSE_RESTS},
    [COURSE_DROP] = {0, RESTS | RUNS | LATE | PROVES, COURSE_RESTS},
    [COURSE_PROCESS_ENDED] = {0, RESTS | RUNS | LATE | PROVES, COURSE_RESTS},
    [COURSE_CONCLUDE] = {RESTS | RUNS | LATE | PROVES, 0, COURSE_RESTS},
};

int course_move(struct course *course, enum course_event event)
{
    const struct doing *doing = &doings[event];
    unsigned work = 1u << course->work;
    const struct step *step = NULL;
    for (size_t i = 0; !step && i < sizeof steps / sizeof *steps; i++)
        if (steps[i].from == course->stage && steps[i].event == event)
            step = &steps[i];
    if (!step || !(work & (doing->from | doing->keep)))
        return ERROR_STATE;
    course->stage = step->to;
    if (work & doing->from)
        course->work = doing->to;
    return 0;
}

bool course_has_process(const struct course *course)
{
    return course->stage == COURSE_ASKED || course->stage == COURSE_OPEN ||
           course->stage == COURSE_CLOSED;
}

bool course_has_channel(const struct course *course)
{
    return course->stage == COURSE_OPEN || course->stage == COURSE_ORPHAN;
}

bool course_has_run(const struct course *course)
{
    return course->work == COURSE_RUNS || course->work == COURSE_LATE;
}
