/* Lines of a batch that are kept to be shown: of each rule the first and the last, the rest
 * counted, and all of them hashed, but for names: whoever has the hash alone could try them. */
#ifndef SCAN_KEPT_H
#define SCAN_KEPT_H

#include "ground/base/error.h"

#include <conformd/collector.h>
#include <stddef.h>
#include <stdint.h>

#define KEPT_FIRST      20 /* lines a rule in KEPT_WINDOW_MS */
#define KEPT_LAST       5  /* lines a rule and batch */
#define KEPT_WINDOW_MS  10000
#define KEPT_LINE_MOST  4096 /* bytes of a line, as the collector ABI takes it */
#define KEPT_HASH_BYTES 32   /* SHA-256 */
#define KEPT_SPANS      16   /* personal parts of a line */
#define KEPT_SPAN_MOST  256  /* bytes of one, as of a label's value */

struct kept_line {
    char *bytes;
    size_t length;
    const char *source; /* borrowed until kept_reset */
    char *place;
    struct cfd_span spans[KEPT_SPANS]; /* what is personal in it */
    size_t span_count;
};

/* Of one rule. Zeroed is empty. */
struct kept {
    struct kept_line first[KEPT_FIRST];
    struct kept_line last[KEPT_LAST]; /* a ring; line n is at n % KEPT_LAST */
    size_t first_count;
    uint64_t later; /* lines behind the first ones */
    int64_t window_ms;
    size_t window_count; /* first lines of this window, batches before included */
    void *hash;          /* of all lines of the batch without what is personal, each with LF */
};

/* Once, before the first line: hashing shall not go and look for OpenSSL's configuration file. */
int kept_prepare(void) MUST_CHECK;

/* Adds a line (copied; cut to KEPT_LINE_MOST). */
int kept_add(struct kept *kept, const struct kept_line *line, int64_t now_ms) MUST_CHECK;

/* The hash of all lines since the last reset. Once. */
int kept_hash(struct kept *kept, uint8_t ret_hash[KEPT_HASH_BYTES]) MUST_CHECK;

/* Ends the batch; the window goes on. */
void kept_reset(struct kept *kept);
void kept_finish(struct kept *kept);

#endif
