/* States, register and series from the ledger, at a person's word. */
#include "programs/conformd-engine/rebuilding.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "evidence/rebuild/rebuild.h"
#include "ground/base/clean.h"

enum { DIFFERS = 1, USAGE = 2, FAILED = 3, SHOWN = 160 };

static void on_difference(void *context, const char *what, const char *stored, const char *rebuilt)
{
    (void)context;
    printf("%s: stored %.*s%s, rebuilt %.*s%s\n", what, SHOWN, *stored ? stored : "not there",
           strlen(stored) > SHOWN ? "..." : "", SHOWN, *rebuilt ? rebuilt : "not there",
           strlen(rebuilt) > SHOWN ? "..." : "");
}

static void on_gap(void *context, const char *sentence)
{
    (void)context;
    printf("gap: %s\n", sentence);
}

static int run(struct store *store, bool check, struct error *error)
{
    static const struct rebuild_report report = {on_difference, on_gap, NULL};
    struct rebuild_figures figures;
    int code = check ? rebuild_check(store, &report, &figures, error)
                     : rebuild_apply(store, &report, &figures, error);
    if (code)
        return FAILED;
    printf("%lld entries: %s", (long long)figures.leaves,
           figures.differences ? "what is stored differs from what the ledger says"
                               : "what is stored is what the ledger says");
    printf(figures.gaps ? ", but for the gaps named\n" : "\n");
    if (!check)
        printf("rebuilt\n");
    return check && figures.differences ? DIFFERS : 0;
}

int rebuilding_run(int count, char **words)
{
    CLEAN(error_finish) struct error error = {0};
    struct store *store = NULL;
    bool check = count == 2 && strcmp(words[0], "--check") == 0;
    if (count != 1 + check || words[count - 1][0] == '-') {
        fputs("conformd-engine --rebuild takes [--check] FOLDER\n", stderr);
        return USAGE;
    }
    int status = FAILED;
    if (!store_open(words[count - 1], STORE_WRITE, &store, &error))
        status = run(store, check, &error);
    store_close(store);
    if (status == FAILED)
        fprintf(stderr, "conformd-engine: %s\n", error_sentence(&error));
    return status;
}
