/* JSON text out of jansson's values and out of samples. */
#include "outside/api/write.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

enum { DEPTH_LIMIT = 64 };

static void write_character(struct buffer *buffer, unsigned char byte)
{
    if (byte == '"' || byte == '\\')
        buffer_print(buffer, "\\%c", byte);
    else if (byte == '\n')
        buffer_text(buffer, "\\n");
    else if (byte < 0x20)
        buffer_print(buffer, "\\u%04x", byte);
    else
        buffer_byte(buffer, (char)byte);
}

void write_string(struct buffer *buffer, const char *text)
{
    CLEAN(clean_text) char *plain = NULL;
    if (!text_is_utf8(text, strlen(text))) {
        plain = text_printable(text, strlen(text));
        text = plain ? plain : "";
    }
    buffer_byte(buffer, '"');
    for (; *text; text++)
        write_character(buffer, (unsigned char)*text);
    buffer_byte(buffer, '"');
}

static void write_plain(struct buffer *buffer, const json_t *json)
{
    char number[TEXT_DOUBLE_SIZE];
    switch (json_typeof(json)) {
    case JSON_STRING:
        write_string(buffer, json_string_value(json));
        return;
    case JSON_INTEGER:
        buffer_print(buffer, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
        return;
    case JSON_REAL:
        text_from_double(json_real_value(json), number);
        buffer_text(buffer, isfinite(json_real_value(json)) ? number : "null");
        return;
    case JSON_TRUE:
        buffer_text(buffer, "true");
        return;
    case JSON_FALSE:
        buffer_text(buffer, "false");
        return;
    case JSON_NULL:
    case JSON_OBJECT:
    case JSON_ARRAY:
        buffer_text(buffer, "null");
        return;
    }
}

static int write_nested(struct buffer *buffer, const json_t *json, int depth);

static int write_array(struct buffer *buffer, const json_t *json, int depth)
{
    size_t index;
    const json_t *item;
    int code = 0;
    buffer_byte(buffer, '[');
    json_array_foreach (json, index, item) {
        buffer_text(buffer, index ? "," : "");
        code = code ? code : write_nested(buffer, item, depth + 1);
    }
    buffer_byte(buffer, ']');
    return code;
}

static int write_object(struct buffer *buffer, const json_t *json, int depth)
{
    const char *key, *comma = "";
    json_t *member, *object = (json_t *)json; /* jansson walks only what it may change */
    int code = 0;
    buffer_byte(buffer, '{');
    json_object_foreach (object, key, member) {
        buffer_text(buffer, comma);
        write_string(buffer, key);
        buffer_byte(buffer, ':');
        code = code ? code : write_nested(buffer, member, depth + 1);
        comma = ",";
    }
    buffer_byte(buffer, '}');
    return code;
}

static int write_nested(struct buffer *buffer, const json_t *json, int depth)
{
    if (depth > DEPTH_LIMIT)
        return ERROR_LIMIT;
    if (json_is_array(json))
        return write_array(buffer, json, depth);
    if (json_is_object(json))
        return write_object(buffer, json, depth);
    write_plain(buffer, json);
    return 0;
}

int write_json(struct buffer *buffer, const json_t *json, struct error *error)
{
    if (write_nested(buffer, json, 0))
        return error_set(error, ERROR_LIMIT, "a stored object is nested deeper than %d",
                         DEPTH_LIMIT);
    return 0;
}

void write_time(struct buffer *buffer, int64_t time_ms)
{
    const char *sign = time_ms < 0 ? "-" : "";
    uint64_t whole = time_ms < 0 ? 0 - (uint64_t)time_ms : (uint64_t)time_ms;
    buffer_print(buffer, "%s%" PRIu64, sign, whole / 1000);
    if (whole % 1000)
        buffer_print(buffer, ".%03" PRIu64, whole % 1000);
}

void write_scalar_time(struct buffer *buffer, int64_t time_ms)
{
    write_time(buffer, time_ms);
    if (time_ms % 1000 == 0 || buffer->failed)
        return;
    while (buffer->data[buffer->length - 1] == '0')
        buffer->data[--buffer->length] = '\0';
}

static void write_double(struct buffer *buffer, double value, bool may_be_short)
{
    char text[TEXT_PLAIN_SIZE];
    double size = fabs(value);
    buffer_byte(buffer, '"');
    if (isfinite(value) && may_be_short && value != 0 && (size < 1e-6 || size >= 1e21)) {
        buffer_print(buffer, "%.*e", text_double_digits(value) - 1, value);
    } else {
        text_plain_from_double(value, text);
        buffer_text(buffer, text);
    }
    buffer_byte(buffer, '"');
}

/* With an exponent below 1e-6 and from 1e21 on, as Prometheus chooses. */
void write_value(struct buffer *buffer, double value)
{
    write_double(buffer, value, true);
}

void write_scalar_value(struct buffer *buffer, double value)
{
    write_double(buffer, value, false);
}

void write_labels(struct buffer *buffer, const struct labels *labels)
{
    buffer_byte(buffer, '{');
    for (size_t i = 0; i < labels->count; i++) {
        buffer_text(buffer, i ? "," : "");
        write_string(buffer, labels->pair[i].name);
        buffer_byte(buffer, ':');
        write_string(buffer, labels->pair[i].value);
    }
    buffer_byte(buffer, '}');
}
