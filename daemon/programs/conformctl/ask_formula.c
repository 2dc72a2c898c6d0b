/* query: a formula at one time, or over a range. */
#include <stdio.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

/* A time as it may be typed; false where it is none. */
static bool set_time(json_t *query, const char *key, const char *typed)
{
    CLEAN(clean_text) char *time = typed ? ctl_word_to_time(typed) : NULL;
    if (typed && !time)
        fprintf(stderr,
                "conformctl: \"%s\" is not a time; allowed are now, -1h (ago) and RFC 3339, as "
                "2026-11-22T06:00:00Z\n",
                typed);
    if (time)
        json_object_set_new(query, key, json_string(time));
    return !typed || time;
}

static bool set_times(const struct ctl *ctl, json_t *query)
{
    if (ctl->step)
        json_object_set_new(query, "step", json_string(ctl->step));
    return set_time(query, "time", ctl->at) && set_time(query, "start", ctl->from) &&
           set_time(query, "end", ctl->to);
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
        const char *text = json_string_value(value);
        CLEAN(clean_text) char *word = text_printable(text ? text : "", json_string_length(value));
        printf("%s%s=\"%s\"", mark, name, word ? word : "");
        mark = ",";
    }
    fputs(*mark == '{' && json_object_size(metric) ? "" : *mark == '{' ? "{}" : "}", stdout);
}

static void print_point(const json_t *point)
{
    char exact[TEXT_TIME_SIZE];
    text_from_time((int64_t)(json_number_value(json_array_get(point, 0)) * 1000), exact);
    CLEAN(clean_text) char *time = ctl_word_of_time(exact);
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

static int print_answer(const json_t *data)
{
    const json_t *result = json_object_get(data, "result");
    const char *type = json_text_of(data, "resultType", "");
    size_t index;
    json_t *row;
    if (strcmp(type, "scalar") == 0 || strcmp(type, "string") == 0) {
        print_point(result);
        return CTL_DONE;
    }
    if (!json_array_size(result))
        fprintf(stderr, "no series answers\n");
    json_array_foreach (result, index, row)
        print_row(row);
    return CTL_DONE;
}

int ctl_query_run(const struct ctl *ctl, int count, char **words)
{
    CLEAN(clean_json) json_t *body = NULL;
    CLEAN(clean_json) json_t *query = json_pack("{s:s}", "query", words[0]);
    bool range = ctl->from || ctl->to || ctl->step;
    (void)count;
    if (range && (ctl->at || !(ctl->from && ctl->to && ctl->step))) {
        fprintf(stderr, "conformctl: a range needs --from T, --to T and --step D, and no --at\n");
        return CTL_USAGE;
    }
    if (!set_times(ctl, query))
        return CTL_USAGE;
    int status = ctl_fetch(ctl, range ? "/api/v1/query_range" : "/api/v1/query", query, &body);
    return status >= 0 ? status : print_answer(json_object_get(body, "data"));
}
