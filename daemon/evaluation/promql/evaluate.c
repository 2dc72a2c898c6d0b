/* Evaluates a formula at one time or at steps, and hands the answer over. */
#include "evaluation/promql/evaluation.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation/promql/functions/functions.h"

#define STEPS_LIMIT        11000
#define TIME_LIMIT_MS      (1LL << 53)
#define LOOKBACK_PRESET_MS 300000
#define SAMPLES_PRESET     5000000
#define SERIES_PRESET      100000

/* The time at which a selector or subquery looks, for an evaluation at time_ms. */
static int64_t reference_time(const struct evaluation *evaluation, const struct node *node,
                              int64_t time_ms)
{
    if (node->reach.pin != PIN_NONE)
        time_ms = evaluation->states[node->id].pin_ms;
    return time_ms - node->reach.offset_ms;
}

/* The index behind the last sample that is not after time_ms. Steps go forward, so the place where
 * the last one ended is tried first. */
static size_t row_end(struct row *row, int64_t time_ms)
{
    size_t at = row->hint;
    for (size_t tries = 0; tries < 4; tries++, at++) {
        if (at && row->times[at - 1] > time_ms)
            break;
        if (at == row->count || row->times[at] > time_ms)
            return row->hint = at;
    }
    return row->hint = promql_row_find(row, time_ms + 1);
}

static int evaluate_selector(struct evaluation *evaluation, const struct node *node,
                             int64_t time_ms, struct vector *ret)
{
    struct state *state = &evaluation->states[node->id];
    int64_t at_ms = reference_time(evaluation, node, time_ms);
    int code = promql_vector_new(evaluation, state->count, ret);
    if (code)
        return code;
    for (size_t i = 0; i < state->count; i++) {
        struct row *row = &state->rows[i];
        size_t end = row_end(row, at_ms);
        if (!end || row->times[end - 1] < at_ms - row->lookback_ms ||
            promql_is_stale(row->values[end - 1]))
            continue;
        promql_vector_push(ret, row->tag, row->times[end - 1], row->values[end - 1]);
    }
    return 0;
}

struct window promql_evaluate_window(const struct evaluation *evaluation, const struct node *node,
                                     const struct row *row, int64_t time_ms)
{
    int64_t end_ms = reference_time(evaluation, node, time_ms);
    int64_t start_ms = end_ms - node->reach.range_ms;
    size_t first = promql_row_find(row, start_ms), behind = promql_row_find(row, end_ms + 1);
    return (struct window){
        .times = row->times + first,
        .values = row->values + first,
        .count = behind - first,
        .start_ms = start_ms,
        .end_ms = end_ms,
        .time_ms = time_ms,
        .range_ms = node->reach.range_ms,
    };
}

/* Finds the range among the arguments, and evaluates the scalars beside it. */
static int range_arguments(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                           const struct node **ret_range, double parameter[2])
{
    size_t next = 0;
    int code = 0;
    for (size_t i = 0; !code && i < node->children; i++) {
        if (node->child[i]->type == PROMQL_MATRIX)
            *ret_range = promql_node_unwrap(node->child[i]);
        else if (next < 2)
            code = promql_evaluate_scalar(evaluation, node->child[i], time_ms, &parameter[next++]);
    }
    bool smooths = node->function->over == promql_over_holt_winters;
    for (size_t i = 0; !code && smooths && i < 2; i++)
        if (!(parameter[i] > 0 && parameter[i] < 1))
            return error_set(evaluation->error, ERROR_RANGE,
                             "the factors of holt_winters() must lie between 0 and 1");
    return code;
}

static bool has_no_number(const struct window *window)
{
    for (size_t i = 0; i < window->count; i++)
        if (!isfinite(window->values[i]))
            return true;
    return false;
}

static int call_over(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                     struct vector *ret)
{
    const struct node *range = node;
    double parameter[2] = {0, 0};
    int code = range_arguments(evaluation, node, time_ms, &range, parameter);
    const struct state *state = &evaluation->states[range->id];
    if (!code)
        code = promql_vector_new(evaluation, state->count, ret);
    for (size_t i = 0; !code && i < state->count; i++) {
        struct window window = promql_evaluate_window(evaluation, range, &state->rows[i], time_ms);
        struct promql_arena_mark mark = promql_arena_mark(&evaluation->scratch);
        struct tag *tag = state->rows[i].tag;
        double value;
        if (!window.count)
            continue;
        memcpy(window.parameter, parameter, sizeof parameter);
        window.scratch = promql_arena_get(&evaluation->scratch, window.count * sizeof(double));
        if (!window.scratch)
            return ERROR_MEMORY;
        bool found = node->function->over(&window, &value);
        evaluation->passed_over += node->function->chooses && has_no_number(&window);
        promql_arena_release(&evaluation->scratch, mark);
        if (found && !node->function->keeps_name)
            code = promql_tag_bare(evaluation, tag, &tag);
        if (found && !code)
            promql_vector_push(ret, tag, time_ms, value);
    }
    return code ? code : promql_vector_check(evaluation, ret);
}

static int call_map(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                    struct vector *ret)
{
    int code = promql_evaluate_vector(evaluation, node->child[0], time_ms, ret);
    for (size_t i = 0; !code && i < ret->count; i++) {
        struct sample *sample = &ret->item[i];
        sample->value = node->function->map(sample->value);
        sample->time_ms = time_ms;
        code = promql_tag_bare(evaluation, sample->tag, &sample->tag);
    }
    return code ? code : promql_vector_check(evaluation, ret);
}

static int evaluate_call(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                         struct operand *ret)
{
    if (node->function->map)
        return call_map(evaluation, node, time_ms, &ret->vector);
    if (node->function->over)
        return call_over(evaluation, node, time_ms, &ret->vector);
    int code = node->function->call(evaluation, node, time_ms, ret);
    if (code || ret->type != PROMQL_VECTOR)
        return code;
    return promql_vector_check(evaluation, &ret->vector);
}

static int evaluate_unary(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                          struct operand *ret)
{
    int code = promql_evaluate_node(evaluation, node->child[0], time_ms, ret);
    if (code || node->operation != OP_SUB)
        return code;
    ret->scalar = -ret->scalar;
    if (ret->type != PROMQL_VECTOR)
        return 0;
    for (size_t i = 0; !code && i < ret->vector.count; i++) {
        struct sample *sample = &ret->vector.item[i];
        sample->value = -sample->value;
        code = promql_tag_bare(evaluation, sample->tag, &sample->tag);
    }
    return code ? code : promql_vector_check(evaluation, &ret->vector);
}

int promql_evaluate_node(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                         struct operand *ret)
{
    *ret = (struct operand){.type = node->type};
    switch (node->kind) {
    case NODE_NUMBER:
        ret->scalar = node->number;
        return 0;
    case NODE_SELECTOR:
        return evaluate_selector(evaluation, node, time_ms, &ret->vector);
    case NODE_PAREN:
        return promql_evaluate_node(evaluation, node->child[0], time_ms, ret);
    case NODE_UNARY:
        return evaluate_unary(evaluation, node, time_ms, ret);
    case NODE_BINARY:
        return promql_evaluate_binary(evaluation, node, time_ms, ret);
    case NODE_AGGREGATE:
        return promql_evaluate_aggregate(evaluation, node, time_ms, ret);
    case NODE_CALL:
        return evaluate_call(evaluation, node, time_ms, ret);
    case NODE_STRING:
    case NODE_SUBQUERY:
        break; /* read by the functions that take them */
    }
    return ERROR_STATE;
}

int promql_evaluate_scalar(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                           double *ret)
{
    struct operand operand;
    int code = promql_evaluate_node(evaluation, node, time_ms, &operand);
    if (!code)
        *ret = operand.scalar;
    return code;
}

int promql_evaluate_vector(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                           struct vector *ret)
{
    struct operand operand;
    int code = promql_evaluate_node(evaluation, node, time_ms, &operand);
    if (!code)
        *ret = operand.vector;
    return code;
}

static int by_labels(const void *a, const void *b)
{
    const struct promql_row *left = a, *right = b;
    return labels_compare(left->labels, right->labels);
}

static bool is_ordered(const struct node *root)
{
    const struct node *node = promql_node_unwrap(root);
    if (node->kind == NODE_AGGREGATE)
        return node->operation == AGGREGATE_TOPK || node->operation == AGGREGATE_BOTTOMK;
    return node->kind == NODE_CALL && node->function->call == promql_call_sort;
}

/* Moves the table's rows into the answer. */
static int give_rows(struct evaluation *evaluation, struct table *table, struct promql_value *ret)
{
    for (size_t i = 0; i < table->count; i++) {
        table->rows[i].labels = labels_copy(table->tags[i]->labels);
        if (!table->rows[i].labels)
            return ERROR_MEMORY;
    }
    bool keeps_order = ret->type == PROMQL_VECTOR && is_ordered(evaluation->promql->root);
    if (!keeps_order && table->count > 1)
        qsort(table->rows, table->count, sizeof *table->rows, by_labels);
    ret->rows = table->rows;
    ret->count = table->count;
    table->rows = NULL;
    table->count = 0;
    return 0;
}

/* Adds the answer at one time. */
static int append_step(struct evaluation *evaluation, int64_t time_ms, struct table *table)
{
    static const struct labels none = {0};
    struct operand operand;
    int code = promql_evaluate_node(evaluation, evaluation->promql->root, time_ms, &operand);
    if (!code && operand.type == PROMQL_SCALAR) {
        struct tag *tag;
        code = promql_tag_intern(evaluation, &none, &tag);
        if (!code)
            code = promql_vector_new(evaluation, 1, &operand.vector);
        if (!code)
            promql_vector_push(&operand.vector, tag, time_ms, operand.scalar);
    }
    return code ? code : promql_table_append(evaluation, table, &operand.vector, time_ms);
}

static int evaluate_steps(struct evaluation *evaluation, struct table *table,
                          struct promql_value *ret)
{
    const struct promql_request *request = evaluation->request;
    int code = 0;
    for (int64_t at = request->from_ms; !code && at <= request->to_ms; at += request->step_ms) {
        struct promql_arena_mark mark = promql_arena_mark(&evaluation->scratch);
        code = append_step(evaluation, at, table);
        promql_arena_release(&evaluation->scratch, mark);
    }
    ret->type = PROMQL_MATRIX;
    return code ? code : give_rows(evaluation, table, ret);
}

/* A range selector or subquery by itself. */
static int evaluate_matrix(struct evaluation *evaluation, struct table *table,
                           struct promql_value *ret)
{
    const struct node *node = promql_node_unwrap(evaluation->promql->root);
    const struct state *state = &evaluation->states[node->id];
    int code = 0;
    for (size_t i = 0; !code && i < state->count; i++) {
        struct window window =
            promql_evaluate_window(evaluation, node, &state->rows[i], evaluation->request->from_ms);
        for (size_t p = 0; !code && p < window.count; p++) {
            struct sample sample = {state->rows[i].tag, 0, window.values[p]};
            struct vector one = {&sample, 1, 1};
            code = promql_table_append(evaluation, table, &one, window.times[p]);
        }
    }
    ret->type = PROMQL_MATRIX;
    return code ? code : give_rows(evaluation, table, ret);
}

static int evaluate_once(struct evaluation *evaluation, struct table *table,
                         struct promql_value *ret)
{
    const struct node *root = evaluation->promql->root;
    int64_t at_ms = evaluation->request->from_ms;
    ret->type = root->type;
    if (root->type == PROMQL_STRING) {
        ret->string = strdup(promql_node_unwrap(root)->text);
        return ret->string ? 0 : ERROR_MEMORY;
    }
    if (root->type == PROMQL_SCALAR)
        return promql_evaluate_scalar(evaluation, root, at_ms, &ret->scalar);
    if (root->type == PROMQL_MATRIX)
        return evaluate_matrix(evaluation, table, ret);
    int code = append_step(evaluation, at_ms, table);
    return code ? code : give_rows(evaluation, table, ret);
}

static bool is_time(int64_t ms)
{
    return ms >= -TIME_LIMIT_MS && ms <= TIME_LIMIT_MS;
}

static int check_request(const struct promql *promql, const struct promql_request *request,
                         struct error *error)
{
    if (!is_time(request->from_ms) || !is_time(request->to_ms) || !is_time(request->step_ms))
        return error_set(error, ERROR_RANGE, "the time or step of the evaluation is out of range");
    if (!request->step_ms)
        return 0;
    if (request->step_ms < 0 || request->to_ms < request->from_ms)
        return error_set(error, ERROR_RANGE,
                         "a range of time needs a step above 0 and an end that is not before its "
                         "start");
    if ((request->to_ms - request->from_ms) / request->step_ms >= STEPS_LIMIT)
        return error_set(error, ERROR_LIMIT,
                         "the range has more than %d steps; use a longer step or a shorter range",
                         STEPS_LIMIT);
    if (promql->root->type == PROMQL_SCALAR || promql->root->type == PROMQL_VECTOR)
        return 0;
    return error_set(error, ERROR_RANGE,
                     "over a range of time a formula must be a scalar or an instant vector, not a "
                     "%s",
                     promql_type_text(promql->root->type));
}

static struct promql_options with_presets(struct promql_options options)
{
    if (options.lookback_ms <= 0)
        options.lookback_ms = LOOKBACK_PRESET_MS;
    if (options.reach_ms < options.lookback_ms)
        options.reach_ms = options.lookback_ms;
    if (!options.limit_samples)
        options.limit_samples = SAMPLES_PRESET;
    if (!options.limit_series)
        options.limit_series = SERIES_PRESET;
    return options;
}

static int run(struct evaluation *evaluation, struct promql_value *ret)
{
    const struct promql_request *request = evaluation->request;
    size_t bytes = evaluation->promql->nodes * sizeof *evaluation->states;
    evaluation->states = promql_arena_get(&evaluation->kept, bytes);
    if (!evaluation->states)
        return ERROR_MEMORY;
    memset(evaluation->states, 0, bytes);
    int code =
        promql_load_tree(evaluation, evaluation->promql->root, request->from_ms, request->to_ms);
    if (code)
        return code;
    struct table table = {0};
    code = request->step_ms ? evaluate_steps(evaluation, &table, ret)
                            : evaluate_once(evaluation, &table, ret);
    promql_sample_table_finish(&table);
    return code;
}

int promql_evaluate(const struct promql *promql, const struct promql_request *request,
                    struct promql_value *ret, struct error *error)
{
    int code = check_request(promql, request, error);
    if (code)
        return code;
    struct promql_request once = *request;
    if (!once.step_ms)
        once.to_ms = once.from_ms;
    struct evaluation evaluation;
    memset(&evaluation, 0, offsetof(struct evaluation, kept));
    evaluation.kept.blocks = evaluation.kept.current = NULL;
    evaluation.scratch.blocks = evaluation.scratch.current = NULL;
    evaluation.kept.used = evaluation.scratch.used = 0;
    evaluation.promql = promql;
    evaluation.request = &once;
    evaluation.options = with_presets(request->options);
    evaluation.error = error;
    struct promql_value value = {0};
    code = run(&evaluation, &value);
    value.passed_over = evaluation.passed_over;
    promql_arena_finish(&evaluation.kept);
    promql_arena_finish(&evaluation.scratch);
    if (code) {
        promql_value_finish(&value);
        if (error && !error->sentence)
            error_set(error, code, "%s", error_text(code));
        return code;
    }
    *ret = value;
    return 0;
}

void promql_value_finish(struct promql_value *value)
{
    if (!value)
        return;
    for (size_t i = 0; i < value->count; i++) {
        labels_free(value->rows[i].labels);
        free(value->rows[i].points);
    }
    free(value->rows);
    free(value->string);
    *value = (struct promql_value){0};
}
