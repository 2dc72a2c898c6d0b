/* Writes the leaves of an instance. A leaf holds numbers and commitments; names, reasons, readings,
 * lines and samples are payloads beside it, and with them how the instance stood from then on. */
#include "evidence/intake/leaves.h"

#include <string.h>

#include "evidence/series/pack.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { WAITING_BYTES = 1 << 20, SLACK = 20 };
/* Of what waits: so many rows, or so much that no merge has seen yet, are made one. */
enum { HELD_ROWS = 1000, HELD_BYTES = 128 << 10 };

int leaves_tables(struct intake *intake, struct instance *instance, struct error *error)
{
    char commitment[DIGEST_TEXT_SIZE];
    const char *known = json_text_of(instance->last_run, "tables", "");
    if (!instance->tables)
        return 0;
    if (instance->tables_leaf >= 0 && strcmp(known, instance->tables_hash) == 0)
        return 0;
    CLEAN(clean_json)
    json_t *text = json_pack("{s:s, s:s, s:O}", "instance", instance->name, "plugin",
                             instance->plugin, "tables", instance->tables);
    if (instance->pushed.is)
        json_object_set_new(text, "crash_loses", json_string(pushed_words(instance)));
    CLEAN(clean_text) char *body = json_canonical(text);
    if (!body)
        return ERROR_MEMORY;
    int code = ledger_attach(intake->turn->ledger, PAYLOAD_TEXT, body, strlen(body), commitment);
    if (code)
        return error_set(error, code, "the ledger takes no payload: %s", error_text(code));
    json_t *fields = json_pack("{s:s, s:s, s:s, s:b}", "tables", instance->tables_hash, "plugin",
                               json_text_of(instance->tables, "sha256", ""), "pt", commitment,
                               "stream", instance->stream);
    if (instance->pushed.is)
        json_object_set_new(fields, "pushed", json_true());
    return ledger_append(intake->turn->ledger, LEAF_COLLECTOR, fields, &instance->tables_leaf,
                         error);
}

static int attach(struct intake *intake, enum payload_kind kind, const struct buffer *bytes,
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
    int code = ledger_attach(intake->turn->ledger, kind, bytes->data, bytes->length, commitment);
    if (!code && json_object_set_new(fields, keys[kind], json_string(commitment)))
        code = ERROR_MEMORY;
    return code;
}

/* When it was watched, as far as no leaf has told it. A span that goes on is told whole. */
static json_t *untold_spans(const struct instance *instance)
{
    size_t from = instance->watched.count;
    while (from && instance->watched.items[from - 1].to_ms > instance->told_ms)
        from--;
    struct spans untold = {instance->watched.items + from, instance->watched.count - from, 0};
    return spans_to_json(&untold);
}

/* How the instance stands: what the rebuild takes over. What is told elsewhere is left out. */
static json_t *state_of(const struct intake *intake, const struct instance *instance)
{
    static const char *const elsewhere[] = {"tables", "evidence", "due", "taken"};
    json_t *state = instance_memory(instance);
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        json_object_del(state, elsewhere[i]);
    json_object_set_new(state, "watched", untold_spans(instance));
    json_object_set_new(state, "told", json_integer(intake->turn->now.wall_ms));
    json_object_set_new(state, "reach", json_integer(intake->longest_ms));
    return state;
}

/* Batches that waited say nothing of it, nor does a fold. */
static const char *reason_of(const struct instance *instance, const struct run *run)
{
    if (run && run->why && *run->why)
        return run->why;
    return instance->condition != CONDITION_WELL && instance->reason ? instance->reason : "";
}

/* Names are no part of a leaf. */
static json_t *take_sources(json_t *fields)
{
    json_t *sources = json_incref(json_object_get(fields, "sources"));
    json_object_del(fields, "sources");
    return sources;
}

/* Names, places and reasons of the run, how far its sources were read, and the state: a payload,
 * for a leaf holds none of them. */
static int attach_circumstances(struct intake *intake, struct instance *instance,
                                const struct run *run, json_t *fields)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    CLEAN(clean_json) json_t *state = state_of(intake, instance);
    CLEAN(clean_json) json_t *reached = NULL;
    CLEAN(clean_json) json_t *sources = take_sources(fields);
    int code = intake_positions(intake, instance, &reached, NULL);
    if (code)
        return code;
    CLEAN(clean_json)
    json_t *json = json_pack(
        "{s:s, s:s, s:O*, s:O*, s:O*, s:O*, s:O, s:O, s:o, s:O*}", "instance", instance->name,
        "reason", reason_of(instance, run), "sources", sources, "opened", run ? run->opened : NULL,
        "lost", run ? run->lost : NULL, "missing", run ? run->missing : NULL, "positions",
        json_object_get(reached, "positions"), "state", state, "cost", account_row(instance),
        "scope", json_array_size(instance->scope) ? instance->scope : NULL);
    CLEAN(clean_text) char *body = json ? json_canonical(json) : NULL;
    if (!body)
        return ERROR_MEMORY;
    buffer_text(&text, body);
    return attach(intake, PAYLOAD_TEXT, &text, fields);
}

/* The samples since the leaf before, by which the series can be rebuilt. */
static int attach_samples(struct intake *intake, struct instance *instance, json_t *fields)
{
    CLEAN(buffer_finish) struct buffer samples = {0};
    int code = series_pack(intake->turn->series, instance->name, instance->told_ms,
                           intake->turn->now.wall_ms, &samples);
    return code ? code : attach(intake, PAYLOAD_SAMPLES, &samples, fields);
}

/* Appends a leaf of this instance after which nothing of it is untold: evidence of a run, or the
 * coverage of those that read the same. */
static int tell(struct intake *intake, struct instance *instance, const struct run *run,
                json_t *fields, struct error *error)
{
    int64_t leaf;
    if (intake->clock_leaf >= 0)
        json_object_set_new(fields, "clock", json_integer((json_int_t)intake->clock_leaf));
    if (run && run->out_of_scope)
        json_object_set_new(fields, "out_of_scope", json_integer((json_int_t)run->out_of_scope));
    int code = attach_samples(intake, instance, fields);
    int64_t told_ms = instance->told_ms;
    instance->untold = 0;
    if (!code)
        code = attach_circumstances(intake, instance, run, fields);
    instance->told_ms = intake->turn->now.wall_ms;
    instance->moved = true;
    if (!code)
        return ledger_append(intake->turn->ledger, run ? LEAF_EVIDENCE : LEAF_COVERAGE, fields,
                             &leaf, error);
    instance->told_ms = told_ms;
    json_decref(fields);
    return error_set(error, code, "the ledger takes no payload: %s", error_text(code));
}

static json_t *coverage_fields(struct instance *instance)
{
    char first[TEXT_TIME_SIZE], last[TEXT_TIME_SIZE];
    text_from_time(instance->fold.first_ms, first);
    text_from_time(instance->fold.last_ms, last);
    json_t *fields = json_pack(
        "{s:I, s:I, s:s, s:s, s:I, s:s}", "collector", (json_int_t)instance->tables_leaf, "same_as",
        (json_int_t)instance->evidence[0], "first", first, "last", last, "runs",
        (json_int_t)instance->fold.runs, "outcome", instance_condition_text(instance->condition));
    instance->fold.runs = 0;
    int code = seen_tell(&instance->fold.seen, fields);
    seen_finish(&instance->fold.seen);
    if (!code)
        return fields;
    json_decref(fields);
    return NULL;
}

/* Why the runs that are folded failed, and what they read. */
static int attach_fold(struct intake *intake, const struct instance *instance, json_t *fields)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    CLEAN(clean_json) json_t *sources = take_sources(fields);
    CLEAN(clean_json)
    json_t *json = json_pack("{s:s, s:s, s:O*}", "instance", instance->name, "reason",
                             reason_of(instance, NULL), "sources", sources);
    CLEAN(clean_text) char *body = json ? json_canonical(json) : NULL;
    if (instance->condition == CONDITION_WELL && !sources)
        return 0;
    buffer_text(&text, body ? body : "");
    return body ? attach(intake, PAYLOAD_TEXT, &text, fields) : ERROR_MEMORY;
}

int leaves_end_fold(struct intake *intake, struct instance *instance, struct error *error)
{
    int64_t leaf;
    if (!instance->fold.runs)
        return 0;
    json_t *fields = coverage_fields(instance);
    int code = fields ? attach_fold(intake, instance, fields) : ERROR_MEMORY;
    if (!code)
        return ledger_append(intake->turn->ledger, LEAF_COVERAGE, fields, &leaf, error);
    json_decref(fields);
    return error_set(error, code, "the ledger takes no payload: %s", error_text(code));
}

static json_t *evidence_fields(const struct intake *intake, const struct instance *instance,
                               const struct run *run)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "run",
        (json_int_t)instance->running, "collector", (json_int_t)instance->tables_leaf, "config",
        (json_int_t)intake->config_leaf, "start", (json_int_t)intake->start_leaf, "outcome",
        instance_condition_text(instance->condition), "readings", (json_int_t)run->reading_count,
        "excerpts", (json_int_t)run->excerpt_count, "excerpts_dropped",
        (json_int_t)run->excerpts_dropped, "losses", (json_int_t)json_array_size(run->lost),
        "missing", (json_int_t)json_object_size(run->missing), "batches",
        (json_int_t)(run->batches ? run->batches : 1));
}

static int write_evidence(struct intake *intake, struct instance *instance, const struct run *run,
                          struct error *error)
{
    instance_evidence_add(instance, ledger_next(intake->turn->ledger), intake->turn->now.wall_ms);
    if (instance->last_run)
        json_object_set_new(instance->last_run, "evidence",
                            json_integer((json_int_t)instance->evidence[0]));
    json_t *fields = evidence_fields(intake, instance, run);
    int code = fields ? seen_tell(&run->seen, fields) : ERROR_MEMORY;
    if (!code)
        code = attach(intake, PAYLOAD_READINGS, &run->readings, fields);
    if (!code)
        code = attach(intake, PAYLOAD_EXCERPTS, &run->excerpts, fields);
    if (!code)
        return tell(intake, instance, run, fields, error);
    json_decref(fields);
    return error_set(error, code, "the ledger takes no payload: %s", error_text(code));
}

bool leaves_may_wait(const struct instance *instance, int64_t now_ms)
{
    int64_t last_ms = instance->evidence_ms[0];
    int64_t apart_ms = instance->every_ms - instance->every_ms / SLACK;
    if (instance->run.urgent && apart_ms > LEAVES_URGENT_MS)
        apart_ms = LEAVES_URGENT_MS;
    return instance->evidence[0] >= 0 && now_ms >= last_ms && now_ms - last_ms < apart_ms &&
           instance->waiting.readings.length + instance->run.readings.length < WAITING_BYTES;
}

static int keep_row(struct intake *intake, const struct instance *instance, const struct run *run,
                    struct error *error)
{
    CLEAN(clean_text) char *body = intake_merge_to_text(run);
    struct store_query *query =
        store_query(intake->turn->store, "INSERT INTO pending(instance, body) VALUES(?1, ?2)");
    if (!body)
        return ERROR_MEMORY;
    store_bind_text(query, 1, instance->name);
    store_bind_text(query, 2, body);
    return store_run(query, error);
}

static int drop_rows(struct intake *intake, const struct instance *instance, struct error *error)
{
    struct store_query *query =
        store_query(intake->turn->store, "DELETE FROM pending WHERE instance = ?1");
    store_bind_text(query, 1, instance->name);
    return store_run(query, error);
}

/* All that waits as one batch: many of the same series are as long as one then. */
static int condense(struct intake *intake, struct instance *instance, struct error *error)
{
    struct run *waiting = &instance->waiting;
    int code = intake_merge_readings(instance, &waiting->readings, &waiting->reading_count);
    if (!code)
        code = drop_rows(intake, instance, error);
    if (!code)
        code = keep_row(intake, instance, waiting, error);
    instance->held_rows = 1;
    instance->held_bytes = waiting->readings.length;
    return code;
}

int leaves_hold(struct intake *intake, struct instance *instance, struct error *error)
{
    int code = keep_row(intake, instance, &instance->run, error);
    if (!code)
        code = intake_merge_run(&instance->waiting, &instance->run);
    instance->held_rows++;
    bool is_long = instance->held_rows >= HELD_ROWS ||
                   instance->waiting.readings.length > 2 * instance->held_bytes + HELD_BYTES;
    return code || !is_long ? code : condense(intake, instance, error);
}

int leaves_load(struct intake *intake, struct instance *instance, struct error *error)
{
    struct store_query *query = store_query(
        intake->turn->store, "SELECT body FROM pending WHERE instance = ?1 ORDER BY id");
    int row;
    store_bind_text(query, 1, instance->name);
    while ((row = store_step(query, error)) > 0) {
        int code = intake_merge_from_text(&instance->waiting, store_text(query, 0), error);
        if (code) {
            store_reset(query);
            return code;
        }
        instance->held_rows++;
    }
    if (instance->waiting.urgent)
        instance->tell_boot_ms = 1; /* long ago */
    return row;
}

static int drop_waiting(struct intake *intake, struct instance *instance, struct error *error)
{
    run_finish(&instance->waiting);
    instance->held_rows = instance->held_bytes = 0;
    instance->tell_boot_ms = 0;
    return drop_rows(intake, instance, error);
}

static int tell_waiting(struct intake *intake, struct instance *instance, struct error *error)
{
    struct run *waiting = &instance->waiting;
    int code = intake_merge_readings(instance, &waiting->readings, &waiting->reading_count);
    if (!code)
        code = write_evidence(intake, instance, waiting, error);
    return code ? code : drop_waiting(intake, instance, error);
}

int leaves_evidence(struct intake *intake, struct instance *instance, struct error *error)
{
    if (!instance->waiting.batches)
        return write_evidence(intake, instance, &instance->run, error);
    int code = intake_merge_run(&instance->waiting, &instance->run);
    return code ? code : tell_waiting(intake, instance, error);
}

int leaves_due(struct intake *intake, struct instance *instance, struct error *error)
{
    if (!instance->waiting.batches || leaves_may_wait(instance, intake->turn->now.wall_ms))
        return 0;
    return tell_waiting(intake, instance, error);
}

int intake_tell(struct intake *intake, struct instance *instance, struct error *error)
{
    if (!instance->waiting.batches)
        return 0;
    undo_keep(instance);
    return tell_waiting(intake, instance, error);
}

int intake_unfold(struct intake *intake, struct instance *instance, struct error *error)
{
    int code = intake_tell(intake, instance, error);
    if (code || !instance->fold.runs)
        return code;
    return tell(intake, instance, NULL, coverage_fields(instance), error);
}

int leaves_last(struct intake *intake, struct instance *instance, struct error *error)
{
    int code = intake_unfold(intake, instance, error);
    if (code || !instance->untold || instance->evidence[0] < 0)
        return code;
    /* Parts of an interval in which nothing was but gauges. */
    instance->fold.first_ms = instance->fold.last_ms = instance->last_end_ms;
    return tell(intake, instance, NULL, coverage_fields(instance), error);
}
