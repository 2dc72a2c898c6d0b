/* A line as it may be kept: without names that are not accounts, and with what is personal
 * marked. */
#ifndef SCAN_MASK_H
#define SCAN_MASK_H

#include "ground/base/buffer.h"
#include "host/scan/accounts.h"
#include "host/scan/kept.h"
#include "host/scan/scan.h"

struct hidden;

/* Zeroed is empty; used again and again. */
struct mask {
    struct buffer text;
    struct cfd_span spans[KEPT_SPANS];
    size_t span_count;
    struct hidden *hidden; /* what labels took */
    size_t hidden_count;
    size_t hidden_capacity;
    struct matcher *matcher;
};

/* A line (borrowed) in which a hit is. What labels of accounts and personal ones take in it, of
 * the hit's rule and of every other that matches too, is looked for in the whole line, because
 * it may be there more than once. */
int mask_line(struct mask *mask, const struct rule_set *set, const struct scan_hit *hit,
              const struct accounts *accounts, const struct capture *line) MUST_CHECK;
void mask_finish(struct mask *mask);

#endif
