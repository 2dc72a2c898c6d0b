/* Processes that a collector left behind: they become the parent's children, and it ends them. */
#ifndef CHILDREN_STRAYS_H
#define CHILDREN_STRAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Once, before the first child: whoever loses its parent below this process becomes its child
 * (PR_SET_CHILD_SUBREAPER, Linux 3.4), also when it left its session. False, and nothing is done,
 * where this process has children already, which a shell gave it that became it. */
bool strays_adopt(void);

/* Kills every child that is_ours does not know, and reaps those that have ended. Called after
 * each SIGCHLD: the kernel passes on orphans before it reports the end of their parent. At most
 * some hundred at once; the end of each calls again. Gives how many were alive. */
size_t strays_end(bool (*is_ours)(const void *context, pid_t pid), const void *context);

#endif
