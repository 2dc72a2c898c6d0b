/* The register: list and show; take and dismiss go to act.c. */
#include <stdio.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

static void print_findings(const json_t *rows)
{
    size_t index;
    json_t *row;
    struct table *table = ctl_table_new(6);
    ctl_table_row(table, "REF", "STATE", "MEASURE", "RAISED", "CONDITION CLEARED", "TITLE");
    json_array_foreach ((json_t *)rows, index, row) {
        CLEAN(clean_text) char *raised = ctl_word_of_time_in(row, "raised_at");
        CLEAN(clean_text) char *cleared = ctl_word_of_time_in(row, "condition_cleared_at");
        ctl_table_row(table, json_text_of(row, "ref", ""), json_text_of(row, "state", ""),
                      json_text_of(row, "measure", ""), raised, cleared,
                      json_text_of(row, "title", ""));
    }
    ctl_table_print(table);
}

static int list(const struct ctl *ctl)
{
    CLEAN(clean_json) json_t *body = NULL;
    CLEAN(clean_json) json_t *query = json_object();
    if (ctl->state)
        json_object_set_new(query, "state", json_string(ctl->state));
    int status = ctl_fetch(ctl, "/api/findings", query, &body);
    if (status >= 0)
        return status;
    const json_t *rows = json_object_get(body, "findings");
    if (json_array_size(rows))
        print_findings(rows);
    else if (ctl->state)
        printf("no finding is in state %s\n", ctl->state);
    else
        printf("the register is empty: no finding was raised\n");
    return CTL_DONE;
}

static void print_list(const char *title, const json_t *items, void (*print)(const json_t *item))
{
    size_t index;
    json_t *item;
    if (!json_array_size(items))
        return;
    printf("\n%s\n", title);
    json_array_foreach (items, index, item)
        print(item);
}

static void print_excerpt(const json_t *item)
{
    const char *text = json_text_of(item, "text", "");
    CLEAN(clean_text) char *plain = text_printable(text, strlen(text));
    printf("  %s %s: %s\n", json_text_of(item, "source", ""), json_text_of(item, "place", ""),
           plain ? plain : "");
}

static void print_element(const json_t *item)
{
    CLEAN(clean_text) char *labels = ctl_word_of_labels(json_object_get(item, "labels"));
    CLEAN(clean_text) char *value = ctl_word_of(json_object_get(item, "value"));
    printf("  %s%s%s\n", labels ? labels : "", labels && *labels ? " " : "", value ? value : "");
}

static void print_event(const json_t *item)
{
    CLEAN(clean_text) char *at = ctl_word_of_time_in(item, "at");
    printf("  %s %s by %s (entry %lld)\n", at, json_text_of(item, "event", ""),
           json_text_of(item, "actor", ""), (long long)json_integer_of(item, "leaf", -1));
}

static void add_times(struct table *table, const json_t *body)
{
    static const char *const keys[] = {"raised_at", "last_seen_at", "condition_cleared_at"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        CLEAN(clean_text) char *word = ctl_word_of_time_in(body, keys[i]);
        ctl_table_row(table, keys[i], word);
    }
}

static void print_finding(const json_t *body)
{
    static const char *const keys[] = {"ref",           "state",       "type",       "title",
                                       "measure",       "value",       "criterion",  "requirement",
                                       "source",        "detected_by", "times_seen", "quality",
                                       "classification"};
    struct table *table = ctl_table_new(2);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        CLEAN(clean_text) char *word = ctl_word_of(json_object_get(body, keys[i]));
        ctl_table_row(table, keys[i], word);
    }
    add_times(table, body);
    const json_t *population = json_object_get(body, "population");
    CLEAN(clean_text)
    char *seen = text_format("%lld expected, %lld seen, %lld breaching",
                             (long long)json_integer_of(population, "expected", 0),
                             (long long)json_integer_of(population, "seen", 0),
                             (long long)json_integer_of(population, "breaching", 0));
    ctl_table_row(table, "population", seen);
    CLEAN(clean_text) char *evidence = ctl_word_of_list(json_object_get(body, "evidence"));
    ctl_table_row(table, "evidence", evidence);
    ctl_table_print_details(table);
    print_list("what breaches", json_object_get(body, "breaching"), print_element);
    print_list("what was seen", json_object_get(body, "excerpts"), print_excerpt);
    print_list("what happened", json_object_get(body, "events"), print_event);
}

int ctl_show_nc(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    if (strcmp(words[0], "list") == 0 && count == 1)
        return list(ctl);
    if (count != 2 || strcmp(words[0], "list") == 0)
        return ctl_usage(ctl);
    if (strcmp(words[0], "show") != 0)
        return ctl_act_nc(ctl, count, words);
    CLEAN(clean_text) char *path = text_format("/api/findings/%s", words[1]);
    int status = ctl_fetch(ctl, path, NULL, &body);
    if (status >= 0)
        return status;
    print_finding(body);
    return CTL_DONE;
}
