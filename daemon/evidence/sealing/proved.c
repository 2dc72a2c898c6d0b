/* The record of a selftest. */
#include <string.h>

#include "evidence/sealing/leaves.h"
#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

static int write_leaf(struct sealing *sealing, const struct instance *instance, int64_t *ret_leaf,
                      struct error *error)
{
    const struct proof *proof = &instance->proof;
    CLEAN(clean_json)
    json_t *text = json_pack("{s:s, s:s, s:s, s:s}", "instance", instance->name, "plugin",
                             instance->plugin, "version", proof->version, "why", proof->why);
    json_t *fields = json_pack("{s:s, s:s, s:I}", "status", proof->status, "plugin", proof->sha256,
                               "start", (json_int_t)sealing->start_leaf);
    int code = leaves_attach_json(sealing, text, fields);
    if (!code)
        return ledger_append(sealing->turn->ledger, LEAF_SELFTEST, fields, ret_leaf, error);
    json_decref(fields);
    return leaves_refused(error, code);
}

int sealing_proof(struct sealing *sealing, struct instance *instance, struct error *error)
{
    int64_t leaf;
    int code = write_leaf(sealing, instance, &leaf, error);
    if (code)
        return code;
    proof_kept(&instance->proof, sealing->turn->now.wall_ms);
    instance_touch(instance, true);
    return states_put(sealing->turn->store, "selftest", instance->name,
                      proof_row(instance->name, &instance->proof, leaf), error);
}
