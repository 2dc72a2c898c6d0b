/* One followed path: through appends, rotation and truncation, every whole line once. */
#ifndef LOG_FOLLOW_H
#define LOG_FOLLOW_H

#include "place.h"
#include "rotate.h"

#include "host/scan/feed.h"

#define READ_BYTES   (256u << 10) /* of one read; far more than the longest line rules see */
#define READ_LINES   4000         /* of one scan */
#define DENSE_BYTES  (128u << 10) /* the same where nearly each line is an event */
#define DENSE_LINES  500
#define QUIET_MS     5000 /* a last line without end is taken as whole after so long */
#define IGNORED_TEXT "-"  /* position of a path whose file is read under another name */

struct follow {
    char *path;
    bool literal;      /* the settings name it, without a wildcard */
    bool ignored;      /* its file is read under another name */
    bool placed;       /* `at` is known */
    bool moved;        /* `at` is not what was committed last */
    bool ending;       /* a newer file was seen: what this one holds now is all that it will */
    struct found open; /* the file being read, which rotation may have renamed */
    struct place at;
    bool inside;       /* `at` is within a line that was counted before it had its end */
    uint64_t searched; /* of a line longer than a read: no end before this offset */
    uint64_t lines;    /* since the last flush */
    uint64_t bytes;
    int64_t last_ms; /* when the source was last written, wall clock; 0: not known */
    int64_t gone_ms; /* since when the path is away; 0: it is there */
    int status;      /* of the last step: 0 or what keeps it from being read */
};

/* What reading needs, provided by the collector. */
struct reading {
    const struct cfd_host *host;
    struct feed *feed;
    char *buffer; /* READ_BYTES */
    bool dense;
    bool from_end; /* a file without position is read from its end */
    bool broken;   /* no memory in the middle of a batch: only a new process is right again */
};

struct follow *follow_new(const char *path, bool literal);
void follow_free(struct follow *follow);

/* Takes over the committed position, where there is one. Once, before the first step. */
void follow_load(struct follow *follow, const struct cfd_host *host);

/* Opens the file where that was not done. Below 0: it cannot be read. */
int follow_begin(struct follow *follow, struct reading *reading) MUST_CHECK;

/* Reads a piece, or moves on to the next file. CFD_MORE: call again; CFD_OK: nothing more now;
 * below 0: it cannot be read. */
int follow_step(struct follow *follow, struct reading *reading) MUST_CHECK;

#endif
