/* What a scan by hand found: hits of each rule, totals of each label set, lines without a rule. */
#ifndef CONFORMD_COLLECTOR_SCANNED_H
#define CONFORMD_COLLECTOR_SCANNED_H

#include "ground/base/error.h"

#include <conformd/collector.h>
#include <jansson.h>
#include <stddef.h>

enum {
    SCANNED_RULES = 250,     /* at once: a plugin has few attributes */
    SCANNED_SETS = 100000,   /* beyond, events go to {overflow="true"} */
    SCANNED_SHOWN = 20,      /* lines without a rule that are kept */
    SCANNED_STEP_LINES = 64, /* lines between two calls of scanned_step */
};

struct scanned;

/* rules: as in a plugin's setting `rule`; borrowed until scanned_free. ERROR_LIMIT with a sentence.
 */
int scanned_new(const json_t *rules, struct scanned **ret, struct error *error) MUST_CHECK;
void scanned_free(struct scanned *scanned);

/* The rules as they are scanned: each feeds an attribute of its own and shows its lines; what tries
 * them is left out. A new reference; NULL without memory. */
json_t *scanned_rules(const struct scanned *scanned);

/* A line without its end is about to be read at that offset. */
int scanned_line(struct scanned *scanned, uint64_t offset, const char *bytes,
                 size_t length) MUST_CHECK;
/* Some rule matched the line that begins there. */
void scanned_mark(struct scanned *scanned, uint64_t offset);
/* All rules have seen the lines so far. */
void scanned_step(struct scanned *scanned);

int scanned_reading(struct scanned *scanned, const struct cfd_attribute *attribute,
                    const struct cfd_reading *reading) MUST_CHECK;
int scanned_lost(struct scanned *scanned, const char *why) MUST_CHECK;

/* {"lines", "unmatched", "unmatched_lines", "rules", "sets" (greatest first), "lost"}; a new
 * reference, NULL without memory. */
json_t *scanned_answer(const struct scanned *scanned);

#endif
