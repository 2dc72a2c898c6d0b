/* What a check's program printed: a monitoring plugin's line, or a JSON object of readings. */
#include "exec.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "perfdata.h"

#include <stdlib.h>
#include <string.h>

enum { LABELS = 8, TEXT_MOST = 1024 };

static void complain(const struct cfd_host *host, const struct check *check, const char *what,
                     const char *which)
{
    CLEAN(clean_text) char *text = text_format("check %s: %s%s", check->name, what, which);
    if (text)
        host->log(host, CFD_LOG_WARNING, text);
}

void answer_missing(const struct cfd_host *host, const struct check *check, const char *why)
{
    CLEAN(clean_text) char *text = text_format("check %s: %s", check->name, why);
    if (!text)
        return;
    host->log(host, CFD_LOG_WARNING, text);
    for (uint32_t i = 0; i < check->expected_count; i++)
        host->missing(host, check->expected[i].attribute, text);
    for (uint32_t i = EXEC_VALUE; !check->json && i <= EXEC_CRITICAL; i++)
        host->missing(host, i, text);
}

/* Any other number than 0 to 3, and a signal, is UNKNOWN. */
static enum exec_state state_of(const struct cfd_ran *ran)
{
    bool known = ran->exit_code >= STATE_OK && ran->exit_code <= STATE_CRITICAL;
    return known ? (enum exec_state)ran->exit_code : STATE_UNKNOWN;
}

/* --- a monitoring plugin --- */

static void emit_range(const struct cfd_host *host, uint32_t attribute,
                       const struct perfdata_range *range, const struct perfdata *item,
                       const char *check)
{
    const char *const labels[] = {check, item->label, NULL};
    struct cfd_reading reading = {.size = sizeof reading,
                                  .attribute = attribute,
                                  .value = perfdata_alerts(range, item->value),
                                  .labels = labels};
    if (range->given)
        host->emit(host, &reading);
}

static void emit_item(const struct cfd_host *host, const struct check *check,
                      const struct perfdata *item)
{
    const char *const labels[] = {check->name, item->label, item->unit, NULL};
    struct cfd_reading reading = {
        .size = sizeof reading, .attribute = EXEC_VALUE, .value = item->value, .labels = labels};
    if (host->emit(host, &reading) < 0)
        return;
    emit_range(host, EXEC_WARNING, &item->warning, item, check->name);
    emit_range(host, EXEC_CRITICAL, &item->critical, item, check->name);
}

/* U, or data that cannot be read: a value of before must not pass for the present one. */
static void miss_value(const struct cfd_host *host, const struct check *check, const char *label)
{
    CLEAN(clean_text)
    char *why = text_format("check %s does not know the value of %s", check->name, label);
    for (uint32_t i = EXEC_VALUE; why && i <= EXEC_CRITICAL; i++)
        host->missing(host, i, why);
}

enum exec_state answer_nagios(const struct cfd_host *host, const struct check *check,
                              const struct cfd_ran *ran)
{
    CLEAN(clean_text) char *data = perfdata_of(ran->output);
    struct perfdata item;
    size_t count = 0;
    enum exec_state state = state_of(ran);
    const char *at = data ? data : "";
    for (int found; (found = perfdata_next(&at, &item)) != 0; count++) {
        if (found < 0)
            complain(host, check, "performance data is malformed and passed over", "");
        if (found > 0 && item.known)
            emit_item(host, check, &item);
        else
            miss_value(host, check, found > 0 ? item.label : "malformed performance data");
    }
    if (state == STATE_UNKNOWN && count == 0)
        miss_value(host, check, "anything: it answers UNKNOWN");
    return state;
}

/* --- JSON --- */

static bool fill_labels(const struct expected *expected, const json_t *row,
                        const char *labels[LABELS + 1])
{
    for (uint32_t i = 0; i < expected->label_count; i++) {
        const json_t *label = json_object_get(row, expected->labels[i]);
        labels[i] = json_is_string(label) ? json_string_value(label) : "";
        if (label && !json_is_string(label))
            return false;
    }
    labels[expected->label_count] = NULL;
    return true;
}

/* A value alone, or {"value": v, "label": "text", ...}. */
static bool emit_row(const struct cfd_host *host, const struct expected *expected,
                     const json_t *row)
{
    const char *labels[LABELS + 1];
    const json_t *value = json_is_object(row) ? json_object_get(row, "value") : row;
    struct cfd_reading reading = {
        .size = sizeof reading, .attribute = expected->attribute, .labels = labels};
    if (!fill_labels(expected, json_is_object(row) ? row : NULL, labels))
        return false;
    if (expected->kind == CFD_TEXT && json_is_string(value))
        reading.text = json_string_value(value);
    else if (expected->kind != CFD_TEXT && json_is_number(value))
        reading.value = json_number_value(value);
    else if (expected->kind == CFD_GAUGE && json_is_boolean(value))
        reading.value = json_is_true(value);
    else
        return false;
    return host->emit(host, &reading) >= 0;
}

static void emit_expected(const struct cfd_host *host, const struct check *check,
                          const struct expected *expected, const json_t *json)
{
    const json_t *given = json_object_get(json, expected->name);
    size_t count = json_is_array(given) ? json_array_size(given) : 1;
    bool sound = given != NULL;
    for (size_t i = 0; i < count && given; i++)
        sound = emit_row(host, expected, json_is_array(given) ? json_array_get(given, i) : given) &&
                sound;
    if (sound)
        return;
    CLEAN(clean_text)
    char *why = text_format("check %s: %s is %s", check->name, expected->name,
                            given ? "malformed" : "not in its answer");
    if (why)
        host->missing(host, expected->attribute, why);
}

static void tell_unexpected(const struct cfd_host *host, const struct check *check, json_t *json)
{
    const char *key;
    json_t *value;
    json_object_foreach (json, key, value) {
        bool known = false;
        for (uint32_t i = 0; i < check->expected_count; i++)
            known = known || !strcmp(check->expected[i].name, key);
        if (!known)
            complain(host, check, "its answer holds what is not among its readings: ", key);
    }
}

enum exec_state answer_json(const struct cfd_host *host, const struct check *check,
                            const struct cfd_ran *ran)
{
    json_error_t error;
    CLEAN(clean_json)
    json_t *json = json_loadb(ran->output, ran->length, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(json)) {
        answer_missing(host, check, json ? "its answer is no JSON object" : error.text);
        return STATE_UNKNOWN;
    }
    for (uint32_t i = 0; i < check->expected_count; i++)
        emit_expected(host, check, &check->expected[i], json);
    tell_unexpected(host, check, json);
    return state_of(ran);
}
