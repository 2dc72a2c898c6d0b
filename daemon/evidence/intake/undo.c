/* Takes back what a telling moved in an instance. */
#include "evidence/intake/undo.h"

#include <string.h>

#include "evidence/intake/intake.h"
#include "evidence/intake/leaves.h"

_Static_assert((int)UNDO_EVIDENCE == (int)INSTANCE_EVIDENCE,
               "all of an instance's leaves are kept");

void undo_keep(struct instance *instance)
{
    struct undo *undo = &instance->undo;
    if (undo->is)
        return;
    *undo = (struct undo){.is = true,
                          .told_ms = instance->told_ms,
                          .untold = instance->untold,
                          .tell_boot_ms = instance->tell_boot_ms,
                          .held_rows = instance->held_rows,
                          .held_bytes = instance->held_bytes};
    memcpy(undo->evidence, instance->evidence, sizeof undo->evidence);
    memcpy(undo->evidence_ms, instance->evidence_ms, sizeof undo->evidence_ms);
}

void undo_forget(struct instance *instance)
{
    instance->undo.is = false;
}

int undo_restore(struct intake *intake, struct instance *instance, struct error *error)
{
    const struct undo *undo = &instance->undo;
    if (!undo->is)
        return 0;
    run_finish(&instance->waiting);
    int code = leaves_load(intake, instance, error);
    memcpy(instance->evidence, undo->evidence, sizeof undo->evidence);
    memcpy(instance->evidence_ms, undo->evidence_ms, sizeof undo->evidence_ms);
    instance->told_ms = undo->told_ms;
    instance->untold = undo->untold;
    instance->tell_boot_ms = undo->tell_boot_ms;
    instance->held_rows = undo->held_rows;
    instance->held_bytes = undo->held_bytes;
    if (instance->last_run)
        json_object_set_new(instance->last_run, "evidence",
                            json_integer((json_int_t)instance->evidence[0]));
    instance->undo.is = false;
    return code;
}
