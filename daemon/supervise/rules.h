/* conformd --print-rules: the log rules as JSON, for `conformctl rules test`. */
#ifndef SUPERVISE_RULES_H
#define SUPERVISE_RULES_H

#include "config/config.h"

/* Prints {"rules": [as a collector gets them], "places": {"rule[0].match[1]": "file:line", ...}} to
 * standard output. ERROR_MEMORY, ERROR_IO. */
int rules_print(const struct config *config) MUST_CHECK;

#endif
