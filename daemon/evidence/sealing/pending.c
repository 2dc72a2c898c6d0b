/* Keeps batches until their leaf, as one. */
#include "evidence/sealing/pending.h"

#include "evidence/run/batches.h"
#include "evidence/sealing/leaves.h"
#include "evidence/sealing/undo.h"
#include "ground/base/clean.h"

enum { WAITING_BYTES = 1 << 20, SLACK = 20 };
/* Of what waits: so many rows, or so much that no merge has seen yet, are made one. */
enum { HELD_ROWS = 1000, HELD_BYTES = 128 << 10 };

bool pending_may_wait(const struct instance *instance, int64_t now_ms)
{
    int64_t last_ms = instance->record.evidence_ms[0];
    int64_t apart_ms = instance->every_ms - instance->every_ms / SLACK;
    if (instance->run.urgent && apart_ms > PENDING_URGENT_MS)
        apart_ms = PENDING_URGENT_MS;
    return instance->record.evidence[0] >= 0 && now_ms >= last_ms && now_ms - last_ms < apart_ms &&
           instance->record.waiting.readings.length + instance->run.readings.length < WAITING_BYTES;
}

static int keep_row(struct sealing *sealing, const struct instance *instance, const struct run *run,
                    struct error *error)
{
    CLEAN(clean_text) char *body = batches_to_text(run);
    struct store_query *query =
        store_query(sealing->turn->store, "INSERT INTO pending(instance, body) VALUES(?1, ?2)");
    if (!body)
        return ERROR_MEMORY;
    store_bind_text(query, 1, instance->name);
    store_bind_text(query, 2, body);
    return store_run(query, error);
}

static int drop_rows(struct sealing *sealing, const struct instance *instance, struct error *error)
{
    struct store_query *query =
        store_query(sealing->turn->store, "DELETE FROM pending WHERE instance = ?1");
    store_bind_text(query, 1, instance->name);
    return store_run(query, error);
}

/* All that waits as one batch: many of the same series are as long as one then. */
static int condense(struct sealing *sealing, struct instance *instance, struct error *error)
{
    struct run *waiting = &instance->record.waiting;
    int code =
        batches_merge_readings(&instance->attributes, &waiting->readings, &waiting->reading_count);
    if (!code)
        code = drop_rows(sealing, instance, error);
    if (!code)
        code = keep_row(sealing, instance, waiting, error);
    instance->record.held_rows = 1;
    instance->record.held_bytes = waiting->readings.length;
    return code;
}

int pending_hold(struct sealing *sealing, struct instance *instance, struct error *error)
{
    int code = keep_row(sealing, instance, &instance->run, error);
    if (!code)
        code = batches_merge(&instance->record.waiting, &instance->run);
    instance->record.held_rows++;
    if (instance->run.urgent && !instance->record.tell_boot_ms)
        instance->record.tell_boot_ms = sealing->turn->now.boot_ms + PENDING_URGENT_MS;
    bool is_long =
        instance->record.held_rows >= HELD_ROWS ||
        instance->record.waiting.readings.length > 2 * instance->record.held_bytes + HELD_BYTES;
    return code || !is_long ? code : condense(sealing, instance, error);
}

int sealing_load(struct sealing *sealing, struct instance *instance, struct error *error)
{
    struct store_query *query = store_query(
        sealing->turn->store, "SELECT body FROM pending WHERE instance = ?1 ORDER BY id");
    int row;
    store_bind_text(query, 1, instance->name);
    while ((row = store_step(query, error)) > 0) {
        int code = batches_from_text(&instance->record.waiting, store_text(query, 0), error);
        if (code) {
            store_reset(query);
            return code;
        }
        instance->record.held_rows++;
    }
    if (instance->record.waiting.urgent)
        instance->record.tell_boot_ms = 1; /* long ago */
    return row;
}

static int drop_waiting(struct sealing *sealing, struct instance *instance, struct error *error)
{
    run_finish(&instance->record.waiting);
    instance->record.held_rows = instance->record.held_bytes = 0;
    instance->record.tell_boot_ms = 0;
    return drop_rows(sealing, instance, error);
}

static int tell_waiting(struct sealing *sealing, struct instance *instance, struct error *error)
{
    struct run *waiting = &instance->record.waiting;
    int code =
        batches_merge_readings(&instance->attributes, &waiting->readings, &waiting->reading_count);
    if (!code)
        code = leaves_evidence(sealing, instance, waiting, error);
    return code ? code : drop_waiting(sealing, instance, error);
}

int pending_tell_with_run(struct sealing *sealing, struct instance *instance, struct error *error)
{
    if (!instance->record.waiting.batches)
        return leaves_evidence(sealing, instance, &instance->run, error);
    int code = batches_merge(&instance->record.waiting, &instance->run);
    return code ? code : tell_waiting(sealing, instance, error);
}

int sealing_tell(struct sealing *sealing, struct instance *instance, struct error *error)
{
    if (!instance->record.waiting.batches)
        return 0;
    undo_keep(instance);
    return tell_waiting(sealing, instance, error);
}

int pending_tell_due(struct sealing *sealing, struct instance *instance, struct error *error)
{
    const struct record *record = &instance->record;
    struct moment now = sealing->turn->now;
    bool urgent = record->tell_boot_ms && record->tell_boot_ms <= now.boot_ms;
    if (!record->waiting.batches || (!urgent && pending_may_wait(instance, now.wall_ms)))
        return 0;
    return tell_waiting(sealing, instance, error);
}
