/* A pattern and lines from a stranger: literal and pattern must agree, captures lie in the line. */
#include "host/scan/scan.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    const struct rule_set *set;
    size_t length;
    size_t hits;
};

static void on_hit(void *context, const struct scan_hit *hit)
{
    struct seen *seen = context;
    if (hit->start > hit->end || hit->end > seen->length || !hit->count)
        abort();
    for (size_t i = 0; !hit->undecided && i < seen->set->rules[hit->rule].label_count; i++) {
        if (hit->captures[i].length > RULE_LINE_MOST)
            abort();
    }
    seen->hits += !hit->undecided;
}

static size_t count_hits(const struct rule_set *set, const char *bytes, size_t length)
{
    struct scan *scan = NULL;
    struct seen seen = {.set = set, .length = length};
    struct scan_sink sink = {on_hit, &seen};
    if (scan_new(set, &scan) || scan_buffer(scan, bytes, length, &sink))
        abort();
    scan_free(scan);
    return seen.hits;
}

/* The first line is the pattern, the rest is scanned; without its literal the rule must find the
 * same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    const char *end = size && size < 65536 ? memchr(bytes, '\n', size) : NULL;
    char *pattern = end ? strndup(bytes, (size_t)(end - bytes)) : NULL;
    struct rule_set set = {0};
    struct rule_text text = {.id = "f", .pattern = pattern, .feeds = "log_f"};
    if (pattern && scan_set_add(&set, &text, NULL, NULL) == 0) {
        size_t length = size - (size_t)(end + 1 - bytes);
        size_t hits = count_hits(&set, end + 1, length);
        set.rules[0].literal.length = 0;
        if (count_hits(&set, end + 1, length) != hits)
            abort();
    }
    scan_set_finish(&set);
    free(pattern);
    return 0;
}
