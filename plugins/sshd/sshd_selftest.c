/* Runs the file method on a good and a bad tree and looks whether what must come out came out. */
#include "sshd.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <string.h>

struct expected {
    const char *tree;
    const char *match;
    const char *name;
    const char *value;
};

static const struct expected expectations[] = {
    {"/good", "", "permitrootlogin", "no"},
    {"/good", "", "passwordauthentication", "no"},
    {"/good", "", "maxauthtries", "4"},
    {"/good", "user backup", "allowtcpforwarding", "no"},
    {"/bad", "", "permitrootlogin", "yes"},
    {"/bad", "", "passwordauthentication", "yes"},
    {"/bad", "", "maxauthtries", "50"},
    {"/bad", "address 10.0.0.0/8", "permitemptypasswords", "yes"},
};

/* A host before the lent one that puts a tree before each path. */
struct trial {
    const struct cfd_host *lent;
    const char *tree;
};

static int trial_open_file(const struct cfd_host *host, const char *path)
{
    const struct trial *trial = host->context;
    CLEAN(clean_text) char *whole = text_format("%s%s", trial->tree, path);

    return whole ? trial->lent->open_file(trial->lent, whole) : CFD_ERROR;
}

static int64_t trial_left(const struct cfd_host *host)
{
    const struct trial *trial = host->context;

    return trial->lent->left_ms(trial->lent);
}

static int run_tree(const struct cfd_host *lent, const char *tree)
{
    CLEAN(findings_finish) struct findings findings = {0};
    struct trial trial = {.lent = lent, .tree = tree};
    const struct cfd_host host = {.size = sizeof(host),
                                  .context = &trial,
                                  .open_file = trial_open_file,
                                  .left_ms = trial_left};
    int status = files_read(&findings, &host, "/etc/ssh/sshd_config");

    if (status == CFD_OK && findings.fault)
        status = CFD_ERROR;
    for (size_t i = 0; i < sizeof(expectations) / sizeof(expectations[0]) && status == CFD_OK;
         i++) {
        const struct expected *expected = &expectations[i];
        const struct entry *entry = findings_get(&findings, expected->match, expected->name);
        CLEAN(clean_text) char *message = NULL;

        if (strcmp(expected->tree, tree) != 0 ||
            (entry && strcmp(entry->value, expected->value) == 0))
            continue;
        message = text_format("selftest: %s of %s is %s, not %s", expected->name, tree,
                              entry ? entry->value : "absent", expected->value);
        lent->log(lent, CFD_LOG_ERROR, message ? message : "selftest failed");
        status = CFD_ERROR;
    }
    return status;
}

int sshd_selftest(void *self, const struct cfd_host *host, const char *root)
{
    int status = run_tree(host, "/good");

    (void)self;
    (void)root; /* the host puts it before each path */
    return status == CFD_OK ? run_tree(host, "/bad") : status;
}
