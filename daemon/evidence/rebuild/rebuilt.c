/* Reads the leaves one by one, with their payloads, from bytes that may be damaged. */
#include <string.h>

#include "evidence/rebuild/rebuilt.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

int rebuilt_init(struct rebuilt *rebuilt, struct store *store, struct error *error)
{
    rebuilt->store = store;
    rebuilt->error = error;
    rebuilt->tables = json_object();
    rebuilt->collectors = json_object();
    rebuilt->instances = json_object();
    rebuilt->measures = json_object();
    rebuilt->objectives = json_object();
    rebuilt->own = json_object();
    rebuilt->watching = json_object();
    rebuilt->boot = json_object();
    rebuilt->disposals = json_array();
    rebuilt->gaps = json_object();
    rebuilt->blind = json_object();
    int code = ledger_open(store, &rebuilt->ledger, error);
    if (!code)
        code = series_open_empty(NULL, &rebuilt->series);
    return code ? code : series_unpacker_new(rebuilt->series, &rebuilt->unpacker);
}

void rebuilt_finish(struct rebuilt *rebuilt)
{
    series_unpacker_free(rebuilt->unpacker);
    series_close(rebuilt->series);
    ledger_close(rebuilt->ledger);
    json_decref(rebuilt->tables);
    json_decref(rebuilt->collectors);
    json_decref(rebuilt->instances);
    json_decref(rebuilt->measures);
    json_decref(rebuilt->objectives);
    json_decref(rebuilt->own);
    json_decref(rebuilt->watching);
    json_decref(rebuilt->boot);
    json_decref(rebuilt->config);
    json_decref(rebuilt->disposals);
    json_decref(rebuilt->gaps);
    json_decref(rebuilt->blind);
}

void rebuilt_differs(struct rebuilt *rebuilt, const char *what, const char *stored,
                     const char *made)
{
    const struct rebuild_report *report = rebuilt->report;
    rebuilt->figures.differences++;
    if (report->on_difference)
        report->on_difference(report->context, what, stored, made);
}

int rebuilt_odd(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    CLEAN(clean_text)
    char *what = text_format("entry %lld, %s", (long long)leaf->index, leaf->type);
    rebuilt_differs(rebuilt, what ? what : "", "none that conformd writes", "");
    return what ? 0 : ERROR_MEMORY;
}

json_t *rebuilt_table(struct rebuilt *rebuilt, const char *name)
{
    json_t *table = json_object_get(rebuilt->tables, name);
    if (!table) {
        table = json_object();
        json_object_set_new(rebuilt->tables, name, table);
    }
    return table;
}

static const char *const keys[] = {[PAYLOAD_READINGS] = "pr",
                                   [PAYLOAD_EXCERPTS] = "pe",
                                   [PAYLOAD_TEXT] = "pt",
                                   [PAYLOAD_SAMPLES] = "ps"};
static const char *const names[] = {[PAYLOAD_READINGS] = "readings",
                                    [PAYLOAD_EXCERPTS] = "excerpts",
                                    [PAYLOAD_TEXT] = "text",
                                    [PAYLOAD_SAMPLES] = "samples"};

/* Samples go with the readings that they were made of. */
bool rebuilt_is_disposed(const struct rebuilt *rebuilt, const struct leaf *leaf,
                         enum payload_kind kind)
{
    const char *name = names[kind == PAYLOAD_SAMPLES ? PAYLOAD_READINGS : kind];
    size_t index;
    json_t *disposal;
    json_array_foreach (rebuilt->disposals, index, disposal) {
        if (strcmp(json_text_of(disposal, "kind", ""), name) == 0 &&
            leaf->index <= json_integer_of(disposal, "to", -1))
            return true;
    }
    return false;
}

int rebuilt_payload(struct rebuilt *rebuilt, const struct leaf *leaf, enum payload_kind kind,
                    struct buffer *ret)
{
    if (!*json_text_of(leaf->fields, keys[kind], ""))
        return 0;
    int code = ledger_payload(rebuilt->ledger, leaf->index, kind, ret, rebuilt->error);
    if (code != ERROR_MISSING)
        return code ? code : 1;
    if (rebuilt_is_disposed(rebuilt, leaf, kind))
        return 0;
    CLEAN(clean_text)
    char *what = text_format("payloads: the %s of entry %lld", names[kind], (long long)leaf->index);
    rebuilt_differs(rebuilt, what ? what : "", "", "stored: no disposal names it");
    return 0;
}

int rebuilt_text(struct rebuilt *rebuilt, const struct leaf *leaf, json_t **ret)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    *ret = NULL;
    int code = rebuilt_payload(rebuilt, leaf, PAYLOAD_TEXT, &bytes);
    if (code <= 0)
        return code;
    if (!json_read(bytes.data ? bytes.data : "", bytes.length, ret, NULL) && json_is_object(*ret))
        return 0;
    json_decref(*ret);
    *ret = NULL;
    CLEAN(clean_text)
    char *what = text_format("payloads: the text of entry %lld", (long long)leaf->index);
    rebuilt_differs(rebuilt, what ? what : "", "no JSON object", "");
    return 0;
}

static int note_disposal(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    if (strcmp(leaf->type, "disposal") == 0)
        json_array_append(rebuilt->disposals, leaf->fields);
    return 0;
}

/* Which boot, and when a turn was last: a rebuild is none. */
static void note_turn(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    rebuilt->last_ms = leaf->time_ms;
    if (!json_object_get(leaf->fields, "rebuilt"))
        json_object_set_new(rebuilt->boot, "turn", json_integer((json_int_t)leaf->time_ms));
    if (strcmp(leaf->type, "start") != 0)
        return;
    rebuilt->start = leaf->index;
    json_object_set_new(rebuilt->boot, "id", json_string(json_text_of(leaf->fields, "boot", "")));
}

static int take(struct rebuilt *rebuilt, const struct leaf *leaf)
{
    static const struct {
        const char *type;
        int (*take)(struct rebuilt *rebuilt, const struct leaf *leaf);
    } takers[] = {{"evidence", rebuild_instances_take},
                  {"coverage", rebuild_instances_take},
                  {"collector", rebuild_instances_collector},
                  {"clock", rebuild_instances_clock},
                  {"config", rebuild_judged_config},
                  {"approval", rebuild_judged_approval},
                  {"result", rebuild_judged_result},
                  {"state", rebuild_judged_state},
                  {"finding", rebuild_judged_finding},
                  {"selftest", rebuild_watching_selftest},
                  {"key", rebuild_watching_key}};
    note_turn(rebuilt, leaf);
    int code = 0;
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (strcmp(takers[i].type, leaf->type) == 0)
            code = takers[i].take(rebuilt, leaf);
    /* Of spans that end before they begin. */
    return code == ERROR_RANGE ? rebuilt_odd(rebuilt, leaf) : code;
}

static int read_leaf(struct rebuilt *rebuilt, int64_t index,
                     int (*on_leaf)(struct rebuilt *rebuilt, const struct leaf *leaf))
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    CLEAN(clean_json) json_t *fields = NULL;
    struct leaf leaf = {.index = index};
    int code = ledger_read(rebuilt->ledger, index, &bytes, rebuilt->error);
    if (code)
        return code;
    if (json_read(bytes.data ? bytes.data : "", bytes.length, &fields, NULL) ||
        text_to_time(json_text_of(fields, "ts", ""), &leaf.time_ms))
        return error_set(rebuilt->error, ERROR_FORMAT, "entry %lld is not one that conformd writes",
                         (long long)index);
    leaf.fields = fields;
    leaf.type = json_text_of(fields, "t", "");
    return on_leaf(rebuilt, &leaf);
}

int rebuilt_read(struct rebuilt *rebuilt)
{
    struct ledger_head head;
    int code = 0;
    ledger_head(rebuilt->ledger, &head);
    rebuilt->figures.leaves = head.size;
    /* A disposal stands behind what it disposed of. */
    for (int64_t i = 0; !code && i < head.size; i++)
        code = read_leaf(rebuilt, i, note_disposal);
    for (int64_t i = 0; !code && i < head.size; i++)
        code = read_leaf(rebuilt, i, take);
    return code;
}
