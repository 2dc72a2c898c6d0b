/* The program's log: syslog when a service, standard error by hand. Only mains and notify/ log. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "ground/base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* As in syslog(3). */
enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_NOTICE = 5,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7,
};

/* The level of this name (the setting log_level); LOG_LEVEL_INFO for any other. */
enum log_level log_level_named(const char *name);

/* program is kept, not copied. to_stderr: lines with a <N> prefix where systemd reads them
 * (JOURNAL_STREAM is set), plain ones on a terminal; else syslog(3). */
void log_open(const char *program, bool to_stderr, enum log_level least);

void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* One repeated complaint: reported at once, then at most once in an interval that doubles to an
 * hour, with the count of those left out, and once more when it has ended. Zeroed at first. */
struct complaint {
    int64_t told_ms;
    int64_t interval_ms;
    uint64_t silent;
    bool active;
};

void log_complaint_tell(struct complaint *complaint, int64_t now_ms, enum log_level level,
                        const char *format, ...) PRINTF_LIKE(4, 5);
void log_complaint_end(struct complaint *complaint, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
