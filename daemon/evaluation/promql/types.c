/* Types of a formula: what an operator, a function or an aggregation may be given. */
#include "evaluation/promql/parser.h"

#include <stdio.h>
#include <string.h>

#include "evaluation/promql/functions/functions.h"

static int check_type(const struct node *node, enum promql_type wanted, const char *where,
                      struct promql_fault *fault)
{
    if (node->type == wanted)
        return 0;
    const char *hint = "";
    if (wanted == PROMQL_MATRIX && node->type == PROMQL_VECTOR)
        hint = "; give a range, as in x[5m]";
    else if (wanted == PROMQL_VECTOR && node->type == PROMQL_MATRIX)
        hint = "; a range needs a function over it, as in rate(x[5m])";
    else if (wanted == PROMQL_VECTOR && node->type == PROMQL_SCALAR)
        hint = "; vector() makes one of a scalar";
    return promql_fault_set(fault, node->column, "%s takes %s %s, not %s %s%s", where,
                            wanted == PROMQL_VECTOR ? "an" : "a", promql_type_text(wanted),
                            node->type == PROMQL_VECTOR ? "an" : "a", promql_type_text(node->type),
                            hint);
}

static int check_count(const struct node *node, struct promql_fault *fault)
{
    const struct function *function = node->function;
    size_t least = function->arguments - (function->variadic ? 1 : 0);
    size_t most = least + (size_t)(function->variadic > 0 ? function->variadic : 0);
    const char *name = function->name;
    if (node->children < least)
        return promql_fault_set(fault, node->column, "%s() takes %s%zu argument%s, not %zu", name,
                                function->variadic ? "at least " : "", least, least == 1 ? "" : "s",
                                node->children);
    if (function->variadic >= 0 && node->children > most)
        return promql_fault_set(fault, node->column, "%s() takes %s%zu argument%s, not %zu", name,
                                function->variadic ? "at most " : "", most, most == 1 ? "" : "s",
                                node->children);
    return 0;
}

static const char *string_of(const struct node *node)
{
    node = promql_node_unwrap(node);
    return node->kind == NODE_STRING ? node->text : "";
}

/* label_replace and label_join: what can be known before there is data. */
static int check_label_call(struct node *node, struct promql_fault *fault)
{
    bool replaces = strcmp(node->function->name, "label_replace") == 0;
    if (!replaces && strcmp(node->function->name, "label_join") != 0)
        return 0;
    if (!labels_is_label_name(string_of(node->child[1])))
        return promql_fault_set(fault, node->child[1]->column, "\"%s\" is not a label name",
                                string_of(node->child[1]));
    for (size_t i = 3; !replaces && i < node->children; i++)
        if (!labels_is_label_name(string_of(node->child[i])))
            return promql_fault_set(fault, node->child[i]->column, "\"%s\" is not a label name",
                                    string_of(node->child[i]));
    if (!replaces)
        return 0;
    char *sentence = NULL;
    int code = promql_regex_compile(string_of(node->child[4]), &node->regex, &sentence);
    if (code == ERROR_FORMAT)
        promql_fault_set(fault, node->child[4]->column, "%s", sentence);
    struct promql_fault owned = {0, sentence};
    promql_fault_finish(&owned);
    return code;
}

static int check_call(struct node *node, struct promql_fault *fault)
{
    const struct function *function = node->function;
    node->type = function->result;
    int code = check_count(node, fault);
    char where[64];
    for (size_t i = 0; !code && i < node->children; i++) {
        size_t of = i < function->arguments ? i : function->arguments - 1;
        snprintf(where, sizeof where, "argument %zu of %s()", i + 1, function->name);
        code = check_type(node->child[i], function->argument[of], where, fault);
    }
    return code ? code : check_label_call(node, fault);
}

static int check_aggregate(struct node *node, struct promql_fault *fault)
{
    const char *name = promql_aggregation_text(node->operation);
    size_t wanted = node->operation >= AGGREGATE_TOPK ? 2 : 1;
    node->type = PROMQL_VECTOR;
    if (node->children != wanted)
        return promql_fault_set(fault, node->column, "%s() takes %zu argument%s, not %zu", name,
                                wanted, wanted == 1 ? "" : "s", node->children);
    char where[64];
    snprintf(where, sizeof where, "%s()", name);
    int code = check_type(node->child[wanted - 1], PROMQL_VECTOR, where, fault);
    if (code || wanted == 1)
        return code;
    bool text = node->operation == AGGREGATE_COUNT_VALUES;
    snprintf(where, sizeof where, "argument 1 of %s()", name);
    code = check_type(node->child[0], text ? PROMQL_STRING : PROMQL_SCALAR, where, fault);
    if (!code && text && !labels_is_label_name(string_of(node->child[0])))
        return promql_fault_set(fault, node->child[0]->column, "\"%s\" is not a label name",
                                string_of(node->child[0]));
    return code;
}

/* Where both sides are vectors. */
static int check_matching(const struct node *node, struct promql_fault *fault)
{
    const struct grouping *grouping = &node->grouping;
    const char *text = promql_operator_text(node->operation);
    if (promql_operation_is_set(node->operation) && grouping->many != SIDE_NONE)
        return promql_fault_set(fault, node->column, "\"%s\" takes no group_left or group_right",
                                text);
    for (size_t i = 0; grouping->on && i < grouping->include.count; i++)
        if (promql_names_have(&grouping->labels, grouping->include.name[i]))
            return promql_fault_set(fault, node->column,
                                    "the label \"%s\" is in on(...) and in group_left or "
                                    "group_right; it can be in one of them only",
                                    grouping->include.name[i]);
    return 0;
}

static int check_side(const struct node *node, const struct node *side, struct promql_fault *fault)
{
    if (side->type == PROMQL_SCALAR || side->type == PROMQL_VECTOR)
        return 0;
    return promql_fault_set(
        fault, side->column, "\"%s\" takes scalars and instant vectors on its sides, not a %s%s",
        promql_operator_text(node->operation), promql_type_text(side->type),
        side->type == PROMQL_MATRIX ? "; a range needs a function over it, as in rate(x[5m])" : "");
}

static int check_binary(struct node *node, struct promql_fault *fault)
{
    const struct node *left = node->child[0], *right = node->child[1];
    const char *text = promql_operator_text(node->operation);
    int code = check_side(node, left, fault);
    if (!code)
        code = check_side(node, right, fault);
    if (code)
        return code;
    bool scalars = left->type == PROMQL_SCALAR && right->type == PROMQL_SCALAR;
    bool vectors = left->type == PROMQL_VECTOR && right->type == PROMQL_VECTOR;
    node->type = scalars ? PROMQL_SCALAR : PROMQL_VECTOR;
    if (node->returns_bool && !promql_operation_compares(node->operation))
        return promql_fault_set(fault, node->column, "bool follows comparisons only, not \"%s\"",
                                text);
    if (scalars && promql_operation_compares(node->operation) && !node->returns_bool)
        return promql_fault_set(fault, node->column,
                                "two scalars are compared with bool behind the operator: %s bool",
                                text);
    if (vectors)
        return check_matching(node, fault);
    if (promql_operation_is_set(node->operation))
        return promql_fault_set(fault, node->column, "\"%s\" takes instant vectors on both sides",
                                text);
    node->grouping.written = node->grouping.on = false; /* on() with nothing in it says nothing */
    node->grouping.many = SIDE_NONE;
    if (node->grouping.labels.count)
        return promql_fault_set(fault, node->column,
                                "on and ignoring match vectors; here one side is a scalar");
    return 0;
}

static int check_unary(struct node *node, struct promql_fault *fault)
{
    const struct node *operand = node->child[0];
    node->type = operand->type;
    if (operand->type == PROMQL_SCALAR || operand->type == PROMQL_VECTOR)
        return 0;
    return promql_fault_set(fault, node->column,
                            "a sign is allowed before a scalar or an instant vector, not a %s",
                            promql_type_text(operand->type));
}

static int check_node(struct node *node, struct promql_fault *fault)
{
    switch (node->kind) {
    case NODE_NUMBER:
        node->type = PROMQL_SCALAR;
        return 0;
    case NODE_STRING:
        node->type = PROMQL_STRING;
        return 0;
    case NODE_SELECTOR:
        node->type = node->reach.range_ms ? PROMQL_MATRIX : PROMQL_VECTOR;
        return 0;
    case NODE_SUBQUERY:
        node->type = PROMQL_MATRIX;
        return check_type(node->child[0], PROMQL_VECTOR, "a subquery", fault);
    case NODE_PAREN:
        node->type = node->child[0]->type;
        return 0;
    case NODE_UNARY:
        return check_unary(node, fault);
    case NODE_BINARY:
        return check_binary(node, fault);
    case NODE_AGGREGATE:
        return check_aggregate(node, fault);
    case NODE_CALL:
        return check_call(node, fault);
    }
    return ERROR_STATE;
}

int promql_check_tree(struct node *node, struct promql_fault *fault)
{
    for (size_t i = 0; i < node->children; i++) {
        int code = promql_check_tree(node->child[i], fault);
        if (code)
            return code;
    }
    return check_node(node, fault);
}
