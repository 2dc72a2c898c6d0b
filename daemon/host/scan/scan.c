/* The scan: a rule's literal leads to lines, its pattern decides. */
#include "host/scan/scan.h"

#include "ground/base/array.h"
#include "ground/base/buffer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define REPEATED        "message repeated "
#define REPEATED_LENGTH (sizeof REPEATED - 1)

/* A line in which rsyslog folded N equal messages into one (its "repeated message reduction"). */
struct repeat {
    size_t start;
    size_t end;
    size_t header; /* bytes before "message repeated" */
    size_t body;   /* offset and length of what is between the brackets */
    size_t body_length;
    uint64_t count;
};

struct scan {
    const struct rule_set *set;
    struct matcher *matcher;
    struct repeat *repeats;
    size_t repeat_count;
    size_t repeat_capacity;
    struct buffer unfolded;
};

struct line {
    size_t start;
    size_t end;  /* without CR and LF */
    size_t next; /* start of the next one */
};

int scan_new(const struct rule_set *set, struct scan **ret)
{
    struct scan *scan = calloc(1, sizeof *scan);
    if (!scan)
        return ERROR_MEMORY;
    scan->set = set;
    int code = rule_matcher_new(&scan->matcher);
    if (code) {
        scan_free(scan);
        return code;
    }
    *ret = scan;
    return 0;
}

void scan_free(struct scan *scan)
{
    if (!scan)
        return;
    rule_matcher_free(scan->matcher);
    buffer_finish(&scan->unfolded);
    free(scan->repeats);
    free(scan);
}

/* The line that holds the byte at; floor is the start of some line at or before it. */
static struct line line_around(const char *bytes, size_t length, size_t floor, size_t at)
{
    const char *before = at > floor ? memrchr(bytes + floor, '\n', at - floor) : NULL;
    const char *behind = at < length ? memchr(bytes + at, '\n', length - at) : NULL;
    struct line line = {.start = before ? (size_t)(before + 1 - bytes) : floor,
                        .end = behind ? (size_t)(behind - bytes) : length};
    line.next = behind ? line.end + 1 : length;
    if (line.end > line.start && bytes[line.end - 1] == '\r')
        line.end--;
    return line;
}

/* Does the header of a syslog line stand here: a time first, one tag last? What a user chose (a
 * name with "message repeated 99 times: [" in it) comes behind the tag's colon. */
static bool is_header(const char *bytes, size_t length)
{
    if (length == 0)
        return true;
    if (length < 6 || memcmp(bytes + length - 2, ": ", 2) != 0 ||
        memmem(bytes, length - 2, ": ", 2))
        return false;
    const unsigned char *at = (const unsigned char *)bytes;
    return isdigit(at[0]) || at[0] == '<' ||
           (isalpha(at[0]) && isalpha(at[1]) && isalpha(at[2]) && at[3] == ' ');
}

/* Reads "N times: [ body]" that ends the line; offsets are of the buffer. */
static bool read_repeat(const char *bytes, struct repeat *repeat, size_t at)
{
    uint64_t count = 0;
    size_t first = at;
    while (at < repeat->end && isdigit((unsigned char)bytes[at]) && at - first < 9)
        count = count * 10 + (uint64_t)(bytes[at++] - '0');
    const char rest[] = " times: [";
    size_t length = sizeof rest - 1;
    if (!count || repeat->end - at <= length || memcmp(bytes + at, rest, length) != 0 ||
        bytes[repeat->end - 1] != ']')
        return false;
    at += length;
    if (bytes[at] == ' ')
        at++;
    repeat->body = at;
    repeat->body_length = repeat->end - 1 > at ? repeat->end - 1 - at : 0;
    repeat->count = count;
    return true;
}

static int find_repeats(struct scan *scan, const char *bytes, size_t length)
{
    scan->repeat_count = 0;
    for (size_t from = 0; from < length;) {
        const char *found = memmem(bytes + from, length - from, REPEATED, REPEATED_LENGTH);
        if (!found)
            return 0;
        size_t at = (size_t)(found - bytes);
        struct line line = line_around(bytes, length, from, at);
        from = line.next;
        struct repeat repeat = {.start = line.start, .end = line.end, .header = at - line.start};
        if (!is_header(bytes + line.start, repeat.header) ||
            !read_repeat(bytes, &repeat, at + REPEATED_LENGTH))
            continue;
        int code = array_reserve(&scan->repeats, &scan->repeat_capacity, scan->repeat_count,
                                 sizeof repeat);
        if (code)
            return code;
        scan->repeats[scan->repeat_count++] = repeat;
    }
    return 0;
}

/* Tries the hit's rule, and tells the hit unless it is none. */
static void try_rule(const struct scan *scan, struct scan_hit *hit, const char *bytes,
                     size_t length, const struct scan_sink *sink)
{
    size_t seen = length < RULE_LINE_MOST ? length : RULE_LINE_MOST;
    int code = rule_match(&scan->set->rules[hit->rule], scan->matcher, bytes, seen, hit->captures);
    if (code == ERROR_MISSING)
        return;
    hit->undecided = code != 0;
    hit->seen = (struct capture){bytes, seen};
    sink->on_hit(sink->context, hit);
}

/* All lines but the folded ones. */
static void scan_rule(const struct scan *scan, size_t rule, const char *bytes, size_t length,
                      const struct scan_sink *sink)
{
    const struct literal *literal = &scan->set->rules[rule].literal;
    size_t repeat = 0;
    for (size_t from = 0; from < length;) {
        size_t at = from;
        if (literal->length) {
            const char *found =
                memmem(bytes + from, length - from, literal->bytes, literal->length);
            if (!found)
                return;
            at = (size_t)(found - bytes);
        }
        struct line line = line_around(bytes, length, from, at);
        from = line.next;
        while (repeat < scan->repeat_count && scan->repeats[repeat].start < line.start)
            repeat++;
        if (repeat < scan->repeat_count && scan->repeats[repeat].start == line.start)
            continue;
        struct scan_hit hit = {.rule = rule, .start = line.start, .end = line.end, .count = 1};
        try_rule(scan, &hit, bytes + line.start, line.end - line.start, sink);
    }
}

/* A folded line, as it was before it was folded. */
static int scan_repeat(struct scan *scan, const struct repeat *repeat, const char *bytes,
                       const struct scan_sink *sink)
{
    struct buffer *text = &scan->unfolded;
    buffer_reset(text);
    buffer_append(text, bytes + repeat->start, repeat->header);
    buffer_append(text, bytes + repeat->body, repeat->body_length);
    if (text->failed)
        return ERROR_MEMORY;
    for (size_t rule = 0; rule < scan->set->count; rule++) {
        const struct literal *literal = &scan->set->rules[rule].literal;
        struct scan_hit hit = {
            .rule = rule, .start = repeat->start, .end = repeat->end, .count = repeat->count};
        if (!literal->length || memmem(text->data, text->length, literal->bytes, literal->length))
            try_rule(scan, &hit, text->data, text->length, sink);
    }
    return 0;
}

int scan_buffer(struct scan *scan, const char *bytes, size_t length, const struct scan_sink *sink)
{
    int code = find_repeats(scan, bytes, length);
    if (code)
        return code;
    for (size_t rule = 0; rule < scan->set->count; rule++)
        scan_rule(scan, rule, bytes, length, sink);
    for (size_t i = 0; !code && i < scan->repeat_count; i++)
        code = scan_repeat(scan, &scan->repeats[i], bytes, sink);
    return code;
}
