/* Takes back what a telling moved in an instance. */
#include "evidence/sealing/undo.h"

#include <string.h>

void undo_keep(struct instance *instance)
{
    const struct record *record = &instance->record;
    struct undo *undo = &instance->record.undo;
    if (undo->is)
        return;
    *undo = (struct undo){.is = true,
                          .told_ms = record->told_ms,
                          .untold = record->untold,
                          .tell_boot_ms = record->tell_boot_ms,
                          .held_rows = record->held_rows,
                          .held_bytes = record->held_bytes};
    memcpy(undo->evidence, record->evidence, sizeof undo->evidence);
    memcpy(undo->evidence_ms, record->evidence_ms, sizeof undo->evidence_ms);
}

void undo_forget(struct instance *instance)
{
    instance->record.undo.is = false;
}

int undo_restore(struct sealing *sealing, struct instance *instance, struct error *error)
{
    struct record *record = &instance->record;
    const struct undo *undo = &record->undo;
    if (!undo->is)
        return 0;
    run_finish(&record->waiting);
    int code = sealing_load(sealing, instance, error);
    memcpy(record->evidence, undo->evidence, sizeof undo->evidence);
    memcpy(record->evidence_ms, undo->evidence_ms, sizeof undo->evidence_ms);
    record->told_ms = undo->told_ms;
    record->untold = undo->untold;
    record->tell_boot_ms = undo->tell_boot_ms;
    record->held_rows = undo->held_rows;
    record->held_bytes = undo->held_bytes;
    instance_note_evidence_of_run(instance);
    record->undo.is = false;
    return code;
}
