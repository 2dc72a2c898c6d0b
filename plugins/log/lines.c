/* Lines are counted as they are found, and never split. */
#include "lines.h"

#include "host/scan/rule.h"

#include <string.h>

/* The first line has no end here, or lies too far. */
static struct lines lone_line(const char *end, const char *bytes, size_t length, bool final)
{
    struct lines lines = {0};
    if (!end && (!final || !length))
        return lines;
    size_t whole = end ? (size_t)(end - bytes) : length;
    lines.length = whole < RULE_LINE_MOST ? whole : RULE_LINE_MOST;
    lines.cut = whole - lines.length;
    lines.consumed = end ? whole + 1 : whole;
    lines.count = 1;
    return lines;
}

struct lines lines_next(const char *bytes, size_t length, uint64_t most, bool final)
{
    struct lines lines = {0};
    const char *end = NULL;
    while (lines.count < most) {
        const char *from = bytes + lines.consumed;
        end = lines.consumed < length ? memchr(from, '\n', length - lines.consumed) : NULL;
        if (!end || end - from > RULE_LINE_MOST)
            break;
        lines.consumed = (size_t)(end + 1 - bytes);
        lines.count++;
    }
    if (!lines.count)
        return lone_line(end, bytes, length, final);
    lines.length = lines.consumed;
    return lines;
}
