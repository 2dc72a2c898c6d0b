/* What must come out of a good and a bad tree, by the files: a selftest runs no program. */
#include "sshd.h"

#include <conformd/kit/trial.h>

static const struct kit_expected expected[] = {
    {"/good", KIT_LAST, SSHD_SETTING, {"permitrootlogin", ""}, 0, "no"},
    {"/good", KIT_LAST, SSHD_SETTING, {"passwordauthentication", ""}, 0, "no"},
    {"/good", KIT_LAST, SSHD_SETTING, {"maxauthtries", ""}, 0, "4"},
    {"/good", KIT_LAST, SSHD_SETTING, {"allowtcpforwarding", "user backup"}, 0, "no"},
    {"/bad", KIT_LAST, SSHD_SETTING, {"permitrootlogin", ""}, 0, "yes"},
    {"/bad", KIT_LAST, SSHD_SETTING, {"passwordauthentication", ""}, 0, "yes"},
    {"/bad", KIT_LAST, SSHD_SETTING, {"maxauthtries", ""}, 0, "50"},
    {"/bad", KIT_LAST, SSHD_SETTING, {"permitemptypasswords", "address 10.0.0.0/8"}, 0, "yes"},
    {0}};

int sshd_selftest(void *self, const struct cfd_host *host, const char *root)
{
    char *words[] = {(char *)"/usr/sbin/sshd", NULL};
    struct sshd settings = {.config = (char *)"/etc/ssh/sshd_config", .program = {words, 1}};
    const struct kit_trial trial = {
        .collect = sshd_collect, .self = &settings, .expected = expected};

    (void)self;
    (void)root; /* the host puts it before each path */
    return kit_trial_run(host, &trial);
}
