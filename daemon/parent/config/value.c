/* The types of settings: what each allows, how it is kept, and its words. */
#include "parent/config/schema.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/labels.h"
#include "ground/base/text.h"
#include "parent/config/syntax.h"

enum { FOUND_LIMIT = 80 };

struct type {
    const char *allowed;
    bool (*is_valid)(const char *text); /* of texts that are kept as they are */
};

static bool is_any(const char *text)
{
    return text != NULL;
}

static bool is_path(const char *text)
{
    return text[0] == '/';
}

static bool is_date(const char *text)
{
    int64_t ms;
    return strlen(text) == 10 && text_to_time(text, &ms) == 0;
}

static const struct type types[] = {
    [SETTING_BOOLEAN] = {"true or false", NULL},
    [SETTING_INTEGER] = {"a whole number", NULL},
    [SETTING_NUMBER] = {"a number", NULL},
    [SETTING_DURATION] = {"a duration such as \"30s\", \"15m\", \"1h\" or \"7d\"", NULL},
    [SETTING_STRING] = {"a text in quotes", is_any},
    [SETTING_NAME] = {"a name of small letters, digits, \"-\" and \"_\" that begins with a letter",
                      syntax_is_name},
    [SETTING_ID] = {"an id of letters, digits, \".\", \"-\" and \"_\" that begins with a letter",
                    syntax_is_id},
    [SETTING_METRIC] = {"an attribute's name such as \"log_auth_failures\"", labels_is_metric_name},
    [SETTING_LABEL] = {"a label's name such as \"user\"", labels_is_label_name},
    [SETTING_MARK] = {"a label's name such as \"user\", or \"valid=yes\" for one that is fixed",
                      syntax_is_mark},
    [SETTING_PATH] = {"an absolute path such as \"/var/lib/conformd\"", is_path},
    [SETTING_URL] = {"a URL such as \"https://host/path\"; http:// only to 127.0.0.1, [::1] or "
                     "localhost",
                     syntax_is_url},
    [SETTING_SECRET] = {"\"credential:NAME\", the name of a systemd credential", syntax_is_secret},
    [SETTING_LISTEN] = {"HOST:PORT such as \"127.0.0.1:9191\" or \"[::1]:9191\"", syntax_is_listen},
    [SETTING_TARGET] = {"\"/dev/log\", \"udp://HOST:PORT\" or \"tcp://HOST:PORT\"",
                        syntax_is_target},
    [SETTING_BOUND] = {"==, !=, <, <=, > or >= and a number, such as \"<= 2\"", syntax_is_bound},
    [SETTING_WHEN] = {"\"unknown\", \"met\" or a number", NULL},
    [SETTING_DATE] = {"a date such as \"2027-06-30\"", is_date},
    [SETTING_REFERENCE] = {"STANDARD:EDITION CLAUSE such as \"27001:2022 A.8.5\"",
                           syntax_is_reference},
    [SETTING_WINDOW] = {"a window HH:MM-HH:MM such as \"08:00-18:00\"", syntax_is_window},
    [SETTING_GROUP] = {"a group { ... }", NULL},
};

static bool is_within(const struct setting *setting, double value)
{
    return (setting->least == 0 && setting->most == 0) ||
           (value >= setting->least && value <= setting->most);
}

static int keep(json_t *value, json_t **ret)
{
    if (!value)
        return ERROR_MEMORY;
    *ret = value;
    return 0;
}

static int read_integer(const struct setting *setting, const json_t *raw, json_t **ret)
{
    if (!json_is_integer(raw))
        return ERROR_FORMAT;
    if (!is_within(setting, (double)json_integer_value(raw)))
        return ERROR_RANGE;
    return keep(json_integer(json_integer_value(raw)), ret);
}

static int keep_number(double value, json_t **ret)
{
    char text[TEXT_DOUBLE_SIZE];
    text_from_double(value, text);
    return keep(json_string(text), ret);
}

static int read_number(const struct setting *setting, const json_t *raw, json_t **ret)
{
    if (!json_is_number(raw))
        return ERROR_FORMAT;
    double value = json_number_value(raw);
    return is_within(setting, value) ? keep_number(value, ret) : ERROR_RANGE;
}

static int read_duration(const struct setting *setting, const json_t *raw, json_t **ret)
{
    int64_t ms;
    if (!json_is_string(raw))
        return ERROR_FORMAT;
    int error = text_to_duration(json_string_value(raw), &ms);
    if (error)
        return error;
    return is_within(setting, (double)ms) ? keep(json_integer(ms), ret) : ERROR_RANGE;
}

/* "met", "unknown", 0, 0.5 or "0.5". */
static int read_when(const json_t *raw, json_t **ret)
{
    double value;
    if (json_is_number(raw))
        return keep_number(json_number_value(raw), ret);
    const char *text = json_string_value(raw);
    if (!text)
        return ERROR_FORMAT;
    if (strcmp(text, "unknown") == 0 || strcmp(text, "met") == 0)
        return keep(json_string(text), ret);
    int error = text_to_double(text, &value);
    return error ? error : keep_number(value, ret);
}

static bool is_choice(const struct setting *setting, const char *text)
{
    const char *const *choice = setting->choices;
    while (choice && *choice && strcmp(*choice, text) != 0)
        choice++;
    return !choice || *choice;
}

static int read_text(const struct setting *setting, const json_t *raw, json_t **ret)
{
    const char *text = json_string_value(raw);
    if (!text || !types[setting->type].is_valid(text) || !is_choice(setting, text))
        return ERROR_FORMAT;
    if (!is_within(setting, (double)json_string_length(raw)))
        return ERROR_RANGE;
    return keep(json_string(text), ret);
}

int config_value_read(const struct setting *setting, const json_t *raw, json_t **ret)
{
    switch (setting->type) {
    case SETTING_BOOLEAN:
        return json_is_boolean(raw) ? keep(json_boolean(json_is_true(raw)), ret) : ERROR_FORMAT;
    case SETTING_INTEGER:
        return read_integer(setting, raw, ret);
    case SETTING_NUMBER:
        return read_number(setting, raw, ret);
    case SETTING_DURATION:
        return read_duration(setting, raw, ret);
    case SETTING_WHEN:
        return read_when(raw, ret);
    case SETTING_GROUP:
        return ERROR_FORMAT;
    default:
        return read_text(setting, raw, ret);
    }
}

json_t *config_value_preset(const struct setting *setting)
{
    CLEAN(clean_json) json_t *raw = NULL;
    json_t *value = NULL;
    double number;
    if (!setting->preset)
        return NULL;
    switch (setting->type) {
    case SETTING_BOOLEAN:
        return json_boolean(strcmp(setting->preset, "true") == 0);
    case SETTING_INTEGER:
    case SETTING_NUMBER:
        if (text_to_double(setting->preset, &number))
            return NULL;
        raw = setting->type == SETTING_NUMBER ? json_real(number) : json_integer((int64_t)number);
        break;
    default:
        raw = json_string(setting->preset);
    }
    /* An empty preset stands for "none", which nobody may type. */
    if (setting->preset[0] && config_value_read(setting, raw, &value))
        return NULL;
    return value ? value : json_incref(raw);
}

static void print_limits(struct buffer *out, const struct setting *setting)
{
    char least[TEXT_DOUBLE_SIZE], most[TEXT_DOUBLE_SIZE];
    if ((setting->least == 0 && setting->most == 0) || setting->choices)
        return;
    if (setting->type == SETTING_DURATION) {
        CLEAN(clean_text) char *from = text_from_duration((int64_t)setting->least);
        CLEAN(clean_text) char *to = text_from_duration((int64_t)setting->most);
        if (from && to)
            buffer_print(out, ", from \"%s\" to \"%s\"", from, to);
        return;
    }
    text_from_double(setting->least, least);
    text_from_double(setting->most, most);
    bool is_number = setting->type == SETTING_INTEGER || setting->type == SETTING_NUMBER;
    buffer_print(out, is_number ? " from %s to %s" : ", %s to %s bytes", least, most);
}

static void print_choices(struct buffer *out, const char *const *choice)
{
    for (const char *const *first = choice; *choice; choice++)
        buffer_print(out, "%s\"%s\"", choice == first ? "" : choice[1] ? ", " : " or ", *choice);
}

char *config_value_allowed(const struct setting *setting)
{
    struct buffer out = {0};
    if (setting->type == SETTING_GROUP && setting->flags & SETTING_LIST)
        buffer_text(&out, "a list of groups ( { ... }, { ... } )");
    else if (setting->choices)
        print_choices(&out, setting->choices);
    else
        buffer_text(&out, types[setting->type].allowed);
    print_limits(&out, setting);
    return buffer_take(&out);
}

char *config_value_found(const json_t *raw)
{
    char number[TEXT_DOUBLE_SIZE];
    switch (json_typeof(raw)) {
    case JSON_OBJECT:
        return strdup("a group");
    case JSON_ARRAY:
        return strdup(json_array_size(raw) ? "a list" : "an empty list");
    case JSON_STRING:
        break;
    case JSON_INTEGER:
        return text_format("%lld", (long long)json_integer_value(raw));
    case JSON_REAL:
        text_from_double(json_real_value(raw), number);
        return strdup(number);
    case JSON_TRUE:
        return strdup("true");
    case JSON_FALSE:
        return strdup("false");
    case JSON_NULL:
        return strdup("nothing");
    }
    size_t length = json_string_length(raw);
    bool cut = length > FOUND_LIMIT;
    CLEAN(clean_text)
    char *text = text_printable(json_string_value(raw), cut ? FOUND_LIMIT : length);
    return text ? text_format("\"%s%s\"", text, cut ? "..." : "") : NULL;
}
