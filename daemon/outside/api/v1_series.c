/* GET /api/v1/series, labels and label/<name>/values. */
#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "outside/api/params.h"
#include "outside/api/source.h"
#include "outside/api/write.h"

/* Texts that stand once. */
struct names {
    char **items;
    size_t count;
    size_t capacity;
};

static void names_finish(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_sort(struct names *names)
{
    size_t kept = 0;
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, compare_names);
    for (size_t i = 0; i < names->count; i++) {
        if (kept && !strcmp(names->items[kept - 1], names->items[i]))
            free(names->items[i]);
        else
            names->items[kept++] = names->items[i];
    }
    names->count = kept;
}

static int promql_names_add(struct names *names, const char *name)
{
    /* The same one again and again is the usual case: series come sorted. */
    if (names->count && !strcmp(names->items[names->count - 1], name))
        return 0;
    if (names->count == names->capacity && names->count > 1024)
        names_sort(names);
    if (array_reserve(&names->items, &names->capacity, names->count, sizeof *names->items))
        return ERROR_MEMORY;
    char *copy = strdup(name);
    if (!copy)
        return ERROR_MEMORY;
    names->items[names->count++] = copy;
    return 0;
}

struct gathering {
    struct names names;
    const char *label;
};

static int on_names(void *context, const struct labels *labels)
{
    struct gathering *gathering = context;
    for (size_t i = 0; i < labels->count; i++)
        if (promql_names_add(&gathering->names, labels->pair[i].name))
            return ERROR_MEMORY;
    return 0;
}

static int on_values(void *context, const struct labels *labels)
{
    struct gathering *gathering = context;
    const char *value = labels_get(labels, gathering->label);
    return *value ? promql_names_add(&gathering->names, value) : 0;
}

static int on_series(void *context, const struct labels *labels)
{
    struct gathering *gathering = context;
    CLEAN(buffer_finish) struct buffer text = {0};
    write_labels(&text, labels);
    return text.failed ? ERROR_MEMORY : promql_names_add(&gathering->names, text.data);
}

/* The list, as strings or as the JSON that they are. */
static int write_names(struct call *call, struct names *names, bool quoted, struct buffer *data,
                       struct error *error)
{
    int64_t limit = 0;
    int code = params_integer(call, "limit", INT64_MAX, &limit, error);
    if (code)
        return code;
    names_sort(names);
    if (limit && (uint64_t)limit < names->count)
        call->warning = "results truncated due to limit";
    buffer_byte(data, '[');
    for (size_t i = 0; i < names->count && (!limit || i < (uint64_t)limit); i++) {
        buffer_text(data, i ? "," : "");
        if (quoted)
            write_string(data, names->items[i]);
        else
            buffer_text(data, names->items[i]);
    }
    buffer_byte(data, ']');
    return 0;
}

static int list(struct call *call, const struct chosen *chosen, const char *label,
                struct buffer *data, struct error *error)
{
    struct gathering gathering = {.label = label};
    int code = source_each(call, chosen, label ? on_values : on_names, &gathering, error);
    code = code ? code : write_names(call, &gathering.names, true, data, error);
    names_finish(&gathering.names);
    return code;
}

int api_v1_labels(struct call *call, struct buffer *data, struct error *error)
{
    CLEAN(source_chosen_finish) struct chosen chosen = {0};
    int code = source_choose(call, false, &chosen, error);
    return code ? code : list(call, &chosen, NULL, data, error);
}

int api_v1_label_values(struct call *call, struct buffer *data, struct error *error)
{
    CLEAN(source_chosen_finish) struct chosen chosen = {0};
    if (!labels_is_label_name(call->name))
        return error_set(error, ERROR_RANGE, "invalid label name: \"%s\"", call->name);
    int code = source_choose(call, false, &chosen, error);
    return code ? code : list(call, &chosen, call->name, data, error);
}

int api_v1_series(struct call *call, struct buffer *data, struct error *error)
{
    CLEAN(source_chosen_finish) struct chosen chosen = {0};
    struct gathering gathering = {0};
    int code = source_choose(call, true, &chosen, error);
    code = code ? code : source_each(call, &chosen, on_series, &gathering, error);
    code = code ? code : write_names(call, &gathering.names, false, data, error);
    names_finish(&gathering.names);
    return code;
}
