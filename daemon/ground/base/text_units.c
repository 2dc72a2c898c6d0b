/* Durations, sizes and times in text. */
#include "ground/base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ground/base/buffer.h"

struct unit {
    const char *name;
    int64_t factor;
};

/* From the longest to the shortest; y and w as Prometheus has them. */
static const struct unit durations[] = {
    {"y", 365LL * 86400000},
    {"w", 7LL * 86400000},
    {"d", 86400000},
    {"h", 3600000},
    {"m", 60000},
    {"s", 1000},
    {"ms", 1},
};
enum { DURATIONS = sizeof durations / sizeof *durations };

static const struct unit sizes[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1000},
    {"KiB", 1LL << 10},
    {"MB", 1000000},
    {"MiB", 1LL << 20},
    {"GB", 1000000000},
    {"GiB", 1LL << 30},
    {"TB", 1000000000000LL},
    {"TiB", 1LL << 40},
};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* Reads digits; moves *at behind them. */
static int read_number(const char **at, int64_t *ret_number)
{
    int64_t number = 0;
    const char *start = *at;
    for (; **at >= '0' && **at <= '9'; ++*at)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, **at - '0', &number))
            return ERROR_RANGE;
    if (*at == start)
        return ERROR_FORMAT;
    *ret_number = number;
    return 0;
}

/* Reads letters and finds them among units; the index, or -1. */
static int read_unit(const char **at, const struct unit *units, int count)
{
    size_t length = strspn(*at, "BGKMTabcdefghijklmnopqrstuvwxyz");
    for (int i = 0; i < count; i++)
        if (strlen(units[i].name) == length && strncmp(*at, units[i].name, length) == 0) {
            *at += length;
            return i;
        }
    return -1;
}

int text_to_duration(const char *text, int64_t *ret_ms)
{
    int64_t total = 0;
    int last = -1;
    if (!*text)
        return ERROR_FORMAT;
    while (*text) {
        int64_t number, part;
        int error = read_number(&text, &number);
        if (error)
            return error;
        int unit = read_unit(&text, durations, DURATIONS);
        if (unit <= last)
            return ERROR_FORMAT;
        last = unit;
        if (__builtin_mul_overflow(number, durations[unit].factor, &part) ||
            __builtin_add_overflow(total, part, &total))
            return ERROR_RANGE;
    }
    *ret_ms = total;
    return 0;
}

char *text_from_duration(int64_t ms)
{
    struct buffer out = {0};
    if (ms == 0)
        buffer_text(&out, "0s");
    /* Years and weeks read worse than days. */
    for (int i = 2; i < DURATIONS; i++) {
        int64_t count = ms / durations[i].factor;
        if (count)
            buffer_print(&out, "%lld%s", (long long)count, durations[i].name);
        ms %= durations[i].factor;
    }
    return buffer_take(&out);
}

int text_to_bytes(const char *text, int64_t *ret_bytes)
{
    int64_t number;
    int error = read_number(&text, &number);
    if (error)
        return error;
    int unit = read_unit(&text, sizes, SIZES);
    if (unit < 0 || *text)
        return ERROR_FORMAT;
    if (__builtin_mul_overflow(number, sizes[unit].factor, &number))
        return ERROR_RANGE;
    *ret_bytes = number;
    return 0;
}

void text_from_time(int64_t wall_ms, char ret_text[TEXT_TIME_SIZE])
{
    int64_t ms = wall_ms % 1000;
    time_t seconds = (time_t)(wall_ms / 1000);
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    struct tm utc;
    gmtime_r(&seconds, &utc);
    /* %Y does not fill with zeros. */
    size_t length = (size_t)snprintf(ret_text, TEXT_TIME_SIZE, "%04d", utc.tm_year + 1900);
    length += strftime(ret_text + length, TEXT_TIME_SIZE - length, "-%m-%dT%H:%M:%S", &utc);
    snprintf(ret_text + length, TEXT_TIME_SIZE - length, ".%03dZ", (int)ms);
}

/* True when text begins as the shape does, where 0 stands for any digit: strptime takes
 * blanks, signs and shorter numbers as well. */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape; text++, shape++) {
        bool digit = *text >= '0' && *text <= '9';
        if (*shape == '0' ? !digit : *text != *shape)
            return false;
    }
    return true;
}

static int two_digits(const char *text)
{
    return (text[0] - '0') * 10 + text[1] - '0';
}

/* "Z", "+hh:mm" or "-hh:mm" as minutes east. */
static int read_zone(const char *text, int *ret_minutes)
{
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        *ret_minutes = 0;
        return 0;
    }
    if ((*text != '+' && *text != '-') || !has_shape(text + 1, "00:00") || text[6])
        return ERROR_FORMAT;
    int hours = two_digits(text + 1), minutes = two_digits(text + 4);
    if (hours > 23 || minutes > 59)
        return ERROR_FORMAT;
    *ret_minutes = (hours * 60 + minutes) * (*text == '-' ? -1 : 1);
    return 0;
}

/* ".5" as 500; moves *at behind the digits. -1 for a point without digits. */
static int64_t read_fraction_ms(const char **at)
{
    int64_t ms = 0, weight = 100;
    if (**at != '.')
        return 0;
    if (!has_shape(*at, ".0"))
        return -1;
    for (++*at; **at >= '0' && **at <= '9'; ++*at, weight /= 10)
        ms += (**at - '0') * weight;
    return ms;
}

int text_to_time(const char *text, int64_t *ret_wall_ms)
{
    struct tm utc = {0};
    int minutes = 0;
    int64_t ms = 0;
    const char *rest = has_shape(text, "0000-00-00") ? strptime(text, "%Y-%m-%d", &utc) : NULL;
    if (!rest)
        return ERROR_FORMAT;
    if (*rest) {
        if (*rest != 'T' && *rest != 't' && *rest != ' ')
            return ERROR_FORMAT;
        rest = has_shape(rest + 1, "00:00:00") ? strptime(rest + 1, "%H:%M:%S", &utc) : NULL;
        if (!rest)
            return ERROR_FORMAT;
        ms = read_fraction_ms(&rest);
        if (ms < 0 || read_zone(rest, &minutes))
            return ERROR_FORMAT;
    }
    int day = utc.tm_mday, month = utc.tm_mon;
    time_t seconds = timegm(&utc);
    if (utc.tm_mday != day || utc.tm_mon != month)
        return ERROR_RANGE;
    *ret_wall_ms = ((int64_t)seconds - minutes * 60LL) * 1000 + ms;
    return 0;
}
