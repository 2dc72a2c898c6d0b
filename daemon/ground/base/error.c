/* Error codes in words, and sentences made for a person. */
#include "ground/base/error.h"

#include <stdio.h>
#include <stdlib.h>

const char *error_text(int code)
{
    switch ((enum error_code)code) {
    case ERROR_NONE:
        return "no error";
    case ERROR_MEMORY:
        return "out of memory";
    case ERROR_IO:
        return "input or output failed";
    case ERROR_FORMAT:
        return "malformed data";
    case ERROR_RANGE:
        return "value out of range";
    case ERROR_LIMIT:
        return "limit reached";
    case ERROR_MISSING:
        return "not found";
    case ERROR_EXISTS:
        return "exists already or is in use";
    case ERROR_DENIED:
        return "not permitted";
    case ERROR_STATE:
        return "not possible in the present state";
    case ERROR_TIMEOUT:
        return "deadline passed";
    case ERROR_CLOSED:
        return "closed by the other side";
    case ERROR_AGAIN:
        return "nothing to do now";
    case ERROR_DATABASE:
        return "the store refused";
    case ERROR_SETTING:
        return "a setting is wrong";
    case ERROR_VERSION:
        return "unknown version";
    case ERROR_PEER:
        return "the other side broke the protocol";
    }
    return "unknown error";
}

int error_set(struct error *error, int code, const char *format, ...)
{
    if (!error)
        return code;
    char *sentence = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&sentence, format, arguments) < 0)
        sentence = NULL;
    va_end(arguments);
    free(error->sentence);
    error->sentence = sentence;
    error->code = code;
    return code;
}

void error_prefix(struct error *error, const char *format, ...)
{
    char *prefix = NULL;
    va_list arguments;
    if (!error)
        return;
    va_start(arguments, format);
    if (vasprintf(&prefix, format, arguments) < 0)
        prefix = NULL;
    va_end(arguments);
    char *whole = NULL;
    if (prefix && asprintf(&whole, "%s: %s", prefix, error_sentence(error)) >= 0) {
        free(error->sentence);
        error->sentence = whole;
    }
    free(prefix);
}

const char *error_sentence(const struct error *error)
{
    return error->sentence ? error->sentence : error_text(error->code);
}

void error_finish(struct error *error)
{
    if (!error)
        return;
    free(error->sentence);
    *error = (struct error){0};
}
