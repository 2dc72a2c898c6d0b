/* What is: status, collectors, measures, objectives, evidence. */
#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "base/json.h"
#include "base/text.h"
#include "ctl/ctl.h"

/* Fetches, and prints as JSON where that was asked for; 1 when there is more to print. */
static int fetch(const struct ctl *ctl, const char *path, json_t **ret)
{
    CLEAN(error_finish) struct error error = {0};
    if (ctl_get(ctl, path, NULL, ret, &error)) {
        ctl_fail(&error);
        return -1;
    }
    return ctl->json ? ctl_print_json(*ret) : 1;
}

static void print_counts(const char *title, const json_t *counts)
{
    const char *name;
    json_t *value;
    printf("%-12s", title);
    json_object_foreach ((json_t *)counts, name, value) {
        CLEAN(clean_text) char *word = table_word(value);
        printf(" %s %s ", word, name);
    }
    putchar('\n');
}

int show_status(const struct ctl *ctl, int count, char **words)
{
    static const char *const groups[] = {"measures", "findings", "collectors", "outbox"};
    CLEAN(clean_json) json_t *body = NULL;
    size_t index;
    json_t *note;
    (void)count;
    (void)words;
    int more = fetch(ctl, "/api/status", &body);
    if (more != 1)
        return more < 0;
    const json_t *ledger = json_object_get(body, "ledger");
    printf("conformd %s, %s, since %s\n", json_text_of(body, "version", ""),
           json_flag_of(body, "ready", false) ? "ready" : "not ready",
           json_text_of(body, "started_at", "-"));
    printf("%-12s %s\n", "state", json_text_of(body, "state_dir", ""));
    printf("%-12s %lld leaves, root %s\n", "ledger", (long long)json_integer_of(ledger, "size", 0),
           json_text_of(ledger, "root", ""));
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        print_counts(groups[i], json_object_get(body, groups[i]));
    json_array_foreach (json_object_get(body, "notes"), index, note)
        printf("%-12s %s\n", index ? "" : "note", json_string_value(note));
    return 0;
}

int show_collectors(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    size_t index;
    json_t *row;
    (void)count;
    (void)words;
    int more = fetch(ctl, "/api/collectors", &body);
    if (more != 1)
        return more < 0;
    struct table *table = table_new(6);
    table_row(table, "COLLECTOR", "PLUGIN", "STATE", "READINGS", "LAST RUN",
              ctl->sandbox ? "SANDBOX" : "REASON");
    json_array_foreach (json_object_get(body, "collectors"), index, row) {
        const json_t *last = json_object_get(row, "last_run");
        CLEAN(clean_text) char *readings = table_word(json_object_get(last, "readings"));
        CLEAN(clean_text)
        char *sandbox = json_dumps(json_object_get(row, "sandbox"), JSON_COMPACT | JSON_ENCODE_ANY);
        table_row(table, json_text_of(row, "name", ""), json_text_of(row, "plugin", ""),
                  json_text_of(row, "state", ""), readings, json_text_of(last, "ended_at", ""),
                  ctl->sandbox ? sandbox : json_text_of(row, "reason", ""));
    }
    table_print(table);
    return 0;
}

static void print_measure(const json_t *row)
{
    static const char *const keys[] = {"name",       "state", "reason",    "value",  "unit",
                                       "formula",    "since", "judged_at", "status", "decided_by",
                                       "population", "owner", "urgency",   "why",    "if_missed"};
    const json_t *criterion = json_object_get(row, "criterion");
    struct table *table = table_new(2);
    table_row(table, "id", json_text_of(row, "id", ""));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        CLEAN(clean_text) char *word = table_word(json_object_get(row, keys[i]));
        table_row(table, keys[i], word);
    }
    table_row(table, "target", json_text_of(criterion, "target", ""));
    table_row(table, "tolerance", json_text_of(criterion, "tolerance", ""));
    table_row(table, "for", json_text_of(criterion, "for", ""));
    table_row(table, "recover", json_text_of(criterion, "recover", ""));
    CLEAN(clean_text)
    char *evidence = json_dumps(json_object_get(row, "evidence"), JSON_COMPACT | JSON_ENCODE_ANY);
    table_row(table, "evidence", evidence);
    CLEAN(clean_text) char *finding = table_word(json_object_get(row, "finding"));
    table_row(table, "finding", finding);
    table_print(table);
}

static const char *standing(const json_t *row)
{
    if (json_flag_of(row, "would_raise", false))
        return "trial, would raise";
    return json_text_of(row, "status", "");
}

int show_measures(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    CLEAN(clean_text)
    char *path = count ? text_format("/api/measures/%s", words[0]) : strdup("/api/measures");
    size_t index;
    json_t *row;
    int more = fetch(ctl, path, &body);
    if (more != 1)
        return more < 0;
    if (count) {
        print_measure(body);
        return 0;
    }
    struct table *table = table_new(6);
    table_row(table, "MEASURE", "STATE", "VALUE", "STATUS", "NAME", "REASON");
    json_array_foreach (json_object_get(body, "measures"), index, row) {
        CLEAN(clean_text) char *value = table_word(json_object_get(row, "value"));
        table_row(table, json_text_of(row, "id", ""), json_text_of(row, "state", ""), value,
                  standing(row), json_text_of(row, "name", ""), json_text_of(row, "reason", ""));
    }
    table_print(table);
    return 0;
}

int show_objectives(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    size_t index;
    json_t *row;
    (void)count;
    (void)words;
    int more = fetch(ctl, "/api/objectives", &body);
    if (more != 1)
        return more < 0;
    struct table *table = table_new(6);
    table_row(table, "OBJECTIVE", "STATE", "STATUS", "DUE", "RESPONSIBLE", "STATEMENT");
    json_array_foreach (json_object_get(body, "objectives"), index, row)
        table_row(table, json_text_of(row, "id", ""), json_text_of(row, "state", ""),
                  json_text_of(row, "status", ""), json_text_of(row, "due", ""),
                  json_text_of(row, "responsible", ""), json_text_of(row, "statement", ""));
    table_print(table);
    return 0;
}

int show_evidence(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    bool one = strcmp(words[0], "show") == 0;
    if ((!one && strcmp(words[0], "list") != 0) || one != (count == 2)) {
        fprintf(stderr, "usage: conformctl evidence list | show INDEX\n");
        return 2;
    }
    CLEAN(clean_text)
    char *path = one ? text_format("/api/evidence/%s", words[1]) : strdup("/api/evidence?limit=50");
    int more = fetch(ctl, path, &body);
    if (more != 1)
        return more < 0;
    if (one)
        return ctl_print_json(body);
    size_t index;
    json_t *row;
    struct table *table = table_new(3);
    table_row(table, "INDEX", "TYPE", "TIME");
    json_array_foreach (json_object_get(body, "leaves"), index, row) {
        const json_t *leaf = json_object_get(row, "leaf");
        CLEAN(clean_text) char *number = table_word(json_object_get(row, "index"));
        table_row(table, number, json_text_of(leaf, "t", ""), json_text_of(leaf, "ts", ""));
    }
    table_print(table);
    return 0;
}
