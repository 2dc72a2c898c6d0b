/* An evaluation at work: what was loaded, and the ways to evaluate a node. All of it lives from
 * promql_evaluate's beginning to its end. */
#ifndef PROMQL_EVALUATION_H
#define PROMQL_EVALUATION_H

#include "evaluation/promql/pool.h"
#include "evaluation/promql/tree.h"

struct operand {
    enum promql_type type; /* scalar or vector */
    double scalar;
    struct vector vector;
};

/* One loaded series, or one that a subquery made. */
struct row {
    struct tag *tag;
    const int64_t *times;
    const double *values;
    size_t count;
    int64_t lookback_ms;
    size_t hint; /* where the last look-up ended */
};

/* Rows that grow point by point. */
struct table {
    struct promql_row *rows; /* labels are set at the end; NULL until then */
    struct tag **tags;       /* of the rows */
    size_t *capacities;
    size_t count;
    size_t capacity;
    size_t *row_of; /* by tag id, counted from 1; 0: none yet */
    size_t row_of_count;
};

/* What belongs to one node of the tree. */
struct state {
    struct row *rows;
    size_t count;
    size_t capacity;
    int64_t pin_ms; /* the time of @ */
    struct memo memo[2];
};

/* The samples of one series in a range. */
struct window {
    const int64_t *times;
    const double *values;
    size_t count;
    int64_t start_ms; /* the range's borders */
    int64_t end_ms;
    int64_t time_ms; /* of the evaluation */
    int64_t range_ms;
    double parameter[2];
    double *scratch; /* room for count values */
};

struct evaluation {
    const struct promql *promql;
    const struct promql_request *request;
    struct promql_options options; /* with presets */
    struct error *error;
    struct state *states; /* by node id */
    struct tag **tags;    /* open hash */
    size_t tag_count;
    size_t tag_slots;
    uint64_t stamp;
    size_t samples;     /* loaded so far */
    size_t passed_over; /* as in struct promql_value */
    struct arena kept;
    struct arena scratch; /* released after each step */
};

/* load.c */
int promql_load_tree(struct evaluation *evaluation, const struct node *node, int64_t from_ms,
                     int64_t to_ms) MUST_CHECK;
int promql_table_append(struct evaluation *evaluation, struct table *table,
                        const struct vector *vector, int64_t time_ms) MUST_CHECK;
void promql_sample_table_finish(struct table *table);
/* The index of the first time that is not before time_ms. */
size_t promql_row_find(const struct row *row, int64_t time_ms);

/* evaluate.c */
int promql_evaluate_node(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                         struct operand *ret) MUST_CHECK;
int promql_evaluate_scalar(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                           double *ret) MUST_CHECK;
int promql_evaluate_vector(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                           struct vector *ret) MUST_CHECK;
/* The window of a row for a range selector or subquery at a time; count may be 0. */
struct window promql_evaluate_window(const struct evaluation *evaluation, const struct node *node,
                                     const struct row *row, int64_t time_ms);

/* functions/ */
int promql_evaluate_binary(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                           struct operand *ret) MUST_CHECK;
int promql_evaluate_aggregate(struct evaluation *evaluation, const struct node *node,
                              int64_t time_ms, struct operand *ret) MUST_CHECK;
int promql_evaluate_set(struct evaluation *evaluation, const struct node *node,
                        const struct vector side[2], struct vector *ret) MUST_CHECK;
int promql_evaluate_match(struct evaluation *evaluation, const struct node *node,
                          const struct vector side[2], struct vector *ret) MUST_CHECK;
/* false: the element is filtered out. */
bool promql_operate(int operation, double left, double right, double *ret);
bool promql_operation_drops_name(int operation);
/* Counts values that a comparison cannot decide: its answer is false for them. */
void promql_note_compared(struct evaluation *evaluation, const struct node *node, double left,
                          double right);
/* Sorts the values. NaN when there are none. */
double promql_quantile_of(double q, double *values, size_t count);
/* Neumaier's compensated sum. */
struct kahan {
    double sum;
    double rest;
};
void promql_kahan_add(struct kahan *kahan, double value);

#endif
