/* Measures, the worst first, and one of them whole with its history. */
#include <stdio.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

enum { HISTORY_SHOWN = 20 };

static char *value_with_unit(const json_t *value, const char *unit)
{
    char *word = ctl_word_of(value);
    if (!word || !*unit || strcmp(word, "-") == 0 || strcmp(unit, "boolean") == 0)
        return word;
    char *both = text_format("%s %s", word, unit);
    free(word);
    return both;
}

static void add_plain(struct table *table, const json_t *row, const char *const *keys)
{
    for (; *keys; keys++) {
        const char *text = json_text_of(row, *keys, "");
        if (*text)
            ctl_table_row(table, *keys, text);
    }
}

static void add_time(struct table *table, const json_t *row, const char *key, const char *title)
{
    CLEAN(clean_text) char *word = ctl_word_of_time_in(row, key);
    ctl_table_row(table, title, word);
}

static void add_population(struct table *table, const json_t *row)
{
    const json_t *population = json_object_get(row, "population");
    CLEAN(clean_text)
    char *list = text_format("a list of %zu", json_array_size(population));
    CLEAN(clean_text)
    char *seen = text_format("%s: %lld expected, %lld seen, %lld breaching",
                             json_is_array(population) ? list : json_text_of(row, "population", ""),
                             (long long)json_integer_of(row, "expected", 0),
                             (long long)json_integer_of(row, "seen", 0),
                             (long long)json_integer_of(row, "breaching", 0));
    ctl_table_row(table, "population", seen);
}

static void print_elements(const json_t *elements)
{
    size_t index;
    json_t *element;
    if (json_array_size(elements) == 0)
        return;
    if (json_array_size(elements) == 1 &&
        !json_object_size(json_object_get(json_array_get(elements, 0), "labels")))
        return; /* what stands above already */
    struct table *table = ctl_table_new(3);
    ctl_table_row(table, "STATE", "VALUE", "ELEMENT");
    json_array_foreach ((json_t *)elements, index, element) {
        CLEAN(clean_text) char *labels = ctl_word_of_labels(json_object_get(element, "labels"));
        CLEAN(clean_text) char *value = ctl_word_of(json_object_get(element, "value"));
        ctl_table_row(table, json_text_of(element, "state", ""), value, labels);
    }
    putchar('\n');
    ctl_table_print(table);
}

static void print_history(const json_t *history)
{
    size_t count = json_array_size(history);
    struct table *table = ctl_table_new(4);
    if (count)
        ctl_table_row(table, "AT", "STATE", "VALUE", "EVIDENCE");
    for (size_t i = count; i > 0 && count - i < HISTORY_SHOWN; i--) {
        const json_t *line = json_array_get(history, i - 1);
        CLEAN(clean_text) char *at = ctl_word_of_time_in(line, "at");
        CLEAN(clean_text) char *value = ctl_word_of(json_object_get(line, "value"));
        CLEAN(clean_text) char *evidence = ctl_word_of_list(json_object_get(line, "evidence"));
        ctl_table_row(table, at, json_text_of(line, "state", ""), value, evidence);
    }
    putchar('\n');
    if (!count)
        printf("it has no history yet\n");
    ctl_table_print(table);
    if (count > HISTORY_SHOWN)
        printf("and %zu older results; --json shows them\n", count - HISTORY_SHOWN);
}

static const char *standing(const json_t *row)
{
    if (json_flag_of(row, "would_raise", false))
        return "trial, would raise";
    return json_text_of(row, "status", "");
}

static void print_measure(const json_t *row)
{
    static const char *const first[] = {"id", "name", "state", "reason", NULL};
    static const char *const construct[] = {"information_need", "formula", NULL};
    static const char *const criteria[] = {"target", "tolerance", "for", "recover", NULL};
    static const char *const last[] = {"owner", "urgency", "why", "if_missed", "decided_by", NULL};
    struct table *table = ctl_table_new(2);
    CLEAN(clean_text)
    char *value = value_with_unit(json_object_get(row, "value"), json_text_of(row, "unit", ""));
    CLEAN(clean_text) char *evidence = ctl_word_of_list(json_object_get(row, "evidence"));
    CLEAN(clean_text) char *finding = ctl_word_of(json_object_get(row, "finding"));
    add_plain(table, row, first);
    ctl_table_row(table, "value", value);
    ctl_table_row(table, "status", standing(row));
    ctl_table_row(table, "finding", finding);
    add_time(table, row, "since", "since");
    add_time(table, row, "judged_at", "judged");
    add_time(table, row, "next_due_at", "next");
    add_population(table, row);
    ctl_table_row(table, "evidence", evidence);
    add_plain(table, row, construct);
    add_plain(table, json_object_get(row, "criterion"), criteria);
    add_plain(table, row, last);
    ctl_table_print_details(table);
    print_elements(json_object_get(row, "elements"));
    print_history(json_object_get(row, "history"));
}

static void print_measures(const json_t *rows)
{
    static const char *const ranks[] = {"missed", "unknown", "at_risk", "met", NULL};
    CLEAN(clean_json) json_t *sorted = ctl_sorted_rows(rows, "state", ranks, "id");
    size_t index;
    json_t *row;
    struct table *table = ctl_table_new(6);
    ctl_table_row(table, "MEASURE", "STATE", "VALUE", "STATUS", "NAME", "REASON");
    json_array_foreach (sorted, index, row) {
        CLEAN(clean_text)
        char *value = value_with_unit(json_object_get(row, "value"), json_text_of(row, "unit", ""));
        ctl_table_row(table, json_text_of(row, "id", ""), json_text_of(row, "state", ""), value,
                      standing(row), json_text_of(row, "name", ""),
                      json_text_of(row, "reason", ""));
    }
    ctl_table_print(table);
}

int ctl_show_measures(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    if (ctl->cost && !count)
        return ctl_show_costs(ctl);
    CLEAN(clean_text)
    char *path = count ? text_format("/api/measures/%s", words[0]) : strdup("/api/measures");
    int status = ctl_fetch(ctl, path, NULL, &body);
    if (status >= 0)
        return status;
    const json_t *rows = json_object_get(body, "measures");
    if (count)
        print_measure(body);
    else if (json_array_size(rows))
        print_measures(rows);
    else
        printf("the configuration has no measures\n");
    return CTL_DONE;
}
