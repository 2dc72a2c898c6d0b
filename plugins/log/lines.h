/* Whole lines at the front of a buffer. */
#ifndef LOG_LINES_H
#define LOG_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
    size_t length;   /* bytes for the rules; 0: no whole line is here yet */
    size_t consumed; /* bytes that are done with */
    size_t cut;      /* bytes at the end of one line that is too long for the rules */
    uint64_t count;
};

/* At most `most` lines, each up to RULE_LINE_MOST bytes; or one line that is longer, alone.
 * final: what follows the last line end is a line too. */
struct lines lines_next(const char *bytes, size_t length, uint64_t most, bool final);

#endif
