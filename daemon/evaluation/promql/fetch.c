/* Loads what a formula reads, each selector once for all steps, and runs subqueries beforehand. */
#include "evaluation/promql/evaluation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"

#define SUBQUERY_STEP_MS 60000 /* Prometheus' default evaluation interval */

bool promql_is_stale(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits == PROMQL_STALE_BITS;
}

double promql_stale(void)
{
    const uint64_t bits = PROMQL_STALE_BITS;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int count_samples(struct evaluation *evaluation, size_t count)
{
    evaluation->samples += count;
    if (evaluation->samples <= evaluation->options.limit_samples)
        return 0;
    return error_set(
        evaluation->error, ERROR_LIMIT,
        "the formula reads or makes more than %zu samples; narrow its selectors, ranges or "
        "subqueries",
        evaluation->options.limit_samples);
}

/* Rows live in kept memory: grown by doubling, old ones are left behind. */
static int add_row(struct evaluation *evaluation, struct state *state, const struct row *row)
{
    if (state->count == state->capacity) {
        size_t capacity = state->capacity ? state->capacity * 2 : 8;
        struct row *rows = promql_arena_get(&evaluation->kept, capacity * sizeof *rows);
        if (!rows)
            return ERROR_MEMORY;
        if (state->count)
            memcpy(rows, state->rows, state->count * sizeof *rows);
        state->rows = rows;
        state->capacity = capacity;
    }
    state->rows[state->count++] = *row;
    return 0;
}

/* A range never holds stale markers: where there are some, a copy without them. */
static int drop_stale(struct evaluation *evaluation, struct row *row)
{
    size_t i = 0;
    while (i < row->count && !promql_is_stale(row->values[i]))
        i++;
    if (i == row->count)
        return 0;
    int64_t *times = promql_arena_get(&evaluation->kept, row->count * sizeof *times);
    double *values = promql_arena_get(&evaluation->kept, row->count * sizeof *values);
    if (!times || !values)
        return ERROR_MEMORY;
    size_t count = 0;
    for (i = 0; i < row->count; i++)
        if (!promql_is_stale(row->values[i])) {
            times[count] = row->times[i];
            values[count++] = row->values[i];
        }
    row->times = times;
    row->values = values;
    row->count = count;
    return 0;
}

struct loading {
    struct evaluation *evaluation;
    const struct node *node;
};

static int on_series(void *to, const struct promql_series *series)
{
    struct loading *loading = to;
    struct evaluation *evaluation = loading->evaluation;
    struct state *state = &evaluation->states[loading->node->id];
    struct row row = {
        .times = series->times,
        .values = series->values,
        .count = series->count,
        .lookback_ms =
            series->lookback_ms > 0 ? series->lookback_ms : evaluation->options.lookback_ms,
    };
    if (state->count >= evaluation->options.limit_series)
        return error_set(evaluation->error, ERROR_LIMIT, "a selector finds more than %zu series",
                         evaluation->options.limit_series);
    int code = promql_tag_intern(evaluation, series->labels, &row.tag);
    if (!code)
        code = count_samples(evaluation, series->count);
    if (!code && loading->node->reach.range_ms)
        code = drop_stale(evaluation, &row);
    return code ? code : add_row(evaluation, state, &row);
}

static int by_labels(const void *a, const void *b)
{
    const struct row *left = a, *right = b;
    return labels_compare(left->tag->labels, right->tag->labels);
}

static void sort_rows(struct state *state)
{
    for (size_t i = 1; i < state->count; i++)
        if (by_labels(&state->rows[i - 1], &state->rows[i]) > 0) {
            qsort(state->rows, state->count, sizeof *state->rows, by_labels);
            return;
        }
}

/* A limit of the regular expressions' work is an error, never "no match". */
static int check_matchers(struct evaluation *evaluation, const struct node *node)
{
    for (size_t i = 0; i < node->matchers; i++)
        if (promql_matcher_is_exhausted(&node->matcher[i]))
            return error_set(evaluation->error, ERROR_LIMIT,
                             "the regular expression \"%s\" needs too much work; write it without "
                             "nested repetitions",
                             node->matcher[i].value);
    return 0;
}

static int load_selector(struct evaluation *evaluation, const struct node *node, int64_t from_ms,
                         int64_t to_ms)
{
    struct state *state = &evaluation->states[node->id];
    int64_t back_ms = node->reach.range_ms ? node->reach.range_ms : evaluation->options.reach_ms;
    struct promql_ask ask = {
        .matchers = node->matcher,
        .count = node->matchers,
        .from_ms = from_ms - node->reach.offset_ms - back_ms,
        .to_ms = to_ms - node->reach.offset_ms,
        .newest = !node->reach.range_ms && from_ms == to_ms,
    };
    for (size_t i = 0; i < node->matchers; i++)
        if (node->matcher[i].regex)
            promql_regex_forgive(node->matcher[i].regex);
    struct loading loading = {evaluation, node};
    const struct promql_source *source = &evaluation->request->source;
    int code = source->select(source->context, &ask, on_series, &loading);
    if (!code)
        code = check_matchers(evaluation, node);
    if (code)
        return code;
    sort_rows(state);
    for (size_t i = 1; i < state->count; i++)
        if (state->rows[i - 1].tag == state->rows[i].tag)
            return error_set(evaluation->error, ERROR_RANGE, "the source gave a series twice");
    return 0;
}

static int table_row(struct table *table, struct tag *tag, size_t *ret_row)
{
    if (tag->id >= table->row_of_count) {
        size_t count = table->row_of_count ? table->row_of_count : 16;
        while (count <= tag->id)
            count *= 2;
        size_t *row_of = reallocarray(table->row_of, count, sizeof *row_of);
        if (!row_of)
            return ERROR_MEMORY;
        memset(row_of + table->row_of_count, 0, (count - table->row_of_count) * sizeof *row_of);
        table->row_of = row_of;
        table->row_of_count = count;
    }
    if (!table->row_of[tag->id]) {
        size_t capacity = table->capacity, same = capacity, again = capacity;
        if (array_reserve(&table->tags, &same, table->count, sizeof(struct tag *)) ||
            array_reserve(&table->capacities, &again, table->count, sizeof(size_t)) ||
            array_reserve(&table->rows, &capacity, table->count, sizeof *table->rows))
            return ERROR_MEMORY;
        table->capacity = capacity;
        table->tags[table->count] = tag;
        table->row_of[tag->id] = ++table->count;
    }
    *ret_row = table->row_of[tag->id] - 1;
    return 0;
}

int promql_table_append(struct evaluation *evaluation, struct table *table,
                        const struct vector *vector, int64_t time_ms)
{
    int code = count_samples(evaluation, vector->count);
    for (size_t i = 0; !code && i < vector->count; i++) {
        size_t at;
        code = table_row(table, vector->item[i].tag, &at);
        if (code)
            return code;
        assert(table->rows);
        struct promql_row *row = &table->rows[at];
        code = array_reserve(&row->points, &table->capacities[at], row->count, sizeof *row->points);
        if (!code)
            row->points[row->count++] = (struct promql_point){time_ms, vector->item[i].value};
    }
    return code;
}

void promql_sample_table_finish(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->rows[i].points);
        labels_free(table->rows[i].labels);
    }
    free(table->rows);
    free(table->tags);
    free(table->capacities);
    free(table->row_of);
    *table = (struct table){0};
}

/* The points of a subquery become rows like those of a selector. */
static int keep_table(struct evaluation *evaluation, const struct table *table, struct state *state)
{
    int code = 0;
    for (size_t i = 0; !code && i < table->count; i++) {
        const struct promql_row *from = &table->rows[i];
        int64_t *times = promql_arena_get(&evaluation->kept, from->count * sizeof *times);
        double *values = promql_arena_get(&evaluation->kept, from->count * sizeof *values);
        if (!times || !values)
            return ERROR_MEMORY;
        for (size_t p = 0; p < from->count; p++) {
            times[p] = from->points[p].time_ms;
            values[p] = from->points[p].value;
        }
        struct row row = {table->tags[i], times, values, from->count, 0, 0};
        code = add_row(evaluation, state, &row);
    }
    sort_rows(state);
    return code;
}

static int run_steps(struct evaluation *evaluation, const struct node *child, struct table *table,
                     const int64_t step[3])
{
    int code = 0;
    for (int64_t at = step[0]; !code && at <= step[1]; at += step[2]) {
        struct promql_arena_mark mark = promql_arena_mark(&evaluation->scratch);
        struct vector vector;
        code = promql_evaluate_vector(evaluation, child, at, &vector);
        if (!code)
            code = promql_table_append(evaluation, table, &vector, at);
        promql_arena_release(&evaluation->scratch, mark);
    }
    return code;
}

/* Steps stand at multiples of the step, whatever the time of the evaluation. */
static int load_subquery(struct evaluation *evaluation, const struct node *node, int64_t from_ms,
                         int64_t to_ms)
{
    int64_t step_ms = node->reach.step_ms ? node->reach.step_ms : SUBQUERY_STEP_MS;
    int64_t least_ms = from_ms - node->reach.offset_ms - node->reach.range_ms;
    int64_t first_ms = least_ms / step_ms * step_ms;
    if (first_ms < least_ms)
        first_ms += step_ms;
    int64_t last_ms = to_ms - node->reach.offset_ms;
    if (first_ms > last_ms)
        return 0;
    int code = count_samples(evaluation, (size_t)((last_ms - first_ms) / step_ms) + 1);
    if (!code)
        code = promql_load_tree(evaluation, node->child[0], first_ms, last_ms);
    if (code)
        return code;
    const int64_t steps[3] = {first_ms, last_ms, step_ms};
    struct table table = {0};
    code = run_steps(evaluation, node->child[0], &table, steps);
    if (!code)
        code = keep_table(evaluation, &table, &evaluation->states[node->id]);
    promql_sample_table_finish(&table);
    return code;
}

int promql_load_tree(struct evaluation *evaluation, const struct node *node, int64_t from_ms,
                     int64_t to_ms)
{
    if (node->reach.pin != PIN_NONE) {
        int64_t pin_ms = node->reach.pin == PIN_TIME    ? node->reach.pin_ms
                         : node->reach.pin == PIN_START ? evaluation->request->from_ms
                                                        : evaluation->request->to_ms;
        evaluation->states[node->id].pin_ms = pin_ms;
        from_ms = to_ms = pin_ms;
    }
    if (node->kind == NODE_SELECTOR)
        return load_selector(evaluation, node, from_ms, to_ms);
    if (node->kind == NODE_SUBQUERY)
        return load_subquery(evaluation, node, from_ms, to_ms);
    int code = 0;
    for (size_t i = 0; !code && i < node->children; i++)
        code = promql_load_tree(evaluation, node->child[i], from_ms, to_ms);
    return code;
}

size_t promql_row_find(const struct row *row, int64_t time_ms)
{
    size_t low = 0, high = row->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (row->times[middle] < time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
