/* The population: who is expected, who is seen, who breaches. Silence never improves a result. */
#include "evaluation/measure/judging.h"

#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { NAMED_LIMIT = 10, NAME_LIMIT = 60 };

struct element {
    const char *name;
    bool here;   /* by the selector under way */
    bool silent; /* by one of them */
};

struct population {
    const struct measure *measure;
    const struct measure_world *world;
    struct element *elements; /* by name */
    size_t count;
    struct promql_value inventory; /* owns the names, unless the construct does */
    bool nameless;
    bool personal;
    int code;
};

static void population_finish(struct population *population)
{
    promql_value_finish(&population->inventory);
    free(population->elements);
}

static int by_name(const void *a, const void *b)
{
    const struct element *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static void sort_names(struct population *population)
{
    size_t kept = 0;
    if (population->count)
        qsort(population->elements, population->count, sizeof *population->elements, by_name);
    for (size_t i = 0; i < population->count; i++)
        if (!kept || by_name(&population->elements[kept - 1], &population->elements[i]) != 0)
            population->elements[kept++] = population->elements[i];
    population->count = kept;
}

static int list_names(struct population *population)
{
    const json_t *list = population->measure->elements;
    population->elements = calloc(json_array_size(list) + 1, sizeof *population->elements);
    if (!population->elements)
        return ERROR_MEMORY;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name)
            population->elements[population->count++].name = name;
    }
    return 0;
}

static int take_inventory(struct population *population, struct error *error)
{
    const struct promql_value *inventory = &population->inventory;
    int code = measure_evaluate(population->measure->inventory, population->world,
                                &population->inventory, error);
    if (code)
        return code;
    population->elements = calloc(inventory->count + 1, sizeof *population->elements);
    if (!population->elements)
        return ERROR_MEMORY;
    for (size_t i = 0; i < inventory->count; i++) {
        const char *name =
            labels_get(inventory->rows[i].labels, population->measure->element_label);
        population->nameless = population->nameless || !*name;
        if (*name)
            population->elements[population->count++].name = name;
    }
    return 0;
}

struct seeing {
    struct population *population;
    const struct promql_selector *selector;
    int64_t to_ms;
};

static bool wants(const void *context, const struct labels *labels)
{
    const struct seeing *seeing = context;
    return measure_world_counts(seeing->population->world, labels) &&
           promql_wants(seeing->selector->matchers, seeing->selector->count, labels);
}

static int on_view(void *context, const struct series_view *view)
{
    const struct seeing *seeing = context;
    const struct population *population = seeing->population;
    struct element key = {.name = labels_get(view->labels, population->measure->element_label)};
    if (!population->count || !measure_view_is_live(view, seeing->to_ms))
        return 0;
    struct element *element = bsearch(&key, population->elements, population->count,
                                      sizeof *population->elements, by_name);
    if (element)
        element->here = true;
    return 0;
}

/* Before any filter on values, aggregation or vector(0): who stands in the series themselves? */
static void see(void *context, const struct promql_selector *selector)
{
    struct population *population = context;
    const struct measure_world *world = population->world;
    struct seeing seeing = {population, selector, promql_selector_end(selector, world->now_ms)};
    struct series_window window = {.name = selector->name,
                                   .from_ms = seeing.to_ms - world->reach_ms,
                                   .to_ms = seeing.to_ms,
                                   .newest = true,
                                   .wants = wants,
                                   .wants_context = &seeing};
    /* What the engine tells of itself has no elements. */
    if (population->code || !selector->name || text_begins(selector->name, "conformd_"))
        return;
    population->personal =
        population->personal ||
        (world->is_personal &&
         world->is_personal(world->context, selector->name, population->measure->element_label));
    population->code = series_each(world->series, &window, on_view, &seeing);
    series_release(world->series);
    for (size_t i = 0; i < population->count; i++) {
        struct element *element = &population->elements[i];
        element->silent = element->silent || !element->here;
        element->here = false;
    }
}

/* Who is missing, by name where a name is nobody's own. */
static void name_silent(const struct population *population, struct buffer *out)
{
    size_t named = 0, silent = 0;
    for (size_t i = 0; i < population->count; i++) {
        const struct element *element = &population->elements[i];
        silent += element->silent;
        if (!element->silent || named == NAMED_LIMIT || population->personal)
            continue;
        CLEAN(clean_text)
        char *name = text_printable(element->name, strnlen(element->name, NAME_LIMIT));
        buffer_print(out, "%s%s", named++ ? ", " : ": ", name ? name : "");
    }
    if (named && silent > named)
        buffer_print(out, " and %zu more", silent - named);
}

static char *few_sentence(const struct population *population, size_t seen)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    if (population->nameless)
        return text_format("the population has members without the label %s",
                           population->measure->element_label);
    if (!population->count)
        return strdup("the population has no member");
    buffer_print(&text, "%zu of %zu in the population are silent", population->count - seen,
                 population->count);
    name_silent(population, &text);
    return text.failed || !text.data ? NULL : strdup(text.data);
}

static int count(struct population *population, struct look *look, struct result *result)
{
    size_t seen = 0;
    sort_names(population);
    promql_each_selector(population->measure->formula, see, population);
    for (size_t i = 0; i < population->count; i++)
        seen += !population->elements[i].silent;
    result->expected = population->count;
    result->seen = seen;
    if (!population->nameless && population->count &&
        (double)seen >= population->measure->min_coverage * (double)population->count)
        return population->code;
    look->few = few_sentence(population, seen);
    return look->few ? population->code : ERROR_MEMORY;
}

int measure_population_count(struct look *look, struct result *result, struct error *error)
{
    CLEAN(population_finish)
    struct population population = {.measure = look->measure, .world = look->world};
    if (!look->measure->elements && !look->measure->inventory) {
        result->expected = 1;
        result->seen = look->unknown == KNOWN;
        return 0;
    }
    int code =
        look->measure->elements ? list_names(&population) : take_inventory(&population, error);
    if (!code)
        return count(&population, look, result);
    if (code == ERROR_MEMORY || code == ERROR_DATABASE)
        return code;
    measure_look_unknown(look, UNKNOWN_INVALID,
                         text_format("the population has no answer: %s", error_sentence(error)));
    error_finish(error);
    return 0;
}

static int by_text(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

int measure_population_extent(const struct measure *measure, struct result *result)
{
    size_t names = 0, distinct = 0;
    if ((!measure->elements && !measure->inventory) || result->verdict != VERDICT_MISSED)
        return 0;
    CLEAN(clean_memory) const char **missed = calloc(result->count + 1, sizeof *missed);
    if (!missed)
        return ERROR_MEMORY;
    for (size_t i = 0; i < result->count; i++) {
        const struct result_element *element = &result->elements[i];
        const char *name =
            element->labels ? labels_get(element->labels, measure->element_label) : "";
        if (element->verdict == VERDICT_MISSED && *name)
            missed[names++] = name;
    }
    qsort(missed, names, sizeof *missed, by_text);
    for (size_t i = 0; i < names; i++)
        distinct += i == 0 || strcmp(missed[i - 1], missed[i]) != 0;
    if (!distinct)
        return 0;
    result->breaching = distinct;
    result->systemic = result->expected > 1 &&
                       (double)distinct > measure->systemic_share * (double)result->expected;
    return 0;
}

bool measure_population_breaches(const struct measure *measure, const struct result *result)
{
    if (!measure->elements && !measure->inventory)
        return false;
    for (size_t i = 0; i < result->count; i++) {
        const struct result_element *element = &result->elements[i];
        if (element->verdict == VERDICT_MISSED && element->labels &&
            *labels_get(element->labels, measure->element_label))
            return true;
    }
    return false;
}
