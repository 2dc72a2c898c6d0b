/* Reads performance data, item by item; what is malformed costs itself only. */
#include "perfdata.h"

#include "ground/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"

enum { NUMBER_LENGTH = 64 };

static bool read_number(const char *text, size_t length, double *ret)
{
    char copy[NUMBER_LENGTH];
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return text_to_double(copy[0] == '+' ? copy + 1 : copy, ret) == 0;
}

static bool read_start(const char *text, size_t length, double *ret)
{
    if (length == 1 && text[0] == '~') {
        *ret = -INFINITY;
        return true;
    }
    return length == 0 || read_number(text, length, ret);
}

bool perfdata_range(const char *text, size_t length, struct perfdata_range *ret)
{
    struct perfdata_range range = {.given = true, .start = 0, .end = INFINITY};
    if (length && text[0] == '@') {
        range.inside = true;
        text++;
        length--;
    }
    const char *colon = memchr(text, ':', length);
    if (!colon) {
        if (!read_number(text, length, &range.end))
            return false;
    } else {
        size_t before = (size_t)(colon - text);
        size_t after = length - before - 1;
        if (!read_start(text, before, &range.start))
            return false;
        if (after && !read_number(colon + 1, after, &range.end))
            return false;
    }
    if (range.start > range.end)
        return false;
    *ret = range;
    return true;
}

bool perfdata_alerts(const struct perfdata_range *range, double value)
{
    bool within = value >= range->start && value <= range->end;
    return range->given && within == range->inside;
}

/* 'it''s' or bare; ends behind the '='. NULL when it is malformed. */
static const char *read_label(const char *at, char label[PERFDATA_LABEL])
{
    bool quoted = *at == '\'';
    size_t length = 0;
    for (at += quoted; *at && length < PERFDATA_LABEL - 1; at++) {
        if (quoted && at[0] == '\'' && at[1] != '\'')
            break;
        if (!quoted && (*at == '=' || *at == '\'' || strchr(BLANKS, *at)))
            break;
        at += quoted && *at == '\'';
        label[length++] = *at;
    }
    label[length] = '\0';
    if (quoted && *at++ != '\'')
        return NULL;
    return length && *at == '=' ? at + 1 : NULL;
}

/* The number and what it is counted in. */
static bool read_value(const char *text, size_t length, struct perfdata *item)
{
    size_t number = strspn(text, "+-0123456789.");
    if (length == 1 && text[0] == 'U') {
        item->known = false;
        return true;
    }
    number = number < length ? number : length;
    /* An exponent, but not the unit that begins with the same letter. */
    if (number < length && (text[number] | 0x20) == 'e') {
        size_t sign = strspn(text + number + 1, "+-");
        size_t digits = strspn(text + number + 1 + sign, "0123456789");
        number += sign <= 1 && digits ? 1 + sign + digits : 0;
    }
    size_t unit = length - number;
    /* No figures and quotes in a unit: "1,5" is no number of ",5". */
    if (unit >= PERFDATA_UNIT || strcspn(text + number, "0123456789,.'\"") < unit ||
        !read_number(text, number, &item->value))
        return false;
    memcpy(item->unit, text + number, unit);
    item->unit[unit] = '\0';
    item->known = true;
    return true;
}

static bool read_range(const char *text, size_t length, struct perfdata_range *ret)
{
    return length == 0 || perfdata_range(text, length, ret);
}

/* value;warn;crit;min;max up to a blank; the last two bound a drawing and are not kept. */
static bool read_fields(const char *at, const char *end, struct perfdata *item)
{
    for (int field = 0; at <= end; field++) {
        const char *next = memchr(at, ';', (size_t)(end - at));
        size_t length = (size_t)((next ? next : end) - at);
        bool sound = field == 0   ? read_value(at, length, item)
                     : field == 1 ? read_range(at, length, &item->warning)
                     : field == 2 ? read_range(at, length, &item->critical)
                                  : field <= 5;
        if (!sound)
            return false;
        if (!next)
            break;
        at = next + 1;
    }
    return true;
}

int perfdata_next(const char **at, struct perfdata *ret)
{
    struct perfdata item = {0};
    const char *begin = *at + strspn(*at, BLANKS);
    *at = begin;
    if (!*begin)
        return 0;
    const char *value = read_label(begin, item.label);
    const char *end = value ? value + strcspn(value, BLANKS) : begin + strcspn(begin, BLANKS);
    *at = end;
    if (!value || !read_fields(value, end, &item))
        return -1;
    *ret = item;
    return 1;
}

char *perfdata_of(const char *output)
{
    size_t first = strcspn(output, "\n");
    const char *bar = memchr(output, '|', first);
    const char *later = strchr(output + first, '|');
    size_t length = bar ? first - (size_t)(bar + 1 - output) : 0;
    return text_format("%.*s %s", (int)length, bar ? bar + 1 : "", later ? later + 1 : "");
}
