/* The parser's upper half: operators with their precedence, modifiers behind an expression, and
 * promql_parse. */
#include "evaluation/promql/parser.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

/* Calls of parse_unary within each other: each level of the tree takes at most three. */
#define PARSE_DEPTH_LIMIT ((size_t)3 * TREE_DEPTH_LIMIT)
#define PIN_LIMIT_MS      (1LL << 53)

static void clean_node(struct node **node)
{
    promql_node_free(*node);
}

int promql_node_new(enum node_kind kind, size_t column, struct node **ret)
{
    struct node *node = calloc(1, sizeof *node);
    if (!node)
        return ERROR_MEMORY;
    node->kind = kind;
    node->column = column;
    node->depth = 1;
    *ret = node;
    return 0;
}

void parser_take(struct parser *parser)
{
    if (parser->token.kind != TOKEN_BAD && parser->token.kind != TOKEN_END)
        parser->token = promql_lexer_next(&parser->lexer);
}

int parser_unexpected(struct parser *parser, const char *wanted)
{
    const struct token *token = &parser->token;
    if (token->kind == TOKEN_BAD)
        return parser->fault->sentence ? ERROR_FORMAT : ERROR_MEMORY;
    if (token->kind == TOKEN_END)
        return promql_fault_set(parser->fault, token->column,
                                "the formula ends where %s is expected", wanted);
    CLEAN(clean_text) char *shown = text_printable(token->start, token->length);
    return promql_fault_set(parser->fault, token->column, "%s is expected here, found %s", wanted,
                            shown ? shown : "something else");
}

int parser_expect(struct parser *parser, const char *symbol, const char *what)
{
    if (promql_token_is(&parser->token, symbol)) {
        parser_take(parser);
        return 0;
    }
    CLEAN(clean_text) char *wanted = text_format("\"%s\" %s", symbol, what);
    return wanted ? parser_unexpected(parser, wanted) : ERROR_MEMORY;
}

static int take_duration(struct parser *parser, const char *wanted, int64_t *ret_ms)
{
    if (parser->token.kind == TOKEN_NUMBER) {
        CLEAN(clean_text) char *text = strndup(parser->token.start, parser->token.length);
        return promql_fault_set(parser->fault, parser->token.column,
                                "the duration \"%s\" needs a unit, as in 30s, 5m, 1h30m",
                                text ? text : "");
    }
    if (parser->token.kind != TOKEN_DURATION)
        return parser_unexpected(parser, wanted);
    *ret_ms = parser->token.duration_ms;
    parser_take(parser);
    return 0;
}

static bool takes_modifiers(const struct node *node)
{
    return node->kind == NODE_SELECTOR || node->kind == NODE_SUBQUERY;
}

static int parse_offset(struct parser *parser, struct node *node)
{
    size_t column = parser->token.column;
    parser_take(parser);
    bool negative = promql_token_is(&parser->token, "-");
    if (negative)
        parser_take(parser);
    int64_t offset_ms = 0;
    int code = take_duration(parser, "a duration after \"offset\", as in offset 5m", &offset_ms);
    if (code)
        return code;
    if (!takes_modifiers(node))
        return promql_fault_set(
            parser->fault, column,
            "offset follows a selector or a subquery, not any other expression");
    if (node->reach.offset_ms)
        return promql_fault_set(parser->fault, column, "offset may not be given twice");
    node->reach.offset_ms = negative ? -offset_ms : offset_ms;
    return 0;
}

static int parse_pin_time(struct parser *parser, struct reach *ret)
{
    double sign = promql_token_is(&parser->token, "-") ? -1 : 1;
    if (sign < 0 || promql_token_is(&parser->token, "+"))
        parser_take(parser);
    if (parser->token.kind != TOKEN_NUMBER)
        return parser_unexpected(parser, "a time in seconds, start() or end() after \"@\"");
    double ms = sign * parser->token.number * 1000;
    if (!(fabs(ms) <= (double)PIN_LIMIT_MS))
        return promql_fault_set(parser->fault, parser->token.column,
                                "the time after \"@\" is out of range");
    ret->pin = PIN_TIME;
    ret->pin_ms = (int64_t)round(ms);
    parser_take(parser);
    return 0;
}

static int parse_pin(struct parser *parser, struct node *node)
{
    size_t column = parser->token.column;
    struct reach reach = {0};
    parser_take(parser);
    bool start = promql_token_is_word(&parser->token, "start");
    int code;
    if (start || promql_token_is_word(&parser->token, "end")) {
        reach.pin = start ? PIN_START : PIN_END;
        parser_take(parser);
        code = parser_expect(parser, "(", "after start or end");
        if (!code)
            code = parser_expect(parser, ")", "after start( or end(");
    } else {
        code = parse_pin_time(parser, &reach);
    }
    if (code)
        return code;
    if (!takes_modifiers(node))
        return promql_fault_set(parser->fault, column,
                                "@ follows a selector or a subquery, not any other expression");
    if (node->reach.pin != PIN_NONE)
        return promql_fault_set(parser->fault, column, "@ may not be given twice");
    node->reach.pin = reach.pin;
    node->reach.pin_ms = reach.pin_ms;
    return 0;
}

static int set_range(struct parser *parser, struct node *node, size_t column, int64_t range_ms)
{
    if (node->kind != NODE_SELECTOR || node->reach.range_ms)
        return promql_fault_set(parser->fault, column,
                                "a range [..] follows a selector directly; for other expressions "
                                "use a subquery [range:step]");
    if (node->reach.offset_ms)
        return promql_fault_set(parser->fault, column,
                                "offset follows the range, it is not before it");
    if (node->reach.pin != PIN_NONE)
        return promql_fault_set(parser->fault, column, "@ follows the range, it is not before it");
    node->reach.range_ms = range_ms;
    return 0;
}

/* [range] or [range:step] behind *node, which a subquery takes in. */
static int parse_range(struct parser *parser, struct node **node)
{
    size_t column = parser->token.column;
    struct reach reach = {0};
    parser_take(parser);
    int code = take_duration(parser, "a duration, as in [5m]", &reach.range_ms);
    if (code)
        return code;
    if (promql_token_is(&parser->token, "]")) {
        parser_take(parser);
        return set_range(parser, *node, column, reach.range_ms);
    }
    if (!promql_token_is(&parser->token, ":"))
        return parser_unexpected(parser, "\"]\" or \":\" after the range");
    parser_take(parser);
    if (parser->token.kind != TOKEN_SYMBOL)
        code = take_duration(parser, "the subquery's step or \"]\"", &reach.step_ms);
    if (!code)
        code = parser_expect(parser, "]", "at the end of the subquery");
    struct node *subquery = NULL;
    if (!code)
        code = promql_node_new(NODE_SUBQUERY, column, &subquery);
    if (code)
        return code;
    subquery->reach = reach;
    struct node *inner = *node;
    *node = subquery;
    return promql_node_add_child(subquery, inner);
}

static int parse_postfix(struct parser *parser, struct node **ret)
{
    CLEAN(clean_node) struct node *node = NULL;
    int code = promql_parse_primary(parser, &node);
    while (!code) {
        if (node->depth > TREE_DEPTH_LIMIT)
            return ERROR_LIMIT;
        if (promql_token_is(&parser->token, "["))
            code = parse_range(parser, &node);
        else if (promql_token_is_word(&parser->token, "offset"))
            code = parse_offset(parser, node);
        else if (promql_token_is(&parser->token, "@"))
            code = parse_pin(parser, node);
        else
            break;
    }
    if (code)
        return code;
    *ret = node;
    node = NULL;
    return 0;
}

/* A sign binds as * does: -2 ^ 2 is -(2 ^ 2). */
static int parse_sign(struct parser *parser, struct node **ret)
{
    bool minus = promql_token_is(&parser->token, "-");
    size_t column = parser->token.column;
    CLEAN(clean_node) struct node *operand = NULL;
    parser_take(parser);
    int code = promql_parse_expression(parser, PRECEDENCE_POW, &operand);
    if (code)
        return code;
    CLEAN(clean_node) struct node *node = NULL;
    if (operand->kind == NODE_NUMBER) {
        operand->number = minus ? -operand->number : operand->number;
        operand->column = column;
        node = operand;
    } else {
        code = promql_node_new(NODE_UNARY, column, &node);
        if (code)
            return code;
        node->operation = minus ? OP_SUB : OP_ADD;
        code = promql_node_add_child(node, operand);
    }
    operand = NULL;
    if (code)
        return code;
    *ret = node;
    node = NULL;
    return 0;
}

static int parse_unary(struct parser *parser, struct node **ret)
{
    if (parser->depth >= PARSE_DEPTH_LIMIT)
        return ERROR_LIMIT;
    parser->depth++;
    bool sign = promql_token_is(&parser->token, "-") || promql_token_is(&parser->token, "+");
    int code = sign ? parse_sign(parser, ret) : parse_postfix(parser, ret);
    parser->depth--;
    return code;
}

/* The operator at the current token, or -1. */
static int operator_of(const struct token *token)
{
    for (int operation = OP_ADD; operation <= OP_UNLESS; operation++)
        if (promql_token_is(token, promql_operator_text(operation)) ||
            promql_token_is_word(token, promql_operator_text(operation)))
            return operation;
    return -1;
}

static int precedence_of(int operation)
{
    if (operation == OP_OR)
        return PRECEDENCE_OR;
    if (promql_operation_is_set(operation))
        return PRECEDENCE_AND;
    if (promql_operation_compares(operation))
        return PRECEDENCE_COMPARE;
    if (operation == OP_POW)
        return PRECEDENCE_POW;
    return operation <= OP_SUB ? PRECEDENCE_ADD : PRECEDENCE_MUL;
}

/* bool, on(...), ignoring(...), group_left(...), group_right(...) behind an operator. */
static int parse_matching(struct parser *parser, struct node *node)
{
    struct grouping *grouping = &node->grouping;
    node->returns_bool = promql_token_is_word(&parser->token, "bool");
    if (node->returns_bool)
        parser_take(parser);
    grouping->on = promql_token_is_word(&parser->token, "on");
    if (!grouping->on && !promql_token_is_word(&parser->token, "ignoring"))
        return 0;
    grouping->written = true;
    parser_take(parser);
    int code = promql_parse_names(parser, &grouping->labels);
    if (code)
        return code;
    if (promql_token_is_word(&parser->token, "group_left"))
        grouping->many = SIDE_LEFT;
    else if (promql_token_is_word(&parser->token, "group_right"))
        grouping->many = SIDE_RIGHT;
    else
        return 0;
    parser_take(parser);
    return promql_token_is(&parser->token, "(") ? promql_parse_names(parser, &grouping->include)
                                                : 0;
}

/* *left operator right, in the place of *left. */
static int parse_operation(struct parser *parser, int operation, struct node **left)
{
    struct node *node;
    int code = promql_node_new(NODE_BINARY, parser->token.column, &node);
    if (code)
        return code;
    node->operation = operation;
    struct node *first = *left;
    *left = node;
    code = promql_node_add_child(node, first);
    parser_take(parser);
    if (!code)
        code = parse_matching(parser, node);
    struct node *right = NULL;
    int least = precedence_of(operation) + (operation == OP_POW ? 0 : 1);
    if (!code)
        code = promql_parse_expression(parser, least, &right);
    return code ? code : promql_node_add_child(node, right);
}

int promql_parse_expression(struct parser *parser, int least, struct node **ret)
{
    CLEAN(clean_node) struct node *left = NULL;
    int code = parse_unary(parser, &left);
    while (!code) {
        if (left->depth > TREE_DEPTH_LIMIT)
            return ERROR_LIMIT;
        int operation = operator_of(&parser->token);
        if (operation < 0 || precedence_of(operation) < least)
            break;
        code = parse_operation(parser, operation, &left);
    }
    if (code)
        return code;
    *ret = left;
    left = NULL;
    return 0;
}

static int parse_all(struct parser *parser, struct node **ret)
{
    parser_take(parser);
    if (parser->token.kind == TOKEN_END)
        return promql_fault_set(parser->fault, 1, "the formula is empty");
    int code = promql_parse_expression(parser, PRECEDENCE_OR, ret);
    if (code)
        return code;
    if (promql_token_is(&parser->token, ")"))
        return promql_fault_set(parser->fault, parser->token.column, "\")\" closes nothing");
    if (parser->token.kind != TOKEN_END)
        return parser_unexpected(parser, "an operator or the end");
    return promql_check_tree(*ret, parser->fault);
}

static size_t number_nodes(struct node *node, size_t next)
{
    node->id = next++;
    for (size_t i = 0; i < node->children; i++)
        next = number_nodes(node->child[i], next);
    return next;
}

static int fault_limit(struct promql_fault *fault, size_t column)
{
    promql_fault_set(fault, column, "the formula is longer than %d bytes or nested deeper than %d",
                     TEXT_LIMIT_BYTES, TREE_DEPTH_LIMIT);
    return ERROR_LIMIT;
}

int promql_parse(const char *text, struct promql **ret, struct promql_fault *ret_fault)
{
    struct promql_fault unread = {0};
    struct promql_fault *fault = ret_fault ? ret_fault : &unread;
    *fault = (struct promql_fault){0};
    size_t length = strnlen(text, TEXT_LIMIT_BYTES + 1);
    if (length > TEXT_LIMIT_BYTES)
        return fault_limit(fault, TEXT_LIMIT_BYTES + 1);
    struct parser parser = {
        .lexer = {.text = text, .length = length, .fault = fault},
        .token = {.kind = TOKEN_SYMBOL},
        .fault = fault,
    };
    CLEAN(clean_node) struct node *root = NULL;
    int code = parse_all(&parser, &root);
    if (code == ERROR_LIMIT)
        code = fault_limit(fault, parser.token.column);
    struct promql *promql = code ? NULL : calloc(1, sizeof *promql);
    if (!promql) {
        promql_fault_finish(&unread);
        return code ? code : ERROR_MEMORY;
    }
    assert(root);
    promql->root = root;
    promql->nodes = number_nodes(root, 0);
    root = NULL;
    *ret = promql;
    return 0;
}
