/* One run over a book, shared by the files that report. */
#ifndef ACCOUNTS_ACCOUNTS_REPORT_H
#define ACCOUNTS_ACCOUNTS_REPORT_H

#include "accounts.h"

struct run {
    struct kit_run *kit;
    const struct book *book;
    const struct kit_texts *privileged;
};

/* first and second are the values of the attribute's labels, "" where it has none. */
void run_emit(struct run *run, uint32_t attribute, double value, const char *first,
              const char *second);

/* The line with its password field, which begins at secret, reduced to what may be shown. */
void run_excerpt(struct run *run, uint32_t attribute, const struct source *source,
                 const struct origin *origin, const char *secret);

void run_accounts(struct run *run);
void run_groups(struct run *run);

#endif
