/* What a child finds when it begins: the descriptors that its role declares, and no other. */
#ifndef PROCESS_INHERIT_H
#define PROCESS_INHERIT_H

#include "ground/process/child.h"

/* Looks at every open descriptor and counts the listeners. ERROR_STATE with a sentence: one that is
 * missing, of the wrong sort, or not declared for the role. */
int inherit_check(enum role role, bool check, int *ret_listeners, struct error *error) MUST_CHECK;

/* The role's part of the configuration from CHILD_CONFIG, which is closed. ret: a new reference. */
int inherit_config(json_t **ret, struct error *error) MUST_CHECK;

#endif
