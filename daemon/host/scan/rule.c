/* Rules over PCRE2, with its JIT where the system lets it make code. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "host/scan/rule.h"

#include "ground/base/clean.h"
#include "ground/base/labels.h"
#include "ground/base/text.h"

#include <pcre2.h>
#include <string.h>

/* A line of 64 KiB with a plain rule stays far below; a rule that squares does not. */
#define MATCH_LIMIT   250000
#define DEPTH_LIMIT   5000
#define HEAP_KIB      4096
#define JIT_STACK     (32u << 10)
#define JIT_STACK_TOP (512u << 10)
#define GROUPS_MOST   63

struct matcher {
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    pcre2_match_data *data;
};

int rule_matcher_new(struct matcher **ret)
{
    struct matcher *matcher = calloc(1, sizeof *matcher);
    if (!matcher)
        return ERROR_MEMORY;
    matcher->context = pcre2_match_context_create(NULL);
    matcher->data = pcre2_match_data_create(GROUPS_MOST + 1, NULL);
    if (!matcher->context || !matcher->data) {
        rule_matcher_free(matcher);
        return ERROR_MEMORY;
    }
    pcre2_set_match_limit(matcher->context, MATCH_LIMIT);
    pcre2_set_depth_limit(matcher->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(matcher->context, HEAP_KIB);
    matcher->stack = pcre2_jit_stack_create(JIT_STACK, JIT_STACK_TOP, NULL);
    if (matcher->stack)
        pcre2_jit_stack_assign(matcher->context, NULL, matcher->stack);
    *ret = matcher;
    return 0;
}

void rule_matcher_free(struct matcher *matcher)
{
    if (!matcher)
        return;
    pcre2_match_data_free(matcher->data);
    pcre2_match_context_free(matcher->context);
    pcre2_jit_stack_free(matcher->stack);
    free(matcher);
}

static int compile(struct rule *rule, const char *pattern, struct error *error)
{
    int code = 0;
    PCRE2_SIZE at = 0;
    /* Log lines may hold any bytes: a pattern that asks for UTF would have each of them checked. */
    uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &code, &at, NULL);
    if (!compiled) {
        PCRE2_UCHAR why[160] = "";
        pcre2_get_error_message(code, why, sizeof why);
        return error_set(error, ERROR_SETTING, "the pattern is not a regular expression: %s at %zu",
                         (const char *)why, at);
    }
    rule->code = compiled;
    uint32_t groups = 0;
    pcre2_pattern_info(compiled, PCRE2_INFO_CAPTURECOUNT, &groups);
    if (groups > GROUPS_MOST)
        return error_set(error, ERROR_SETTING, "the pattern has %u groups; at most %d are allowed",
                         groups, GROUPS_MOST);
    /* Refused where memory may not be both written and run; matching then goes without. */
    (void)pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);
    return 0;
}

static int add_label(struct rule *rule, const char *written, struct error *error)
{
    struct rule_label *label = &rule->labels[rule->label_count++];
    const char *equals = strchr(written, '=');
    label->name = equals ? strndup(written, (size_t)(equals - written)) : strdup(written);
    label->constant = equals ? strdup(equals + 1) : NULL;
    if (!label->name || (equals && !label->constant))
        return error_set(error, ERROR_MEMORY, "no memory for label %s", written);
    if (!labels_is_label_name(label->name) || text_begins(label->name, "__"))
        return error_set(error, ERROR_SETTING,
                         "\"%s\" is not a label; a label is letters, digits and _, or name=value",
                         written);
    for (size_t i = 0; i + 1 < rule->label_count; i++) {
        if (strcmp(rule->labels[i].name, label->name) == 0)
            return error_set(error, ERROR_SETTING, "label \"%s\" is named twice", label->name);
    }
    if (equals)
        return 0;
    int group = pcre2_substring_number_from_name(rule->code, (PCRE2_SPTR)label->name);
    if (group <= 0)
        return error_set(error, ERROR_SETTING,
                         "label \"%s\" is not a single named capture of the pattern; write "
                         "(?<%s>...) in it, or %s=value",
                         label->name, label->name, label->name);
    label->group = (size_t)group;
    return 0;
}

static int add_labels(struct rule *rule, const struct rule_list *labels, struct error *error)
{
    if (labels->count > RULE_LABELS_MOST)
        return error_set(error, ERROR_SETTING, "%zu labels; at most %d are allowed", labels->count,
                         RULE_LABELS_MOST);
    for (size_t i = 0; i < labels->count; i++) {
        int code = add_label(rule, labels->items[i], error);
        if (code)
            return code;
    }
    return 0;
}

static struct rule_label *find_label(struct rule *rule, const char *name)
{
    for (size_t i = 0; i < rule->label_count; i++)
        if (strcmp(rule->labels[i].name, name) == 0)
            return &rule->labels[i];
    return NULL;
}

/* member: "personal" or "accounts". */
static int mark_labels(struct rule *rule, const struct rule_list *names, const char *member,
                       struct error *error)
{
    for (size_t i = 0; i < names->count; i++) {
        struct rule_label *label = find_label(rule, names->items[i]);
        if (!label)
            return error_set(error, ERROR_SETTING, "%s names \"%s\", which is not in labels",
                             member, names->items[i]);
        if (strcmp(member, "personal") == 0)
            label->personal = true;
        else
            label->account = true;
    }
    return 0;
}

/* The lines of a list must all match, or none of them. */
static int try_lines(const struct rule *rule, const struct rule_list *lines, bool wanted,
                     struct error *error)
{
    struct matcher *matcher = NULL;
    int code = rule_matcher_new(&matcher);
    for (size_t i = 0; !code && i < lines->count; i++) {
        struct capture captures[RULE_LABELS_MOST];
        const char *line = lines->items[i];
        int answer = rule_match(rule, matcher, line, strlen(line), captures);
        if (answer != (wanted ? 0 : ERROR_MISSING))
            code = error_set(error, ERROR_SETTING,
                             answer == 0               ? "it matches this line, and must not: %s"
                             : answer == ERROR_MISSING ? "it does not match this line: %s"
                                                       : "it cannot be decided within its limits "
                                                         "for this line: %s",
                             line);
    }
    rule_matcher_free(matcher);
    return code;
}

/* The steps in order, each with the member that it judges. */
static int build(struct rule *rule, const struct rule_text *text, const char **member,
                 struct error *error)
{
    *member = "pattern";
    int code = compile(rule, text->pattern, error);
    if (code)
        return code;
    rule->literal = literal_required(text->pattern);
    *member = "labels";
    if ((code = add_labels(rule, &text->labels, error)))
        return code;
    *member = "personal";
    if ((code = mark_labels(rule, &text->personal, *member, error)))
        return code;
    *member = "accounts";
    if ((code = mark_labels(rule, &text->accounts, *member, error)))
        return code;
    *member = "match";
    if ((code = try_lines(rule, &text->match, true, error)))
        return code;
    *member = "no_match";
    return try_lines(rule, &text->no_match, false, error);
}

int rule_init(struct rule *rule, const struct rule_text *text, const char **ret_member,
              struct error *error)
{
    const char *member = NULL;
    *rule = (struct rule){.urgent = text->urgent, .excerpt = text->excerpt};
    rule->id = strdup(text->id);
    rule->feeds = strdup(text->feeds);
    int code = rule->id && rule->feeds ? build(rule, text, &member, error)
                                       : error_set(error, ERROR_MEMORY, "no memory for a rule");
    if (!code)
        return 0;
    rule_finish(rule);
    if (ret_member)
        *ret_member = member;
    return code;
}

void rule_finish(struct rule *rule)
{
    for (size_t i = 0; i < rule->label_count; i++) {
        free(rule->labels[i].name);
        free(rule->labels[i].constant);
    }
    pcre2_code_free(rule->code);
    free(rule->id);
    free(rule->feeds);
    *rule = (struct rule){0};
}

static void read_captures(const struct rule *rule, const struct matcher *matcher, int pairs,
                          const char *bytes, struct capture ret_captures[RULE_LABELS_MOST])
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(matcher->data);
    for (size_t i = 0; i < rule->label_count; i++) {
        const struct rule_label *label = &rule->labels[i];
        ret_captures[i] = (struct capture){.bytes = ""};
        if (label->constant)
            ret_captures[i] = (struct capture){label->constant, strlen(label->constant)};
        else if (label->group < (size_t)pairs && ends[2 * label->group] != PCRE2_UNSET)
            ret_captures[i] = (struct capture){bytes + ends[2 * label->group],
                                               ends[2 * label->group + 1] - ends[2 * label->group]};
    }
}

int rule_match(const struct rule *rule, struct matcher *matcher, const char *bytes, size_t length,
               struct capture ret_captures[RULE_LABELS_MOST])
{
    int pairs =
        pcre2_match(rule->code, (PCRE2_SPTR)bytes, length, 0, 0, matcher->data, matcher->context);
    if (pairs == PCRE2_ERROR_NOMATCH)
        return ERROR_MISSING;
    if (pairs < 0)
        return ERROR_LIMIT;
    read_captures(rule, matcher, pairs, bytes, ret_captures);
    return 0;
}
