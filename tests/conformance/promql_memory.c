/* Series in memory for the language tests. */
#include "promql_memory.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"

void memory_clear(struct memory *memory)
{
    for (size_t i = 0; i < memory->count; i++) {
        labels_free(memory->series[i].labels);
        free(memory->series[i].times);
        free(memory->series[i].values);
    }
    free(memory->series);
    *memory = (struct memory){0};
}

/* The end of name{...}: the first blank outside of braces and quotes. */
static size_t head_length(const char *line)
{
    bool braces = false, quotes = false;
    size_t i = 0;
    for (; line[i]; i++) {
        if (line[i] == '"' && (!i || line[i - 1] != '\\'))
            quotes = !quotes;
        else if (!quotes && (line[i] == '{' || line[i] == '}'))
            braces = line[i] == '{';
        else if (!quotes && !braces && isspace((unsigned char)line[i]))
            break;
    }
    return i;
}

struct found {
    struct labels *labels;
};

static void on_selector(void *context, const struct promql_selector *selector)
{
    struct found *found = context;
    struct label pairs[64];
    size_t count = 0;
    for (size_t i = 0; i < selector->count && count < 64; i++)
        pairs[count++] = (struct label){selector->matchers[i].name, selector->matchers[i].value};
    if (labels_new(pairs, count, &found->labels))
        found->labels = NULL;
}

/* Labels are written as selectors are; {} is the only one that is no selector. */
struct labels *memory_labels(const char **line)
{
    size_t length = head_length(*line);
    CLEAN(clean_text) char *head = strndup(*line, length);
    struct found found = {NULL};
    *line += length;
    if (head && strcmp(head, "{}") == 0)
        return labels_new(NULL, 0, &found.labels) ? NULL : found.labels;
    struct promql *promql = NULL;
    struct promql_fault fault = {0};
    if (head && !promql_parse(head, &promql, &fault))
        promql_each_selector(promql, on_selector, &found);
    promql_fault_finish(&fault);
    promql_free(promql);
    return found.labels;
}

bool memory_number(const char *text, double *ret)
{
    char *end;
    *ret = strtod(text, &end);
    return end != text && !*end;
}

static bool put(struct memory_series *series, int64_t time_ms, double value)
{
    if (array_reserve(&series->times, &series->times_capacity, series->count, sizeof time_ms) ||
        array_reserve(&series->values, &series->values_capacity, series->count, sizeof value))
        return false;
    series->times[series->count] = time_ms;
    series->values[series->count++] = value;
    return true;
}

/* One word of the notation: value, value x times, start + step x times, _, stale. */
static bool put_word(struct memory_series *series, char *word, int64_t step_ms, int64_t *time_ms)
{
    char *times = strrchr(word, 'x');
    long repeats = times ? strtol(times + 1, NULL, 10) : 0;
    if (times)
        *times = '\0'; /* 0x10 is ten times 0, not 16 */
    if (*word == '_') {
        *time_ms += step_ms * (times ? repeats : 1);
        return true;
    }
    char *end;
    bool stale = strncmp(word, "stale", 5) == 0;
    double value = stale ? promql_stale() : strtod(word, &end);
    double step = 0;
    if (!stale && (end == word || (*end && (!times || !memory_number(end, &step)))))
        return false;
    for (long i = 0; i <= repeats; i++, *time_ms += step_ms) {
        if (!put(series, *time_ms, value))
            return false;
        if (step != 0)
            value += step;
    }
    return true;
}

static struct memory_series *place(struct memory *memory, struct labels *labels)
{
    for (size_t i = 0; i < memory->count; i++)
        if (labels_equal(memory->series[i].labels, labels)) {
            memory->series[i].count = 0;
            labels_free(labels);
            return &memory->series[i];
        }
    if (array_reserve(&memory->series, &memory->capacity, memory->count, sizeof *memory->series))
        return NULL;
    struct memory_series *series = &memory->series[memory->count++];
    *series = (struct memory_series){.labels = labels};
    return series;
}

bool memory_load(struct memory *memory, const char *line, int64_t step_ms)
{
    struct labels *labels = memory_labels(&line);
    struct memory_series *series = labels ? place(memory, labels) : NULL;
    CLEAN(clean_text) char *words = strdup(line);
    int64_t time_ms = 0;
    if (!series || !words)
        return false;
    char *rest = words;
    for (char *word; (word = strsep(&rest, " \t"));)
        if (*word && !put_word(series, word, step_ms, &time_ms))
            return false;
    return true;
}

static int select_series(void *context, const struct promql_ask *ask,
                         int (*give)(void *to, const struct promql_series *series), void *to)
{
    const struct memory *memory = context;
    for (size_t i = 0; i < memory->count; i++) {
        const struct memory_series *from = &memory->series[i];
        size_t first = 0, behind = from->count;
        while (first < behind && from->times[first] < ask->from_ms)
            first++;
        while (behind > first && from->times[behind - 1] > ask->to_ms)
            behind--;
        if (first == behind || !promql_wants(ask->matchers, ask->count, from->labels))
            continue;
        struct promql_series series = {from->labels, from->times + first, from->values + first,
                                       behind - first, from->lookback_ms};
        int code = give(to, &series);
        if (code)
            return code;
    }
    return 0;
}

struct promql_source memory_source(struct memory *memory)
{
    return (struct promql_source){memory, select_series};
}
