/* Writes log lines, and damps those that repeat. */
#include "ground/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

static struct {
    const char *program;
    bool to_stderr;
    bool with_level;
    int least;
} log_state = {.program = "conformd", .to_stderr = true, .least = LOG_LEVEL_INFO};

enum log_level log_level_named(const char *name)
{
    static const char *const names[] = {
        [LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_NOTICE] = "notice",
        [LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i] && !strcmp(names[i], name))
            return (enum log_level)i;
    return LOG_LEVEL_INFO;
}

void log_open(const char *program, bool to_stderr, enum log_level least)
{
    log_state.program = program;
    log_state.to_stderr = to_stderr;
    log_state.with_level = getenv("JOURNAL_STREAM") != NULL;
    log_state.least = (int)least;
    if (!to_stderr)
        openlog(program, LOG_PID, LOG_DAEMON);
}

static void write_line(enum log_level level, const char *format, va_list arguments)
{
    if ((int)level > log_state.least)
        return;
    if (!log_state.to_stderr) {
        vsyslog((int)level, format, arguments);
        return;
    }
    char *line = NULL;
    if (vasprintf(&line, format, arguments) < 0)
        return;
    /* What a peer wrote may be in it, and must not begin a line of its own. */
    for (char *at = line; *at; at++)
        *at = *at == '\n' || *at == '\r' ? ' ' : *at;
    if (log_state.with_level)
        fprintf(stderr, "<%d>%s: %s\n", (int)level, log_state.program, line);
    else
        fprintf(stderr, "%s: %s\n", log_state.program, line);
    free(line);
}

void log_write(enum log_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(level, format, arguments);
    va_end(arguments);
}

enum { FIRST_INTERVAL_MS = 10000, LONGEST_INTERVAL_MS = 3600000 };

void log_complaint_tell(struct complaint *complaint, int64_t now_ms, enum log_level level,
                        const char *format, ...)
{
    if (complaint->active && now_ms - complaint->told_ms < complaint->interval_ms) {
        complaint->silent++;
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    write_line(level, format, arguments);
    va_end(arguments);
    if (complaint->silent)
        log_write(level, "(the same %llu times more since the last report)",
                  (unsigned long long)complaint->silent);
    complaint->interval_ms =
        complaint->active ? complaint->interval_ms * 2 : (int64_t)FIRST_INTERVAL_MS;
    if (complaint->interval_ms > LONGEST_INTERVAL_MS)
        complaint->interval_ms = LONGEST_INTERVAL_MS;
    complaint->told_ms = now_ms;
    complaint->silent = 0;
    complaint->active = true;
}

void log_complaint_end(struct complaint *complaint, const char *format, ...)
{
    if (!complaint->active)
        return;
    va_list arguments;
    va_start(arguments, format);
    write_line(LOG_LEVEL_NOTICE, format, arguments);
    va_end(arguments);
    *complaint = (struct complaint){0};
}
