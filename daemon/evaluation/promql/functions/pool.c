/* Memory of an evaluation, and its label sets: each distinct one is a tag, so that equal labels
 * are equal pointers and what a rule makes of a label set is worked out once. */
#include "evaluation/promql/evaluation.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 65536
#define ALIGNMENT   16

void *promql_arena_get(struct arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct block *current = arena->current;
    size_t size = current ? current->size : sizeof arena->first;
    if (bytes > size - arena->used) {
        struct block *next = current ? current->next : arena->blocks;
        if (!next || next->size < bytes) {
            size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
            struct block *fresh = malloc(ALIGNMENT + size);
            if (!fresh)
                return NULL;
            *fresh = (struct block){next, size};
            *(current ? &current->next : &arena->blocks) = fresh;
            next = fresh;
        }
        arena->current = next;
        arena->used = 0;
    }
    char *base = arena->current ? (char *)arena->current + ALIGNMENT : arena->first;
    arena->used += bytes;
    return base + arena->used - bytes;
}

struct promql_arena_mark promql_arena_mark(const struct arena *arena)
{
    return (struct promql_arena_mark){arena->current, arena->used};
}

void promql_arena_release(struct arena *arena, struct promql_arena_mark mark)
{
    arena->current = mark.current;
    arena->used = mark.used;
}

void promql_arena_finish(struct arena *arena)
{
    for (struct block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    arena->blocks = NULL;
}

static int grow_tags(struct evaluation *evaluation)
{
    size_t slots = evaluation->tag_slots ? evaluation->tag_slots * 2 : 32;
    struct tag **table = promql_arena_get(&evaluation->kept, slots * sizeof(struct tag *));
    if (!table)
        return ERROR_MEMORY;
    memset(table, 0, slots * sizeof(struct tag *));
    for (size_t i = 0; i < evaluation->tag_slots; i++) {
        struct tag *tag = evaluation->tags[i];
        if (!tag)
            continue;
        size_t at = tag->hash & (slots - 1);
        while (table[at])
            at = (at + 1) & (slots - 1);
        table[at] = tag;
    }
    evaluation->tags = table;
    evaluation->tag_slots = slots;
    return 0;
}

/* The slot of these labels: taken by their tag, or free. */
static struct tag **find_slot(const struct evaluation *evaluation, const struct labels *labels,
                              uint64_t hash)
{
    size_t at = hash & (evaluation->tag_slots - 1);
    for (; evaluation->tags[at]; at = (at + 1) & (evaluation->tag_slots - 1)) {
        struct tag *tag = evaluation->tags[at];
        if (tag->hash == hash && labels_equal(tag->labels, labels))
            break;
    }
    return &evaluation->tags[at];
}

int promql_tag_intern(struct evaluation *evaluation, const struct labels *labels, struct tag **ret)
{
    if (evaluation->tag_count * 2 >= evaluation->tag_slots && grow_tags(evaluation))
        return ERROR_MEMORY;
    uint64_t hash = labels_hash(labels);
    struct tag **slot = find_slot(evaluation, labels, hash);
    if (*slot) {
        *ret = *slot;
        return 0;
    }
    struct tag *tag = promql_arena_get(&evaluation->kept, sizeof *tag);
    if (!tag)
        return ERROR_MEMORY;
    *tag = (struct tag){.labels = labels, .hash = hash, .id = evaluation->tag_count++};
    *slot = *ret = tag;
    return 0;
}

/* For labels made after the mark: their memory goes back when they are known already. */
static int intern_fresh(struct evaluation *evaluation, const struct labels *labels,
                        struct promql_arena_mark mark, struct tag **ret)
{
    struct tag *known = NULL;
    if (evaluation->tag_slots)
        known = *find_slot(evaluation, labels, labels_hash(labels));
    if (!known)
        return promql_tag_intern(evaluation, labels, ret);
    promql_arena_release(&evaluation->kept, mark);
    *ret = known;
    return 0;
}

static struct labels *kept_labels(struct evaluation *evaluation, size_t count)
{
    struct labels *labels =
        promql_arena_get(&evaluation->kept, sizeof *labels + count * sizeof(struct label));
    if (labels)
        labels->count = 0;
    return labels;
}

const char *promql_kept_text(struct evaluation *evaluation, const char *text)
{
    size_t size = strlen(text) + 1;
    char *kept = promql_arena_get(&evaluation->kept, size);
    return kept ? memcpy(kept, text, size) : NULL;
}

static bool stays(const struct choice *choice, const char *name)
{
    if (choice->keep)
        return promql_names_have(choice->names, name);
    if (choice->drops_name && strcmp(name, LABELS_NAME) == 0)
        return false;
    return !choice->names || !promql_names_have(choice->names, name);
}

static int choose(struct evaluation *evaluation, const struct choice *choice, struct tag *tag,
                  struct tag **ret)
{
    const struct labels *from = tag->labels;
    struct promql_arena_mark mark = promql_arena_mark(&evaluation->kept);
    struct labels *to = kept_labels(evaluation, from->count);
    if (!to)
        return ERROR_MEMORY;
    for (size_t i = 0; i < from->count; i++)
        if (stays(choice, from->pair[i].name))
            to->pair[to->count++] = from->pair[i];
    return intern_fresh(evaluation, to, mark, ret);
}

int promql_tag_bare(struct evaluation *evaluation, struct tag *tag, struct tag **ret)
{
    static const struct choice bare = {.drops_name = true};
    int code = tag->bare ? 0 : choose(evaluation, &bare, tag, &tag->bare);
    if (!code)
        *ret = tag->bare;
    return code;
}

struct memo_entry *promql_memo_at(struct evaluation *evaluation, struct memo *memo,
                                  const struct tag *tag)
{
    if (tag->id >= memo->count) {
        size_t count = memo->count ? memo->count : 16;
        while (count <= tag->id)
            count *= 2;
        struct memo_entry *entry = promql_arena_get(&evaluation->kept, count * sizeof *entry);
        if (!entry)
            return NULL;
        memset(entry, 0, count * sizeof *entry);
        if (memo->count)
            memcpy(entry, memo->entry, memo->count * sizeof *entry);
        memo->entry = entry;
        memo->count = count;
    }
    return &memo->entry[tag->id];
}

int promql_tag_choose(struct evaluation *evaluation, struct memo *memo, const struct choice *choice,
                      struct tag *tag, struct tag **ret)
{
    struct memo_entry *entry = promql_memo_at(evaluation, memo, tag);
    if (!entry)
        return ERROR_MEMORY;
    int code = entry->result ? 0 : choose(evaluation, choice, tag, &entry->result);
    if (!code)
        *ret = entry->result;
    return code;
}

int promql_tag_set(struct evaluation *evaluation, struct tag *tag, struct label label,
                   struct tag **ret)
{
    const struct labels *from = tag->labels;
    struct promql_arena_mark mark = promql_arena_mark(&evaluation->kept);
    struct labels *to = kept_labels(evaluation, from->count + 1);
    if (!to)
        return ERROR_MEMORY;
    bool placed = !label.value[0];
    for (size_t i = 0; i < from->count; i++) {
        int order = strcmp(from->pair[i].name, label.name);
        if (order >= 0 && !placed) {
            to->pair[to->count++] = label;
            placed = true;
        }
        if (order != 0)
            to->pair[to->count++] = from->pair[i];
    }
    if (!placed)
        to->pair[to->count++] = label;
    return intern_fresh(evaluation, to, mark, ret);
}

int promql_vector_new(struct evaluation *evaluation, size_t capacity, struct vector *ret)
{
    struct sample *item = NULL;
    if (capacity > SIZE_MAX / sizeof *item)
        return ERROR_MEMORY;
    item = promql_arena_get(&evaluation->scratch, capacity * sizeof *item);
    if (!item)
        return ERROR_MEMORY;
    *ret = (struct vector){item, 0, capacity};
    return 0;
}

void promql_vector_push(struct vector *vector, struct tag *tag, int64_t time_ms, double value)
{
    vector->item[vector->count++] = (struct sample){tag, time_ms, value};
}

int promql_vector_check(struct evaluation *evaluation, const struct vector *vector)
{
    if (vector->count > evaluation->options.limit_series)
        return error_set(evaluation->error, ERROR_LIMIT,
                         "the formula makes more than %zu series at one time",
                         evaluation->options.limit_series);
    uint64_t stamp = ++evaluation->stamp;
    for (size_t i = 0; i < vector->count; i++) {
        struct tag *tag = vector->item[i].tag;
        if (tag->stamp == stamp) {
            char *text = labels_text(tag->labels);
            int code =
                error_set(evaluation->error, ERROR_RANGE,
                          "two series of the result have the same labels %s", text ? text : "");
            free(text);
            return code;
        }
        tag->stamp = stamp;
    }
    return 0;
}
