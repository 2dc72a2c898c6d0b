/* The table of functions, and what each kind of function is given. */
#ifndef PROMQL_FUNCTIONS_FUNCTIONS_H
#define PROMQL_FUNCTIONS_FUNCTIONS_H

#include "evaluation/promql/evaluation.h"

#define ARGUMENTS_LIMIT 5 /* types in a row of the table */

struct function {
    const char *name;
    enum promql_type result;
    enum promql_type argument[ARGUMENTS_LIMIT];
    size_t arguments; /* types above */
    int variadic; /* 0: exactly these; n: the last type is repeated 0 to n times; -1: without end */
    /* One of: */
    double (*map)(double value);                            /* of each element */
    bool (*over)(const struct window *window, double *ret); /* of each range; false: nothing */
    int (*call)(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                struct operand *ret);
    bool keeps_name;
    bool chooses; /* among the samples of a range: one that is not a number is skipped */
};

const struct function *promql_function_find(const char *name, size_t length);
/* A known name that differs little, or NULL. */
const char *promql_function_resembling(const char *name);

/* over_time.c */
bool promql_over_avg(const struct window *window, double *ret);
bool promql_over_sum(const struct window *window, double *ret);
bool promql_over_min(const struct window *window, double *ret);
bool promql_over_max(const struct window *window, double *ret);
bool promql_over_count(const struct window *window, double *ret);
bool promql_over_last(const struct window *window, double *ret);
bool promql_over_present(const struct window *window, double *ret);
bool promql_over_stddev(const struct window *window, double *ret);
bool promql_over_stdvar(const struct window *window, double *ret);
bool promql_over_quantile(const struct window *window, double *ret);
bool promql_over_changes(const struct window *window, double *ret);
bool promql_over_resets(const struct window *window, double *ret);

/* rate.c */
bool promql_over_rate(const struct window *window, double *ret);
bool promql_over_increase(const struct window *window, double *ret);
bool promql_over_delta(const struct window *window, double *ret);
bool promql_over_irate(const struct window *window, double *ret);
bool promql_over_idelta(const struct window *window, double *ret);
bool promql_over_deriv(const struct window *window, double *ret);
bool promql_over_predict_linear(const struct window *window, double *ret);
bool promql_over_holt_winters(const struct window *window, double *ret);

/* math.c */
double promql_map_sgn(double value);
double promql_map_deg(double value);
double promql_map_rad(double value);
int promql_call_round(struct evaluation *, const struct node *, int64_t, struct operand *);
int promql_call_clamp(struct evaluation *, const struct node *, int64_t, struct operand *);
int promql_call_clamp_min(struct evaluation *, const struct node *, int64_t, struct operand *);
int promql_call_clamp_max(struct evaluation *, const struct node *, int64_t, struct operand *);
int promql_call_pi(struct evaluation *, const struct node *, int64_t, struct operand *);

/* time.c */
int promql_call_time(struct evaluation *, const struct node *, int64_t, struct operand *);
int promql_call_timestamp(struct evaluation *, const struct node *, int64_t, struct operand *);
int promql_call_date(struct evaluation *, const struct node *, int64_t, struct operand *);

/* shape.c */
int promql_call_scalar(struct evaluation *, const struct node *, int64_t, struct operand *);
int promql_call_vector(struct evaluation *, const struct node *, int64_t, struct operand *);
int promql_call_absent(struct evaluation *, const struct node *, int64_t, struct operand *);
int promql_call_sort(struct evaluation *, const struct node *, int64_t, struct operand *);
int promql_call_label_replace(struct evaluation *, const struct node *, int64_t, struct operand *);
int promql_call_label_join(struct evaluation *, const struct node *, int64_t, struct operand *);

/* histogram.c */
int promql_call_histogram_quantile(struct evaluation *, const struct node *, int64_t,
                                   struct operand *);

#endif
