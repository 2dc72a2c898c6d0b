/* Operations between two vectors: which elements belong together, and what labels they give. */
#include <stdlib.h>

#include "evaluation/promql/functions/functions.h"
#include "ground/base/clean.h"

/* The labels by which an element is matched: those of on(...), or all but the name and those of
 * ignoring(...). */
static int signature(struct evaluation *evaluation, const struct node *node, struct tag *tag,
                     struct tag **ret)
{
    const struct grouping *grouping = &node->grouping;
    const struct choice choice = {&grouping->labels, grouping->on, !grouping->on};
    return promql_tag_choose(evaluation, &evaluation->states[node->id].memo[0], &choice, tag, ret);
}

/* Marks each signature of the vector with the present stamp. */
static int stamp_all(struct evaluation *evaluation, const struct node *node,
                     const struct vector *vector, uint64_t stamp)
{
    for (size_t i = 0; i < vector->count; i++) {
        struct tag *tag;
        int code = signature(evaluation, node, vector->item[i].tag, &tag);
        if (code)
            return code;
        tag->stamp = stamp;
    }
    return 0;
}

/* Adds the elements whose signature bears the stamp (or does not). */
static int add_stamped(struct evaluation *evaluation, const struct node *node,
                       const struct vector *from, bool stamped, struct vector *to)
{
    uint64_t stamp = evaluation->stamp;
    for (size_t i = 0; i < from->count; i++) {
        struct tag *tag;
        int code = signature(evaluation, node, from->item[i].tag, &tag);
        if (code)
            return code;
        if ((tag->stamp == stamp) == stamped)
            to->item[to->count++] = from->item[i];
    }
    return 0;
}

int promql_evaluate_set(struct evaluation *evaluation, const struct node *node,
                        const struct vector side[2], struct vector *ret)
{
    const struct vector *left = &side[0], *right = &side[1];
    bool either = node->operation == OP_OR;
    int code = promql_vector_new(evaluation, left->count + (either ? right->count : 0), ret);
    uint64_t stamp = ++evaluation->stamp;
    if (!code)
        code = stamp_all(evaluation, node, either ? left : right, stamp);
    if (code)
        return code;
    if (!either)
        return add_stamped(evaluation, node, left, node->operation == OP_AND, ret);
    for (size_t i = 0; i < left->count; i++)
        ret->item[ret->count++] = left->item[i];
    return add_stamped(evaluation, node, right, false, ret);
}

/* A match at work: "many" and "one" are the sides of group_left and group_right; without these
 * the left is taken as many and may match once only. */
struct matching {
    struct evaluation *evaluation;
    const struct node *node;
    const struct vector *many;
    const struct vector *one;
    bool swapped; /* many is the right side */
    bool *taken;  /* of one's elements, in a one-to-one match */
};

static void labels_text_of(const struct tag *tag, char **ret)
{
    *ret = labels_text(tag->labels);
}

static int complain_duplicate(const struct matching *matching, const struct tag *group,
                              const struct tag *first, const struct tag *second)
{
    CLEAN(clean_text) char *group_text = NULL, *first_text = NULL, *second_text = NULL;
    labels_text_of(group, &group_text);
    labels_text_of(first, &first_text);
    labels_text_of(second, &second_text);
    return error_set(matching->evaluation->error, ERROR_RANGE,
                     "many-to-many matching of \"%s\": for %s the %s side has both %s and %s; its "
                     "labels must be unique there (see on, ignoring, group_left, group_right)",
                     promql_operator_text(matching->node->operation), group_text ? group_text : "",
                     matching->swapped ? "left" : "right", first_text ? first_text : "",
                     second_text ? second_text : "");
}

/* Gives each signature on the one side its element. */
static int index_one(const struct matching *matching)
{
    uint64_t stamp = matching->evaluation->stamp;
    for (size_t i = 0; i < matching->one->count; i++) {
        struct tag *own = matching->one->item[i].tag, *tag;
        int code = signature(matching->evaluation, matching->node, own, &tag);
        if (code)
            return code;
        if (tag->stamp == stamp)
            return complain_duplicate(matching, tag, matching->one->item[tag->slot].tag, own);
        tag->stamp = stamp;
        tag->slot = i;
    }
    return 0;
}

/* Labels of a one-to-one result: those matched on, or all but those ignored. */
static int single_labels(const struct matching *matching, struct tag *many, struct tag **ret)
{
    const struct grouping *grouping = &matching->node->grouping;
    struct memo *memo = &matching->evaluation->states[matching->node->id].memo[1];
    const struct choice choice = {&grouping->labels, grouping->on, false};
    return promql_tag_choose(matching->evaluation, memo, &choice, many, ret);
}

/* Labels of a many-to-one result: the many's, with those of group_left(...) from the one side. */
static int grouped_labels(const struct matching *matching, struct tag *many, const struct tag *one,
                          struct tag **ret)
{
    const struct names *include = &matching->node->grouping.include;
    struct memo *memo = &matching->evaluation->states[matching->node->id].memo[1];
    struct memo_entry *entry = promql_memo_at(matching->evaluation, memo, many);
    if (!entry)
        return ERROR_MEMORY;
    struct tag *tag = many;
    int code = 0;
    if (entry->other != one) {
        if (promql_operation_drops_name(matching->node->operation))
            code = promql_tag_bare(matching->evaluation, tag, &tag);
        for (size_t i = 0; !code && i < include->count; i++) {
            const char *name = include->name[i];
            struct label label = {name, labels_get(one->labels, name)};
            code = promql_tag_set(matching->evaluation, tag, label, &tag);
        }
        if (code)
            return code;
        *entry = (struct memo_entry){one, tag};
    }
    *ret = entry->result;
    return 0;
}

static int result_labels(const struct matching *matching, struct tag *many, const struct tag *one,
                         struct tag **ret)
{
    const struct node *node = matching->node;
    bool grouped = node->grouping.many != SIDE_NONE;
    int code =
        grouped ? grouped_labels(matching, many, one, ret) : single_labels(matching, many, ret);
    bool drops = node->returns_bool || (promql_operation_drops_name(node->operation) && !grouped);
    if (!code && drops)
        code = promql_tag_bare(matching->evaluation, *ret, ret);
    return code;
}

static int take_once(const struct matching *matching, size_t one)
{
    if (!matching->taken)
        return 0;
    if (matching->taken[one])
        return error_set(matching->evaluation->error, ERROR_RANGE,
                         "many-to-one matching of \"%s\" must be written with group_left or "
                         "group_right",
                         promql_operator_text(matching->node->operation));
    matching->taken[one] = true;
    return 0;
}

/* One element of the many side, if its partner is there and the operation keeps it. */
static int match_element(const struct matching *matching, const struct sample *many,
                         struct vector *ret)
{
    struct tag *tag;
    const struct node *node = matching->node;
    int code = signature(matching->evaluation, node, many->tag, &tag);
    if (code || tag->stamp != matching->evaluation->stamp)
        return code;
    size_t partner = tag->slot;
    const struct sample *one = &matching->one->item[partner];
    double left = matching->swapped ? one->value : many->value;
    double right = matching->swapped ? many->value : one->value;
    double value;
    bool holds = promql_operate(node->operation, left, right, &value);
    promql_note_compared(matching->evaluation, node, left, right);
    if (node->returns_bool)
        value = holds ? 1 : 0;
    else if (!holds)
        return 0;
    code = result_labels(matching, many->tag, one->tag, &tag);
    if (!code)
        code = take_once(matching, partner);
    if (!code)
        promql_vector_push(ret, tag, many->time_ms, value);
    return code;
}

int promql_evaluate_match(struct evaluation *evaluation, const struct node *node,
                          const struct vector side[2], struct vector *ret)
{
    bool swapped = node->grouping.many == SIDE_RIGHT;
    struct matching matching = {
        .evaluation = evaluation,
        .node = node,
        .many = &side[swapped ? 1 : 0],
        .one = &side[swapped ? 0 : 1],
        .swapped = swapped,
    };
    if (!side[0].count || !side[1].count) {
        *ret = (struct vector){0};
        return 0;
    }
    int code = promql_vector_new(evaluation, matching.many->count, ret);
    if (!code && node->grouping.many == SIDE_NONE) {
        matching.taken = promql_arena_get(&evaluation->scratch, matching.one->count);
        if (!matching.taken)
            return ERROR_MEMORY;
        for (size_t i = 0; i < matching.one->count; i++)
            matching.taken[i] = false;
    }
    evaluation->stamp++;
    if (!code)
        code = index_one(&matching);
    for (size_t i = 0; !code && i < matching.many->count; i++)
        code = match_element(&matching, &matching.many->item[i], ret);
    return code;
}
