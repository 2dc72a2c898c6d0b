/* One pass over a line: at each place the longest of the hidden values, if one stands there. */
#include "scan/mask.h"

#include <ctype.h>
#include <string.h>

#define PERSONAL "(personal)" /* where no pseudonym can be made of it */

/* What a label took. */
struct hidden {
    struct capture value;
    const char *at;  /* where, in this line; NULL: the line was folded, so it may be anywhere */
    bool is_account; /* personal, and kept as a pseudonym; else no account */
};

struct masking {
    struct capture line;
    struct hidden hidden[RULE_LABELS_MOST];
    size_t count;
    struct mask *mask;
};

static void add_hidden(struct masking *masking, const struct rule_label *label,
                       const struct capture *value, const struct accounts *accounts)
{
    const struct capture *line = &masking->line;
    bool known = !label->account || accounts_know(accounts, value->bytes, value->length);
    if (label->constant || !value->length || (known && !label->personal))
        return;
    bool inside = value->bytes >= line->bytes && value->bytes < line->bytes + line->length;
    masking->hidden[masking->count++] =
        (struct hidden){*value, inside ? value->bytes : NULL, known};
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
    for (size_t i = 0; i < masking->count; i++) {
        const struct hidden *hidden = &masking->hidden[i];
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
    for (size_t i = 0; i < masking->count; i++) {
        const struct hidden *hidden = &masking->hidden[i];
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

int mask_line(struct mask *mask, const struct rule *rule, const struct scan_hit *hit,
              const struct accounts *accounts, const struct capture *line)
{
    struct masking masking = {.line = *line, .mask = mask};
    size_t done = 0;
    buffer_reset(&mask->text);
    mask->span_count = 0;
    for (size_t i = 0; i < rule->label_count; i++)
        add_hidden(&masking, &rule->labels[i], &hit->captures[i], accounts);
    for (size_t from = 0; masking.count && from < line->length;) {
        const struct hidden *hidden = find_here(&masking, from);
        if (!hidden) {
            from++;
            continue;
        }
        buffer_append(&mask->text, line->bytes + done, from - done);
        from = done = hide(&masking, hidden, from);
    }
    buffer_append(&mask->text, line->bytes + done, line->length - done);
    return mask->text.failed ? ERROR_MEMORY : 0;
}

void mask_finish(struct mask *mask)
{
    buffer_finish(&mask->text);
}
