/* status: what wants attention, then the counts. */
#include <stdio.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

/* A count that should be zero, and what shows more. */
static const struct wanted {
    const char *group;
    const char *name;
    const char *one;
    const char *more;
    const char *command;
} wanted[] = {
    {"findings", "candidates", "finding waits to be taken or dismissed",
     "findings wait to be taken or dismissed", "nc list --state candidate"},
    {"measures", "missed", "measure is missed", "measures are missed", "measures"},
    {"collectors", "failed", "collector fails", "collectors fail", "collectors"},
    {"collectors", "absent", "collector's source is not there", "collectors' sources are not there",
     "collectors"},
    {"collectors", "partial", "collector reads only a part", "collectors read only a part",
     "collectors"},
    {"measures", "unknown", "measure is unknown", "measures are unknown", "measures"},
    {"measures", "at_risk", "measure is at risk", "measures are at risk", "measures"},
    {"outbox", "failed", "message could not be delivered", "messages could not be delivered", NULL},
};

static size_t print_wanted(const json_t *body)
{
    size_t printed = 0, index;
    json_t *note;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const struct wanted *row = &wanted[i];
        long long count = json_integer_of(json_object_get(body, row->group), row->name, 0);
        if (count <= 0)
            continue;
        printf("! %lld %s%s%s\n", count, count == 1 ? row->one : row->more,
               row->command ? ": conformctl " : "", row->command ? row->command : "");
        printed++;
    }
    json_array_foreach (json_object_get(body, "notes"), index, note) {
        CLEAN(clean_text) char *word = ctl_word_of(note);
        printf("! %s\n", word ? word : "");
        printed++;
    }
    return printed;
}

/* "5 met, 1 missed": what is zero is left out. */
static void print_counts(const char *title, const json_t *counts)
{
    const char *name;
    json_t *value;
    struct buffer out = {0};
    json_object_foreach ((json_t *)counts, name, value) {
        if (json_number_value(value) <= 0)
            continue;
        CLEAN(clean_text) char *word = ctl_word_of(value);
        CLEAN(clean_text) char *state = strdup(name);
        for (char *at = state; at && (at = strchr(at, '_'));)
            *at = ' ';
        buffer_print(&out, "%s%s %s", out.length ? ", " : "", word, state ? state : "");
    }
    CLEAN(clean_text) char *text = buffer_take(&out);
    printf("%-12s %s\n", title, text && *text ? text : "none");
}

int ctl_show_status(const struct ctl *ctl, int count, char **words)
{
    static const char *const groups[] = {"measures", "findings", "collectors", "outbox"};
    CLEAN(clean_json) json_t *body = NULL;
    (void)count;
    (void)words;
    int status = ctl_fetch(ctl, "/api/status", NULL, &body);
    if (status >= 0)
        return status;
    const json_t *ledger = json_object_get(body, "ledger");
    CLEAN(clean_text) char *since = ctl_word_of_time_in(body, "started_at");
    bool is_ready = json_flag_of(body, "ready", false);
    if (!is_ready)
        printf("! conformd is not ready\n");
    if (!print_wanted(body) && is_ready)
        printf("nothing needs attention\n");
    printf("\nconformd %s on %s, %s, since %s\n", json_text_of(body, "version", ""),
           json_text_of(body, "host", "-"), is_ready ? "ready" : "not ready", since);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        print_counts(groups[i], json_object_get(body, groups[i]));
    printf("%-12s %s\n", "state", json_text_of(body, "state_dir", ""));
    printf("%-12s %lld entries, root %s\n", "ledger", (long long)json_integer_of(ledger, "size", 0),
           json_text_of(ledger, "root", ""));
    return CTL_DONE;
}
