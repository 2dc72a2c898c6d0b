/* histogram_quantile over classic buckets (series with the label le). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation/promql/functions/functions.h"
#include "ground/base/text.h"

struct bucket {
    struct tag *group; /* the series without le */
    double bound;
    double count;
};

static bool read_bound(const char *text, double *ret)
{
    if (strcmp(text, "+Inf") == 0) {
        *ret = (double)INFINITY;
        return true;
    }
    return text_to_double(text, ret) == 0;
}

/* Buckets of one group side by side, bounds rising. */
static int by_group(const void *a, const void *b)
{
    const struct bucket *left = a, *right = b;
    if (left->group != right->group)
        return left->group->slot < right->group->slot ? -1 : 1;
    return (left->bound > right->bound) - (left->bound < right->bound);
}

/* Adds up buckets of the same bound and lifts falling counts. Returns how many remain. */
static size_t tidy(struct bucket *bucket, size_t count)
{
    size_t last = 0;
    for (size_t i = 1; i < count; i++) {
        if (bucket[i].bound == bucket[last].bound)
            bucket[last].count += bucket[i].count;
        else
            bucket[++last] = bucket[i];
    }
    for (size_t i = 1; i <= last; i++)
        if (bucket[i].count < bucket[i - 1].count)
            bucket[i].count = bucket[i - 1].count;
    return last + 1;
}

/* The bucket in which the rank falls, and the place within it by proportion. The last one has no
 * upper bound, so that its lower one must do. */
static double interpolate(double rank, const struct bucket *bucket, size_t count)
{
    size_t at = 0;
    while (at < count - 1 && !(bucket[at].count >= rank))
        at++;
    if (at == count - 1)
        return bucket[count - 2].bound;
    if (at == 0 && bucket[0].bound <= 0)
        return bucket[0].bound;
    double start = at ? bucket[at - 1].bound : 0, below = at ? bucket[at - 1].count : 0;
    double within = (rank - below) / (bucket[at].count - below);
    return start + (bucket[at].bound - start) * within;
}

static double bucket_quantile(double q, struct bucket *bucket, size_t count)
{
    if (q < 0 || q > 1)
        return q < 0 ? -(double)INFINITY : (double)INFINITY;
    if (isnan(q) || isfinite(bucket[count - 1].bound))
        return (double)NAN;
    count = tidy(bucket, count);
    double observations = bucket[count - 1].count;
    if (count < 2 || observations == 0 || isnan(observations))
        return (double)NAN;
    return interpolate(q * observations, bucket, count);
}

/* Reads the buckets out of a vector; gives each group a number in its order. */
static int read_buckets(struct evaluation *evaluation, const struct node *node,
                        const struct vector *vector, struct bucket **ret, size_t *ret_count)
{
    char le[] = "le", *only_le[] = {le};
    const struct names names = {only_le, 1, 1};
    const struct choice choice = {&names, false, false};
    struct bucket *bucket = promql_arena_get(&evaluation->scratch, vector->count * sizeof *bucket);
    if (!bucket)
        return ERROR_MEMORY;
    uint64_t stamp = ++evaluation->stamp;
    size_t count = 0, groups = 0;
    for (size_t i = 0; i < vector->count; i++) {
        struct bucket *next = &bucket[count];
        struct tag *tag = vector->item[i].tag;
        if (!read_bound(labels_get(tag->labels, le), &next->bound))
            continue;
        int code = promql_tag_choose(evaluation, &evaluation->states[node->id].memo[0], &choice,
                                     tag, &next->group);
        if (code)
            return code;
        if (next->group->stamp != stamp)
            next->group->slot = groups++;
        next->group->stamp = stamp;
        next->count = vector->item[i].value;
        count++;
    }
    *ret = bucket;
    *ret_count = count;
    return 0;
}

int promql_call_histogram_quantile(struct evaluation *evaluation, const struct node *node,
                                   int64_t time_ms, struct operand *ret)
{
    struct vector vector;
    double q;
    struct bucket *bucket;
    size_t count;
    int code = promql_evaluate_scalar(evaluation, node->child[0], time_ms, &q);
    if (!code)
        code = promql_evaluate_vector(evaluation, node->child[1], time_ms, &vector);
    if (!code)
        code = read_buckets(evaluation, node, &vector, &bucket, &count);
    if (!code)
        code = promql_vector_new(evaluation, count, &ret->vector);
    if (code)
        return code;
    qsort(bucket, count, sizeof *bucket, by_group);
    for (size_t i = 0, end; !code && i < count; i = end) {
        struct tag *tag;
        for (end = i + 1; end < count && bucket[end].group == bucket[i].group;)
            end++;
        code = promql_tag_bare(evaluation, bucket[i].group, &tag);
        if (!code)
            promql_vector_push(&ret->vector, tag, time_ms, bucket_quantile(q, bucket + i, end - i));
    }
    return code;
}
