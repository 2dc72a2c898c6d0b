/* Writes the leaves of an instance. A leaf holds numbers and commitments; names, reasons, readings,
 * lines and samples are payloads beside it, and with them how the instance stood from then on. */
#include "evidence/sealing/leaves.h"

#include <string.h>

#include "evidence/instance/memory.h"
#include "evidence/sealing/positions.h"
#include "evidence/series/pack.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

int leaves_refused(struct error *error, int code)
{
    return error_set(error, code, "the ledger refused a payload: %s", error_text(code));
}

int leaves_attach(struct sealing *sealing, enum payload_kind kind, const struct buffer *bytes,
                  json_t *fields)
{
    static const char *const keys[] = {[PAYLOAD_READINGS] = "pr",
                                       [PAYLOAD_EXCERPTS] = "pe",
                                       [PAYLOAD_TEXT] = "pt",
                                       [PAYLOAD_SAMPLES] = "ps"};
    char commitment[DIGEST_TEXT_SIZE];
    if (bytes->failed)
        return ERROR_MEMORY;
    if (!bytes->length)
        return 0;
    int code = ledger_attach(sealing->turn->ledger, kind, bytes->data, bytes->length, commitment);
    if (!code && json_object_set_new(fields, keys[kind], json_string(commitment)))
        code = ERROR_MEMORY;
    return code;
}

int leaves_attach_json(struct sealing *sealing, const json_t *text, json_t *fields)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    CLEAN(clean_text) char *body = text ? json_canonical(text) : NULL;
    if (!body)
        return ERROR_MEMORY;
    buffer_text(&bytes, body);
    return leaves_attach(sealing, PAYLOAD_TEXT, &bytes, fields);
}

int leaves_tables(struct sealing *sealing, struct instance *instance, struct error *error)
{
    const char *known = json_text_of(instance->last_run, "tables", "");
    if (!instance->tables)
        return 0;
    if (instance->record.tables_leaf >= 0 && strcmp(known, instance->tables_hash) == 0)
        return 0;
    CLEAN(clean_json)
    json_t *text = json_pack("{s:s, s:s, s:O}", "instance", instance->name, "plugin",
                             instance->plugin, "tables", instance->tables);
    json_t *fields =
        json_pack("{s:s, s:s, s:b}", "tables", instance->tables_hash, "plugin",
                  json_text_of(instance->tables, "sha256", ""), "stream", instance->stream);
    if (instance->pushed.is) {
        json_object_set_new(text, "crash_loses", json_string(pushed_words(instance)));
        json_object_set_new(fields, "pushed", json_true());
    }
    int code = leaves_attach_json(sealing, text, fields);
    if (!code)
        return ledger_append(sealing->turn->ledger, LEAF_COLLECTOR, fields,
                             &instance->record.tables_leaf, error);
    json_decref(fields);
    return leaves_refused(error, code);
}

/* When it was watched, as far as no leaf has told it. A span that goes on is told whole. */
static json_t *untold_spans(const struct instance *instance)
{
    const struct spans *watched = &instance->standing.watched;
    size_t from = watched->count;
    while (from && watched->items[from - 1].to_ms > instance->record.told_ms)
        from--;
    struct spans untold = {watched->items + from, watched->count - from, 0};
    return spans_to_json(&untold);
}

/* How the instance stands: what the rebuild takes over. What is told elsewhere is left out. */
static json_t *state_of(const struct sealing *sealing, const struct instance *instance)
{
    json_t *state = memory_tell(instance);
    json_object_set_new(state, "watched", untold_spans(instance));
    json_object_set_new(state, "told", json_integer(sealing->turn->now.wall_ms));
    json_object_set_new(state, "reach", json_integer(sealing->keep_ms));
    return state;
}

/* Batches that waited say nothing of it, nor does a fold. */
const char *leaves_reason(const struct instance *instance, const struct run *run)
{
    if (run && run->why && *run->why)
        return run->why;
    return instance->condition != CONDITION_WELL && instance->reason ? instance->reason : "";
}

/* Names are no part of a leaf. */
json_t *leaves_take_sources(json_t *fields)
{
    json_t *sources = json_incref(json_object_get(fields, "sources"));
    json_object_del(fields, "sources");
    return sources;
}

/* Names, places and reasons of the run, how far its sources were read, and the state: a payload,
 * for a leaf holds none of them. */
static int attach_circumstances(struct sealing *sealing, struct instance *instance,
                                const struct run *run, json_t *fields)
{
    CLEAN(clean_json) json_t *state = state_of(sealing, instance);
    CLEAN(clean_json) json_t *sources = leaves_take_sources(fields);
    CLEAN(clean_json) json_t *reached = NULL;
    int code = positions_get(sealing->turn->store, instance, &reached, NULL);
    if (code)
        return code;
    CLEAN(clean_json)
    json_t *text = json_pack("{s:s, s:s, s:O*, s:O*, s:O*, s:O*, s:O, s:O, s:o, s:O*}", "instance",
                             instance->name, "reason", leaves_reason(instance, run), "sources",
                             sources, "opened", run ? run->opened : NULL, "lost",
                             run ? run->lost : NULL, "missing", run ? run->missing : NULL,
                             "positions", reached, "state", state, "cost", account_row(instance),
                             "scope", json_array_size(instance->scope) ? instance->scope : NULL);
    return leaves_attach_json(sealing, text, fields);
}

/* The samples since the leaf before, by which the series can be rebuilt. */
static int attach_samples(struct sealing *sealing, struct instance *instance, json_t *fields)
{
    CLEAN(buffer_finish) struct buffer samples = {0};
    int code = series_pack(sealing->turn->series, instance->name, instance->record.told_ms,
                           sealing->turn->now.wall_ms, &samples);
    return code ? code : leaves_attach(sealing, PAYLOAD_SAMPLES, &samples, fields);
}

/* Appends a leaf of this instance after which nothing of it is untold: evidence of a run, or the
 * coverage of those that read the same. */
int leaves_tell(struct sealing *sealing, struct instance *instance, const struct run *run,
                json_t *fields, struct error *error)
{
    int64_t leaf;
    if (sealing->clock_leaf >= 0)
        json_object_set_new(fields, "clock", json_integer((json_int_t)sealing->clock_leaf));
    if (run && run->out_of_scope)
        json_object_set_new(fields, "out_of_scope", json_integer((json_int_t)run->out_of_scope));
    int code = attach_samples(sealing, instance, fields);
    int64_t told_ms = instance->record.told_ms;
    instance->record.untold = 0;
    if (!code)
        code = attach_circumstances(sealing, instance, run, fields);
    instance->record.told_ms = sealing->turn->now.wall_ms;
    instance_mark(instance, UNSAVED_NOW);
    if (!code)
        return ledger_append(sealing->turn->ledger, run ? LEAF_EVIDENCE : LEAF_COVERAGE, fields,
                             &leaf, error);
    instance->record.told_ms = told_ms;
    json_decref(fields);
    return leaves_refused(error, code);
}

static json_t *evidence_fields(const struct sealing *sealing, const struct instance *instance,
                               const struct run *run)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "run",
                     (json_int_t)instance->started.run, "collector",
                     (json_int_t)instance->record.tables_leaf, "config",
                     (json_int_t)sealing->config_leaf, "start", (json_int_t)sealing->start_leaf,
                     "outcome", instance_condition_text(instance->condition), "readings",
                     (json_int_t)run->reading_count, "excerpts", (json_int_t)run->excerpt_count,
                     "excerpts_dropped", (json_int_t)run->excerpts_dropped, "losses",
                     (json_int_t)json_array_size(run->lost), "missing",
                     (json_int_t)json_object_size(run->missing), "batches",
                     (json_int_t)(run->batches ? run->batches : 1));
}

int leaves_evidence(struct sealing *sealing, struct instance *instance, const struct run *run,
                    struct error *error)
{
    instance_note_evidence(instance, ledger_next(sealing->turn->ledger),
                           sealing->turn->now.wall_ms);
    json_t *fields = evidence_fields(sealing, instance, run);
    int code = fields ? seen_tell(&run->seen, fields) : ERROR_MEMORY;
    if (!code)
        code = leaves_attach(sealing, PAYLOAD_READINGS, &run->readings, fields);
    if (!code)
        code = leaves_attach(sealing, PAYLOAD_EXCERPTS, &run->excerpts, fields);
    if (!code)
        return leaves_tell(sealing, instance, run, fields, error);
    json_decref(fields);
    return leaves_refused(error, code);
}
