/* A stream: collects when there is something, at each interval, and once more before it stops. */
#include "host/collector/stream.h"

#include "ground/base/clock.h"

static bool is_worse(int status, int than)
{
    if (status < 0 || than < 0)
        return status < 0;
    return status == CFD_PARTIAL || (status == CFD_STANDBY && than != CFD_PARTIAL);
}

static int hand_over(struct life *life, uint32_t flags)
{
    life->handed_ms = clock_now().boot_ms;
    return emit_batch(life->lender.emitter, flags | (life->more ? BATCH_BACKLOG : 0));
}

/* Something that is whole waits for the time at which it may go. */
static bool holds(const struct life *life)
{
    const struct emitter *emitter = life->lender.emitter;
    return emit_has_positions(emitter) && !emit_is_open(emitter);
}

/* What was emitted with a position goes at once, but that of a moment in one batch: each costs a
 * commit and its series a sample. The rest waits for its position, or for the interval's end. */
static int collect_once(struct life *life)
{
    bool works_off = life->more;
    int64_t now_ms = clock_now().boot_ms;
    int status = stream_collect(life, now_ms + LIFE_SLICE_MS);
    life->more = status == CFD_MORE;
    now_ms = clock_now().boot_ms;
    if (!life->more)
        life->pause_ms = now_ms + LIFE_GAP_MS;
    if (is_worse(status, life->status))
        life->status = status;
    if (!holds(life))
        return 0;
    struct emitter *emitter = life->lender.emitter;
    bool may_wait = !works_off && !life->more && !emit_is_urgent(emitter) &&
                    now_ms < life->handed_ms + LIFE_APART_MS;
    return may_wait && emit_hold(emitter) ? 0 : hand_over(life, 0);
}

/* An interval that passed in the middle of a batch ends with the batch. */
static int end_interval(struct life *life)
{
    struct emitter *emitter = life->lender.emitter;
    int code = 0;
    if (life->more && emit_is_open(emitter))
        return 0;
    if (life->status != CFD_OK)
        code = emit_outcome(emitter, life->status, stream_why(life, life->status));
    if (!code)
        code = hand_over(life, BATCH_INTERVAL);
    /* What is wrong was said once and goes on: its reason stays until an interval ends well. */
    lend_settle(&life->lender, life->status == CFD_OK);
    life->due = false;
    life->status = CFD_OK;
    return code;
}

static int64_t timeout_of(const struct life *life, int64_t now_ms, bool looks)
{
    int64_t until_ms = life->next_ms;
    if (life->more || life->asked.collect)
        return 0;
    if (!looks && life->fd >= 0 && life->pause_ms < until_ms)
        until_ms = life->pause_ms;
    if (holds(life) && life->handed_ms + LIFE_APART_MS < until_ms)
        until_ms = life->handed_ms + LIFE_APART_MS;
    return until_ms > now_ms ? until_ms - now_ms : 0;
}

static int turn(struct life *life)
{
    bool readable = false;
    int64_t now_ms = clock_now().boot_ms;
    /* A descriptor that stays readable for a reason of its own must not make the loop spin. */
    bool looks = life->fd >= 0 && now_ms >= life->pause_ms;
    int code =
        stream_listen(life, looks ? life->fd : -1, timeout_of(life, now_ms, looks), &readable);
    if (code)
        return code;
    now_ms = clock_now().boot_ms;
    if (now_ms >= life->next_ms || life->asked.collect) {
        life->due = true;
        life->asked.collect = false;
        while (life->next_ms <= now_ms)
            life->next_ms += life->every_ms;
    }
    if (!readable && !life->more && !life->due)
        return holds(life) && now_ms >= life->handed_ms + LIFE_APART_MS ? hand_over(life, 0) : 0;
    code = collect_once(life);
    return !code && life->due ? end_interval(life) : code;
}

static int start(struct life *life)
{
    struct lender *lender = &life->lender;
    lender->phase = LEND_COLLECT;
    int status = lender->plugin->head.start(life->self, &lender->host, &life->fd);
    lender->phase = LEND_IDLE;
    if (status >= 0) {
        life->started = true;
        return 0;
    }
    life->fd = -1;
    /* The engine shall know why before the process ends. */
    int code = emit_outcome(lender->emitter, status < CFD_CHANGED ? CFD_ERROR : status,
                            stream_why(life, status < CFD_CHANGED ? CFD_ERROR : status));
    if (!code)
        code = emit_batch(lender->emitter, BATCH_INTERVAL);
    if (!code)
        code = emit_drain(lender->emitter);
    return code ? code : ERROR_STATE;
}

static int stop(struct life *life)
{
    int64_t until_ms = clock_now().boot_ms + LIFE_STOP_MS;
    int code;
    do
        code = collect_once(life);
    while (!code && life->more && clock_now().boot_ms < until_ms);
    if (!code)
        code = end_interval(life);
    return code ? code : emit_drain(life->lender.emitter);
}

int stream_run(struct life *life)
{
    int code = 0;
    if (life->every_ms <= 0)
        return ERROR_STATE;
    while (!code && !life->stopping && !(life->asked.positions && life->asked.collect))
        code = stream_listen(life, -1, -1, NULL);
    if (code || life->stopping)
        return code;
    code = start(life);
    /* From now on it hears what is sent: nobody else knows that moment. */
    if (!code && plugin_is_pushed(life->lender.plugin))
        code = hand_over(life, 0);
    life->asked.collect = false;
    life->more = true; /* what came before the start is read at once */
    life->next_ms = clock_now().boot_ms + life->every_ms;
    while (!code && !life->stopping)
        code = turn(life);
    return code ? code : stop(life);
}
