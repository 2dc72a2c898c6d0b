/* From RE2's syntax to PCRE2's: what RE2 lacks is refused, and what it reads otherwise is
 * rewritten, so that a formula means the same here and in Prometheus
 * (https://github.com/google/re2/wiki/Syntax). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation/promql/tree.h"
#include "ground/base/buffer.h"
#include "ground/base/text.h"

#define REPETITION_LIMIT 1000 /* RE2's */

/* The expression on its way from RE2's to PCRE2's syntax. */
struct rewriting {
    const char *at;
    struct buffer out;
    bool in_class;
    bool repeatable;     /* a * + ? { may follow */
    const char *refusal; /* what RE2 does not know */
};

static void copy(struct rewriting *rewriting, size_t length)
{
    buffer_append(&rewriting->out, rewriting->at, length);
    rewriting->at += length;
}

static void refuse(struct rewriting *rewriting, const char *what)
{
    rewriting->refusal = what;
}

/* \Q...\E: everything between stands for itself. */
static void rewrite_quoted(struct rewriting *rewriting)
{
    rewriting->at += 2;
    while (*rewriting->at && !text_begins(rewriting->at, "\\E")) {
        if (ispunct((unsigned char)*rewriting->at))
            buffer_byte(&rewriting->out, '\\');
        copy(rewriting, 1);
    }
    if (*rewriting->at)
        rewriting->at += 2;
}

static void rewrite_octal(struct rewriting *rewriting)
{
    const char *at = rewriting->at + 1;
    size_t digits = 0;
    unsigned value = 0;
    while (digits < 3 && at[digits] >= '0' && at[digits] <= '7')
        value = value * 8 + (unsigned)(at[digits++] - '0');
    if (at[0] != '0' && digits < 2) {
        refuse(rewriting, "backreferences");
        return;
    }
    buffer_print(&rewriting->out, "\\x{%x}", value);
    rewriting->at += 1 + digits;
}

static void rewrite_hex(struct rewriting *rewriting)
{
    const char *at = rewriting->at + 2;
    size_t digits = *at == '{' ? strspn(at + 1, "0123456789abcdefABCDEF") : 2;
    bool braced = *at == '{' && digits && at[1 + digits] == '}';
    if (!braced && !(isxdigit((unsigned char)at[0]) && isxdigit((unsigned char)at[1])))
        refuse(rewriting, "this form of \\x");
    else
        copy(rewriting, 2 + digits + (braced ? 2 : 0));
}

/* RE2's \s has no vertical tab, its \v is nothing else. */
static const char *replacement_of(char c, bool in_class)
{
    switch (c) {
    case 'v':
        return "\\x0b";
    case 's':
        return in_class ? "\\t\\n\\f\\r " : "[\\t\\n\\f\\r ]";
    case 'S':
        return in_class ? "\\S\\x0b" : "[^\\t\\n\\f\\r ]";
    default:
        return NULL;
    }
}

static void rewrite_property(struct rewriting *rewriting)
{
    const char *end = rewriting->at[2] == '{' ? strchr(rewriting->at, '}') : rewriting->at + 2;
    if (!end || !*end)
        refuse(rewriting, "this form of \\p");
    else
        copy(rewriting, (size_t)(end - rewriting->at) + 1);
}

static void rewrite_escape(struct rewriting *rewriting)
{
    char c = rewriting->at[1];
    const char *replacement = replacement_of(c, rewriting->in_class);
    const char *plain = rewriting->in_class ? "adDfnrtwW" : "AbBadDfnrtwWz";
    if (replacement) {
        buffer_text(&rewriting->out, replacement);
        rewriting->at += 2;
    } else if (c && (strchr(plain, c) || (ispunct((unsigned char)c)))) {
        copy(rewriting, 2);
    } else if (c == 'Q' && !rewriting->in_class) {
        rewrite_quoted(rewriting);
    } else if (c >= '0' && c <= '9') {
        rewrite_octal(rewriting);
    } else if (c == 'x') {
        rewrite_hex(rewriting);
    } else if (c == 'p' || c == 'P') {
        rewrite_property(rewriting);
    } else {
        refuse(rewriting, c == 'k' || c == 'g' ? "backreferences" : "this escape");
    }
    rewriting->repeatable = true;
}

static void rewrite_class(struct rewriting *rewriting)
{
    rewriting->in_class = true;
    copy(rewriting, 1);
    if (*rewriting->at == '^')
        copy(rewriting, 1);
    if (*rewriting->at == ']')
        copy(rewriting, 1);
    while (*rewriting->at && *rewriting->at != ']' && !rewriting->refusal) {
        const char *end = text_begins(rewriting->at, "[:") ? strstr(rewriting->at, ":]") : NULL;
        if (end)
            copy(rewriting, (size_t)(end - rewriting->at) + 2);
        else if (*rewriting->at == '\\')
            rewrite_escape(rewriting);
        else if (*rewriting->at == '[') {
            buffer_byte(&rewriting->out, '\\');
            copy(rewriting, 1);
        } else
            copy(rewriting, 1);
    }
    if (*rewriting->at == ']')
        copy(rewriting, 1);
    rewriting->in_class = false;
    rewriting->repeatable = true;
}

/* "(", "(?:", "(?P<name>", "(?flags)", "(?flags:" are RE2's; all else that PCRE2 knows is not. */
static void rewrite_group(struct rewriting *rewriting)
{
    const char *at = rewriting->at + 1;
    rewriting->repeatable = false;
    if (*at == '*') {
        refuse(rewriting, "verbs (*...)");
    } else if (*at != '?') {
        copy(rewriting, 1);
    } else if (text_begins(at, "?P<")) {
        copy(rewriting, 4);
    } else {
        size_t flags = strspn(at + 1, "imsU-");
        if (at[1 + flags] == ':' || (flags && at[1 + flags] == ')')) {
            copy(rewriting, 2 + flags + 1);
            return;
        }
        refuse(rewriting, strchr("=!<", at[1]) && at[1] ? "lookahead, lookbehind or (?<name>"
                                                        : "this kind of group (?...");
    }
}

/* The length of {n}, {n,} or {n,m}; 0 where the brace stands for itself. */
static size_t repetition_length(const char *at, bool *ret_too_many)
{
    size_t low = strspn(at + 1, "0123456789"), length = 1 + low;
    const char *most = at + 1;
    if (!low)
        return 0;
    if (at[length] == ',') {
        size_t high = strspn(at + length + 1, "0123456789");
        most = high ? at + length + 1 : most;
        length += 1 + high;
    }
    *ret_too_many =
        strtoul(most, NULL, 10) > REPETITION_LIMIT || strtoul(at + 1, NULL, 10) > REPETITION_LIMIT;
    return at[length] == '}' ? length + 1 : 0;
}

static void rewrite_repetition(struct rewriting *rewriting, size_t length)
{
    if (!rewriting->repeatable)
        refuse(rewriting, "a repetition of nothing or of a repetition");
    copy(rewriting, length);
    if (*rewriting->at == '?')
        copy(rewriting, 1);
    rewriting->repeatable = false;
}

static void rewrite_one(struct rewriting *rewriting)
{
    char c = *rewriting->at;
    bool too_many = false;
    size_t repetition = c == '{' ? repetition_length(rewriting->at, &too_many) : 0;
    if (c == '\\')
        rewrite_escape(rewriting);
    else if (c == '[')
        rewrite_class(rewriting);
    else if (c == '(')
        rewrite_group(rewriting);
    else if (c == '*' || c == '+' || c == '?')
        rewrite_repetition(rewriting, 1);
    else if (repetition && too_many)
        refuse(rewriting, "more than 1000 repetitions");
    else if (repetition)
        rewrite_repetition(rewriting, repetition);
    else {
        if (c == '{')
            buffer_byte(&rewriting->out, '\\');
        copy(rewriting, 1);
        rewriting->repeatable = c != '|';
    }
}

char *promql_regex_rewrite(const char *pattern, const char **ret_refusal)
{
    struct rewriting rewriting = {.at = pattern};
    buffer_text(&rewriting.out, "^(?:");
    while (*rewriting.at && !rewriting.refusal)
        rewrite_one(&rewriting);
    buffer_text(&rewriting.out, ")$");
    *ret_refusal = rewriting.refusal;
    if (!rewriting.refusal)
        return buffer_take(&rewriting.out);
    buffer_finish(&rewriting.out);
    return NULL;
}
