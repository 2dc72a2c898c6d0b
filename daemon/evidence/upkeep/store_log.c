/* Keeps the store's log short: checkpoints, pauses the reader, and has one ended that holds the
 * log. */
#include "evidence/upkeep/upkeep.h"

#include "ground/base/clean.h"
#include "ground/base/log.h"
#include "ground/base/text.h"

enum {
    LEAST_BYTES = 1 << 20,  /* below this there is nothing worth a checkpoint */
    PAUSE_BYTES = 32 << 20, /* above this nobody begins to read until the log begins anew */
    STUCK_MS = 2000,        /* a reader's transaction has 50 ms */
    GRACE_MS = 1000,        /* from a pause on, for transactions that were open */
    ENDING_MS = 3000,       /* for the parent to end the one that was named */
    AGAIN_MS = 100,         /* between two looks while the log is too long */
};

static void set_paused(struct upkeep *upkeep, bool paused, struct moment now)
{
    struct log_watch *watch = &upkeep->log;
    if (watch->paused == paused)
        return;
    watch->paused = paused;
    watch->paused_boot_ms = now.boot_ms;
    if (upkeep->asks.pause)
        upkeep->asks.pause(upkeep->asks.context, paused);
}

static void say(const struct upkeep *upkeep, int level, char *owned_text)
{
    CLEAN(clean_text) char *text = owned_text;
    if (text)
        upkeep->asks.log(upkeep->asks.context, level, text);
}

/* Who holds the log while the reader is paused. Only the parent knows whether it is its own: what
 * still holds it after it was asked for is somebody else's, and is named and left alone. */
static void find_holder(struct upkeep *upkeep, struct moment now)
{
    struct log_watch *watch = &upkeep->log;
    int64_t pid = store_log_holder(upkeep->turn->store);
    if (!pid || pid == watch->outsider)
        return;
    if (pid != watch->asked) {
        watch->asked = pid;
        watch->asked_boot_ms = now.boot_ms;
        if (upkeep->asks.end_reader)
            upkeep->asks.end_reader(upkeep->asks.context, pid,
                                    "it keeps the store's log from being reset");
        return;
    }
    if (now.boot_ms - watch->asked_boot_ms < ENDING_MS)
        return;
    watch->outsider = pid;
    say(upkeep, LOG_LEVEL_WARNING,
        text_format("process %lld, which does not belong to conformd, reads the store in one long "
                    "transaction: its log grows until that ends",
                    (long long)pid));
}

static void take_end(struct upkeep *upkeep)
{
    struct log_watch *watch = &upkeep->log;
    if (watch->outsider)
        say(upkeep, LOG_LEVEL_NOTICE,
            text_format("process %lld no longer keeps the store's log from being reset",
                        (long long)watch->outsider));
    watch->outsider = watch->asked = watch->stuck_boot_ms = 0;
}

/* After a checkpoint: does it get on? */
static void judge(struct upkeep *upkeep, struct moment now)
{
    struct log_watch *watch = &upkeep->log;
    struct store_log log;
    store_log(upkeep->turn->store, &log);
    bool is_whole = log.moved >= log.frames;
    bool goes_on = log.moved != watch->moved;
    watch->moved = log.moved;
    /* Whoever reads from now on reads the file alone, and the log begins anew with the next commit.
     */
    if (is_whole)
        take_end(upkeep);
    else if (goes_on)
        watch->stuck_boot_ms = 0;
    else if (!watch->stuck_boot_ms)
        watch->stuck_boot_ms = now.boot_ms;
    bool stuck = watch->stuck_boot_ms && now.boot_ms - watch->stuck_boot_ms >= STUCK_MS;
    bool is_long = log.bytes > PAUSE_BYTES;
    if (stuck && watch->paused && now.boot_ms - watch->paused_boot_ms >= GRACE_MS)
        find_holder(upkeep, now);
    /* Against others a pause does not help. */
    set_paused(upkeep, !is_whole && !watch->outsider && (is_long || stuck), now);
}

int upkeep_tend_log(struct upkeep *upkeep, struct moment now, struct error *error)
{
    struct log_watch *watch = &upkeep->log;
    watch->looked_boot_ms = now.boot_ms;
    if (store_wal_bytes(upkeep->turn->store) <= LEAST_BYTES && !watch->paused && !watch->outsider)
        return 0;
    int code = store_checkpoint(upkeep->turn->store, error);
    if (!code)
        judge(upkeep, now);
    return code;
}

int upkeep_hurry_log(struct upkeep *upkeep, struct moment now, struct error *error)
{
    struct store_log log;
    store_log(upkeep->turn->store, &log);
    if (log.bytes <= PAUSE_BYTES || now.boot_ms - upkeep->log.looked_boot_ms < AGAIN_MS)
        return 0;
    return upkeep_tend_log(upkeep, now, error);
}
