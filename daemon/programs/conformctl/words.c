/* JSON as people read it: short numbers, local times, labels as in PromQL. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

#define WHOLE_MOST 1e15 /* integers up to here are exact and still read as such */

char *ctl_word_of_number(double number)
{
    if (isfinite(number) && number == trunc(number) && fabs(number) < WHOLE_MOST)
        return text_format("%.0f", number);
    if (isfinite(number) && fabs(number) >= 100 && fabs(number) < WHOLE_MOST)
        return text_format("%.1f", number);
    if (isfinite(number))
        return text_format("%.3g", number);
    char exact[TEXT_DOUBLE_SIZE];
    text_from_double(number, exact);
    return strdup(exact);
}

char *ctl_word_of(const json_t *value)
{
    double number;
    if (json_is_number(value))
        return ctl_word_of_number(json_number_value(value));
    if (json_is_boolean(value))
        return strdup(json_is_true(value) ? "yes" : "no");
    if (!json_is_string(value) || !json_string_length(value))
        return strdup("-");
    if (!text_to_double(json_string_value(value), &number))
        return ctl_word_of_number(number);
    return text_printable(json_string_value(value), json_string_length(value));
}

char *ctl_word_of_time(const char *text)
{
    int64_t wall_ms;
    struct tm local;
    char word[64];
    if (!text || !*text)
        return strdup("-");
    if (text_to_time(text, &wall_ms))
        return strdup(text);
    time_t seconds = (time_t)(wall_ms / 1000);
    if (!localtime_r(&seconds, &local) ||
        !strftime(word, sizeof word, "%Y-%m-%d %H:%M:%S %Z", &local))
        return strdup(text);
    return strdup(word);
}

char *ctl_word_of_time_in(const json_t *object, const char *key)
{
    return ctl_word_of_time(json_text_of(object, key, ""));
}

char *ctl_word_of_labels(const json_t *labels)
{
    struct buffer out = {0};
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)labels, name, value) {
        CLEAN(clean_text)
        char *word = text_printable(json_string_value(value) ? json_string_value(value) : "",
                                    json_string_length(value));
        buffer_print(&out, "%s%s=\"%s\"", out.length ? "," : "{", name, word ? word : "");
    }
    buffer_text(&out, out.length ? "}" : "");
    return buffer_take(&out);
}

char *ctl_word_of_list(const json_t *list)
{
    struct buffer out = {0};
    size_t index;
    json_t *item;
    json_array_foreach ((json_t *)list, index, item) {
        CLEAN(clean_text) char *word = ctl_word_of(item);
        buffer_print(&out, "%s%s", index ? ", " : "", word ? word : "");
    }
    buffer_text(&out, out.length ? "" : "-");
    return buffer_take(&out);
}

char *ctl_word_to_time(const char *typed)
{
    char text[TEXT_TIME_SIZE];
    int64_t ago_ms = 0, wall_ms = clock_now().wall_ms;
    if (strcmp(typed, "now") == 0)
        ago_ms = 0;
    else if (typed[0] == '-' ? text_to_duration(typed + 1, &ago_ms) != 0
                             : text_to_time(typed, &wall_ms) != 0)
        return NULL;
    text_from_time(wall_ms - ago_ms, text);
    return strdup(text);
}

struct ranked {
    size_t rank;
    const char *name;
    json_t *row;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *one = a, *other = b;
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    return strcmp(one->name, other->name);
}

json_t *ctl_sorted_rows(const json_t *rows, const char *key, const char *const *ranks,
                        const char *name)
{
    size_t index;
    json_t *row;
    json_t *sorted = json_array();
    CLEAN(clean_memory)
    struct ranked *ranked = calloc(json_array_size(rows) + 1, sizeof *ranked);
    if (!ranked)
        return sorted;
    json_array_foreach ((json_t *)rows, index, row) {
        const char *word = json_text_of(row, key, "");
        ranked[index] = (struct ranked){0, json_text_of(row, name, ""), row};
        while (ranks[ranked[index].rank] && strcmp(ranks[ranked[index].rank], word) != 0)
            ranked[index].rank++;
    }
    qsort(ranked, json_array_size(rows), sizeof *ranked, compare_ranked);
    for (size_t i = 0; i < json_array_size(rows); i++)
        json_array_append(sorted, ranked[i].row);
    return sorted;
}
