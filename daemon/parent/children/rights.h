/* User and capabilities: what the parent becomes, and what a child is left with. */
#ifndef CHILDREN_RIGHTS_H
#define CHILDREN_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ground/base/error.h"

/* The account whose files and processes the daemon's are. */
struct rights_user {
    bool known;   /* it exists; else ids are the present ones */
    bool changes; /* the present user is root and the account is another */
    uid_t uid;
    gid_t gid;
};

int rights_find_user(const char *name, struct rights_user *ret) MUST_CHECK;

/* Becomes the user with its groups, keeping of root's capabilities only those of the mask, as
 * permitted and inheritable. Nothing when the user does not change. */
int rights_become(const char *name, const struct rights_user *user, uint64_t capabilities,
                  struct error *error) MUST_CHECK;

/* The capabilities that this process may use or hand on. */
uint64_t rights_held(void);

/* In a new process, before exec: leaves of the capabilities those of the mask that are held, also
 * through exec and for root, and forbids gaining others. Returns -1 with errno. */
int rights_restrict(uint64_t capabilities) MUST_CHECK;

#endif
