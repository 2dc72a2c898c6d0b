/* A collector's process that was started for its plugin's selftest: it says how that ended, and
 * ends.
 */
#ifndef CONFORMD_COLLECTOR_PROVING_H
#define CONFORMD_COLLECTOR_PROVING_H

#include "host/collector/life.h"

/* Runs the method on the trees below root and reports to the engine at fd (taken over). life: as
 * the owner filled its lender. 0, or what went wrong on the channel. */
int proving_run(struct life *life, const char *root, int fd) MUST_CHECK;

#endif
