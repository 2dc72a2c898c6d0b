/* Functions of time: the evaluation's, a sample's, and the parts of a date (UTC). */
#include <math.h>
#include <string.h>

#include "evaluation/promql/functions/functions.h"

#define DATE_LIMIT_S 1e14 /* seconds; three million years either way */

int promql_call_time(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                     struct operand *ret)
{
    (void)evaluation, (void)node;
    ret->scalar = (double)time_ms / 1000;
    return 0;
}

/* Of a selector the samples' own times; of anything else that of the evaluation. */
int promql_call_timestamp(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                          struct operand *ret)
{
    bool own = promql_node_unwrap(node->child[0])->kind == NODE_SELECTOR;
    int code = promql_evaluate_vector(evaluation, node->child[0], time_ms, &ret->vector);
    for (size_t i = 0; !code && i < ret->vector.count; i++) {
        struct sample *sample = &ret->vector.item[i];
        sample->value = (double)(own ? sample->time_ms : time_ms) / 1000;
        code = promql_tag_bare(evaluation, sample->tag, &sample->tag);
    }
    return code;
}

struct date {
    int64_t days;   /* since 1970-01-01 */
    int64_t second; /* of the day */
    int64_t year;
    int64_t month;       /* from 1 */
    int64_t day;         /* of the month, from 1 */
    int64_t day_of_year; /* from 1 */
};

static int64_t divide_down(int64_t value, int64_t by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_of_month(int64_t year, int64_t month)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* The proleptic Gregorian calendar, in eras of 400 years. */
static struct date date_of(int64_t seconds)
{
    struct date date = {.days = divide_down(seconds, 86400)};
    date.second = seconds - date.days * 86400;
    int64_t era = divide_down(date.days, 146097);
    int64_t rest = date.days - era * 146097;
    date.year = 1970 + era * 400;
    while (rest >= (is_leap(date.year) ? 366 : 365))
        rest -= is_leap(date.year++) ? 366 : 365;
    date.day_of_year = rest + 1;
    date.month = 1;
    while (rest >= days_of_month(date.year, date.month))
        rest -= days_of_month(date.year, date.month++);
    date.day = rest + 1;
    return date;
}

static double part_of(const char *part, double seconds)
{
    /* Prometheus makes up a date of NaN; what is unknown stays unknown here. */
    if (!(fabs(seconds) < DATE_LIMIT_S))
        return (double)NAN;
    struct date date = date_of((int64_t)seconds);
    int64_t value;
    if (strcmp(part, "minute") == 0)
        value = date.second / 60 % 60;
    else if (strcmp(part, "hour") == 0)
        value = date.second / 3600;
    else if (strcmp(part, "day_of_month") == 0)
        value = date.day;
    else if (strcmp(part, "day_of_year") == 0)
        value = date.day_of_year;
    else if (strcmp(part, "day_of_week") == 0)
        value = ((date.days + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; Sunday is 0 */
    else if (strcmp(part, "days_in_month") == 0)
        value = days_of_month(date.year, date.month);
    else
        value = strcmp(part, "month") == 0 ? date.month : date.year;
    return (double)value;
}

/* Of each value as a time in seconds, or of the evaluation's time without an argument. */
int promql_call_date(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                     struct operand *ret)
{
    static const struct labels none = {0};
    const char *part = node->function->name;
    if (!node->children) {
        struct tag *tag;
        int64_t seconds = time_ms / 1000;
        int code = promql_tag_intern(evaluation, &none, &tag);
        if (!code)
            code = promql_vector_new(evaluation, 1, &ret->vector);
        if (!code)
            promql_vector_push(&ret->vector, tag, time_ms, part_of(part, (double)seconds));
        return code;
    }
    int code = promql_evaluate_vector(evaluation, node->child[0], time_ms, &ret->vector);
    for (size_t i = 0; !code && i < ret->vector.count; i++) {
        struct sample *sample = &ret->vector.item[i];
        sample->value = part_of(part, sample->value);
        sample->time_ms = time_ms;
        code = promql_tag_bare(evaluation, sample->tag, &sample->tag);
    }
    return code;
}
