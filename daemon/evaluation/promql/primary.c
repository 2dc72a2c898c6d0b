/* The parser's lower half: literals, parentheses, selectors, calls, aggregations. */
#include "evaluation/promql/parser.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "evaluation/promql/functions/functions.h"
#include "ground/base/array.h"
#include "ground/base/clean.h"

/* Keywords that can not be a metric's name where an expression begins. */
static bool is_reserved(const struct token *token)
{
    static const char *const reserved[] = {"on",   "ignoring", "group_left", "group_right",
                                           "bool", "atan2",    NULL};
    for (size_t i = 0; reserved[i]; i++)
        if (promql_token_is_word(token, reserved[i]))
            return true;
    return false;
}

static int aggregation_of(const struct token *token)
{
    for (int i = AGGREGATE_SUM; i <= AGGREGATE_QUANTILE; i++)
        if (promql_token_is_word(token, promql_aggregation_text(i)))
            return i;
    return -1;
}

/* "(" label, ... ")"; a trailing comma is allowed, keywords are labels but "without". */
int promql_parse_names(struct parser *parser, struct names *ret)
{
    int code = parser_expect(parser, "(", "with label names");
    while (!code && !promql_token_is(&parser->token, ")")) {
        const struct token *token = &parser->token;
        if (token->kind != TOKEN_WORD || memchr(token->start, ':', token->length) ||
            promql_token_is_word(token, "without"))
            return parser_unexpected(parser, "a label name or \")\"");
        code = promql_names_add(ret, strndup(token->start, token->length));
        parser_take(parser);
        if (code || promql_token_is(&parser->token, ")"))
            break;
        code = parser_expect(parser, ",", "or \")\" after a label name");
    }
    return code ? code : parser_expect(parser, ")", "after the label names");
}

/* Takes both texts, also on error. */
static int add_matcher(struct parser *parser, struct node *node, struct promql_matcher matcher,
                       size_t column)
{
    int code =
        matcher.name && matcher.value
            ? array_reserve(&node->matcher, &node->matcher_capacity, node->matchers, sizeof matcher)
            : ERROR_MEMORY;
    if (!code && matcher.match >= MATCH_REGEX) {
        CLEAN(clean_text) char *sentence = NULL;
        code = promql_regex_compile(matcher.value, &matcher.regex, &sentence);
        if (code == ERROR_FORMAT)
            promql_fault_set(parser->fault, column, "%s", sentence);
    }
    if (code) {
        free(matcher.name);
        free(matcher.value);
        return code;
    }
    node->matcher[node->matchers++] = matcher;
    return 0;
}

static int match_of(const struct token *token)
{
    return promql_token_is(token, "=")    ? MATCH_EQUAL
           : promql_token_is(token, "!=") ? MATCH_NOT_EQUAL
           : promql_token_is(token, "=~") ? MATCH_REGEX
           : promql_token_is(token, "!~") ? MATCH_NOT_REGEX
                                          : -1;
}

static int parse_matcher(struct parser *parser, struct node *node)
{
    struct token name = parser->token;
    if (name.kind != TOKEN_WORD)
        return parser_unexpected(parser, "a label name or \"}\"");
    if (node->text && name.length == strlen(LABELS_NAME) &&
        memcmp(name.start, LABELS_NAME, name.length) == 0)
        return promql_fault_set(parser->fault, name.column, "the metric's name is given twice");
    parser_take(parser);
    int match = match_of(&parser->token);
    if (match < 0)
        return parser_unexpected(parser, "one of = != =~ !~");
    parser_take(parser);
    struct token value = parser->token;
    if (value.kind != TOKEN_STRING)
        return parser_unexpected(parser, "a label's value in quotes");
    char *text = NULL;
    int code = promql_token_unquote(&value, parser->fault, &text);
    if (code)
        return code;
    parser_take(parser);
    struct promql_matcher matcher = {strndup(name.start, name.length), (enum promql_match)match,
                                     text, NULL};
    return add_matcher(parser, node, matcher, value.column);
}

static int parse_matchers(struct parser *parser, struct node *node)
{
    int code = 0;
    parser_take(parser);
    while (!code && !promql_token_is(&parser->token, "}")) {
        code = parse_matcher(parser, node);
        if (code || promql_token_is(&parser->token, "}"))
            break;
        code = parser_expect(parser, ",", "or \"}\" after a matcher");
    }
    return code ? code : parser_expect(parser, "}", "after the matchers");
}

/* A selector of which every series could be meant is a mistake, in Prometheus too. */
static int check_matchers(struct parser *parser, const struct node *node)
{
    for (size_t i = 0; i < node->matchers; i++)
        if (!promql_matcher_wants(&node->matcher[i], ""))
            return 0;
    return promql_fault_set(
        parser->fault, node->column,
        "a selector needs a metric name or at least one matcher that does not accept "
        "the empty text");
}

static int parse_selector(struct parser *parser, struct node *node)
{
    int code = 0;
    if (parser->token.kind == TOKEN_WORD) {
        node->text = strndup(parser->token.start, parser->token.length);
        parser_take(parser);
    }
    if (promql_token_is(&parser->token, "{"))
        code = parse_matchers(parser, node);
    if (!code && node->text) {
        struct promql_matcher name = {strdup(LABELS_NAME), MATCH_EQUAL, strdup(node->text), NULL};
        code = add_matcher(parser, node, name, node->column);
    }
    return code ? code : check_matchers(parser, node);
}

/* "(" expression, ... ")" */
static int parse_arguments(struct parser *parser, struct node *node)
{
    int code = parser_expect(parser, "(", "with arguments");
    while (!code && !promql_token_is(&parser->token, ")")) {
        struct node *argument = NULL;
        code = promql_parse_expression(parser, PRECEDENCE_OR, &argument);
        if (!code)
            code = promql_node_add_child(node, argument);
        if (code || promql_token_is(&parser->token, ")"))
            break;
        size_t column = parser->token.column;
        code = parser_expect(parser, ",", "or \")\" after an argument");
        if (!code && promql_token_is(&parser->token, ")"))
            return promql_fault_set(parser->fault, column, "an argument is missing after \",\"");
    }
    return code ? code : parser_expect(parser, ")", "after the arguments");
}

static bool begins_modifier(const struct token *token)
{
    return promql_token_is_word(token, "by") || promql_token_is_word(token, "without");
}

static int parse_by(struct parser *parser, struct node *node)
{
    node->grouping.written = true;
    node->grouping.on = promql_token_is_word(&parser->token, "by");
    parser_take(parser);
    return promql_parse_names(parser, &node->grouping.labels);
}

static int parse_aggregate(struct parser *parser, struct node *node)
{
    node->grouping.on = true;
    int code = begins_modifier(&parser->token) ? parse_by(parser, node) : 0;
    if (!code)
        code = parse_arguments(parser, node);
    if (!code && !node->grouping.written && begins_modifier(&parser->token))
        code = parse_by(parser, node);
    return code;
}

static int parse_call(struct parser *parser, struct node *node, const struct token *name)
{
    node->function = promql_function_find(name->start, name->length);
    if (!node->function) {
        CLEAN(clean_text) char *text = strndup(name->start, name->length);
        const char *near = text ? promql_function_resembling(text) : NULL;
        return promql_fault_set(parser->fault, name->column, "there is no function \"%s\"%s%s%s",
                                text ? text : "", near ? "; did you mean \"" : "", near ? near : "",
                                near ? "\"?" : "");
    }
    return parse_arguments(parser, node);
}

/* A word: an aggregation, a call, or a metric's name, by what follows it. */
static int parse_word(struct parser *parser, struct node *node)
{
    struct token name = parser->token;
    struct parser ahead = *parser;
    struct promql_fault ignored = {0};
    ahead.lexer.fault = &ignored;
    parser_take(&ahead);
    promql_fault_finish(&ignored);
    int aggregation = aggregation_of(&name);
    bool opens = promql_token_is(&ahead.token, "(");
    if (aggregation >= 0 && (opens || begins_modifier(&ahead.token))) {
        node->kind = NODE_AGGREGATE;
        node->operation = aggregation;
        parser_take(parser);
        return parse_aggregate(parser, node);
    }
    if (opens && !memchr(name.start, ':', name.length)) {
        node->kind = NODE_CALL;
        parser_take(parser);
        return parse_call(parser, node, &name);
    }
    return parse_selector(parser, node);
}

static int parse_paren(struct parser *parser, struct node *node)
{
    struct node *inner = NULL;
    parser_take(parser);
    int code = promql_parse_expression(parser, PRECEDENCE_OR, &inner);
    if (!code)
        code = promql_node_add_child(node, inner);
    return code ? code : parser_expect(parser, ")", "to close the parenthesis");
}

static int parse_into(struct parser *parser, struct node *node)
{
    const struct token *token = &parser->token;
    if (promql_token_is(token, "(")) {
        node->kind = NODE_PAREN;
        return parse_paren(parser, node);
    }
    if (promql_token_is(token, "{"))
        return parse_selector(parser, node);
    if (token->kind == TOKEN_WORD && !is_reserved(token))
        return parse_word(parser, node);
    int code;
    if (token->kind == TOKEN_NUMBER) {
        node->kind = NODE_NUMBER;
        node->number = token->number;
        code = 0;
    } else if (token->kind == TOKEN_STRING) {
        node->kind = NODE_STRING;
        code = promql_token_unquote(token, parser->fault, &node->text);
    } else {
        return parser_unexpected(parser, "an expression");
    }
    parser_take(parser);
    return code;
}

int promql_parse_primary(struct parser *parser, struct node **ret)
{
    struct node *node;
    int code = promql_node_new(NODE_SELECTOR, parser->token.column, &node);
    if (code)
        return code;
    code = parse_into(parser, node);
    if (code) {
        promql_node_free(node);
        return code;
    }
    *ret = node;
    return 0;
}
