/* What is: collectors, objectives, evidence. */
#include <stdio.h>
#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

static const char *reason_of(const json_t *row)
{
    const char *reason = json_text_of(row, "reason", "");
    return *reason ? reason : json_text_of(json_object_get(row, "last_run"), "reason", "");
}

static void add_texts(struct buffer *words, const char *before, const char *between,
                      const json_t *texts)
{
    size_t index;
    const json_t *text;
    json_array_foreach (texts, index, text)
        buffer_print(words, "%s%s", index ? between : before, json_string_value(text));
}

/* What holds the process of the last run, what its needs opened, and what holds less than it might.
 */
static char *words_of_sandbox(const json_t *sandbox)
{
    struct buffer words = {0};
    int64_t landlock = json_integer_of(sandbox, "landlock", -1);
    if (landlock < 0)
        return strdup("no process has reported it yet");
    if (landlock > 0)
        buffer_print(&words, "Landlock ABI %lld", (long long)landlock);
    else
        buffer_text(&words, "no Landlock");
    buffer_text(&words, json_flag_of(sandbox, "seccomp", false) ? ", seccomp" : ", no seccomp");
    add_texts(&words, "; reads ", ", ", json_object_get(sandbox, "reads"));
    add_texts(&words, "; but: ", "; ", json_object_get(sandbox, "left_out"));
    return buffer_take(&words);
}

static void print_collectors(const struct ctl *ctl, const json_t *rows)
{
    static const char *const ranks[] = {"failed",   "absent",  "partial", "starting", "standby",
                                        "disabled", "stopped", "well",    NULL};
    CLEAN(clean_json) json_t *sorted = ctl_sorted_rows(rows, "state", ranks, "name");
    size_t index;
    json_t *row;
    struct table *table = ctl_table_new(7);
    ctl_table_row(table, "COLLECTOR", "PLUGIN", "STATE", "READINGS", "LAST RUN", "SELFTEST",
                  ctl->sandbox ? "SANDBOX" : "REASON");
    json_array_foreach (sorted, index, row) {
        const json_t *last = json_object_get(row, "last_run");
        CLEAN(clean_text) char *readings = ctl_word_of(json_object_get(last, "readings"));
        CLEAN(clean_text) char *ended = ctl_word_of_time_in(last, "ended_at");
        CLEAN(clean_text) char *sandbox = words_of_sandbox(json_object_get(row, "sandbox"));
        ctl_table_row(table, json_text_of(row, "name", ""), json_text_of(row, "plugin", ""),
                      json_text_of(row, "state", ""), readings, ended,
                      json_text_of(json_object_get(row, "selftest"), "status", "-"),
                      ctl->sandbox ? (sandbox ? sandbox : "") : reason_of(row));
    }
    ctl_table_print(table);
    json_array_foreach (sorted, index, row) {
        if (json_flag_of(row, "pushed", false))
            printf("%s is pushed: a crash loses %s\n", json_text_of(row, "name", ""),
                   json_text_of(row, "crash_loses", ""));
    }
}

int ctl_show_collectors(const struct ctl *ctl, int count, char **words)
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
    CLEAN(clean_json) json_t *sorted = ctl_sorted_rows(rows, "state", ranks, "id");
    size_t index;
    json_t *row;
    struct table *table = ctl_table_new(6);
    ctl_table_row(table, "OBJECTIVE", "STATE", "STATUS", "DUE", "RESPONSIBLE", "STATEMENT");
    json_array_foreach (sorted, index, row)
        ctl_table_row(table, json_text_of(row, "id", ""), json_text_of(row, "state", ""),
                      json_text_of(row, "status", ""), json_text_of(row, "due", ""),
                      json_text_of(row, "responsible", ""), json_text_of(row, "statement", ""));
    ctl_table_print(table);
}

int ctl_show_objectives(const struct ctl *ctl, int count, char **words)
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
    struct table *table = ctl_table_new(3);
    ctl_table_row(table, "INDEX", "TYPE", "TIME");
    json_array_foreach ((json_t *)leaves, index, row) {
        const json_t *leaf = json_object_get(row, "leaf");
        CLEAN(clean_text) char *number = ctl_word_of(json_object_get(row, "index"));
        CLEAN(clean_text) char *time = ctl_word_of_time_in(leaf, "ts");
        ctl_table_row(table, number, json_text_of(leaf, "t", ""), time);
    }
    ctl_table_print(table);
}

int ctl_show_evidence(const struct ctl *ctl, int count, char **words)
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
