/* What must come out of a good and a bad tree. */
#include "accounts.h"

#include <conformd/kit/trial.h>

static const struct kit_expected expected[] = {
    {"/good", KIT_SUM, ACCOUNTS_EMPTY_PASSWORD, {NULL}, 0, NULL},
    {"/good", KIT_SUM, ACCOUNTS_EXTRA_UID0, {NULL}, 0, NULL},
    {"/good", KIT_SUM, ACCOUNTS_HASH_STRONG, {"root"}, 1, NULL},
    {"/good", KIT_SUM, ACCOUNTS_HASH_STRONG, {NULL}, 2, NULL},
    {"/good", KIT_SUM, ACCOUNTS_PASSWORD_LOCKED, {NULL}, 2, NULL},
    {"/good", KIT_SUM, ACCOUNTS_LOGIN_ENABLED, {NULL}, 2, NULL},
    {"/good", KIT_SUM, ACCOUNTS_DUPLICATES, {NULL}, 0, NULL},
    {"/good", KIT_SUM, ACCOUNTS_MALFORMED_LINES, {NULL}, 0, NULL},
    {"/good", KIT_SUM, ACCOUNTS_PRIVILEGED_MEMBER, {NULL, "alice"}, 1, NULL},
    {"/good", KIT_SUM, ACCOUNTS_TOTAL, {NULL}, 4, NULL},
    {"/bad", KIT_SUM, ACCOUNTS_EMPTY_PASSWORD, {"open"}, 1, NULL},
    {"/bad", KIT_SUM, ACCOUNTS_EMPTY_PASSWORD, {NULL}, 2, NULL},
    {"/bad", KIT_SUM, ACCOUNTS_EXTRA_UID0, {"toor"}, 1, NULL},
    {"/bad", KIT_SUM, ACCOUNTS_EXTRA_UID0, {NULL}, 1, NULL},
    {"/bad", KIT_SUM, ACCOUNTS_HASH_STRONG, {NULL}, 1, NULL},
    {"/bad", KIT_SUM, ACCOUNTS_PASSWORD_LOCKED, {"gone"}, 1, NULL},
    {"/bad", KIT_SUM, ACCOUNTS_DUPLICATES, {"uid"}, 2, NULL},
    {"/bad", KIT_SUM, ACCOUNTS_DUPLICATES, {"group"}, 1, NULL},
    {"/bad", KIT_SUM, ACCOUNTS_MALFORMED_LINES, {NULL}, 2, NULL},
    {"/bad", KIT_SUM, ACCOUNTS_PRIVILEGED_MEMBER, {NULL, "mallory"}, 1, NULL},
    {0}};

int accounts_selftest(void *self, const struct cfd_host *host, const char *root)
{
    char *privileged[] = {(char *)"root", (char *)"sudo", NULL};
    struct accounts settings = {.passwd = (char *)"/etc/passwd",
                                .shadow = (char *)"/etc/shadow",
                                .group = (char *)"/etc/group",
                                .privileged = {privileged, 2}};
    const struct kit_trial trial = {
        .collect = accounts_collect, .self = &settings, .expected = expected};

    (void)self;
    (void)root; /* the host puts it before each path */
    return kit_trial_run(host, &trial);
}
