/* What a run held is given back. */
#include "evidence/run/run.h"

#include <stdlib.h>

#include "evidence/run/beyond.h"

void run_finish(struct run *run)
{
    series_run_drop(run->series);
    beyond_finish(run);
    buffer_finish(&run->readings);
    buffer_finish(&run->excerpts);
    seen_finish(&run->seen);
    json_decref(run->positions);
    json_decref(run->opened);
    json_decref(run->lost);
    json_decref(run->missing);
    free(run->why);
    *run = (struct run){0};
}
