/* Aggregations: elements into groups, and each group into a value. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation/promql/functions/functions.h"
#include "ground/base/text.h"

/* One group on its way. */
struct group {
    struct tag *tag;
    size_t count;
    double value; /* sum, extreme, or sum of squared distances */
    double mean;
    size_t first; /* its members' place among all, for topk, bottomk, quantile */
};

struct groups {
    struct group *item;
    size_t count;
    size_t *of; /* the group of each element */
};

/* An infinite mean stays as it is until an infinity of the other sign or NaN comes. */
static void add_mean(struct group *group, double value)
{
    double count = (double)group->count;
    if (isinf(group->mean) && !isnan(value) && (!isinf(value) || (group->mean > 0) == (value > 0)))
        return;
    group->mean += value / count - group->mean / count;
}

static void add_distance(struct group *group, double value)
{
    double delta = value - group->mean;
    group->mean += delta / (double)group->count;
    group->value += delta * (value - group->mean);
}

static void begin_group(int operation, struct group *group, double value)
{
    group->count = 1;
    group->mean = value;
    bool spread = operation == AGGREGATE_STDDEV || operation == AGGREGATE_STDVAR;
    group->value = spread ? 0 : operation == AGGREGATE_GROUP ? 1 : value;
}

static void add_to_group(int operation, struct group *group, double value)
{
    group->count++;
    switch (operation) {
    case AGGREGATE_SUM:
        group->value += value;
        break;
    case AGGREGATE_AVG:
        add_mean(group, value);
        break;
    case AGGREGATE_MAX:
        if (group->value < value || isnan(group->value))
            group->value = value;
        break;
    case AGGREGATE_MIN:
        if (group->value > value || isnan(group->value))
            group->value = value;
        break;
    case AGGREGATE_STDDEV:
    case AGGREGATE_STDVAR:
        add_distance(group, value);
        break;
    default: /* counted, or looked at later */
        break;
    }
}

static double value_of(int operation, const struct group *group)
{
    double count = (double)group->count;
    switch (operation) {
    case AGGREGATE_AVG:
        return group->mean;
    case AGGREGATE_COUNT:
    case AGGREGATE_COUNT_VALUES:
        return count;
    case AGGREGATE_STDVAR:
        return group->value / count;
    case AGGREGATE_STDDEV:
        return sqrt(group->value / count);
    default:
        return group->value;
    }
}

/* count_values: the value becomes a label, which takes part in the grouping. */
static int label_value(struct evaluation *evaluation, const char *label, double value,
                       struct tag **tag)
{
    char text[TEXT_PLAIN_SIZE];
    text_plain_from_double(value, text);
    if (strcmp(labels_get((*tag)->labels, label), text) == 0)
        return 0;
    const char *kept = promql_kept_text(evaluation, text);
    if (!kept)
        return ERROR_MEMORY;
    return promql_tag_set(evaluation, *tag, (struct label){label, kept}, tag);
}

static int group_tag(struct evaluation *evaluation, const struct node *node,
                     const struct sample *sample, struct tag **ret)
{
    const struct grouping *grouping = &node->grouping;
    const struct choice choice = {&grouping->labels, grouping->on, !grouping->on};
    struct memo *memo = &evaluation->states[node->id].memo[0];
    int code = promql_tag_choose(evaluation, memo, &choice, sample->tag, ret);
    if (code || node->operation != AGGREGATE_COUNT_VALUES)
        return code;
    const char *label = promql_node_unwrap(node->child[0])->text;
    if (!grouping->on && promql_names_have(&grouping->labels, label))
        return 0;
    return label_value(evaluation, label, sample->value, ret);
}

/* An extreme, or a choice by order, passes over what is no number, or prefers what is infinite. */
static bool is_choice(int operation)
{
    return operation == AGGREGATE_MIN || operation == AGGREGATE_MAX ||
           (operation >= AGGREGATE_TOPK && operation != AGGREGATE_COUNT_VALUES);
}

/* Sorts the elements into groups, adding up as it goes. */
static int form_groups(struct evaluation *evaluation, const struct node *node,
                       const struct vector *vector, struct groups *ret)
{
    ret->item = promql_arena_get(&evaluation->scratch, vector->count * sizeof *ret->item);
    ret->of = promql_arena_get(&evaluation->scratch, vector->count * sizeof *ret->of);
    if (!ret->item || !ret->of)
        return ERROR_MEMORY;
    uint64_t stamp = ++evaluation->stamp;
    for (size_t i = 0; i < vector->count; i++) {
        const struct sample *sample = &vector->item[i];
        struct tag *tag;
        evaluation->passed_over += is_choice(node->operation) && !isfinite(sample->value);
        int code = group_tag(evaluation, node, sample, &tag);
        if (code)
            return code;
        if (tag->stamp != stamp) {
            tag->stamp = stamp;
            tag->slot = ret->count++;
            ret->item[tag->slot] = (struct group){.tag = tag};
            begin_group(node->operation, &ret->item[tag->slot], sample->value);
        } else {
            add_to_group(node->operation, &ret->item[tag->slot], sample->value);
        }
        ret->of[i] = tag->slot;
    }
    return 0;
}

/* Puts the elements of each group side by side. */
static int collect_members(struct evaluation *evaluation, struct groups *groups,
                           const struct vector *from, struct vector *ret)
{
    int code = promql_vector_new(evaluation, from->count, ret);
    if (code)
        return code;
    size_t next = 0;
    for (size_t g = 0; g < groups->count; g++) {
        groups->item[g].first = next;
        next += groups->item[g].count;
        groups->item[g].count = 0;
    }
    for (size_t i = 0; i < from->count; i++) {
        struct group *group = &groups->item[groups->of[i]];
        ret->item[group->first + group->count++] = from->item[i];
    }
    ret->count = from->count;
    return 0;
}

static int add_quantiles(struct evaluation *evaluation, const struct groups *groups,
                         const struct vector *members, double q, struct vector *ret)
{
    double *values = promql_arena_get(&evaluation->scratch, members->count * sizeof *values);
    if (!values)
        return ERROR_MEMORY;
    for (size_t g = 0; g < groups->count; g++) {
        const struct group *group = &groups->item[g];
        for (size_t i = 0; i < group->count; i++)
            values[i] = members->item[group->first + i].value;
        promql_vector_push(ret, group->tag, 0, promql_quantile_of(q, values, group->count));
    }
    return 0;
}

static int compare_labels(const struct sample *left, const struct sample *right)
{
    return left->tag == right->tag ? 0 : labels_compare(left->tag->labels, right->tag->labels);
}

/* NaN stands last whatever the direction. */
static int compare_values(double left, double right, int direction)
{
    if (isnan(left) || isnan(right))
        return (isnan(left) ? 1 : 0) - (isnan(right) ? 1 : 0);
    return direction * ((left > right) - (left < right));
}

static int rising(const void *a, const void *b)
{
    const struct sample *left = a, *right = b;
    int order = compare_values(left->value, right->value, 1);
    return order ? order : compare_labels(left, right);
}

static int falling(const void *a, const void *b)
{
    const struct sample *left = a, *right = b;
    int order = compare_values(left->value, right->value, -1);
    return order ? order : compare_labels(left, right);
}

int promql_call_sort(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                     struct operand *ret)
{
    int code = promql_evaluate_vector(evaluation, node->child[0], time_ms, &ret->vector);
    bool down = strcmp(node->function->name, "sort_desc") == 0;
    if (!code && ret->vector.count > 1)
        qsort(ret->vector.item, ret->vector.count, sizeof(struct sample), down ? falling : rising);
    return code;
}

static void add_first(int operation, const struct groups *groups, const struct vector *members,
                      double limit, struct vector *ret)
{
    for (size_t g = 0; g < groups->count; g++) {
        const struct group *group = &groups->item[g];
        struct sample *first = &members->item[group->first];
        qsort(first, group->count, sizeof *first, operation == AGGREGATE_TOPK ? falling : rising);
        for (size_t i = 0; i < group->count && (double)i < limit; i++)
            ret->item[ret->count++] = first[i];
    }
}

/* topk, bottomk, quantile: they need all members. */
static int aggregate_members(struct evaluation *evaluation, const struct node *node,
                             const struct vector *from, double parameter, struct vector *ret)
{
    struct groups groups = {0};
    struct vector members;
    bool picks = node->operation != AGGREGATE_QUANTILE;
    if (picks && !(fabs(parameter) < 9.2e18))
        return error_set(evaluation->error, ERROR_RANGE, "%s(%g, ...): no such number of elements",
                         promql_aggregation_text(node->operation), parameter);
    if (picks && parameter < 1) {
        ret->count = 0;
        return 0;
    }
    int code = form_groups(evaluation, node, from, &groups);
    if (!code)
        code = collect_members(evaluation, &groups, from, &members);
    if (code)
        return code;
    if (!picks)
        return add_quantiles(evaluation, &groups, &members, parameter, ret);
    add_first(node->operation, &groups, &members, trunc(parameter), ret);
    return 0;
}

static int aggregate_values(struct evaluation *evaluation, const struct node *node,
                            const struct vector *from, struct vector *ret)
{
    struct groups groups = {0};
    int code = form_groups(evaluation, node, from, &groups);
    for (size_t g = 0; !code && g < groups.count; g++)
        promql_vector_push(ret, groups.item[g].tag, 0, value_of(node->operation, &groups.item[g]));
    return code;
}

int promql_evaluate_aggregate(struct evaluation *evaluation, const struct node *node,
                              int64_t time_ms, struct operand *ret)
{
    struct vector from;
    double parameter = 0;
    int code = promql_evaluate_vector(evaluation, node->child[node->children - 1], time_ms, &from);
    bool members = node->operation == AGGREGATE_TOPK || node->operation == AGGREGATE_BOTTOMK ||
                   node->operation == AGGREGATE_QUANTILE;
    if (!code && members)
        code = promql_evaluate_scalar(evaluation, node->child[0], time_ms, &parameter);
    if (!code)
        code = promql_vector_new(evaluation, from.count, &ret->vector);
    if (!code)
        code = members ? aggregate_members(evaluation, node, &from, parameter, &ret->vector)
                       : aggregate_values(evaluation, node, &from, &ret->vector);
    for (size_t i = 0; !code && i < ret->vector.count; i++)
        ret->vector.item[i].time_ms = time_ms;
    return code ? code : promql_vector_check(evaluation, &ret->vector);
}
