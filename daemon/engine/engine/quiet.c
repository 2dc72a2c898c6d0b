/* How long a window goes on. */
#include "engine/engine/quiet.h"

#include <stdbool.h>
#include <string.h>

enum { MINUTE_MS = 60000, DAY_MINUTES = 24 * 60, TEXT_LENGTH = 11 };

static int minutes_at(const char *text)
{
    return ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0';
}

/* Milliseconds from this one of the day to the end of the window; 0 outside of it. */
static int64_t left_of(const char *window, int64_t day_ms)
{
    int64_t from_ms = (int64_t)minutes_at(window) * MINUTE_MS;
    int64_t to_ms = (int64_t)minutes_at(window + 6) * MINUTE_MS;
    int64_t whole_ms = (int64_t)DAY_MINUTES * MINUTE_MS;
    int64_t length_ms = (to_ms - from_ms + whole_ms) % whole_ms;
    int64_t since_ms = (day_ms - from_ms + whole_ms) % whole_ms;
    return since_ms < length_ms ? length_ms - since_ms : 0;
}

int64_t quiet_left_ms(const json_t *windows, int64_t wall_ms)
{
    int64_t whole_ms = (int64_t)DAY_MINUTES * MINUTE_MS, left_ms = 0;
    for (bool more = true; more && left_ms < whole_ms;) {
        size_t index;
        json_t *window;
        more = false;
        json_array_foreach ((json_t *)windows, index, window) {
            const char *text = json_string_value(window);
            if (!text || strlen(text) != TEXT_LENGTH)
                continue;
            int64_t further_ms = left_of(text, (wall_ms + left_ms) % whole_ms);
            more = more || further_ms > 0;
            left_ms += further_ms;
        }
    }
    return left_ms < whole_ms ? left_ms : 0;
}
