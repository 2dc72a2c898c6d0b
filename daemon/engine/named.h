/* Formulas that ask for a person by name, where a collector keeps pseudonyms. */
#ifndef ENGINE_NAMED_H
#define ENGINE_NAMED_H

#include "intake/instance.h"
#include "promql/ask.h"

/* What may be asked of a personal label that is kept as pseudonyms. */
#define NAMED_ALLOWED                                                                              \
    "allowed is \"root\", \"(invalid)\", \"\", a regular expression that is \".+\", \".*\" or "    \
    "alternatives of these, or a legal_basis in the collector"

/* The first matcher whose answer hangs on names that a pseudonym would stand for, among series that
 * this instance feeds; NULL where there is none. Borrowed from the selector. */
const struct promql_matcher *named_matcher(const struct instance *instance,
                                           const struct promql_selector *selector);

/* For struct measure_world; context is the engine. *ret_why is the heap's, NULL where nothing is
 * hidden; it does not tell the name. */
int named_hidden(void *context, const struct promql_selector *selector, char **ret_why);

#endif
