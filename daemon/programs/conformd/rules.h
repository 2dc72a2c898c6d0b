/* conformd --print-rules: the log rules as JSON, for `conformctl rules test`. */
#ifndef CONFORMD_RULES_H
#define CONFORMD_RULES_H

#include "parent/config/config.h"

/* Prints {"rules": [as a collector gets them], "places": {"rule[0].match[1]": "file:line", ...}} to
 * standard output. ERROR_MEMORY, ERROR_IO. */
int rules_print(const struct config *config) MUST_CHECK;

#endif
