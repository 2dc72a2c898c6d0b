/* The shipped rules as they stand in etc/rules.d. */
#ifndef CONFORMANCE_LOGS_RULES_H
#define CONFORMANCE_LOGS_RULES_H

#include "fake/fake_host.h"
#include "host/scan/scan.h"

/* Adds the rules of etc/rules.d/NAME.conf to a set, or to a fake host's group "rule" from number
 * `first` on; the latter gives how many. A mistake in the file ends the process. */
void logs_rules_add(struct rule_set *set, const char *name);
size_t logs_rules_lend(struct fake *fake, const char *name, size_t first);

#endif
