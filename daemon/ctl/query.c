/* query: a formula at one time, or over a range. */
#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "base/json.h"
#include "base/text.h"
#include "ctl/ctl.h"

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

/* {name="x"} value, one a line, as promtool prints it. */
static void print_labels(const json_t *metric)
{
    const char *name;
    json_t *value;
    const char *mark = "{";
    fputs(json_text_of(metric, "__name__", ""), stdout);
    json_object_foreach ((json_t *)metric, name, value) {
        if (strcmp(name, "__name__") == 0)
            continue;
        CLEAN(clean_text) char *word = table_word(value);
        printf("%s%s=\"%s\"", mark, name, word);
        mark = ",";
    }
    fputs(*mark == '{' && json_object_size(metric) ? "" : *mark == '{' ? "{}" : "}", stdout);
}

static void print_point(const json_t *point)
{
    char time[TEXT_TIME_SIZE];
    text_from_time((int64_t)(json_number_value(json_array_get(point, 0)) * 1000), time);
    printf(" %s  %s\n", json_string_value(json_array_get(point, 1)), time);
}

static void print_row(const json_t *row)
{
    const json_t *values = json_object_get(row, "values");
    size_t index;
    json_t *point;
    print_labels(json_object_get(row, "metric"));
    if (!values)
        print_point(json_object_get(row, "value"));
    else
        putchar('\n');
    json_array_foreach (values, index, point)
        print_point(point);
}

int query_run(const struct ctl *ctl, int count, char **words)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_json) json_t *body = NULL;
    CLEAN(clean_json) json_t *query = json_pack("{s:s}", "query", words[0]);
    bool range = ctl->from || ctl->to || ctl->step;
    size_t index;
    json_t *row;
    (void)count;
    if (range && !(ctl->from && ctl->to && ctl->step)) {
        fprintf(stderr, "conformctl: a range needs --from T, --to T and --step D\n");
        return 2;
    }
    set_text(query, "time", ctl->at);
    set_text(query, "start", ctl->from);
    set_text(query, "end", ctl->to);
    set_text(query, "step", ctl->step);
    if (ctl_get(ctl, range ? "/api/v1/query_range" : "/api/v1/query", query, &body, &error))
        return ctl_fail(&error);
    if (ctl->json)
        return ctl_print_json(body);
    const json_t *data = json_object_get(body, "data");
    const json_t *result = json_object_get(data, "result");
    const char *type = json_text_of(data, "resultType", "");
    if (strcmp(type, "scalar") == 0 || strcmp(type, "string") == 0) {
        print_point(result);
        return 0;
    }
    if (!json_array_size(result))
        fprintf(stderr, "no series answers\n");
    json_array_foreach (result, index, row)
        print_row(row);
    return 0;
}
