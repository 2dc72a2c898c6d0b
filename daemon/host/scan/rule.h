/* One log rule: a pattern, and the event that a line which it matches is. */
#ifndef SCAN_RULE_H
#define SCAN_RULE_H

#include "ground/base/error.h"
#include "host/scan/literal.h"

#include <stdbool.h>
#include <stddef.h>

#define RULE_LABELS_MOST 8     /* labels of an attribute, as the collector ABI has it */
#define RULE_LINE_MOST   65536 /* bytes of a line that rules see */

/* A list of texts; borrowed. */
struct rule_list {
    const char *const *items;
    size_t count;
};

/* A rule as it is written; borrowed. */
struct rule_text {
    const char *id;
    const char *pattern;       /* PCRE2 over bytes; sees one line without its end */
    const char *feeds;         /* the attribute */
    struct rule_list labels;   /* "name": the capture of that name; "name=value": always value */
    struct rule_list personal; /* which of the labels hold personal data */
    struct rule_list accounts; /* which of the labels name accounts */
    struct rule_list match;    /* lines that it must match */
    struct rule_list no_match; /* lines that it must not match */
    bool urgent;
    bool excerpt;
};

struct rule_label {
    char *name;
    char *constant; /* NULL: of a capture */
    size_t group;   /* number of that capture */
    bool personal;
    bool account; /* a value that is not an account of the host is not stored */
};

/* What patterns share at work; one a thread. */
struct matcher;

int rule_matcher_new(struct matcher **ret) MUST_CHECK;
void rule_matcher_free(struct matcher *matcher);

struct rule {
    char *id;
    char *feeds;
    struct literal literal;
    struct rule_label labels[RULE_LABELS_MOST];
    size_t label_count;
    bool urgent;
    bool excerpt;
    void *code; /* rule.c's own */
};

/* Compiles. ERROR_SETTING with a sentence that says what is wrong with the rule; error->code then.
 * *ret_member, where given, becomes the member at fault ("pattern", "labels" ...). */
int rule_init(struct rule *rule, const struct rule_text *text, const char **ret_member,
              struct error *error) MUST_CHECK;
void rule_finish(struct rule *rule);

/* A capture in the bytes that were matched; length 0 where it took no part. */
struct capture {
    const char *bytes;
    size_t length;
};

/* Does it match? 0, with *ret_captures[i] for each of the rule's labels; ERROR_MISSING: no;
 * ERROR_LIMIT: the match or depth limit was reached, so it is not known. */
int rule_match(const struct rule *rule, struct matcher *matcher, const char *bytes, size_t length,
               struct capture ret_captures[RULE_LABELS_MOST]) MUST_CHECK;

#endif
