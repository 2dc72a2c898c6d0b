/* Runs the method on a good and a bad tree and looks whether what must come out came out. */
#include "accounts.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <string.h>

/* What must come out of a tree: the sum of an attribute's values over a user or kind. */
struct expected {
    const char *tree;
    uint32_t attribute;
    const char *label; /* the last label's value; "" any */
    double sum;
};

static const struct expected expectations[] = {
    {"/good", ACCOUNTS_EMPTY_PASSWORD, "", 0},
    {"/good", ACCOUNTS_EXTRA_UID0, "", 0},
    {"/good", ACCOUNTS_HASH_STRONG, "root", 1},
    {"/good", ACCOUNTS_HASH_STRONG, "", 2},
    {"/good", ACCOUNTS_PASSWORD_LOCKED, "", 2},
    {"/good", ACCOUNTS_LOGIN_ENABLED, "", 2},
    {"/good", ACCOUNTS_DUPLICATES, "", 0},
    {"/good", ACCOUNTS_MALFORMED_LINES, "", 0},
    {"/good", ACCOUNTS_PRIVILEGED_MEMBER, "alice", 1},
    {"/good", ACCOUNTS_TOTAL, "", 4},
    {"/bad", ACCOUNTS_EMPTY_PASSWORD, "open", 1},
    {"/bad", ACCOUNTS_EMPTY_PASSWORD, "", 2},
    {"/bad", ACCOUNTS_EXTRA_UID0, "toor", 1},
    {"/bad", ACCOUNTS_EXTRA_UID0, "", 1},
    {"/bad", ACCOUNTS_HASH_STRONG, "", 1},
    {"/bad", ACCOUNTS_PASSWORD_LOCKED, "gone", 1},
    {"/bad", ACCOUNTS_DUPLICATES, "uid", 2},
    {"/bad", ACCOUNTS_DUPLICATES, "group", 1},
    {"/bad", ACCOUNTS_MALFORMED_LINES, "", 2},
    {"/bad", ACCOUNTS_PRIVILEGED_MEMBER, "mallory", 1},
};

#define EXPECTATIONS (sizeof(expectations) / sizeof(expectations[0]))

/* A host of our own before the lent one: a tree before each path, sums in place of readings. */
struct trial {
    const struct cfd_host *lent;
    const char *tree;
    double sums[EXPECTATIONS];
};

static int trial_emit(const struct cfd_host *host, const struct cfd_reading *reading)
{
    struct trial *trial = host->context;
    uint32_t last = reading->attribute == ACCOUNTS_PRIVILEGED_MEMBER ? 1 : 0;
    const char *label = reading->labels ? reading->labels[last] : "";

    for (size_t i = 0; i < EXPECTATIONS; i++) {
        const struct expected *expected = &expectations[i];

        if (strcmp(expected->tree, trial->tree) == 0 && expected->attribute == reading->attribute &&
            (!*expected->label || strcmp(expected->label, label) == 0))
            trial->sums[i] += reading->value;
    }
    return CFD_OK;
}

static int trial_excerpt(const struct cfd_host *host, const struct cfd_excerpt *excerpt)
{
    (void)host;
    (void)excerpt;
    return CFD_OK;
}

static int trial_missing(const struct cfd_host *host, uint32_t attribute, const char *why)
{
    (void)host;
    (void)attribute;
    (void)why;
    return CFD_OK;
}

static int trial_open_file(const struct cfd_host *host, const char *path)
{
    struct trial *trial = host->context;
    CLEAN(clean_text) char *whole = text_format("%s%s", trial->tree, path);

    return whole ? trial->lent->open_file(trial->lent, whole) : CFD_ERROR;
}

static void trial_log(const struct cfd_host *host, int level, const char *message)
{
    (void)host;
    (void)level;
    (void)message;
}

/* 2026-01-01: the trees' dates are older, so that no result depends on today. */
static int64_t trial_now(const struct cfd_host *host)
{
    (void)host;
    return INT64_C(1767225600000);
}

static int64_t trial_left(const struct cfd_host *host)
{
    const struct trial *trial = host->context;

    return trial->lent->left_ms(trial->lent);
}

static int run_tree(struct trial *trial, const char *tree)
{
    static const char *const privileged[] = {"root", "sudo", NULL};
    const struct cfd_host host = {.size = sizeof(host),
                                  .context = trial,
                                  .emit = trial_emit,
                                  .excerpt = trial_excerpt,
                                  .missing = trial_missing,
                                  .open_file = trial_open_file,
                                  .log = trial_log,
                                  .now_ms = trial_now,
                                  .left_ms = trial_left};
    struct book book;
    int status;

    trial->tree = tree;
    status = book_read(&book, &host, "/etc/passwd", "/etc/shadow", "/etc/group");
    if (status == CFD_OK)
        status = book.passwd.status;
    if (status == CFD_OK)
        status = accounts_report(&host, &book, privileged);
    book_finish(&book);
    return status;
}

int accounts_selftest(void *self, const struct cfd_host *host, const char *root)
{
    struct trial trial = {.lent = host};
    int status = run_tree(&trial, "/good");

    (void)self;
    (void)root; /* the host puts it before each path */
    if (status == CFD_OK)
        status = run_tree(&trial, "/bad");
    for (size_t i = 0; i < EXPECTATIONS && status == CFD_OK; i++) {
        const struct expected *expected = &expectations[i];
        CLEAN(clean_text) char *message = NULL;

        if (trial.sums[i] == expected->sum)
            continue;
        message = text_format("selftest: attribute %u of %s with label '%s' is %g, not %g",
                              expected->attribute, expected->tree, expected->label, trial.sums[i],
                              expected->sum);
        host->log(host, CFD_LOG_ERROR, message ? message : "selftest failed");
        status = CFD_ERROR;
    }
    return status;
}
