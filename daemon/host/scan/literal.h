/* The text that every match of a pattern must hold: found fast, it spares the pattern. */
#ifndef SCAN_LITERAL_H
#define SCAN_LITERAL_H

#include <stddef.h>

#define LITERAL_MOST 64 /* bytes of a literal */

struct literal {
    size_t length; /* 0: none is known, the pattern must be tried on each line */
    char bytes[LITERAL_MOST];
};

/* The rarest-looking text that a PCRE2 pattern (compiled without options) cannot match without.
 * Never wrong, often short: what it does not understand it answers with length 0. */
struct literal literal_required(const char *pattern);

#endif
