/* Readings beyond a series limit: kept as evidence summed up, as they are in the series. */
#ifndef INTAKE_BEYOND_H
#define INTAKE_BEYOND_H

#include "evidence/intake/run.h"

/* Adds one that had no room; attribute: its number. */
int beyond_add(struct run *run, size_t attribute, double value) MUST_CHECK;
/* Before the run is sealed: a line of readings for each attribute, {overflow="true"}. */
int beyond_tell(struct run *run, const struct instance *instance) MUST_CHECK;
void beyond_finish(struct run *run);

#endif
