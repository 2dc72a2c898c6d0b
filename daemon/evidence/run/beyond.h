/* Readings beyond a series limit: kept as evidence summed up, as they are in the series. */
#ifndef RUN_BEYOND_H
#define RUN_BEYOND_H

#include "evidence/run/attribute.h"
#include "evidence/run/run.h"

/* Adds one that had no room; attribute: its number. */
int beyond_add(struct run *run, size_t attribute, double value) MUST_CHECK;
/* Before the run is sealed: a line of readings for each attribute, {overflow="true"}. */
int beyond_tell(struct run *run, const struct attributes *attributes) MUST_CHECK;
void beyond_finish(struct run *run);

#endif
