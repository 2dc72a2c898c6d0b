/* What changes something: each goes through the control socket, in the caller's name. */
#include <stdio.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

/* Acts, and prints as JSON where that was asked for. ACT_MORE: there is more to print, else the
 * exit status. */
enum { ACT_MORE = -1 };
static int act(const struct ctl *ctl, enum act_name name, char *const *words, json_t **ret)
{
    CLEAN(error_finish) struct error error = {0};
    json_t *arguments = NULL;
    int status = ctl_read_act(ctl, act_row_of(name), words, &arguments);
    if (status != CTL_DONE)
        return status;
    if (ctl_act(ctl, act_row_words[name], arguments, ret, &error))
        return ctl_fail(&error);
    return ctl->json ? ctl_print_json(*ret) : ACT_MORE;
}

static void print_adopted(const json_t *row)
{
    size_t index;
    json_t *item;
    printf("%s %s: %s%s%s\n", json_text_of(row, "id", ""), json_text_of(row, "name", ""),
           json_text_of(row, "state", ""),
           json_flag_of(row, "would_raise", false) ? ", a gap: it is raised now" : "",
           *json_text_of(row, "reason", "") ? " (see conformctl measures)" : "");
    json_array_foreach (json_object_get(row, "baseline"), index, item) {
        CLEAN(clean_text) char *text = ctl_word_of_labels(item);
        printf("    adopted as present: %s\n", text ? text : "");
    }
}

int ctl_act_adopt(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    size_t index;
    json_t *row;
    (void)count;
    int status = act(ctl, ACT_ADOPT, words, &body);
    if (status != ACT_MORE)
        return status;
    json_array_foreach (json_object_get(body, "measures"), index, row)
        print_adopted(row);
    if (!json_array_size(json_object_get(body, "measures")))
        printf("no measure is on trial\n");
    else if (ctl->dry_run)
        printf("nothing was changed; conformctl adopt ends the trial\n");
    return 0;
}

int ctl_act_approve(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    (void)count;
    int status = act(ctl, ACT_APPROVE, words, &body);
    if (status != ACT_MORE)
        return status;
    printf("%s %s approved by %s, text %s\n", json_text_of(body, "kind", ""),
           json_text_of(body, "id", ""), json_text_of(body, "approved_by", ""),
           json_text_of(body, "hash", ""));
    return 0;
}

int ctl_act_open(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    (void)count;
    int status = act(ctl, ACT_OPEN, words, &body);
    if (status != ACT_MORE)
        return status;
    printf("%s\n", json_text_of(body, "url", ""));
    CLEAN(clean_text) char *until = ctl_word_of_time_in(body, "expires_at");
    fprintf(stderr, "usable once, until %s\n", until);
    return 0;
}

static void print_reading(struct table *table, const json_t *row)
{
    const json_t *text = json_object_get(row, "text");
    CLEAN(clean_text) char *labels = ctl_word_of_labels(json_object_get(row, "labels"));
    CLEAN(clean_text) char *value = ctl_word_of(text ? text : json_object_get(row, "value"));
    ctl_table_row(table, json_text_of(row, "attribute", ""), value, labels);
}

int ctl_act_collect(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    size_t index;
    const char *name;
    json_t *row;
    (void)count;
    int status = act(ctl, ACT_COLLECT, words, &body);
    if (status != ACT_MORE)
        return status;
    struct table *table = ctl_table_new(3);
    ctl_table_row(table, "ATTRIBUTE", "VALUE", "LABELS");
    json_array_foreach (json_object_get(body, "readings"), index, row)
        print_reading(table, row);
    ctl_table_print(table);
    json_object_foreach (json_object_get(body, "missing"), name, row)
        printf("missing: %s: %s\n", name, json_string_value(row));
    printf("%s: %s%s%s, evidence %lld\n", words[0], json_text_of(body, "outcome", ""),
           *json_text_of(body, "reason", "") ? ": " : "", json_text_of(body, "reason", ""),
           (long long)json_integer_of(body, "evidence", -1));
    return strcmp(json_text_of(body, "outcome", ""), "well") != 0 &&
           strcmp(json_text_of(body, "outcome", ""), "partial") != 0;
}

int ctl_act_alert(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    (void)count;
    if (strcmp(words[0], "test") != 0)
        return ctl_usage(ctl);
    int status = act(ctl, ACT_ALERT_TEST, words + 1, &body);
    if (status != ACT_MORE)
        return status;
    long long channels = json_integer_of(body, "channels", 0);
    printf("a test is on its way through %lld %s\n", channels,
           channels == 1 ? "channel" : "channels");
    return 0;
}

int ctl_act_nc(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    bool take = strcmp(words[0], "take") == 0;
    (void)count;
    if (!take && strcmp(words[0], "dismiss") != 0)
        return ctl_usage(ctl);
    int status = act(ctl, take ? ACT_NC_TAKE : ACT_NC_DISMISS, words + 1, &body);
    if (status != ACT_MORE)
        return status;
    printf("%s is %s\n", json_text_of(body, "ref", ""), json_text_of(body, "state", ""));
    return 0;
}
