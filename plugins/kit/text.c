/* Text that the host takes: UTF-8 (RFC 3629) without control characters, and not too long. */
#include <conformd/kit/text.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE_BYTES 4 /* \xHH */

char *kit_format(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    return text;
}

/* The bytes of a character by its first one, or 0. */
static size_t length_of(unsigned char first)
{
    return first < 0x80   ? 1
           : first < 0xc2 ? 0
           : first < 0xe0 ? 2
           : first < 0xf0 ? 3
           : first < 0xf5 ? 4
                          : 0;
}

/* Not too long a form, no surrogate, nothing past U+10FFFF: all of it shows in the first two bytes.
 */
static int begins_well(unsigned char first, unsigned char second)
{
    unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= least && second <= most;
}

/* Bytes of the character at that place that may be shown as it is, or 0. */
static size_t shown_as_is(const unsigned char *at, size_t left)
{
    size_t length = length_of(at[0]);
    if (!length || length > left)
        return 0;
    if (length == 1)
        return (at[0] >= 0x20 || at[0] == '\t') && at[0] != 0x7f;
    if (!begins_well(at[0], at[1]))
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    /* U+0080 to U+009F: terminals obey these too. */
    return at[0] == 0xc2 && at[1] < 0xa0 ? 0 : length;
}

char *kit_printable(const char *bytes, size_t length)
{
    if (length > (SIZE_MAX - 1) / ESCAPE_BYTES)
        return NULL;
    char *text = malloc(ESCAPE_BYTES * length + 1);
    size_t written = 0;
    for (size_t i = 0; text && i < length;) {
        const unsigned char *at = (const unsigned char *)bytes + i;
        size_t whole = shown_as_is(at, length - i);
        if (whole)
            memcpy(text + written, at, whole);
        else
            snprintf(text + written, ESCAPE_BYTES + 1, "\\x%02x", at[0]);
        written += whole ? whole : ESCAPE_BYTES;
        i += whole ? whole : 1;
    }
    if (text)
        text[written] = '\0';
    return text;
}

int kit_cut(char *text, size_t most)
{
    if (strnlen(text, most + 1) <= most)
        return 0;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    text[most] = '\0';
    return 1;
}
