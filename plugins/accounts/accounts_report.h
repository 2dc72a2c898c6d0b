/* One run over a book, shared by the files that report. */
#ifndef ACCOUNTS_ACCOUNTS_REPORT_H
#define ACCOUNTS_ACCOUNTS_REPORT_H

#include "accounts.h"

struct run {
    const struct cfd_host *host;
    const struct book *book;
    const char *const *privileged;
    int refused; /* the host's first refusal, or CFD_OK */
    size_t excerpts;
};

/* first and second are the values of the attribute's labels, "" where it has none. */
void run_emit(struct run *run, uint32_t attribute, double value, const char *first,
              const char *second);

/* The line with its password field, which begins at secret, reduced to what may be shown. */
void run_excerpt(struct run *run, uint32_t attribute, const struct source *source,
                 const struct origin *origin, const char *secret);

int run_accounts(struct run *run);
void run_groups(struct run *run);

#endif
