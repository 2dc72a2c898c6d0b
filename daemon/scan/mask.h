/* A line as it may be kept: without what is no account, and with what is personal marked. */
#ifndef SCAN_MASK_H
#define SCAN_MASK_H

#include "base/buffer.h"
#include "scan/accounts.h"
#include "scan/kept.h"
#include "scan/scan.h"

/* Zeroed is empty; used again and again. */
struct mask {
    struct buffer text;
    struct cfd_span spans[KEPT_SPANS];
    size_t span_count;
};

/* Of a hit of this rule in that line (borrowed): what a label of an account or a personal one took
 * is looked for in the whole line, for it may stand there more than once. */
int mask_line(struct mask *mask, const struct rule *rule, const struct scan_hit *hit,
              const struct accounts *accounts, const struct capture *line) MUST_CHECK;
void mask_finish(struct mask *mask);

#endif
