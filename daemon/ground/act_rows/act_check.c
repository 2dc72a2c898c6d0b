/* A request's arguments against the row of its act. */
#include <stdbool.h>
#include <string.h>

#include "ground/act_rows/act_row.h"
#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"

static const char *found_text(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "nothing";
}

static const char *allowed_text(enum act_kind kind)
{
    switch (kind) {
    case ACT_TEXT:
        return "a text";
    case ACT_TEXTS:
        return "a list of texts";
    case ACT_FLAG:
        return "true or false";
    }
    return "nothing";
}

static bool is_of_kind(const json_t *value, enum act_kind kind)
{
    size_t index;
    json_t *item;
    if (kind != ACT_TEXTS)
        return kind == ACT_TEXT ? json_is_string(value) : json_is_boolean(value);
    if (!json_is_array(value))
        return false;
    json_array_foreach ((json_t *)(uintptr_t)value, index, item) {
        if (!json_is_string(item))
            return false;
    }
    return true;
}

static int refuse_name(const struct act_row *row, const char *name, struct error *error)
{
    CLEAN(buffer_finish) struct buffer names = {0};
    for (const struct act_field *field = row->fields; field->name; field++)
        buffer_print(&names, "%s%s", names.length ? ", " : "", field->name);
    if (!names.length)
        return error_set(error, ERROR_FORMAT, "%s: found \"%s\"; it takes nothing",
                         act_row_words[row->name], name);
    return error_set(error, ERROR_FORMAT, "%s: found \"%s\", allowed are %s",
                     act_row_words[row->name], name, names.data);
}

static int check_choice(const struct act_row *row, const struct act_field *field, const char *text,
                        struct error *error)
{
    CLEAN(buffer_finish) struct buffer words = {0};
    for (const char *const *word = field->choices; *word; word++) {
        if (strcmp(*word, text) == 0)
            return 0;
        buffer_print(&words, "%s%s", words.length ? ", " : "", *word);
    }
    return error_set(error, ERROR_FORMAT, "%s: %s: found \"%s\", allowed are %s",
                     act_row_words[row->name], field->name, text, words.data ? words.data : "");
}

static int check_field(const struct act_row *row, const struct act_field *field,
                       const json_t *value, struct error *error)
{
    if (value && !is_of_kind(value, field->kind))
        return error_set(error, ERROR_FORMAT, "%s: %s: found %s, allowed is %s",
                         act_row_words[row->name], field->name,
                         json_is_array(value) && field->kind == ACT_TEXTS ? "a list of others"
                                                                          : found_text(value),
                         allowed_text(field->kind));
    const char *text = json_string_value(value);
    if ((field->traits & ACT_REQUIRED) && (!text || !*text))
        return error_set(error, ERROR_FORMAT, "%s: %s is missing: %s", act_row_words[row->name],
                         field->name, field->help);
    return text && field->choices ? check_choice(row, field, text, error) : 0;
}

int act_row_check(const struct act_row *row, const json_t *arguments, struct error *error)
{
    const char *name;
    json_t *value;
    if (arguments && !json_is_object(arguments))
        return error_set(error, ERROR_FORMAT, "%s: arguments: found %s, allowed is an object",
                         act_row_words[row->name], found_text(arguments));
    json_object_foreach ((json_t *)(uintptr_t)arguments, name, value) {
        if (!act_row_field(row, name) || strchr(name, '-'))
            return refuse_name(row, name, error);
    }
    int code = 0;
    for (const struct act_field *field = row->fields; field->name && !code; field++)
        code = check_field(row, field, json_object_get(arguments, field->name), error);
    return code;
}
