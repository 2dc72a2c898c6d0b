/* Operators: arithmetic, comparisons, and an operation with a scalar on a side. */
#include <math.h>

#include "evaluation/promql/functions/functions.h"

bool promql_operation_drops_name(int operation)
{
    return operation <= OP_POW;
}

static bool compare(int operation, double left, double right)
{
    switch (operation) {
    case OP_EQUAL:
        return left == right;
    case OP_NOT_EQUAL:
        return left != right;
    case OP_GREATER:
        return left > right;
    case OP_LESS:
        return left < right;
    case OP_GREATER_EQUAL:
        return left >= right;
    default:
        return left <= right;
    }
}

bool promql_operate(int operation, double left, double right, double *ret)
{
    switch (operation) {
    case OP_ADD:
        *ret = left + right;
        return true;
    case OP_SUB:
        *ret = left - right;
        return true;
    case OP_MUL:
        *ret = left * right;
        return true;
    case OP_DIV:
        *ret = left / right;
        return true;
    case OP_MOD:
        *ret = fmod(left, right);
        return true;
    case OP_POW:
        *ret = pow(left, right);
        return true;
    case OP_ATAN2:
        *ret = atan2(left, right);
        return true;
    default:
        *ret = left;
        return compare(operation, left, right);
    }
}

void promql_note_compared(struct evaluation *evaluation, const struct node *node, double left,
                          double right)
{
    if (promql_operation_compares(node->operation) && !(isfinite(left) && isfinite(right)))
        evaluation->passed_over++;
}

/* A vector and a scalar; swapped: the scalar stands left. A comparison keeps the vector's value. */
static int with_scalar(struct evaluation *evaluation, const struct node *node,
                       struct vector *vector, double scalar, bool swapped)
{
    bool drops = promql_operation_drops_name(node->operation) || node->returns_bool;
    size_t kept = 0;
    int code = 0;
    for (size_t i = 0; !code && i < vector->count; i++) {
        struct sample sample = vector->item[i];
        double left = swapped ? scalar : sample.value, right = swapped ? sample.value : scalar;
        double value;
        bool holds = promql_operate(node->operation, left, right, &value);
        promql_note_compared(evaluation, node, sample.value, isnan(scalar) ? scalar : 0);
        if (node->returns_bool)
            value = holds ? 1 : 0;
        else if (promql_operation_compares(node->operation))
            value = sample.value;
        if (!holds && !node->returns_bool)
            continue;
        sample.value = value;
        if (drops)
            code = promql_tag_bare(evaluation, sample.tag, &sample.tag);
        vector->item[kept++] = sample;
    }
    vector->count = kept;
    return code;
}

static int scalars(struct evaluation *evaluation, const struct node *node, double left,
                   double right, double *ret)
{
    double value;
    promql_note_compared(evaluation, node, isnan(left) ? left : 0, isnan(right) ? right : 0);
    bool holds = promql_operate(node->operation, left, right, &value);
    *ret = promql_operation_compares(node->operation) ? (holds ? 1 : 0) : value;
    return 0;
}

int promql_evaluate_binary(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                           struct operand *ret)
{
    struct operand side[2];
    for (size_t i = 0; i < 2; i++) {
        int code = promql_evaluate_node(evaluation, node->child[i], time_ms, &side[i]);
        if (code)
            return code;
    }
    bool vector[2] = {side[0].type == PROMQL_VECTOR, side[1].type == PROMQL_VECTOR};
    if (!vector[0] && !vector[1])
        return scalars(evaluation, node, side[0].scalar, side[1].scalar, &ret->scalar);
    int code;
    if (vector[0] && vector[1]) {
        const struct vector both[2] = {side[0].vector, side[1].vector};
        code = promql_operation_is_set(node->operation)
                   ? promql_evaluate_set(evaluation, node, both, &ret->vector)
                   : promql_evaluate_match(evaluation, node, both, &ret->vector);
    } else {
        size_t of = vector[0] ? 0 : 1;
        code = with_scalar(evaluation, node, &side[of].vector, side[1 - of].scalar, of == 1);
        ret->vector = side[of].vector;
    }
    return code ? code : promql_vector_check(evaluation, &ret->vector);
}
