/* An evaluation's memory, label sets as numbers ("tags"), and vectors (functions/pool.c). */
#ifndef PROMQL_POOL_H
#define PROMQL_POOL_H

#include "evaluation/promql/tree.h"

struct evaluation;

/* Memory that is given back as a whole, or down to a mark. */
struct block {
    struct block *next;
    size_t size;
};
struct arena {
    _Alignas(16) char first[4096]; /* small evaluations need no other block */
    struct block *blocks;
    struct block *current; /* NULL: in first */
    size_t used;           /* of current */
};
struct promql_arena_mark {
    struct block *current;
    size_t used;
};
void *promql_arena_get(struct arena *arena, size_t bytes); /* not zeroed; NULL without memory */
struct promql_arena_mark promql_arena_mark(const struct arena *arena);
void promql_arena_release(struct arena *arena, struct promql_arena_mark mark);
void promql_arena_finish(struct arena *arena);

/* One distinct label set: equal labels are the same tag. */
struct tag {
    const struct labels *labels;
    uint64_t hash;
    size_t id;
    struct tag *bare; /* without the metric's name; NULL until asked */
    uint64_t stamp;   /* scratch memory of one walk through a vector */
    size_t slot;      /* valid under the pass's stamp */
};

/* Remembers what a rule made of a tag (and of a second one). */
struct memo {
    struct memo_entry {
        const struct tag *other;
        struct tag *result;
    } * entry; /* by tag id */
    size_t count;
};

struct sample {
    struct tag *tag;
    int64_t time_ms;
    double value;
};
struct vector {
    struct sample *item;
    size_t count;
    size_t capacity;
};
/* Tags. All results live as long as the evaluation. */
int promql_tag_intern(struct evaluation *evaluation, const struct labels *labels,
                      struct tag **ret) MUST_CHECK; /* keeps the pointer */
int promql_tag_bare(struct evaluation *evaluation, struct tag *tag, struct tag **ret) MUST_CHECK;
/* Which labels remain: only those named (keep), or all others; drops_name: without the metric's. */
struct choice {
    const struct names *names;
    bool keep;
    bool drops_name;
};
int promql_tag_choose(struct evaluation *evaluation, struct memo *memo, const struct choice *choice,
                      struct tag *tag, struct tag **ret) MUST_CHECK;
/* With one label set (an empty value drops it). name and value must outlive the evaluation. */
int promql_tag_set(struct evaluation *evaluation, struct tag *tag, struct label label,
                   struct tag **ret) MUST_CHECK;
/* The memo's entry for the tag; NULL without memory. */
struct memo_entry *promql_memo_at(struct evaluation *evaluation, struct memo *memo,
                                  const struct tag *tag);
const char *promql_kept_text(struct evaluation *evaluation, const char *text);

int promql_vector_new(struct evaluation *evaluation, size_t capacity,
                      struct vector *ret) MUST_CHECK;
void promql_vector_push(struct vector *vector, struct tag *tag, int64_t time_ms, double value);
/* ERROR_RANGE when two elements have the same labels; ERROR_LIMIT when there are too many. */
int promql_vector_check(struct evaluation *evaluation, const struct vector *vector) MUST_CHECK;

#endif
