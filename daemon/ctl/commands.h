/* All commands of conformctl. */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include "ctl/ctl.h"

/* Ends with a row without a name. */
extern const struct ctl_command ctl_commands[];

#endif
