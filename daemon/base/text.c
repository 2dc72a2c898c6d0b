/* Numbers, hexadecimal and UTF-8 in text. Durations, sizes and times are in text_units.c. */
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

void text_from_double(double value, char ret_text[TEXT_DOUBLE_SIZE])
{
    if (isnan(value)) {
        strcpy(ret_text, "NaN");
        return;
    }
    if (isinf(value)) {
        strcpy(ret_text, value > 0 ? "+Inf" : "-Inf");
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(ret_text, TEXT_DOUBLE_SIZE, "%.*g", digits, value);
        if (strtod(ret_text, NULL) == value)
            break;
    }
    /* 100000 reads better than 1e+05, and is what other tools print. */
    if (strchr(ret_text, 'e') && fabs(value) < 1e15 && floor(value) == value)
        snprintf(ret_text, TEXT_DOUBLE_SIZE, "%.0f", value);
}

int text_to_double(const char *text, double *ret_value)
{
    char *end;
    if (!strchr("+-.0123456789", *text) || !*text || strpbrk(text, "xXnN"))
        return ERROR_FORMAT;
    double value = strtod(text, &end);
    if (end == text || *end)
        return ERROR_FORMAT;
    if (!isfinite(value))
        return ERROR_RANGE;
    *ret_value = value;
    return 0;
}

int text_to_integer(const char *text, int64_t *ret_value)
{
    char *end;
    if (!strchr("+-0123456789", *text) || !*text)
        return ERROR_FORMAT;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end)
        return ERROR_FORMAT;
    if (errno == ERANGE)
        return ERROR_RANGE;
    *ret_value = value;
    return 0;
}

void text_from_bytes(const uint8_t *bytes, size_t length, char *ret_text)
{
    for (size_t i = 0; i < length; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
    ret_text[2 * length] = '\0';
}

bool text_begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);
    return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

/* Bytes of the well-formed character at s (RFC 3629, no surrogates, no overlong forms), or 0. */
static size_t utf8_step(const unsigned char *s, size_t left)
{
    if (s[0] < 0x80)
        return s[0] ? 1 : 0;
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return length;
}

bool text_is_utf8(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t step = utf8_step((const unsigned char *)bytes + i, length - i);
        if (!step)
            return false;
        i += step;
    }
    return true;
}

char *text_printable(const char *bytes, size_t length)
{
    struct buffer out = {0};
    for (size_t i = 0; i < length;) {
        unsigned char first = (unsigned char)bytes[i];
        size_t step = utf8_step((const unsigned char *)bytes + i, length - i);
        if (!step || (first < 0x20 && first != '\t') || first == 0x7f) {
            buffer_print(&out, "\\x%02x", first);
            i++;
            continue;
        }
        buffer_append(&out, bytes + i, step);
        i += step;
    }
    return buffer_take(&out);
}

char *text_format(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    return text;
}
