/* What a check's program printed: a monitoring plugin's line, or a JSON object of readings. */
#include "exec.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "perfdata.h"

#include <stdlib.h>
#include <string.h>

enum { LABELS = 8 };

void answer_missing(struct kit_run *run, const struct check *check, const char *why)
{
    const struct expected *expected = check->readings.group;
    const struct kit_item values = {.attribute = EXEC_VALUE, .attributes = 3};
    const struct kit_item readings = {.attribute = check->json ? expected->attribute : 0,
                                      .attributes = (uint32_t)check->readings.count};
    kit_drop(run, check->json ? &readings : &values, "check %s: %s", check->name, why);
}

/* Any other number than 0 to 3, and a signal, is UNKNOWN. */
static enum exec_state state_of(const struct cfd_ran *ran)
{
    bool known = ran->exit_code >= STATE_OK && ran->exit_code <= STATE_CRITICAL;
    return known ? (enum exec_state)ran->exit_code : STATE_UNKNOWN;
}

/* --- a monitoring plugin --- */

static void emit_range(struct kit_run *run, uint32_t attribute, const struct perfdata_range *range,
                       const struct perfdata *item, const char *check)
{
    const char *const labels[] = {check, item->label, NULL};
    if (range->given)
        kit_emit(run, attribute, perfdata_alerts(range, item->value), labels);
}

static void emit_item(struct kit_run *run, const struct check *check, const struct perfdata *item)
{
    const char *const labels[] = {check->name, item->label, item->unit, NULL};
    kit_emit(run, EXEC_VALUE, item->value, labels);
    emit_range(run, EXEC_WARNING, &item->warning, item, check->name);
    emit_range(run, EXEC_CRITICAL, &item->critical, item, check->name);
}

/* U, or data that cannot be read: a value of before must not pass for the present one. */
static void drop_value(struct kit_run *run, const struct check *check, const char *what, int length)
{
    const struct kit_item item = {.attribute = EXEC_VALUE, .attributes = 3};
    kit_drop(run, &item, "check %s does not know the value of %.*s", check->name,
             length < KIT_NAME_MOST ? length : KIT_NAME_MOST, what);
}

static void drop_malformed(struct kit_run *run, const struct check *check, const char *from,
                           const char *to)
{
    const struct kit_item item = {.attribute = EXEC_VALUE, .attributes = 3};
    from += strspn(from, " \t\r\n");
    int length = (int)(to - from < KIT_NAME_MOST ? to - from : KIT_NAME_MOST);
    kit_drop(run, &item, "check %s: performance data is malformed: %.*s", check->name, length,
             from);
}

enum exec_state answer_nagios(struct kit_run *run, const struct check *check,
                              const struct cfd_ran *ran)
{
    CLEAN(clean_text) char *data = perfdata_of(ran->output);
    struct perfdata item;
    size_t count = 0;
    enum exec_state state = state_of(ran);
    const char *at = data ? data : "", *from = at;
    for (int found; (found = perfdata_next(&at, &item)) != 0; count++, from = at) {
        if (found < 0)
            drop_malformed(run, check, from, at);
        else if (item.known)
            emit_item(run, check, &item);
        else
            drop_value(run, check, item.label, PERFDATA_LABEL);
    }
    if (!data)
        kit_fail(run, CFD_ERROR);
    if (state == STATE_UNKNOWN && count == 0)
        drop_value(run, check, "anything: it answers UNKNOWN", KIT_NAME_MOST);
    return state;
}

/* --- JSON --- */

static bool fill_labels(const struct expected *expected, const json_t *row,
                        const char *labels[LABELS + 1])
{
    for (size_t i = 0; i < expected->labels.count; i++) {
        const json_t *label = json_object_get(row, expected->labels.text[i]);
        labels[i] = json_is_string(label) ? json_string_value(label) : "";
        if (label && !json_is_string(label))
            return false;
    }
    labels[expected->labels.count] = NULL;
    return true;
}

/* A value alone, or {"value": v, "label": "text", ...}. */
static bool emit_row(struct kit_run *run, const struct expected *expected, const json_t *row)
{
    const char *labels[LABELS + 1];
    const json_t *value = json_is_object(row) ? json_object_get(row, "value") : row;
    if (!fill_labels(expected, json_is_object(row) ? row : NULL, labels))
        return false;
    if (expected->kind == CFD_TEXT && json_is_string(value))
        kit_emit_text(run, expected->attribute, json_string_value(value), labels);
    else if (expected->kind != CFD_TEXT && json_is_number(value))
        kit_emit(run, expected->attribute, json_number_value(value), labels);
    else if (expected->kind == CFD_GAUGE && json_is_boolean(value))
        kit_emit(run, expected->attribute, json_is_true(value), labels);
    else
        return false;
    return true;
}

static void emit_expected(struct kit_run *run, const struct check *check,
                          const struct expected *expected, const json_t *json)
{
    const struct kit_item item = {.attribute = expected->attribute};
    const json_t *given = json_object_get(json, expected->name);
    size_t count = json_is_array(given) ? json_array_size(given) : 1;
    if (!given)
        kit_drop(run, &item, "check %s: %s is not in its answer", check->name, expected->name);
    for (size_t i = 0; i < count && given; i++)
        if (!emit_row(run, expected, json_is_array(given) ? json_array_get(given, i) : given))
            kit_drop(run, &item, "check %s: %s is malformed", check->name, expected->name);
}

/* What nobody asked for is not unknown. */
static void tell_unexpected(const struct cfd_host *host, const struct check *check, json_t *json)
{
    const struct expected *expected = check->readings.group;
    const char *key;
    json_t *value;
    json_object_foreach (json, key, value) {
        bool known = false;
        for (size_t i = 0; i < check->readings.count; i++)
            known = known || !strcmp(expected[i].name, key);
        if (!known)
            kit_log(host, CFD_LOG_WARNING,
                    "check %s: its answer contains what is not among its readings: %s", check->name,
                    key);
    }
}

enum exec_state answer_json(struct kit_run *run, const struct check *check,
                            const struct cfd_ran *ran)
{
    const struct expected *expected = check->readings.group;
    json_error_t error;
    CLEAN(clean_json)
    json_t *json = json_loadb(ran->output, ran->length, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(json)) {
        answer_missing(run, check, json ? "its answer is not a JSON object" : error.text);
        return STATE_UNKNOWN;
    }
    for (size_t i = 0; i < check->readings.count; i++)
        emit_expected(run, check, &expected[i], json);
    tell_unexpected(run->host, check, json);
    return state_of(ran);
}
