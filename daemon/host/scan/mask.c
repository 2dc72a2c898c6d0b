/* One pass over a line: at each place the longest of the hidden values, if one stands there. */
#include "host/scan/mask.h"

#include "ground/base/array.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PERSONAL  "(personal)" /* where no pseudonym can be made of it */
#define UNDECIDED "(not kept: a rule that takes names reached its limits in this line)"

/* What a label took. */
struct hidden {
    struct capture value;
    const char *at;  /* where, in this line; NULL: the line was folded, so it may be anywhere */
    bool is_account; /* personal, and kept as a pseudonym; else no account */
};

struct masking {
    struct mask *mask;
    const struct accounts *accounts;
    struct capture line;
};

static int add_hidden(const struct masking *masking, const struct rule_label *label,
                      const struct capture *value)
{
    const struct capture *line = &masking->line;
    struct mask *mask = masking->mask;
    bool known = !label->account || accounts_know(masking->accounts, value->bytes, value->length);
    if (label->constant || !value->length || (known && !label->personal))
        return 0;
    int code = array_reserve(&mask->hidden, &mask->hidden_capacity, mask->hidden_count,
                             sizeof *mask->hidden);
    if (code)
        return code;
    bool inside = value->bytes >= line->bytes && value->bytes < line->bytes + line->length;
    mask->hidden[mask->hidden_count++] =
        (struct hidden){*value, inside ? value->bytes : NULL, known};
    return 0;
}

static bool hides(const struct rule *rule)
{
    for (size_t i = 0; i < rule->label_count; i++)
        if (rule->labels[i].personal || rule->labels[i].account)
            return true;
    return false;
}

/* What a rule takes in the line of a hit, its own or another's. ERROR_MISSING: nothing. */
static int match(struct mask *mask, const struct rule *rule, const struct scan_hit *hit,
                 struct capture ret_captures[RULE_LABELS_MOST])
{
    const struct capture *seen = &hit->seen;
    if (!hides(rule) ||
        (rule->literal.length &&
         !memmem(seen->bytes, seen->length, rule->literal.bytes, rule->literal.length)))
        return ERROR_MISSING;
    if (!mask->matcher && rule_matcher_new(&mask->matcher))
        return ERROR_MEMORY;
    return rule_match(rule, mask->matcher, seen->bytes, seen->length, ret_captures);
}

/* ERROR_LIMIT where a rule cannot tell. */
static int find_hidden(const struct masking *masking, const struct rule_set *set,
                       const struct scan_hit *hit)
{
    struct mask *mask = masking->mask;
    mask->hidden_count = 0;
    for (size_t r = 0; r < set->count; r++) {
        struct capture others[RULE_LABELS_MOST];
        const struct rule *rule = &set->rules[r];
        const struct capture *captures = r == hit->rule ? hit->captures : others;
        int code = r == hit->rule ? 0 : match(mask, rule, hit, others);
        if (code == ERROR_MISSING)
            continue;
        for (size_t i = 0; !code && i < rule->label_count; i++)
            code = add_hidden(masking, &rule->labels[i], &captures[i]);
        if (code)
            return code;
    }
    return 0;
}

static bool is_word(char byte)
{
    unsigned char c = (unsigned char)byte;
    return isalnum(c) || c == '_' || c >= 0x80;
}

/* A short name inside a word is not that name. */
static bool stands_alone(const struct capture *line, size_t from, size_t length)
{
    bool joined = from > 0 && is_word(line->bytes[from - 1]) && is_word(line->bytes[from]);
    size_t end = from + length;
    return !joined &&
           !(end < line->length && is_word(line->bytes[end]) && is_word(line->bytes[end - 1]));
}

static bool is_here(const struct masking *masking, const struct hidden *hidden, size_t from)
{
    const struct capture *line = &masking->line, *value = &hidden->value;
    if (value->length > line->length - from || line->bytes[from] != value->bytes[0] ||
        memcmp(line->bytes + from, value->bytes, value->length) != 0)
        return false;
    return !hidden->at || hidden->at == line->bytes + from ||
           stands_alone(line, from, value->length);
}

static const struct hidden *find_here(const struct masking *masking, size_t from)
{
    const struct hidden *best = NULL;
    for (size_t i = 0; i < masking->mask->hidden_count; i++) {
        const struct hidden *hidden = &masking->mask->hidden[i];
        if (!is_here(masking, hidden, from))
            continue;
        if (!best || hidden->value.length > best->value.length ||
            (hidden->value.length == best->value.length && !hidden->is_account))
            best = hidden;
    }
    return best;
}

/* Where values overlap one must not leave a piece of the other. */
static size_t end_of(const struct masking *masking, size_t from, size_t end)
{
    for (size_t i = 0; i < masking->mask->hidden_count; i++) {
        const struct hidden *hidden = &masking->mask->hidden[i];
        size_t start = hidden->at ? (size_t)(hidden->at - masking->line.bytes) : end;
        if (start > from && start < end && start + hidden->value.length > end)
            end = start + hidden->value.length;
    }
    return end;
}

static size_t hide(struct masking *masking, const struct hidden *hidden, size_t from)
{
    struct mask *mask = masking->mask;
    size_t end = end_of(masking, from, from + hidden->value.length);
    bool whole = end == from + hidden->value.length;
    if (!hidden->is_account) {
        buffer_text(&mask->text, ACCOUNTS_INVALID);
    } else if (!whole || mask->span_count == KEPT_SPANS || hidden->value.length > KEPT_SPAN_MOST) {
        buffer_text(&mask->text, PERSONAL);
    } else {
        mask->spans[mask->span_count++] =
            (struct cfd_span){(uint32_t)mask->text.length, (uint32_t)hidden->value.length};
        buffer_append(&mask->text, hidden->value.bytes, hidden->value.length);
    }
    return end;
}

static void mask_all(struct masking *masking)
{
    struct mask *mask = masking->mask;
    const struct capture *line = &masking->line;
    size_t done = 0;
    for (size_t from = 0; mask->hidden_count && from < line->length;) {
        const struct hidden *hidden = find_here(masking, from);
        if (!hidden) {
            from++;
            continue;
        }
        buffer_append(&mask->text, line->bytes + done, from - done);
        from = done = hide(masking, hidden, from);
    }
    buffer_append(&mask->text, line->bytes + done, line->length - done);
}

int mask_line(struct mask *mask, const struct rule_set *set, const struct scan_hit *hit,
              const struct accounts *accounts, const struct capture *line)
{
    struct masking masking = {mask, accounts, *line};
    buffer_reset(&mask->text);
    mask->span_count = 0;
    int code = find_hidden(&masking, set, hit);
    if (code && code != ERROR_LIMIT)
        return code;
    if (code)
        buffer_text(&mask->text, UNDECIDED);
    else
        mask_all(&masking);
    return mask->text.failed ? ERROR_MEMORY : 0;
}

void mask_finish(struct mask *mask)
{
    rule_matcher_free(mask->matcher);
    free(mask->hidden);
    buffer_finish(&mask->text);
}
