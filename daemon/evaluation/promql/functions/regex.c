/* Regular expressions of matchers and label_replace, and matching: PCRE2 within limits. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation/promql/tree.h"
#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

#define MATCH_LIMIT    1000000 /* steps of one match, about 10 ms */
#define DEPTH_LIMIT    100000
#define HEAP_LIMIT_KIB 20000

struct regex {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    bool exhausted;
};

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

/* What ends a line is set here: PCRE2's own preset differs by how it was built. */
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
    *ret_sentence = text_format("\"%s\" is not a regular expression: %s", pattern, (char *)reason);
    return ERROR_FORMAT;
}

int promql_regex_compile(const char *pattern, void **ret_regex, char **ret_sentence)
{
    const char *refusal;
    CLEAN(clean_text) char *text = promql_regex_rewrite(pattern, &refusal);
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
        promql_regex_free(regex);
        return code;
    }
    *ret_regex = regex;
    return 0;
}

void promql_regex_free(void *object)
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
    if (regex->exhausted) /* the answer is an error already; spend no more */
        return PCRE2_ERROR_MATCHLIMIT;
    int found =
        pcre2_match(regex->code, (PCRE2_SPTR)value, length, 0, 0, regex->data, regex->context);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH &&
        !(found <= PCRE2_ERROR_UTF8_ERR1 && found >= PCRE2_ERROR_UTF8_ERR21))
        regex->exhausted = true;
    return found;
}

bool promql_regex_matches(void *object, const char *value, size_t length)
{
    return match(object, value, length) >= 0;
}

bool promql_regex_is_exhausted(const void *object)
{
    return ((const struct regex *)object)->exhausted;
}

void promql_regex_forgive(void *object)
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
    if (group < 0 || group >= groups)
        return;
    const size_t *ends = pcre2_get_ovector_pointer(regex->data) + 2 * (size_t)group;
    if (ends[0] != PCRE2_UNSET)
        buffer_append(out, value + ends[0], ends[1] - ends[0]);
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

bool promql_regex_expand(void *object, const char *value, const char *replacement,
                         struct buffer *out)
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
    return matcher->regex && promql_regex_is_exhausted(matcher->regex);
}

bool promql_matcher_wants(const struct promql_matcher *matcher, const char *value)
{
    switch (matcher->match) {
    case MATCH_EQUAL:
        return strcmp(value, matcher->value) == 0;
    case MATCH_NOT_EQUAL:
        return strcmp(value, matcher->value) != 0;
    case MATCH_REGEX:
        return promql_regex_matches(matcher->regex, value, strlen(value));
    case MATCH_NOT_REGEX:
        return !promql_regex_matches(matcher->regex, value, strlen(value));
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
