/* One whole run becomes a record: leaf, series, positions, row. */
#ifndef INTAKE_SEAL_H
#define INTAKE_SEAL_H

#include "evidence/intake/intake.h"

/* Seals what the instance's run holds at `now` and empties it. */
int seal_run(struct intake *intake, struct instance *instance, struct moment now,
             struct error *error) MUST_CHECK;

#endif
