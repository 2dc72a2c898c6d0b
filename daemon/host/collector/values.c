/* One setting's value: its type, its limits, its choices. */
#include "host/collector/settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/text.h"

enum { CREDENTIAL_MOST = 65536 };

static int refuse_limits(const struct cfd_option *option, const char *found, struct error *error)
{
    char least[TEXT_DOUBLE_SIZE], most[TEXT_DOUBLE_SIZE];
    if (option->type == CFD_DURATION) {
        CLEAN(clean_text) char *shortest = text_from_duration((int64_t)option->least);
        CLEAN(clean_text) char *longest = text_from_duration((int64_t)option->most);
        return error_set(error, ERROR_SETTING, "%s is out of range; allowed are \"%s\" to \"%s\"",
                         found, shortest ? shortest : "", longest ? longest : "");
    }
    text_from_double(option->least, least);
    text_from_double(option->most, most);
    return error_set(error, ERROR_SETTING, "%s is out of range; allowed are %s to %s%s", found,
                     least, most,
                     option->type == CFD_BYTES    ? " bytes"
                     : option->type == CFD_STRING ? " bytes of text"
                                                  : "");
}

static bool is_within(const struct cfd_option *option, double number)
{
    return (option->least == 0 && option->most == 0) ||
           (number >= option->least && number <= option->most);
}

static int take_number(const struct cfd_option *option, double number, const char *found,
                       struct cfd_value *value, struct error *error)
{
    if (!is_within(option, number))
        return refuse_limits(option, found, error);
    value->number = number;
    return 0;
}

static int take_integer(const struct cfd_option *option, int64_t integer, const char *found,
                        struct cfd_value *value, struct error *error)
{
    value->integer = integer;
    return take_number(option, (double)integer, found, value, error);
}

static int check_choice(const struct cfd_option *option, const char *text, struct error *error)
{
    CLEAN(buffer_finish) struct buffer list = {0};
    if (!option->choices)
        return 0;
    for (const char *const *at = option->choices; *at; at++) {
        if (!strcmp(*at, text))
            return 0;
        buffer_print(&list, "%s\"%s\"", at == option->choices ? "" : ", ", *at);
    }
    return error_set(error, ERROR_SETTING, "\"%s\" is not one of %s", text,
                     list.data ? list.data : "no choices");
}

static int check_string(const struct cfd_option *option, const char *text, struct error *error)
{
    CLEAN(clean_text) char *found = text_format("a text of %zu bytes", strlen(text));
    if (!is_within(option, (double)strlen(text)))
        return refuse_limits(option, found ? found : "the text", error);
    return check_choice(option, text, error);
}

static bool climbs(const char *path)
{
    return strstr(path, "/../") || text_ends(path, "/..");
}

static int check_path(const char *text, struct error *error)
{
    if (text[0] != '/' || climbs(text))
        return error_set(error, ERROR_SETTING,
                         "\"%s\" is not an absolute path without \"..\", as \"/etc/passwd\"", text);
    return 0;
}

/* scheme://rest (RFC 3986, 3), without blanks and control characters. */
static int check_url(const char *text, struct error *error)
{
    size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
    bool sound = scheme > 0 && !strncmp(text + scheme, "://", 3) && text[scheme + 3];
    for (const char *at = text; *at && sound; at++)
        sound = (unsigned char)*at > ' ' && *at != 0x7f;
    if (!sound)
        return error_set(error, ERROR_SETTING, "\"%s\" is not a URL, as \"https://host/path\"",
                         text);
    return 0;
}

static bool is_credential_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789_.-");
    return length > 0 && !name[length] && name[0] != '.';
}

/* The text itself is in no sentence. */
static int read_credential(const char *text, char **ret_text, struct error *error)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    const char *name = text + strlen("credential:");
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (!text_begins(text, "credential:") || !is_credential_name(name))
        return error_set(error, ERROR_SETTING,
                         "a secret is written in the configuration as \"credential:NAME\" only");
    if (!folder || folder[0] != '/')
        return error_set(error, ERROR_MISSING,
                         "the credential %s is not there: the service was started without "
                         "LoadCredential=",
                         name);
    CLEAN(clean_text) char *path = text_format("%s/%s", folder, name);
    int code = path ? file_read(path, CREDENTIAL_MOST, &bytes) : ERROR_MEMORY;
    if (code == ERROR_MEMORY)
        return code;
    if (code)
        return error_set(error, ERROR_SETTING, "the credential %s cannot be read: %s", name,
                         error_text(code));
    /* As `echo secret >file` leaves it. */
    if (bytes.length && bytes.data[bytes.length - 1] == '\n')
        bytes.data[--bytes.length] = '\0';
    if (!bytes.length || !text_is_utf8(bytes.data, bytes.length))
        return error_set(error, ERROR_SETTING, "the credential %s is empty or no text in UTF-8",
                         name);
    *ret_text = buffer_take(&bytes);
    return *ret_text ? 0 : ERROR_MEMORY;
}

static int check_text(const struct cfd_option *option, const char *text, struct error *error)
{
    switch ((enum cfd_type)option->type) {
    case CFD_STRING:
        return check_string(option, text, error);
    case CFD_PATH:
    case CFD_GLOB:
        return check_path(text, error);
    case CFD_URL:
        return check_url(text, error);
    default:
        return 0;
    }
}

static int take_text(const struct cfd_option *option, const char *text, struct cfd_value *value,
                     char **ret_text, struct error *error)
{
    int code;
    char *copy = NULL;
    if (option->type == CFD_SECRET) {
        code = read_credential(text, &copy, error);
    } else {
        code = check_text(option, text, error);
        if (!code && !(copy = strdup(text)))
            code = ERROR_MEMORY;
    }
    if (code)
        return code;
    value->text = copy;
    *ret_text = copy;
    return 0;
}

static int take_duration(const struct cfd_option *option, const char *text, struct cfd_value *value,
                         struct error *error)
{
    int64_t ms = 0;
    if (text_to_duration(text, &ms))
        return error_set(error, ERROR_SETTING,
                         "\"%s\" is not a duration, as \"250ms\", \"10s\", \"1h30m\", \"7d\"",
                         text);
    CLEAN(clean_text) char *found = text_format("\"%s\"", text);
    return take_integer(option, ms, found ? found : text, value, error);
}

static int take_bytes(const struct cfd_option *option, const char *text, struct cfd_value *value,
                      struct error *error)
{
    int64_t bytes = 0;
    if (text_to_bytes(text, &bytes))
        return error_set(error, ERROR_SETTING,
                         "\"%s\" is not a size, as \"512\", \"64KiB\", \"1MB\"", text);
    CLEAN(clean_text) char *found = text_format("\"%s\"", text);
    return take_integer(option, bytes, found ? found : text, value, error);
}

static const char *json_type_text(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return "a group";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "nothing";
    }
    return "something else";
}

static const char *wanted_text(int32_t type)
{
    switch ((enum cfd_type)type) {
    case CFD_BOOLEAN:
        return "true or false";
    case CFD_INTEGER:
        return "an integer, as 42";
    case CFD_NUMBER:
        return "a number, as 0.5";
    case CFD_DURATION:
        return "a duration as text, as \"10s\"";
    case CFD_BYTES:
        return "a size, as 512 or \"64KiB\"";
    case CFD_STRING:
        return "a text, as \"text\"";
    case CFD_PATH:
    case CFD_GLOB:
        return "an absolute path as text";
    case CFD_PROGRAM:
        return "a list of words, as [\"/path/to/program\", \"argument\"]";
    case CFD_URL:
        return "a URL as text";
    case CFD_SECRET:
        return "\"credential:NAME\"";
    case CFD_GROUP:
        return "a list of groups, as ( { ... } )";
    }
    return "something else";
}

static int refuse_type(const struct cfd_option *option, const json_t *json, struct error *error)
{
    return error_set(error, ERROR_SETTING, "found %s; allowed is %s", json_type_text(json),
                     wanted_text(option->type));
}

static bool is_text_type(int32_t type)
{
    return type != CFD_BOOLEAN && type != CFD_INTEGER && type != CFD_NUMBER && type != CFD_GROUP;
}

static int from_json_integer(const struct cfd_option *option, const json_t *json,
                             struct cfd_value *value, struct error *error)
{
    int64_t integer = json_integer_value(json);
    CLEAN(clean_text) char *found = text_format("%lld", (long long)integer);
    const char *text = found ? found : "it";
    if (option->type == CFD_NUMBER)
        return take_number(option, (double)integer, text, value, error);
    if (option->type == CFD_BYTES && integer < 0)
        return error_set(error, ERROR_SETTING, "%s is not a size", text);
    if (option->type == CFD_INTEGER || option->type == CFD_BYTES)
        return take_integer(option, integer, text, value, error);
    return refuse_type(option, json, error);
}

static int from_json_real(const struct cfd_option *option, const json_t *json,
                          struct cfd_value *value, struct error *error)
{
    char found[TEXT_DOUBLE_SIZE];
    if (option->type != CFD_NUMBER)
        return refuse_type(option, json, error);
    text_from_double(json_real_value(json), found);
    return take_number(option, json_real_value(json), found, value, error);
}

int settings_value_from_json(const struct cfd_option *option, const json_t *json,
                             struct cfd_value *ret, char **ret_text, struct error *error)
{
    *ret = (struct cfd_value){.size = sizeof *ret, .type = option->type, .count = 1};
    if (json_is_integer(json))
        return from_json_integer(option, json, ret, error);
    if (json_is_real(json))
        return from_json_real(option, json, ret, error);
    if (json_is_boolean(json) && option->type == CFD_BOOLEAN) {
        ret->integer = json_is_true(json);
        ret->number = (double)ret->integer;
        return 0;
    }
    if (!json_is_string(json) || !is_text_type(option->type))
        return refuse_type(option, json, error);
    return settings_value_from_text(option, json_string_value(json), ret, ret_text, error);
}

int settings_value_from_text(const struct cfd_option *option, const char *typed,
                             struct cfd_value *ret, char **ret_text, struct error *error)
{
    int64_t integer = 0;
    double number = 0;
    *ret = (struct cfd_value){.size = sizeof *ret, .type = option->type, .count = 1};
    switch ((enum cfd_type)option->type) {
    case CFD_DURATION:
        return take_duration(option, typed, ret, error);
    case CFD_BYTES:
        return take_bytes(option, typed, ret, error);
    case CFD_BOOLEAN:
        if (strcmp(typed, "true") != 0 && strcmp(typed, "false") != 0)
            return error_set(error, ERROR_SETTING, "\"%s\" is not true or false", typed);
        return take_integer(option, typed[0] == 't', typed, ret, error);
    case CFD_INTEGER:
        if (text_to_integer(typed, &integer))
            return error_set(error, ERROR_SETTING, "\"%s\" is not an integer", typed);
        return take_integer(option, integer, typed, ret, error);
    case CFD_NUMBER:
        if (text_to_double(typed, &number))
            return error_set(error, ERROR_SETTING, "\"%s\" is not a number", typed);
        return take_number(option, number, typed, ret, error);
    default:
        return take_text(option, typed, ret, ret_text, error);
    }
}
