/* What is: collectors, objectives, evidence. */
#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "base/json.h"
#include "base/text.h"
#include "ctl/ctl.h"

static const char *reason_of(const json_t *row)
{
    const char *reason = json_text_of(row, "reason", "");
    return *reason ? reason : json_text_of(json_object_get(row, "last_run"), "reason", "");
}

static void print_collectors(const struct ctl *ctl, const json_t *rows)
{
    static const char *const ranks[] = {"failed",  "absent",  "partial", "starting",
                                        "standby", "stopped", "well",    NULL};
    CLEAN(clean_json) json_t *sorted = sorted_rows(rows, "state", ranks, "name");
    size_t index;
    json_t *row;
    struct table *table = table_new(6);
    table_row(table, "COLLECTOR", "PLUGIN", "STATE", "READINGS", "LAST RUN",
              ctl->sandbox ? "SANDBOX" : "REASON");
    json_array_foreach (sorted, index, row) {
        const json_t *last = json_object_get(row, "last_run");
        CLEAN(clean_text) char *readings = word_of(json_object_get(last, "readings"));
        CLEAN(clean_text) char *ended = word_of_time_in(last, "ended_at");
        CLEAN(clean_text)
        char *sandbox = json_dumps(json_object_get(row, "sandbox"), JSON_COMPACT | JSON_ENCODE_ANY);
        table_row(table, json_text_of(row, "name", ""), json_text_of(row, "plugin", ""),
                  json_text_of(row, "state", ""), readings, ended,
                  ctl->sandbox ? sandbox : reason_of(row));
    }
    table_print(table);
}

int show_collectors(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    (void)count;
    (void)words;
    int status = ctl_fetch(ctl, "/api/collectors", NULL, &body);
    if (status >= 0)
        return status;
    const json_t *rows = json_object_get(body, "collectors");
    if (json_array_size(rows))
        print_collectors(ctl, rows);
    else
        printf("the configuration has no collectors\n");
    return CTL_DONE;
}

static void print_objectives(const json_t *rows)
{
    static const char *const ranks[] = {"missed",    "behind",   "unknown",
                                        "on_course", "achieved", NULL};
    CLEAN(clean_json) json_t *sorted = sorted_rows(rows, "state", ranks, "id");
    size_t index;
    json_t *row;
    struct table *table = table_new(6);
    table_row(table, "OBJECTIVE", "STATE", "STATUS", "DUE", "RESPONSIBLE", "STATEMENT");
    json_array_foreach (sorted, index, row)
        table_row(table, json_text_of(row, "id", ""), json_text_of(row, "state", ""),
                  json_text_of(row, "status", ""), json_text_of(row, "due", ""),
                  json_text_of(row, "responsible", ""), json_text_of(row, "statement", ""));
    table_print(table);
}

int show_objectives(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    (void)count;
    (void)words;
    int status = ctl_fetch(ctl, "/api/objectives", NULL, &body);
    if (status >= 0)
        return status;
    const json_t *rows = json_object_get(body, "objectives");
    if (json_array_size(rows))
        print_objectives(rows);
    else
        printf("the configuration has no objectives\n");
    return CTL_DONE;
}

static void print_leaves(const json_t *leaves)
{
    size_t index;
    json_t *row;
    struct table *table = table_new(3);
    table_row(table, "INDEX", "TYPE", "TIME");
    json_array_foreach ((json_t *)leaves, index, row) {
        const json_t *leaf = json_object_get(row, "leaf");
        CLEAN(clean_text) char *number = word_of(json_object_get(row, "index"));
        CLEAN(clean_text) char *time = word_of_time_in(leaf, "ts");
        table_row(table, number, json_text_of(leaf, "t", ""), time);
    }
    table_print(table);
}

int show_evidence(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    bool one = strcmp(words[0], "show") == 0;
    if ((!one && strcmp(words[0], "list") != 0) || one != (count == 2))
        return ctl_usage(ctl);
    CLEAN(clean_text)
    char *path = one ? text_format("/api/evidence/%s", words[1]) : strdup("/api/evidence?limit=50");
    int status = ctl_fetch(ctl, path, NULL, &body);
    if (status >= 0)
        return status;
    if (one)
        return ctl_print_json(body);
    print_leaves(json_object_get(body, "leaves"));
    return CTL_DONE;
}
