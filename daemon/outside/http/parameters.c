/* Decodes what stands in a URI, byte by byte, into strict UTF-8. */
#include "outside/http/parameters.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

static int hex_of(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* plus_is_space: in a form, not in a path. */
static int decode(const char *text, size_t length, bool plus_is_space, char **ret)
{
    CLEAN(clean_text) char *bytes = malloc(length + 1);
    size_t count = 0;
    if (!bytes)
        return ERROR_MEMORY;
    for (size_t i = 0; i < length; i++) {
        char byte = text[i];
        if (byte == '+' && plus_is_space)
            byte = ' ';
        if (byte == '%') {
            int high = length - i > 2 ? hex_of(text[i + 1]) : -1;
            int low = length - i > 2 ? hex_of(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return ERROR_FORMAT;
            byte = (char)(high * 16 + low);
            i += 2;
        }
        bytes[count++] = byte;
    }
    bytes[count] = '\0';
    if (!text_is_utf8(bytes, count))
        return ERROR_FORMAT;
    *ret = bytes;
    bytes = NULL;
    return 0;
}

int http_path_read(const char *text, size_t length, char **ret)
{
    if (!length || *text != '/')
        return ERROR_FORMAT;
    return decode(text, length, false, ret);
}

/* How many values an object of texts and lists holds. */
static size_t count_values(json_t *object)
{
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach (object, key, value)
        count += json_is_array(value) ? json_array_size(value) : 1;
    return count;
}

static int add_value(json_t *into, const char *name, const char *text)
{
    json_t *value = json_string(text), *known = json_object_get(into, name);
    if (!value)
        return ERROR_MEMORY;
    if (!known)
        return json_object_set_new(into, name, value) ? ERROR_MEMORY : 0;
    if (json_is_array(known))
        return json_array_append_new(known, value) ? ERROR_MEMORY : 0;
    json_t *list = json_pack("[O, o]", known, value);
    return json_object_set_new(into, name, list) ? ERROR_MEMORY : 0;
}

static int read_pair(const char *text, size_t length, json_t *into)
{
    CLEAN(clean_text) char *name = NULL;
    CLEAN(clean_text) char *value = NULL;
    const char *equals = memchr(text, '=', length);
    size_t before = equals ? (size_t)(equals - text) : length;
    int code = decode(text, before, true, &name);
    if (!code && equals)
        code = decode(equals + 1, length - before - 1, true, &value);
    return code ? code : add_value(into, name, value ? value : "");
}

int http_parameters_read(const char *text, size_t length, json_t *into)
{
    size_t count = count_values(into);
    const char *at = text, *stop = text + length;
    while (at < stop) {
        const char *end = memchr(at, '&', (size_t)(stop - at));
        end = end ? end : stop;
        if (end > at) {
            if (++count > HTTP_PARAMETERS_MOST)
                return ERROR_LIMIT;
            int code = read_pair(at, (size_t)(end - at), into);
            if (code)
                return code;
        }
        at = end + 1;
    }
    return 0;
}
