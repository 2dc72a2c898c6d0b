/* What the two halves of a feed know of it. */
#ifndef SCAN_FEED_INTERNAL_H
#define SCAN_FEED_INTERNAL_H

#include "host/scan/feed.h"
#include "host/scan/kept.h"
#include "host/scan/mask.h"
#include "host/scan/tally.h"

/* Lines of a source that a rule could not decide within its limits, in one batch. */
struct undecided {
    size_t rule;
    const char *source;
    uint64_t from;
    uint64_t to;
    uint64_t lines;
};

struct feed {
    struct rule_set set;
    struct scan *scan;
    struct accounts *accounts;
    bool names_accounts; /* some rule does */
    struct mask mask;
    struct kept *kept; /* one a rule */
    uint32_t *numbers; /* one an attribute: what declare() gave */
    struct tally tally;
    struct undecided *undecided;
    size_t undecided_count;
    size_t undecided_capacity;
    bool urgent;

    /* Of feed_scan while it runs. */
    const struct feed_text *text;
    int64_t now_ms;
    int code;
};

int scan_read_rules(const struct cfd_host *host, struct feed *feed) MUST_CHECK;
int scan_declare(const struct cfd_host *host, struct feed *feed) MUST_CHECK;

#endif
