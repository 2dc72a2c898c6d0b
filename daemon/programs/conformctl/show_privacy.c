/* privacy: which records there are, where, how long, and why they may be kept; whose names. */
#include <stdio.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "programs/conformctl/ctl.h"

static void print_class(const json_t *class)
{
    static const char *const keys[] = {"description", "location", "protection",
                                       "retention",   "disposal", NULL};
    const char *basis = json_text_of(class, "legal_basis", "");
    struct table *table = ctl_table_new(2);
    ctl_table_row(table, json_text_of(class, "id", ""),
                  json_flag_of(class, "own", false) ? "kept by conformd" : "kept elsewhere");
    for (int i = 0; keys[i]; i++)
        ctl_table_row(table, keys[i], json_text_of(class, keys[i], ""));
    ctl_table_row(table, "legal_basis",
                  *basis ? basis : "not stated: it can be stated in the setting record_classes");
    ctl_table_print_details(table);
}

/* "user, source of log_auth_failures" */
static void append_labels(struct buffer *text, const json_t *attribute)
{
    size_t index;
    json_t *label;
    json_array_foreach (json_object_get(attribute, "labels"), index, label)
        buffer_print(text, "%s%s", index ? ", " : "", json_string_value(label));
    buffer_print(text, " of %s", json_text_of(attribute, "attribute", ""));
}

static void print_personal(const json_t *row)
{
    CLEAN(buffer_finish) struct buffer labels = {0};
    size_t index;
    json_t *attribute;
    struct table *table = ctl_table_new(2);
    const char *basis = json_text_of(row, "legal_basis", "");
    json_array_foreach (json_object_get(row, "labels"), index, attribute) {
        buffer_text(&labels, index ? "; " : "");
        append_labels(&labels, attribute);
    }
    ctl_table_row(table, json_text_of(row, "name", ""), "personal labels of this collector");
    ctl_table_row(table, "labels", labels.data ? labels.data : "");
    ctl_table_row(table, "kept as", json_text_of(row, "kept", ""));
    ctl_table_row(table, "legal_basis", *basis ? basis : "none stated");
    if (*basis) {
        ctl_table_row(table, "reviewed_by", json_text_of(row, "reviewed_by", ""));
        ctl_table_row(table, "review_due", json_text_of(row, "review_due", ""));
    }
    if (json_flag_of(row, "review_overdue", false))
        ctl_table_row(table, "review", "overdue: pseudonyms until it is reviewed");
    ctl_table_print_details(table);
    putchar('\n');
}

static void print_key(const json_t *key)
{
    struct table *table = ctl_table_new(2);
    CLEAN(clean_text) char *since = ctl_word_of_time_in(key, "since");
    ctl_table_row(table, "pseudonym key", json_text_of(key, "id", ""));
    ctl_table_row(table, "in use since", since);
    ctl_table_print_details(table);
    putchar('\n');
}

int ctl_show_privacy(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    size_t index;
    json_t *class, *row;
    (void)count;
    (void)words;
    int status = ctl_fetch(ctl, "/api/privacy", NULL, &body);
    if (status >= 0)
        return status;
    print_key(json_object_get(body, "pseudonym_key"));
    json_array_foreach (json_object_get(body, "personal"), index, row)
        print_personal(row);
    json_array_foreach (json_object_get(body, "record_classes"), index, class) {
        if (index)
            putchar('\n');
        print_class(class);
    }
    return CTL_DONE;
}
