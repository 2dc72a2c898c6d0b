/* The accounts of this host, so that what is none is not kept: people type passwords as names. */
#ifndef SCAN_ACCOUNTS_H
#define SCAN_ACCOUNTS_H

#include "ground/base/error.h"

#include <conformd/collector.h>
#include <stdbool.h>

#define ACCOUNTS_INVALID "(invalid)" /* written in place of a name that is not an account */

/* The settings of a log collector that say which names are accounts, and the need that they are. */
#define ACCOUNTS_OPTIONS                                                                           \
    {.name = "account_files",                                                                      \
     .type = CFD_PATH,                                                                             \
     .flags = CFD_LIST,                                                                            \
     .preset = "/etc/passwd",                                                                      \
     .help = "Files as passwd(5) whose names are accounts; read again when they change."},         \
    {                                                                                              \
        .name = "known_accounts", .type = CFD_STRING, .flags = CFD_LIST, .least = 1, .most = 256,  \
        .help = "Further names of accounts, as glob(7) has them (ldap-*): of directories that "    \
                "no file lists."                                                                   \
    }
#define ACCOUNTS_NEED                                                                              \
    {                                                                                              \
        .kind = CFD_READ, .setting = "account_files"                                               \
    }

struct accounts;

/* Reads the settings, not the files. */
int accounts_new(const struct cfd_host *host, struct accounts **ret) MUST_CHECK;
void accounts_free(struct accounts *accounts);

/* Reads what is new in the files, in collect. What was read before holds while they cannot be. */
void accounts_refresh(struct accounts *accounts, const struct cfd_host *host);

/* NULL, or why no name is known but those of known_accounts. Borrowed until the next refresh. */
const char *accounts_unread(const struct accounts *accounts);

bool accounts_know(const struct accounts *accounts, const char *name, size_t length);

#endif
