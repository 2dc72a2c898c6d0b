/* When something is told. */
#include "findings/notify/notify.h"

#include <string.h>

enum { HOUR_MS = 3600000, DAY_MS = 86400000, TELL_HOUR = 7 };

enum urgency notify_urgency_from_text(const char *text)
{
    if (strcmp(text, "day") == 0)
        return URGENCY_DAY;
    return strcmp(text, "digest") == 0 ? URGENCY_DIGEST : URGENCY_NOW;
}

int64_t notify_when(enum urgency urgency, int64_t now_ms)
{
    if (urgency == URGENCY_NOW)
        return now_ms;
    int64_t at = now_ms / DAY_MS * DAY_MS + (int64_t)TELL_HOUR * HOUR_MS;
    if (at < now_ms)
        at += DAY_MS;
    /* 1970-01-01 was a Thursday: day 4 was the first Monday. */
    while (urgency == URGENCY_DIGEST && (at / DAY_MS) % 7 != 4)
        at += DAY_MS;
    return at;
}
