/* Times, durations and numbers in the parameters of a question. */
#include "outside/api/params.h"

#include <math.h>
#include <string.h>

#include "ground/base/text.h"

const char *params_text(const struct call *call, const char *name, size_t n)
{
    const json_t *value = json_object_get(call->request->query, name);
    if (json_is_array(value))
        return json_string_value(json_array_get(value, n));
    return n ? NULL : json_string_value(value);
}

/* Seconds as a number, in milliseconds. */
static int read_seconds(const char *text, int64_t *ret_ms)
{
    double seconds;
    if (text_to_double(text, &seconds))
        return ERROR_RANGE;
    double ms = round(seconds * 1000);
    if (ms < (double)PARAM_TIME_LEAST || ms > (double)PARAM_TIME_MOST)
        return ERROR_RANGE;
    *ret_ms = (int64_t)ms;
    return 0;
}

int params_time(const struct call *call, const char *name, int64_t preset_ms, int64_t *ret_ms,
                struct error *error)
{
    const char *text = params_text(call, name, 0);
    if (!text || !*text) {
        *ret_ms = preset_ms;
        return 0;
    }
    if (!read_seconds(text, ret_ms))
        return 0;
    if (strchr(text, 'T') && !text_to_time(text, ret_ms))
        return 0;
    return error_set(error, ERROR_RANGE,
                     "invalid parameter \"%s\": %scannot parse \"%s\" to a valid timestamp", name,
                     strcmp(name, "time") ? "" : "Invalid time value for 'time': ", text);
}

int params_duration(const struct call *call, const char *name, int64_t *ret_ms, struct error *error)
{
    const char *text = params_text(call, name, 0);
    if (!text || !*text || !read_seconds(text, ret_ms) || !text_to_duration(text, ret_ms))
        return 0;
    return error_set(error, ERROR_RANGE,
                     "invalid parameter \"%s\": cannot parse \"%s\" to a valid duration", name,
                     text);
}

int params_integer(const struct call *call, const char *name, int64_t most, int64_t *ret_value,
                   struct error *error)
{
    const char *text = params_text(call, name, 0);
    int64_t value;
    if (!text || !*text)
        return 0;
    if (text_to_integer(text, &value) || value < 0 || value > most)
        return error_set(error, ERROR_RANGE,
                         "invalid parameter \"%s\": \"%s\" is not a number from 0 to %lld", name,
                         text, (long long)most);
    *ret_value = value;
    return 0;
}
