/* Several batches of a stream as one: what is in the evidence leaf of an interval. */
#include "evidence/run/batches.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static int merge_object(json_t **to, json_t *from)
{
    if (!from)
        return 0;
    if (!*to)
        *to = json_object();
    return json_object_update(*to, from) ? ERROR_MEMORY : 0;
}

static int merge_list(json_t **to, json_t *from)
{
    size_t index;
    json_t *row;
    if (!from)
        return 0;
    if (!*to)
        *to = json_array();
    json_array_foreach (from, index, row) {
        if (json_array_size(*to) >= RUN_PLACES_LIMIT)
            return 0;
        if (json_array_append(*to, row))
            return ERROR_MEMORY;
    }
    return 0;
}

/* Lines beyond the limit are not kept; that they are not stands in the leaf. */
static void merge_excerpts(struct run *to, const struct run *from)
{
    bool fits = to->excerpts.length + from->excerpts.length <= RUN_EXCERPTS_LIMIT;
    if (fits)
        buffer_append(&to->excerpts, from->excerpts.data, from->excerpts.length);
    to->excerpt_count += fits ? from->excerpt_count : 0;
    to->excerpts_dropped += from->excerpts_dropped + (fits ? 0 : from->excerpt_count);
}

int batches_merge(struct run *to, const struct run *from)
{
    buffer_append(&to->readings, from->readings.data, from->readings.length);
    to->reading_count += from->reading_count;
    to->event_count += from->event_count;
    to->out_of_scope += from->out_of_scope;
    to->batches += from->batches ? from->batches : 1;
    to->urgent = to->urgent || from->urgent;
    merge_excerpts(to, from);
    if (from->why) {
        free(to->why);
        to->why = strdup(from->why);
    }
    int code = to->readings.failed || to->excerpts.failed ? ERROR_MEMORY : 0;
    if (!code)
        code = seen_merge(&to->seen, &from->seen);
    if (!code)
        code = merge_object(&to->positions, from->positions);
    if (!code)
        code = merge_object(&to->missing, from->missing);
    if (!code)
        code = merge_list(&to->opened, from->opened);
    return code ? code : merge_list(&to->lost, from->lost);
}

static bool is_event(const struct attributes *attributes, const json_t *row)
{
    const struct attribute *attribute =
        attribute_find(attributes, json_text_of(row, "attribute", ""));
    return attribute && attribute->kind == SERIES_EVENT;
}

/* A reading of the same series: of an event the sum is what was read, of others the last. */
static void add_reading(const struct attributes *attributes, json_t *known, const json_t *row)
{
    double one, other;
    char number[TEXT_DOUBLE_SIZE];
    if (!is_event(attributes, row) || text_to_double(json_text_of(known, "value", "0"), &one) ||
        text_to_double(json_text_of(row, "value", "0"), &other)) {
        json_object_update(known, (json_t *)row);
        return;
    }
    text_from_double(one + other, number);
    json_object_set_new(known, "value", json_string(number));
}

static char *series_of(const json_t *row)
{
    CLEAN(clean_text) char *labels = json_canonical(json_object_get(row, "labels"));
    return text_format("%s%s%s", json_text_of(row, "attribute", ""), labels ? labels : "",
                       json_text_of(row, "text", ""));
}

static int gather_line(const struct attributes *attributes, json_t *rows, const char *line,
                       size_t length)
{
    CLEAN(clean_json) json_t *row = NULL;
    int code = json_read(line, length, &row, NULL);
    if (code)
        return code;
    CLEAN(clean_text) char *series = series_of(row);
    if (!series)
        return ERROR_MEMORY;
    json_t *known = json_object_get(rows, series);
    if (known)
        add_reading(attributes, known, row);
    else
        json_object_set(rows, series, row);
    return 0;
}

int batches_merge_readings(const struct attributes *attributes, struct buffer *lines,
                           size_t *ret_count)
{
    CLEAN(clean_json) json_t *rows = json_object();
    const char *series;
    json_t *row;
    int code = 0;
    for (const char *at = lines->data; !code && at && *at;) {
        const char *end = strchr(at, '\n');
        if (!end)
            return ERROR_FORMAT;
        code = gather_line(attributes, rows, at, (size_t)(end - at));
        at = end + 1;
    }
    if (code)
        return code;
    buffer_reset(lines);
    json_object_foreach (rows, series, row) {
        CLEAN(clean_text) char *text = json_canonical(row);
        buffer_text(lines, text ? text : "");
        buffer_byte(lines, '\n');
    }
    *ret_count = json_object_size(rows);
    return lines->failed ? ERROR_MEMORY : 0;
}

char *batches_to_text(const struct run *run)
{
    CLEAN(clean_json)
    json_t *json = json_pack(
        "{s:s%, s:s%, s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:s, s:O*, s:O*, s:O*, s:O*, s:o*}",
        "readings", run->readings.data ? run->readings.data : "", run->readings.length, "excerpts",
        run->excerpts.data ? run->excerpts.data : "", run->excerpts.length, "batches",
        (json_int_t)run->batches, "urgent", run->urgent, "count", (json_int_t)run->reading_count,
        "events", (json_int_t)run->event_count, "lines", (json_int_t)run->excerpt_count, "dropped",
        (json_int_t)run->excerpts_dropped, "refused", (json_int_t)run->out_of_scope, "why",
        run->why ? run->why : "", "positions", run->positions, "opened", run->opened, "lost",
        run->lost, "missing", run->missing, "seen", seen_to_json(&run->seen));
    return json ? json_canonical(json) : NULL;
}

int batches_from_text(struct run *to, const char *text, struct error *error)
{
    CLEAN(clean_json) json_t *json = NULL;
    struct run run = {0};
    int code = text ? json_read(text, strlen(text), &json, error) : ERROR_FORMAT;
    if (code)
        return error_set(error, code, "a row of pending that cannot be read");
    buffer_text(&run.readings, json_text_of(json, "readings", ""));
    buffer_text(&run.excerpts, json_text_of(json, "excerpts", ""));
    run.batches = (size_t)json_integer_of(json, "batches", 0);
    run.urgent = json_is_true(json_object_get(json, "urgent"));
    run.reading_count = (size_t)json_integer_of(json, "count", 0);
    run.event_count = (size_t)json_integer_of(json, "events", 0);
    run.excerpt_count = (size_t)json_integer_of(json, "lines", 0);
    run.excerpts_dropped = (size_t)json_integer_of(json, "dropped", 0);
    run.out_of_scope = (size_t)json_integer_of(json, "refused", 0);
    run.why = strdup(json_text_of(json, "why", ""));
    run.positions = json_incref(json_object_get(json, "positions"));
    run.opened = json_incref(json_object_get(json, "opened"));
    run.lost = json_incref(json_object_get(json, "lost"));
    run.missing = json_incref(json_object_get(json, "missing"));
    code = seen_from_json(json_object_get(json, "seen"), &run.seen);
    if (!code)
        code = batches_merge(to, &run);
    run_finish(&run);
    return code;
}
