/* Reading the journal in order, entry by entry, from a cursor on. */
#ifndef JOURNAL_READER_H
#define JOURNAL_READER_H

#include "host/scan/feed.h"

#include <conformd/kit/options.h>
#include <systemd/sd-journal.h>

#define CURSOR_KEY  "cursor"  /* of the last entry that was read; "": none, begin as at first */
#define LAST_KEY    "last"    /* when the last entry that passed was written, ms since 1970 */
#define SOURCE_NAME "journal" /* label source */

struct reader {
    char *path; /* of a journal directory; NULL: the system's */
    struct kit_texts units;
    struct kit_texts identifiers;
    bool from_end; /* where reading begins without a cursor */
    sd_journal *journal;
    char *cursor;   /* of the last entry read, or NULL */
    bool unsure;    /* the next entry may not be the one behind the cursor */
    uint64_t lines; /* since the last flush, of those that pass */
    uint64_t bytes;
    int64_t last_ms; /* of the last entry that passed; 0: not known */
};

/* Opens the journal and goes to the committed cursor. CFD_ABSENT, CFD_DENIED. */
int reader_begin(struct reader *reader, const struct cfd_host *host) MUST_CHECK;
void reader_end(struct reader *reader);

/* Takes in what happened to the files since the last call. */
int reader_refresh(struct reader *reader) MUST_CHECK;

/* Reads one entry. CFD_MORE: there was one; CFD_OK: none is left. */
int reader_step(struct reader *reader, struct feed *feed, const struct cfd_host *host) MUST_CHECK;

#endif
