/* Regular expressions of matchers: RE2's syntax, run by PCRE2 within limits. What RE2 lacks is
 * refused, and what it reads otherwise is rewritten, so that a formula means the same here and in
 * Prometheus (https://github.com/google/re2/wiki/Syntax). */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clean.h"
#include "base/text.h"
#include "promql/tree.h"

#define MATCH_LIMIT      1000000 /* steps of one match, about 10 ms */
#define DEPTH_LIMIT      100000
#define HEAP_LIMIT_KIB   20000
#define REPETITION_LIMIT 1000 /* RE2's */

struct regex {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    bool exhausted;
};

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

/* Into new memory, anchored; NULL without memory or refused. */
static char *rewrite(const char *pattern, const char **ret_refusal)
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

static int set_limits(struct regex *regex)
{
    regex->data = pcre2_match_data_create_from_pattern(regex->code, NULL);
    regex->context = pcre2_match_context_create(NULL);
    if (!regex->data || !regex->context)
        return ERROR_MEMORY;
    pcre2_set_match_limit(regex->context, MATCH_LIMIT);
    pcre2_set_depth_limit(regex->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(regex->context, HEAP_LIMIT_KIB);
    return 0;
}

/* Groups in which RE2 ends: PCRE2's own default differs by how it was built. */
static pcre2_code *compile(const char *text, int *ret_error)
{
    size_t offset;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context) {
        *ret_error = PCRE2_ERROR_NOMEMORY;
        return NULL;
    }
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, 200);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                                     PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX |
                                         PCRE2_NEVER_BACKSLASH_C,
                                     ret_error, &offset, context);
    pcre2_compile_context_free(context);
    return code;
}

static int compile_rewritten(const char *pattern, const char *text, struct regex *regex,
                             char **ret_sentence)
{
    int error = 0;
    regex->code = compile(text, &error);
    if (regex->code)
        return set_limits(regex);
    PCRE2_UCHAR reason[128] = {0};
    pcre2_get_error_message(error, reason, sizeof reason);
    *ret_sentence = text_format("\"%s\" is no regular expression: %s", pattern, (char *)reason);
    return ERROR_FORMAT;
}

int regex_compile(const char *pattern, void **ret_regex, char **ret_sentence)
{
    const char *refusal;
    CLEAN(clean_text) char *text = rewrite(pattern, &refusal);
    if (refusal) {
        *ret_sentence =
            text_format("the regular expression \"%s\" is refused: Prometheus' syntax (RE2) does "
                        "not know %s",
                        pattern, refusal);
        return ERROR_FORMAT;
    }
    struct regex *regex = text ? calloc(1, sizeof *regex) : NULL;
    if (!regex)
        return ERROR_MEMORY;
    int code = compile_rewritten(pattern, text, regex, ret_sentence);
    if (code) {
        regex_free(regex);
        return code;
    }
    *ret_regex = regex;
    return 0;
}

void regex_free(void *object)
{
    struct regex *regex = object;
    if (!regex)
        return;
    pcre2_match_context_free(regex->context);
    pcre2_match_data_free(regex->data);
    pcre2_code_free(regex->code);
    free(regex);
}

/* The number of groups set, or negative. A value that is not UTF-8 does not match. */
static int match(struct regex *regex, const char *value, size_t length)
{
    int found =
        pcre2_match(regex->code, (PCRE2_SPTR)value, length, 0, 0, regex->data, regex->context);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH &&
        !(found <= PCRE2_ERROR_UTF8_ERR1 && found >= PCRE2_ERROR_UTF8_ERR21))
        regex->exhausted = true;
    return found;
}

bool regex_matches(void *object, const char *value, size_t length)
{
    return match(object, value, length) >= 0;
}

bool regex_is_exhausted(const void *object)
{
    return ((const struct regex *)object)->exhausted;
}

void regex_forgive(void *object)
{
    ((struct regex *)object)->exhausted = false;
}

/* The group that $name or ${name} means: by number or by name; -1 for none of that name. */
static int group_of(const struct regex *regex, const char *name, size_t length)
{
    CLEAN(clean_text) char *text = strndup(name, length);
    int64_t number;
    if (!text)
        return -1;
    if (strspn(text, "0123456789") == length && length < 9)
        return text_to_integer(text, &number) ? -1 : (int)number;
    return pcre2_substring_number_from_name(regex->code, (PCRE2_SPTR)text);
}

static void append_group(const struct regex *regex, const char *value, int group, int groups,
                         struct buffer *out)
{
    const size_t *ends = pcre2_get_ovector_pointer(regex->data);
    if (group < 0 || group >= groups || ends[2 * group] == PCRE2_UNSET)
        return;
    buffer_append(out, value + ends[2 * group], ends[2 * group + 1] - ends[2 * group]);
}

/* The length of the name behind "$" (0: none); moves *at behind all of it. */
static size_t take_name(const char **at, const char **ret_name)
{
    bool braced = **at == '{';
    const char *name = *at + (braced ? 1 : 0);
    size_t length = 0;
    while (isalnum((unsigned char)name[length]) || name[length] == '_')
        length++;
    if (!length || (braced && name[length] != '}'))
        return 0;
    *at = name + length + (braced ? 1 : 0);
    *ret_name = name;
    return length;
}

bool regex_expand(void *object, const char *value, const char *replacement, struct buffer *out)
{
    struct regex *regex = object;
    int groups = match(regex, value, strlen(value));
    if (groups < 0)
        return false;
    for (const char *at = replacement; *at;) {
        const char *name;
        if (*at != '$') {
            buffer_byte(out, *at++);
            continue;
        }
        at++;
        if (*at == '$') {
            buffer_byte(out, *at++);
            continue;
        }
        size_t length = take_name(&at, &name);
        if (length)
            append_group(regex, value, group_of(regex, name, length), groups, out);
        else
            buffer_byte(out, '$');
    }
    return true;
}

bool promql_matcher_is_exhausted(const struct promql_matcher *matcher)
{
    return matcher->regex && regex_is_exhausted(matcher->regex);
}

bool promql_matcher_wants(const struct promql_matcher *matcher, const char *value)
{
    switch (matcher->match) {
    case MATCH_EQUAL:
        return strcmp(value, matcher->value) == 0;
    case MATCH_NOT_EQUAL:
        return strcmp(value, matcher->value) != 0;
    case MATCH_REGEX:
        return regex_matches(matcher->regex, value, strlen(value));
    case MATCH_NOT_REGEX:
        return !regex_matches(matcher->regex, value, strlen(value));
    }
    return false;
}

bool promql_wants(const struct promql_matcher *matchers, size_t count, const struct labels *labels)
{
    for (size_t i = 0; i < count; i++)
        if (!promql_matcher_wants(&matchers[i], labels_get(labels, matchers[i].name)))
            return false;
    return true;
}
