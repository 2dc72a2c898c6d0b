/* What may be asked of a formula: what it reads, and where an answer may hide what is not there. */
#include "evaluation/promql/selectors.h"

#include <string.h>

#include "evaluation/promql/functions/functions.h"

struct visit {
    void (*on_selector)(void *context, const struct promql_selector *);
    void *context;
};

/* What stands around a node on the way down. */
struct path {
    struct reach reach; /* of the subqueries, added up */
    const char *over;   /* the innermost function */
    bool summed;        /* whatever is below is only added up */
};

static struct reach around(struct reach outer, const struct reach *own)
{
    struct reach all = *own;
    if (own->pin == PIN_NONE) {
        all.range_ms += outer.range_ms;
        all.offset_ms += outer.offset_ms;
        all.pin = outer.pin;
        all.pin_ms = outer.pin_ms;
    }
    return all;
}

/* A sum over all there is, or over each instance; by other labels an element could be named. */
static bool sums_all(const struct node *node)
{
    const struct names *by = &node->grouping.labels;
    if (node->operation != AGGREGATE_SUM || (node->grouping.written && !node->grouping.on))
        return false;
    for (size_t i = 0; i < by->count; i++)
        if (strcmp(by->name[i], "instance") != 0)
            return false;
    return true;
}

/* The sum of what it makes of each series is what it makes of their sum. */
static bool is_linear(const char *function)
{
    return strcmp(function, "sum_over_time") == 0 || strcmp(function, "increase") == 0 ||
           strcmp(function, "rate") == 0;
}

static bool matches_all(const struct node *node)
{
    for (size_t i = 0; i < node->matchers; i++)
        if (strcmp(node->matcher[i].name, LABELS_NAME) != 0 &&
            strcmp(node->matcher[i].name, "instance") != 0)
            return false;
    return true;
}

static struct path below(struct path path, const struct node *node)
{
    switch (node->kind) {
    case NODE_SUBQUERY:
        path.reach = around(path.reach, &node->reach);
        path.summed = false;
        break;
    case NODE_BINARY:
        path.summed = false;
        break;
    case NODE_AGGREGATE:
        path.over = NULL;
        path.summed = sums_all(node);
        break;
    case NODE_CALL:
        path.over = node->function->name;
        path.summed = path.summed && is_linear(path.over);
        break;
    default:
        break;
    }
    return path;
}

static void give_selector(const struct node *node, const struct path *path,
                          const struct visit *visit)
{
    struct reach all = around(path->reach, &node->reach);
    struct promql_selector selector = {
        .name = node->text,
        .matchers = node->matcher,
        .count = node->matchers,
        .range_ms = all.range_ms,
        .offset_ms = all.offset_ms,
        .has_at = all.pin == PIN_TIME,
        .at_ms = all.pin_ms,
        .column = node->column,
        .over = node->reach.range_ms ? path->over : NULL,
        .over_ms = node->reach.range_ms,
        .summed = path->summed && matches_all(node),
    };
    visit->on_selector(visit->context, &selector);
}

static void visit_selectors(const struct node *node, struct path path, const struct visit *visit)
{
    if (node->kind == NODE_SELECTOR)
        give_selector(node, &path, visit);
    path = below(path, node);
    for (size_t i = 0; i < node->children; i++)
        visit_selectors(node->child[i], path, visit);
}

void promql_each_selector(const struct promql *promql,
                          void (*on_selector)(void *context, const struct promql_selector *),
                          void *context)
{
    const struct visit visit = {on_selector, context};
    visit_selectors(promql->root, (struct path){0}, &visit);
}

int64_t promql_selector_end(const struct promql_selector *selector, int64_t now_ms)
{
    return (selector->has_at ? selector->at_ms : now_ms) - selector->offset_ms;
}

static bool any(const struct node *node, bool (*is)(const struct node *node))
{
    if (is(node))
        return true;
    for (size_t i = 0; i < node->children; i++)
        if (any(node->child[i], is))
            return true;
    return false;
}

static bool is_call(const struct node *node, const char *name)
{
    return node->kind == NODE_CALL && strcmp(node->function->name, name) == 0;
}

/* vector(), absent(), and hour() and its like, which without an argument take the time. */
static bool is_invention(const struct node *node)
{
    return is_call(node, "vector") || is_call(node, "absent") ||
           is_call(node, "absent_over_time") ||
           (node->kind == NODE_CALL && node->function->call == promql_call_date && !node->children);
}

bool promql_invents(const struct promql *promql)
{
    return any(promql->root, is_invention);
}

/* It counts, or takes elements away. */
static bool takes_away(const struct node *node)
{
    if (node->kind == NODE_AGGREGATE)
        return node->operation == AGGREGATE_COUNT;
    if (node->kind == NODE_BINARY)
        return promql_operation_is_set(node->operation) ||
               (promql_operation_compares(node->operation) && !node->returns_bool);
    return is_call(node, "absent") || is_call(node, "absent_over_time");
}

static bool may_be_empty(const struct node *node)
{
    if (node->type == PROMQL_SCALAR || node->type == PROMQL_STRING || is_call(node, "vector"))
        return false;
    if (node->kind == NODE_BINARY && node->operation == OP_OR)
        return may_be_empty(node->child[0]) && may_be_empty(node->child[1]);
    if (takes_away(node))
        return true;
    for (size_t i = 0; i < node->children; i++)
        if (may_be_empty(node->child[i]))
            return true;
    return false;
}

bool promql_may_be_empty(const struct promql *promql)
{
    return may_be_empty(promql->root);
}

bool promql_is_selector(const struct promql *promql)
{
    return promql_node_unwrap(promql->root)->kind == NODE_SELECTOR &&
           promql->root->type == PROMQL_VECTOR;
}

void promql_tell_each(struct promql *promql)
{
    struct node *node = promql->root;
    while (node->kind == NODE_PAREN)
        node = node->child[0];
    if (node->kind == NODE_BINARY && promql_operation_compares(node->operation))
        node->returns_bool = true;
}
