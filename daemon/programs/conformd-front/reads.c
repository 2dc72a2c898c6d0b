/* Lines about who reads; no path, no parameter, no token and nothing of the answer is in them. */
#include "programs/conformd-front/reads.h"

#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/log.h"
#include "ground/base/text.h"

static void set_timer(struct reads *reads)
{
    int64_t next_ms = minutes_next_ms(&reads->minutes);
    if (next_ms == INT64_MAX)
        loop_timer_stop(reads->timer);
    else
        loop_timer_set(reads->timer, next_ms - clock_now().boot_ms);
}

static void tell_counted(struct reads *reads, int64_t now_ms)
{
    char *key;
    uint64_t count;
    while (!minutes_take(&reads->minutes, now_ms, &key, &count)) {
        CLEAN(clean_text) char *taken = key;
        log_write(LOG_LEVEL_NOTICE, "read: %s: %llu more since the last line", taken,
                  (unsigned long long)count);
    }
}

static void on_timer(void *context)
{
    struct reads *reads = context;
    tell_counted(reads, clock_now().boot_ms);
    set_timer(reads);
}

int reads_init(struct reads *reads, struct loop *loop)
{
    return loop_timer(loop, on_timer, reads, &reads->timer);
}

void reads_note(struct reads *reads, const struct answer *answer, bool local)
{
    if (!reads->enabled || !answer->read_what || answer->status != 200)
        return;
    CLEAN(clean_text)
    char *key = text_format("%s by %s over %s", answer->read_what, answer->read_by,
                            local ? "api.sock" : "http");
    if (key && minutes_add(&reads->minutes, key, clock_now().boot_ms))
        log_write(LOG_LEVEL_NOTICE, "read: %s", key);
    set_timer(reads);
}

void reads_finish(struct reads *reads)
{
    tell_counted(reads, INT64_MAX);
    minutes_finish(&reads->minutes);
    loop_timer_free(reads->timer);
    reads->timer = NULL;
}
