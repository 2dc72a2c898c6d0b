/* All commands of conformctl. */
#ifndef CONFORMCTL_COMMANDS_H
#define CONFORMCTL_COMMANDS_H

#include "programs/conformctl/ctl.h"

/* Ends with a row without a name. */
extern const struct ctl_command commands_all[];

#endif
