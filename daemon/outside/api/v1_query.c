/* GET /api/v1/query and query_range. */
#include <math.h>
#include <string.h>

#include "ground/base/clean.h"
#include "outside/api/params.h"
#include "outside/api/source.h"
#include "outside/api/write.h"

enum { POINTS_MOST = 11000 };

static void clean_formula(struct promql **formula)
{
    promql_free(*formula);
}

static int parse_query(const struct call *call, struct promql **ret, struct error *error)
{
    const char *text = params_text(call, "query", 0);
    struct promql_fault fault = {0};
    int code = promql_parse(text ? text : "", ret, &fault);
    if (!code)
        return 0;
    if (code != ERROR_MEMORY)
        code = error_set(error, ERROR_RANGE, "invalid parameter \"query\": 1:%zu: parse error: %s",
                         fault.column ? fault.column : 1,
                         fault.sentence ? fault.sentence : error_text(code));
    promql_fault_finish(&fault);
    return code;
}

/* timeout is read for its form alone: evaluations end by their limits of samples and steps. */
static int read_options(const struct call *call, struct source *source,
                        struct promql_options *options, struct error *error)
{
    int64_t timeout_ms = 1, lookback_ms = 0;
    int code = params_duration(call, "timeout", &timeout_ms, error);
    code = code ? code : params_duration(call, "lookback_delta", &lookback_ms, error);
    if (code)
        return code;
    if (timeout_ms <= 0)
        return error_set(error, ERROR_RANGE,
                         "invalid parameter \"timeout\": it must be greater than zero");
    source->series = call->api->series;
    source->own_lookback = lookback_ms <= 0;
    if (source->own_lookback)
        return source_reach(call, &options->reach_ms, error);
    options->lookback_ms = lookback_ms;
    return 0;
}

/* The formula's own mistakes (many-to-many, limits) are execution errors, not bad parameters. */
static int evaluate(const struct promql *formula, const struct promql_request *request,
                    struct promql_value *ret, struct error *error)
{
    int code = promql_evaluate(formula, request, ret, error);
    return code == ERROR_RANGE || code == ERROR_LIMIT ? ERROR_STATE : code;
}

static void write_point(struct buffer *data, const struct promql_point *point)
{
    buffer_byte(data, '[');
    write_time(data, point->time_ms);
    buffer_byte(data, ',');
    write_value(data, point->value);
    buffer_byte(data, ']');
}

static void write_row(struct buffer *data, const struct promql_row *row, enum promql_type type)
{
    buffer_text(data, "{\"metric\":");
    write_labels(data, row->labels);
    if (type == PROMQL_VECTOR) {
        buffer_text(data, ",\"value\":");
        write_point(data, &row->points[0]);
    } else {
        buffer_text(data, ",\"values\":[");
        for (size_t i = 0; i < row->count; i++) {
            buffer_text(data, i ? "," : "");
            write_point(data, &row->points[i]);
        }
        buffer_byte(data, ']');
    }
    buffer_byte(data, '}');
}

static void write_rows(struct buffer *data, const struct promql_value *value)
{
    buffer_print(data, "{\"resultType\":\"%s\",\"result\":[",
                 value->type == PROMQL_VECTOR ? "vector" : "matrix");
    for (size_t i = 0; i < value->count && !data->failed; i++) {
        buffer_text(data, i ? "," : "");
        write_row(data, &value->rows[i], value->type);
    }
    buffer_text(data, "]}");
}

static void write_answer(struct buffer *data, const struct promql_value *value, int64_t time_ms)
{
    switch (value->type) {
    case PROMQL_SCALAR:
        buffer_text(data, "{\"resultType\":\"scalar\",\"result\":[");
        write_scalar_time(data, time_ms);
        buffer_byte(data, ',');
        write_scalar_value(data, value->scalar);
        buffer_text(data, "]}");
        return;
    case PROMQL_STRING:
        buffer_text(data, "{\"resultType\":\"string\",\"result\":[");
        write_scalar_time(data, time_ms);
        buffer_byte(data, ',');
        write_string(data, value->string ? value->string : "");
        buffer_text(data, "]}");
        return;
    case PROMQL_VECTOR:
    case PROMQL_MATRIX:
        write_rows(data, value);
        return;
    }
}

static int answer(const struct call *call, const struct promql *formula,
                  struct promql_request *request, struct buffer *data, struct error *error)
{
    CLEAN(promql_value_finish) struct promql_value value = {0};
    struct source source;
    int code = read_options(call, &source, &request->options, error);
    if (code)
        return code;
    request->source = source_of(&source);
    code = evaluate(formula, request, &value, error);
    if (!code)
        write_answer(data, &value, request->from_ms);
    series_release(call->api->series);
    return code;
}

int api_v1_query(struct call *call, struct buffer *data, struct error *error)
{
    CLEAN(clean_formula) struct promql *formula = NULL;
    struct promql_request request = {0};
    int code = params_time(call, "time", call->request->now_ms, &request.from_ms, error);
    code = code ? code : parse_query(call, &formula, error);
    if (code)
        return code;
    request.to_ms = request.from_ms;
    return answer(call, formula, &request, data, error);
}

/* start, end and step must be given; what is not reads as "", which is no time and no duration. */
static int read_range(const struct call *call, struct promql_request *request, struct error *error)
{
    static const char *const names[] = {"start", "end", "step"};
    for (size_t i = 0; i < 3; i++) {
        const char *text = params_text(call, names[i], 0);
        if (!text || !*text)
            return error_set(error, ERROR_RANGE,
                             "invalid parameter \"%s\": cannot parse \"\" to a valid %s", names[i],
                             i < 2 ? "timestamp" : "duration");
    }
    int code = params_time(call, "start", 0, &request->from_ms, error);
    code = code ? code : params_time(call, "end", 0, &request->to_ms, error);
    code = code ? code : params_duration(call, "step", &request->step_ms, error);
    if (code)
        return code;
    if (request->to_ms < request->from_ms)
        return error_set(error, ERROR_RANGE,
                         "invalid parameter \"end\": end timestamp must not be before start time");
    if (request->step_ms <= 0)
        return error_set(error, ERROR_RANGE,
                         "invalid parameter \"step\": zero or negative query resolution step widths"
                         " are not accepted. Try a positive integer");
    if ((request->to_ms - request->from_ms) / request->step_ms > POINTS_MOST)
        return error_set(error, ERROR_RANGE,
                         "exceeded maximum resolution of 11,000 points per timeseries. Try"
                         " decreasing the query resolution (?step=XX)");
    return 0;
}

int api_v1_query_range(struct call *call, struct buffer *data, struct error *error)
{
    CLEAN(clean_formula) struct promql *formula = NULL;
    struct promql_request request = {0};
    int code = read_range(call, &request, error);
    code = code ? code : parse_query(call, &formula, error);
    if (code)
        return code;
    enum promql_type type = promql_type(formula);
    if (type != PROMQL_SCALAR && type != PROMQL_VECTOR)
        return error_set(error, ERROR_RANGE,
                         "invalid expression type \"%s\" for range query, must be Scalar or instant"
                         " Vector",
                         type == PROMQL_MATRIX ? "range vector" : "string");
    return answer(call, formula, &request, data, error);
}
