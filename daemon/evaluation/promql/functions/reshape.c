/* Functions that change what a value is made of: scalar and vector, absence, labels. */
#include <math.h>
#include <string.h>

#include "evaluation/promql/functions/functions.h"
#include "ground/base/buffer.h"
#include "ground/base/clean.h"

static const struct labels no_labels = {0};

static int single(struct evaluation *evaluation, struct tag *tag, int64_t time_ms, double value,
                  struct vector *ret)
{
    int code = promql_vector_new(evaluation, 1, ret);
    if (!code)
        promql_vector_push(ret, tag, time_ms, value);
    return code;
}

int promql_call_scalar(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                       struct operand *ret)
{
    struct vector vector;
    int code = promql_evaluate_vector(evaluation, node->child[0], time_ms, &vector);
    if (!code)
        ret->scalar = vector.count == 1 ? vector.item[0].value : (double)NAN;
    return code;
}

int promql_call_vector(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                       struct operand *ret)
{
    double value;
    struct tag *tag;
    int code = promql_evaluate_scalar(evaluation, node->child[0], time_ms, &value);
    if (!code)
        code = promql_tag_intern(evaluation, &no_labels, &tag);
    return code ? code : single(evaluation, tag, time_ms, value, &ret->vector);
}

/* Is the label set by one matcher only, and that an equal one? What Prometheus does with a second
 * one: the label is dropped. */
static bool is_settled(const struct node *selector, size_t at)
{
    const struct promql_matcher *matcher = &selector->matcher[at];
    if (matcher->match != MATCH_EQUAL || strcmp(matcher->name, LABELS_NAME) == 0)
        return false;
    for (size_t i = 0; i < selector->matchers; i++) {
        const struct promql_matcher *other = &selector->matcher[i];
        bool later = i > at || other->match == MATCH_EQUAL;
        if (i != at && later && strcmp(other->name, matcher->name) == 0)
            return false;
    }
    return true;
}

/* The labels that the absent series would surely have. */
static int absent_labels(struct evaluation *evaluation, const struct node *selector,
                         struct tag **ret)
{
    int code = promql_tag_intern(evaluation, &no_labels, ret);
    if (selector->kind != NODE_SELECTOR)
        return code;
    for (size_t i = 0; !code && i < selector->matchers; i++) {
        struct label label = {selector->matcher[i].name, selector->matcher[i].value};
        if (is_settled(selector, i))
            code = promql_tag_set(evaluation, *ret, label, ret);
    }
    return code;
}

static int is_present(struct evaluation *evaluation, const struct node *argument, int64_t time_ms,
                      bool *ret)
{
    *ret = false;
    if (argument->type == PROMQL_VECTOR) {
        struct vector vector;
        int code = promql_evaluate_vector(evaluation, argument, time_ms, &vector);
        *ret = !code && vector.count;
        return code;
    }
    const struct state *state = &evaluation->states[argument->id];
    for (size_t i = 0; i < state->count; i++)
        if (promql_evaluate_window(evaluation, argument, &state->rows[i], time_ms).count)
            *ret = true;
    return 0;
}

/* absent and absent_over_time */
int promql_call_absent(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                       struct operand *ret)
{
    const struct node *argument = promql_node_unwrap(node->child[0]);
    struct tag *tag;
    bool present;
    int code = is_present(evaluation, argument, time_ms, &present);
    if (code || present)
        return code;
    code = absent_labels(evaluation, argument, &tag);
    return code ? code : single(evaluation, tag, time_ms, 1, &ret->vector);
}

static const char *text_of(const struct node *node, size_t child)
{
    return promql_node_unwrap(node->child[child])->text;
}

static int set_label(struct evaluation *evaluation, struct tag *tag, const char *name,
                     struct buffer *value, struct tag **ret)
{
    buffer_append(value, "", 0);
    const char *kept = value->failed ? NULL : promql_kept_text(evaluation, value->data);
    return kept ? promql_tag_set(evaluation, tag, (struct label){name, kept}, ret) : ERROR_MEMORY;
}

static int replace_label(struct evaluation *evaluation, const struct node *node, struct tag *tag,
                         struct tag **ret)
{
    CLEAN(buffer_finish) struct buffer value = {0};
    const char *from = labels_get(tag->labels, text_of(node, 3));
    promql_regex_forgive(node->regex);
    if (promql_regex_expand(node->regex, from, text_of(node, 2), &value))
        return set_label(evaluation, tag, text_of(node, 1), &value, ret);
    *ret = tag;
    if (!promql_regex_is_exhausted(node->regex))
        return 0;
    return error_set(evaluation->error, ERROR_LIMIT,
                     "the regular expression \"%s\" needs too much work", text_of(node, 4));
}

static int join_labels(struct evaluation *evaluation, const struct node *node, struct tag *tag,
                       struct tag **ret)
{
    CLEAN(buffer_finish) struct buffer value = {0};
    for (size_t i = 3; i < node->children; i++) {
        buffer_text(&value, i > 3 ? text_of(node, 2) : "");
        buffer_text(&value, labels_get(tag->labels, text_of(node, i)));
    }
    return set_label(evaluation, tag, text_of(node, 1), &value, ret);
}

/* What became of a tag is remembered: the arguments are constant. */
static int relabel(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                   int (*work)(struct evaluation *, const struct node *, struct tag *,
                               struct tag **),
                   struct vector *ret)
{
    int code = promql_evaluate_vector(evaluation, node->child[0], time_ms, ret);
    for (size_t i = 0; !code && i < ret->count; i++) {
        struct memo *memo = &evaluation->states[node->id].memo[0];
        struct memo_entry *entry = promql_memo_at(evaluation, memo, ret->item[i].tag);
        struct tag *tag = entry ? entry->result : NULL;
        if (!entry)
            return ERROR_MEMORY;
        if (!tag)
            code = work(evaluation, node, ret->item[i].tag, &tag);
        if (!code)
            ret->item[i].tag = entry->result = tag;
    }
    return code;
}

int promql_call_label_replace(struct evaluation *evaluation, const struct node *node,
                              int64_t time_ms, struct operand *ret)
{
    return relabel(evaluation, node, time_ms, replace_label, &ret->vector);
}

int promql_call_label_join(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                           struct operand *ret)
{
    return relabel(evaluation, node, time_ms, join_labels, &ret->vector);
}
