/* The rules of a collector, and a scan of whole buffers with all of them. */
#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H

#include "host/scan/rule.h"

#include <stdint.h>

/* An attribute that rules feed: the union of their labels, in order of appearance. */
struct feed_attribute {
    char *name;
    const char *labels[RULE_LABELS_MOST + 1]; /* of the rules; NULL at the end */
    size_t label_count;
    uint32_t personal; /* bit n: label n */
};

struct rule_set {
    struct rule *rules;
    size_t count;
    size_t capacity;
    struct feed_attribute *attributes;
    size_t attribute_count;
    size_t attribute_capacity;
};

/* Compiles a rule and adds it. ERROR_SETTING with a sentence and the member at fault, also where
 * rules of one attribute have more than eight labels together or differ in what is personal. */
int scan_set_add(struct rule_set *set, const struct rule_text *text, const char **ret_member,
                 struct error *error) MUST_CHECK;
void scan_set_finish(struct rule_set *set);

/* Number of the attribute in set->attributes, and of a rule's label among the attribute's. */
size_t scan_set_attribute(const struct rule_set *set, const struct rule *rule);
size_t scan_attribute_label(const struct feed_attribute *attribute, const char *name);

/* A rule and a line that it matches; each pair is reported once. Borrowed until on_hit returns. */
struct scan_hit {
    size_t rule;
    size_t start;   /* of the line in the buffer */
    size_t end;     /* behind its last byte, without CR and LF */
    uint64_t count; /* 1, or N of "message repeated N times: [ ... ]" */
    bool undecided; /* the rule's limits were reached: nobody knows whether it matches */
    struct capture captures[RULE_LABELS_MOST];
    struct capture seen; /* what the rule saw: the line, or the one that was folded into it */
};

struct scan_sink {
    void (*on_hit)(void *context, const struct scan_hit *hit);
    void *context;
};

/* The implementation of scan_buffer may change. Hits come rule by rule, each in the order of
 * lines, those of folded lines last. */
struct scan;

/* The set is borrowed for the scan's life and must not change. */
int scan_new(const struct rule_set *set, struct scan **ret) MUST_CHECK;
void scan_free(struct scan *scan);

/* Scans whole lines (the last may lack its end), best 64 to 256 KiB at once. Of a line longer
 * than RULE_LINE_MOST the rules see that much. ERROR_MEMORY: not everything was reported. */
int scan_buffer(struct scan *scan, const char *bytes, size_t length,
                const struct scan_sink *sink) MUST_CHECK;

#endif
