/* What log collectors share: rules from the settings, lines in, events and excerpts out.
 *
 * A plugin has feed_rule_members as members of its group "rule", feed_attributes as its attributes,
 * and calls feed_open in open. Answers are of enum cfd_status; a negative one was logged. */
#ifndef SCAN_FEED_H
#define SCAN_FEED_H

#include "host/scan/accounts.h"
#include "host/scan/scan.h"

#include <conformd/collector.h>

#define FEED_SETS_MOST 500 /* label sets after which a batch should end */

enum feed_row { FEED_LINES, FEED_BYTES, FEED_SILENCE };

extern const struct cfd_option feed_rule_members[];
extern const struct cfd_attribute feed_attributes[];

struct feed;

/* Compiles the rules, tries their self-test lines, declares what they feed. CFD_INVALID after a
 * fault was reported. */
int feed_open(const struct cfd_host *host, struct feed **ret) MUST_CHECK;
void feed_free(struct feed *feed);

/* Lines and where they come from. */
struct feed_text {
    const char *source; /* borrowed until feed_flush */
    const char *cursor; /* the place of all of them, or NULL: the offset of each */
    uint64_t offset;    /* of bytes in the source */
    const char *bytes;
    size_t length;
};

/* Scans and counts. */
int feed_scan(struct feed *feed, const struct cfd_host *host,
              const struct feed_text *text) MUST_CHECK;

/* Does any rule match one of these lines, or reach its limits there? Counts nothing. */
bool feed_matches(struct feed *feed, const char *bytes, size_t length);

/* Whether the setting "start" has reading begin at the end at the very first run, as is preset. */
bool feed_starts_at_end(const struct cfd_host *host);

/* Label sets that wait. */
size_t feed_pending(const struct feed *feed);

/* When a collect that begins now has worked as long as the ABI asks. */
int64_t feed_until_ms(void);

/* Must the batch end: by time, by the label sets that wait, or by an urgent rule's hit? */
bool feed_is_due(const struct feed *feed, int64_t until_ms);

/* What a source gave in a batch. */
struct feed_source {
    const char *name;
    uint64_t lines;
    uint64_t bytes;
    int64_t last_ms; /* of its last line, on the wall clock; 0: not known */
};
int feed_source(const struct cfd_host *host, const struct feed_source *source) MUST_CHECK;

/* Sends all that waits; the caller then sets its positions. */
int feed_flush(struct feed *feed, const struct cfd_host *host) MUST_CHECK;

/* Reports that none of the attributes is complete in this run. */
void feed_missing(const struct feed *feed, const struct cfd_host *host, const char *why);

/* A loss in bytes of a source. */
void feed_lost(const struct cfd_host *host, const char *source, const char *why, uint64_t from,
               uint64_t to);

/* A collector's selftest: are there as many failed passwords in its tree as there must be? */
int feed_selftest(void *self, const struct cfd_host *host, const char *root) MUST_CHECK;

#endif
