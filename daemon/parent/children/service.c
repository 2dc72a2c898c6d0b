/* Words for the service manager, and when its watchdog is fed. */
#include "parent/children/service.h"

#include <stdarg.h>
#include <stdio.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

static void say(const struct notify *notify, const char *state)
{
    if (notify->send && state)
        notify->send(notify->context, state);
}

void service_ready(const struct notify *notify)
{
    say(notify, "READY=1");
}

void service_reloading(const struct notify *notify, int64_t monotonic_us)
{
    CLEAN(clean_text)
    char *state = text_format("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)monotonic_us);
    say(notify, state);
}

void service_stopping(const struct notify *notify)
{
    say(notify, "STOPPING=1");
}

void service_status(const struct notify *notify, const char *format, ...)
{
    CLEAN(clean_text) char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    if (!text)
        return;
    /* A line end would begin another assignment. */
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ')
            *at = ' ';
    CLEAN(clean_text) char *state = text_format("STATUS=%s", text);
    say(notify, state);
}

void service_alive(struct notify *notify, int64_t now_ms, int64_t engine_heard_ms)
{
    if (!notify->interval_ms || now_ms - notify->last_ms < notify->interval_ms)
        return;
    if (now_ms - engine_heard_ms > NOTIFY_ENGINE_LIMIT_MS)
        return;
    notify->last_ms = now_ms;
    say(notify, "WATCHDOG=1");
}
