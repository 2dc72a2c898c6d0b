/* Canonical JSON text, reading with limits, members with presets. */
#include "ground/base/json.h"

#include <math.h>
#include <string.h>

#include "ground/base/text.h"

char *json_canonical(const json_t *json)
{
    return json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

int json_read(const char *text, size_t length, json_t **ret, struct error *error)
{
    json_error_t why;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!json)
        return error_set(error, ERROR_FORMAT, "line %d, column %d: %s", why.line, why.column,
                         why.text);
    *ret = json;
    return 0;
}

const char *json_text_of(const json_t *object, const char *key, const char *preset)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : preset;
}

int64_t json_integer_of(const json_t *object, const char *key, int64_t preset)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : preset;
}

double json_number_of(const json_t *object, const char *key, double preset)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : preset;
}

bool json_flag_of(const json_t *object, const char *key, bool preset)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : preset;
}

int json_set_double(json_t *object, const char *key, double value)
{
    char text[TEXT_DOUBLE_SIZE];
    if (isfinite(value))
        return json_object_set_new(object, key, json_real(value)) ? ERROR_MEMORY : 0;
    text_from_double(value, text);
    return json_object_set_new(object, key, json_string(text)) ? ERROR_MEMORY : 0;
}
