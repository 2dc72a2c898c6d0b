/* Numbers, hexadecimal and UTF-8 in text. Durations, sizes and times are in text_units.c. */
#include "ground/base/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/buffer.h"

int text_double_digits(double value)
{
    char text[TEXT_DOUBLE_SIZE];
    int digits = 1;
    for (; digits < 17; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return digits;
}

void text_from_double(double value, char ret_text[TEXT_DOUBLE_SIZE])
{
    if (isnan(value)) {
        snprintf(ret_text, TEXT_DOUBLE_SIZE, "NaN");
        return;
    }
    if (isinf(value)) {
        snprintf(ret_text, TEXT_DOUBLE_SIZE, "%s", value > 0 ? "+Inf" : "-Inf");
        return;
    }
    snprintf(ret_text, TEXT_DOUBLE_SIZE, "%.*g", text_double_digits(value), value);
    /* 100000 reads better than 1e+05, and is what other tools print. */
    if (strchr(ret_text, 'e') && fabs(value) < 1e15 && floor(value) == value)
        snprintf(ret_text, TEXT_DOUBLE_SIZE, "%.0f", value);
}

void text_plain_from_double(double value, char ret_text[TEXT_PLAIN_SIZE])
{
    if (!isfinite(value)) {
        text_from_double(value, ret_text);
        return;
    }
    char shortest[TEXT_DOUBLE_SIZE];
    int digits = text_double_digits(value);
    snprintf(shortest, sizeof shortest, "%.*e", digits - 1, value);
    long exponent = strtol(strchr(shortest, 'e') + 1, NULL, 10);
    if (digits - 1 >= exponent) {
        snprintf(ret_text, TEXT_PLAIN_SIZE, "%.*f", (int)(digits - 1 - exponent), value);
        return;
    }
    /* "%.0f" would show digits beyond the fewest; Go writes zeros there. */
    char *end = ret_text;
    if (value < 0)
        *end++ = '-';
    for (const char *at = shortest; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            *end++ = *at;
    for (long zeros = exponent - (digits - 1); zeros > 0; zeros--)
        *end++ = '0';
    *end = '\0';
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

static int hex_digit(char letter)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = letter ? strchr(digits, letter) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

int text_read_hex(const char **at, uint64_t *ret_value)
{
    uint64_t value = 0;
    const char *here = *at;
    for (int digit; (digit = hex_digit(*here)) >= 0; here++) {
        if (value >> 60)
            return ERROR_RANGE;
        value = value << 4 | (uint64_t)digit;
    }
    if (here == *at)
        return ERROR_FORMAT;
    *at = here;
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

/* Which second bytes may follow a first one: RFC 3629 bars overlong forms, surrogates and what
 * lies beyond U+10FFFF. */
static bool is_second(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return second >= 0x80 && second <= 0xbf;
    }
}

/* Bytes of the well-formed character at s, or 0; NUL is none. */
static size_t utf8_step(const unsigned char *s, size_t left)
{
    if (s[0] < 0x80)
        return s[0] ? 1 : 0;
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || left < length || !is_second(s[0], s[1]))
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* Below 0x20, DEL, and U+0080 to U+009F, which terminals obey too. */
static bool is_control(const unsigned char *s, size_t step)
{
    if (step == 1)
        return (s[0] < 0x20 && s[0] != '\t') || s[0] == 0x7f;
    return s[0] == 0xc2 && s[1] < 0xa0;
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
        const unsigned char *at = (const unsigned char *)bytes + i;
        size_t step = utf8_step(at, length - i);
        if (step && !is_control(at, step)) {
            buffer_append(&out, at, step);
            i += step;
            continue;
        }
        for (size_t j = 0; j < (step ? step : 1); j++, i++)
            buffer_print(&out, "\\x%02x", at[j]);
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
