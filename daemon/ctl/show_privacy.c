/* privacy: which records there are, where, how long, and why they may be kept. */
#include <stdio.h>

#include "base/clean.h"
#include "base/json.h"
#include "ctl/ctl.h"

static void print_class(const json_t *class)
{
    static const char *const keys[] = {"description", "location", "protection",
                                       "retention",   "disposal", NULL};
    const char *basis = json_text_of(class, "legal_basis", "");
    struct table *table = table_new(2);
    table_row(table, json_text_of(class, "id", ""),
              json_flag_of(class, "own", false) ? "kept by conformd" : "kept elsewhere");
    for (int i = 0; keys[i]; i++)
        table_row(table, keys[i], json_text_of(class, keys[i], ""));
    table_row(table, "legal_basis",
              *basis ? basis : "not stated: the setting record_classes takes it");
    table_print_details(table);
}

int show_privacy(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    size_t index;
    json_t *class;
    (void)count;
    (void)words;
    int status = ctl_fetch(ctl, "/api/privacy", NULL, &body);
    if (status >= 0)
        return status;
    json_array_foreach (json_object_get(body, "record_classes"), index, class) {
        if (index)
            putchar('\n');
        print_class(class);
    }
    return CTL_DONE;
}
