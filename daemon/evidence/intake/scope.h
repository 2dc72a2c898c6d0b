/* Whether a reading is about something in the scope of the management system (27001:2022 4.3). */
#ifndef INTAKE_SCOPE_H
#define INTAKE_SCOPE_H

#include "evidence/series/series.h"

#include <jansson.h>
#include <stdbool.h>

/* scope: {label: {value: true}}, or NULL for no scope. False when a label that the scope says
 * something about has a value that it does not name. */
bool scope_admits(const json_t *scope, const struct series_reading *reading);

#endif
