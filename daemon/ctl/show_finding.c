/* The register: list and show; take and dismiss go to act.c. */
#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "base/json.h"
#include "base/text.h"
#include "ctl/ctl.h"

static int list(const struct ctl *ctl)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_json) json_t *body = NULL;
    CLEAN(clean_json) json_t *query = json_object();
    size_t index;
    json_t *row;
    if (ctl->state)
        json_object_set_new(query, "state", json_string(ctl->state));
    if (ctl_get(ctl, "/api/findings", query, &body, &error))
        return ctl_fail(&error);
    if (ctl->json)
        return ctl_print_json(body);
    struct table *table = table_new(6);
    table_row(table, "REF", "STATE", "MEASURE", "RAISED", "CONDITION CLEARED", "TITLE");
    json_array_foreach (json_object_get(body, "findings"), index, row)
        table_row(table, json_text_of(row, "ref", ""), json_text_of(row, "state", ""),
                  json_text_of(row, "measure", ""), json_text_of(row, "raised_at", ""),
                  json_text_of(row, "condition_cleared_at", ""), json_text_of(row, "title", ""));
    table_print(table);
    return 0;
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
    printf("  %s %s: %s\n", json_text_of(item, "source", ""), json_text_of(item, "place", ""),
           json_text_of(item, "text", ""));
}

static void print_element(const json_t *item)
{
    CLEAN(clean_text)
    char *labels = json_dumps(json_object_get(item, "labels"), JSON_COMPACT | JSON_ENCODE_ANY);
    CLEAN(clean_text) char *value = table_word(json_object_get(item, "value"));
    printf("  %s %s\n", labels ? labels : "", value);
}

static void print_event(const json_t *item)
{
    printf("  %s %s by %s (leaf %lld)\n", json_text_of(item, "at", ""),
           json_text_of(item, "event", ""), json_text_of(item, "actor", ""),
           (long long)json_integer_of(item, "leaf", -1));
}

static void print_finding(const json_t *body)
{
    static const char *const keys[] = {"ref",
                                       "state",
                                       "type",
                                       "title",
                                       "measure",
                                       "value",
                                       "criterion",
                                       "requirement",
                                       "source",
                                       "detected_by",
                                       "raised_at",
                                       "last_seen_at",
                                       "condition_cleared_at",
                                       "times_seen",
                                       "quality",
                                       "classification"};
    struct table *table = table_new(2);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        CLEAN(clean_text) char *word = table_word(json_object_get(body, keys[i]));
        table_row(table, keys[i], word);
    }
    const json_t *population = json_object_get(body, "population");
    CLEAN(clean_text)
    char *seen = text_format("%lld expected, %lld seen, %lld breaching",
                             (long long)json_integer_of(population, "expected", 0),
                             (long long)json_integer_of(population, "seen", 0),
                             (long long)json_integer_of(population, "breaching", 0));
    table_row(table, "population", seen);
    CLEAN(clean_text)
    char *evidence = json_dumps(json_object_get(body, "evidence"), JSON_COMPACT | JSON_ENCODE_ANY);
    table_row(table, "evidence", evidence);
    table_print(table);
    print_list("what breaches", json_object_get(body, "breaching"), print_element);
    print_list("what was seen", json_object_get(body, "excerpts"), print_excerpt);
    print_list("what happened", json_object_get(body, "events"), print_event);
}

int show_nc(const struct ctl *ctl, int count, char **words)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_json) json_t *body = NULL;
    if (strcmp(words[0], "list") == 0 && count == 1)
        return list(ctl);
    if (count != 2) {
        fprintf(stderr, "usage: conformctl nc list | show REF | take REF --owner O | dismiss REF "
                        "--reason R\n");
        return 2;
    }
    if (strcmp(words[0], "show") != 0)
        return act_nc(ctl, count, words);
    CLEAN(clean_text) char *path = text_format("/api/findings/%s", words[1]);
    if (ctl_get(ctl, path, NULL, &body, &error))
        return ctl_fail(&error);
    if (ctl->json)
        return ctl_print_json(body);
    print_finding(body);
    return 0;
}
