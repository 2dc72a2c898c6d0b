/* The tree of a formula: building, freeing, the words of its parts. */
#include "evaluation/promql/tree.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"

static void names_finish(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->name[i]);
    free(names->name);
}

int promql_names_add(struct names *names, char *name)
{
    if (!name || array_reserve(&names->name, &names->capacity, names->count, sizeof(char *))) {
        free(name);
        return ERROR_MEMORY;
    }
    names->name[names->count++] = name;
    return 0;
}

bool promql_names_have(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0)
            return true;
    return false;
}

/* The depth of a tree is limited where it is built. */
void promql_node_free(struct node *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->children; i++)
        promql_node_free(node->child[i]);
    for (size_t i = 0; i < node->matchers; i++) {
        free(node->matcher[i].name);
        free(node->matcher[i].value);
        promql_regex_free(node->matcher[i].regex);
    }
    names_finish(&node->grouping.labels);
    names_finish(&node->grouping.include);
    promql_regex_free(node->regex);
    free(node->matcher);
    free(node->child);
    free(node->text);
    free(node);
}

int promql_node_add_child(struct node *node, struct node *child)
{
    if (array_reserve(&node->child, &node->capacity, node->children, sizeof(struct node *))) {
        promql_node_free(child);
        return ERROR_MEMORY;
    }
    node->child[node->children++] = child;
    if (child->depth >= node->depth)
        node->depth = child->depth + 1;
    return 0;
}

const struct node *promql_node_unwrap(const struct node *node)
{
    while (node->kind == NODE_PAREN)
        node = node->child[0];
    return node;
}

const char *promql_operator_text(int operation)
{
    static const char *const texts[] = {
        [OP_ADD] = "+",         [OP_SUB] = "-",     [OP_MUL] = "*",       [OP_DIV] = "/",
        [OP_MOD] = "%",         [OP_POW] = "^",     [OP_ATAN2] = "atan2", [OP_EQUAL] = "==",
        [OP_NOT_EQUAL] = "!=",  [OP_GREATER] = ">", [OP_LESS] = "<",      [OP_GREATER_EQUAL] = ">=",
        [OP_LESS_EQUAL] = "<=", [OP_AND] = "and",   [OP_OR] = "or",       [OP_UNLESS] = "unless",
    };
    return texts[operation];
}

const char *promql_aggregation_text(int aggregation)
{
    static const char *const texts[] = {
        [AGGREGATE_SUM] = "sum",
        [AGGREGATE_AVG] = "avg",
        [AGGREGATE_COUNT] = "count",
        [AGGREGATE_MIN] = "min",
        [AGGREGATE_MAX] = "max",
        [AGGREGATE_GROUP] = "group",
        [AGGREGATE_STDDEV] = "stddev",
        [AGGREGATE_STDVAR] = "stdvar",
        [AGGREGATE_TOPK] = "topk",
        [AGGREGATE_BOTTOMK] = "bottomk",
        [AGGREGATE_COUNT_VALUES] = "count_values",
        [AGGREGATE_QUANTILE] = "quantile",
    };
    return texts[aggregation];
}

bool promql_operation_compares(int operation)
{
    return operation >= OP_EQUAL && operation <= OP_LESS_EQUAL;
}

bool promql_operation_is_set(int operation)
{
    return operation >= OP_AND;
}

const char *promql_type_text(enum promql_type type)
{
    switch (type) {
    case PROMQL_SCALAR:
        return "scalar";
    case PROMQL_VECTOR:
        return "instant vector";
    case PROMQL_MATRIX:
        return "range vector";
    case PROMQL_STRING:
        return "string";
    }
    return "unknown";
}

void promql_free(struct promql *promql)
{
    if (!promql)
        return;
    promql_node_free(promql->root);
    free(promql);
}

enum promql_type promql_type(const struct promql *promql)
{
    return promql->root->type;
}
