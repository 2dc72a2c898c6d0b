/* Counts what a plugin hands over in a scan by hand. */
#include "programs/conformd-collector/scanned.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

#define OWN_NAME "log_scanned_" /* and the rule's number */

enum { LOST_MOST = 20, LINE_SHOWN = 400 };

struct line {
    uint64_t offset;
    char *text; /* kept while it may be shown */
    bool matched;
};

struct scanned {
    const json_t *rules;
    double hits[SCANNED_RULES];
    json_t *sets; /* {attribute and labels: {"attribute", "labels", "count"}} */
    json_t *shown;
    json_t *lost;
    uint64_t lines;
    uint64_t unmatched;
    struct line step[SCANNED_STEP_LINES];
    size_t step_count;
};

int scanned_new(const json_t *rules, struct scanned **ret, struct error *error)
{
    size_t count = json_array_size(rules);
    if (count > SCANNED_RULES)
        return error_set(error, ERROR_LIMIT,
                         "there are %zu rules; at most %d are tried on a log at once: name a file "
                         "of fewer",
                         count, SCANNED_RULES);
    struct scanned *scanned = calloc(1, sizeof *scanned);
    if (!scanned)
        return ERROR_MEMORY;
    scanned->rules = rules;
    scanned->sets = json_object();
    scanned->shown = json_array();
    scanned->lost = json_array();
    *ret = scanned;
    return 0;
}

void scanned_free(struct scanned *scanned)
{
    if (!scanned)
        return;
    for (size_t i = 0; i < scanned->step_count; i++)
        free(scanned->step[i].text);
    json_decref(scanned->sets);
    json_decref(scanned->shown);
    json_decref(scanned->lost);
    free(scanned);
}

json_t *scanned_rules(const struct scanned *scanned)
{
    size_t number;
    json_t *rule;
    json_t *rules = json_array();
    json_array_foreach (scanned->rules, number, rule) {
        CLEAN(clean_text) char *name = text_format(OWN_NAME "%zu", number);
        json_t *own = json_copy(rule);
        if (!name || json_object_set_new(own, "feeds", json_string(name)) ||
            json_object_set_new(own, "excerpt", json_true()) || json_array_append_new(rules, own)) {
            json_decref(rules);
            return NULL;
        }
        json_object_del(own, "match");
        json_object_del(own, "no_match");
        json_object_del(own, "urgent");
    }
    return rules;
}

/* --- lines --- */

int scanned_line(struct scanned *scanned, uint64_t offset, const char *bytes, size_t length)
{
    bool is_kept = json_array_size(scanned->shown) < SCANNED_SHOWN;
    if (scanned->step_count == SCANNED_STEP_LINES)
        return ERROR_LIMIT;
    char *text = is_kept ? text_printable(bytes, length < LINE_SHOWN ? length : LINE_SHOWN) : NULL;
    if (is_kept && !text)
        return ERROR_MEMORY;
    scanned->step[scanned->step_count++] = (struct line){offset, text, false};
    return 0;
}

void scanned_mark(struct scanned *scanned, uint64_t offset)
{
    for (size_t i = 0; i < scanned->step_count; i++)
        if (scanned->step[i].offset == offset)
            scanned->step[i].matched = true;
}

void scanned_step(struct scanned *scanned)
{
    for (size_t i = 0; i < scanned->step_count; i++) {
        struct line *line = &scanned->step[i];
        scanned->lines++;
        scanned->unmatched += !line->matched;
        if (!line->matched && line->text && json_array_size(scanned->shown) < SCANNED_SHOWN)
            json_array_append_new(
                scanned->shown,
                json_pack("{s:I, s:s}", "line", (json_int_t)scanned->lines, "text", line->text));
        free(line->text);
    }
    scanned->step_count = 0;
}

/* --- events --- */

/* The labels that are not empty. New reference. */
static json_t *labels_of(const struct cfd_attribute *attribute, const struct cfd_reading *reading)
{
    json_t *labels = json_object();
    for (size_t i = 0; attribute->labels && attribute->labels[i]; i++)
        if (reading->labels && reading->labels[i] && reading->labels[i][0] &&
            json_object_set_new(labels, attribute->labels[i], json_string(reading->labels[i]))) {
            json_decref(labels);
            return NULL;
        }
    return labels;
}

static int add_set(struct scanned *scanned, const char *name, json_t *labels, double count)
{
    CLEAN(clean_text) char *word = json_canonical(labels);
    CLEAN(clean_text) char *key = word ? text_format("%s%s", name, word) : NULL;
    json_t *known = key ? json_object_get(scanned->sets, key) : NULL;
    if (!key)
        return ERROR_MEMORY;
    if (known)
        return json_real_set(json_object_get(known, "count"),
                             count + json_number_of(known, "count", 0))
                   ? ERROR_MEMORY
                   : 0;
    json_t *set = json_pack("{s:s, s:O, s:f}", "attribute", name, "labels", labels, "count", count);
    return json_object_set_new(scanned->sets, key, set) ? ERROR_MEMORY : 0;
}

int scanned_reading(struct scanned *scanned, const struct cfd_attribute *attribute,
                    const struct cfd_reading *reading)
{
    int64_t number;
    if (!text_begins(attribute->name, OWN_NAME) ||
        text_to_integer(attribute->name + strlen(OWN_NAME), &number) || number < 0 ||
        number >= SCANNED_RULES)
        return 0; /* lines, bytes and silence of the scratch */
    const json_t *rule = json_array_get(scanned->rules, (size_t)number);
    bool is_full = json_object_size(scanned->sets) >= SCANNED_SETS;
    CLEAN(clean_json)
    json_t *labels =
        is_full ? json_pack("{s:s}", "overflow", "true") : labels_of(attribute, reading);
    if (!labels)
        return ERROR_MEMORY;
    scanned->hits[number] += reading->value;
    return add_set(scanned, json_text_of(rule, "feeds", ""), labels, reading->value);
}

int scanned_lost(struct scanned *scanned, const char *why)
{
    if (json_array_size(scanned->lost) >= LOST_MOST)
        return 0;
    return json_array_append_new(scanned->lost, json_string(why)) ? ERROR_MEMORY : 0;
}

/* --- the answer --- */

static int compare_sets(const void *a, const void *b)
{
    const json_t *one = *(json_t *const *)a, *other = *(json_t *const *)b;
    double left = json_number_of(one, "count", 0), right = json_number_of(other, "count", 0);
    if (left != right)
        return left < right ? 1 : -1;
    return strcmp(json_text_of(one, "attribute", ""), json_text_of(other, "attribute", ""));
}

/* Greatest first. New reference. */
static json_t *sorted_sets(json_t *sets)
{
    const char *key;
    json_t *set;
    size_t count = 0;
    json_t *sorted = json_array();
    CLEAN(clean_memory) json_t **rows = calloc(json_object_size(sets) + 1, sizeof(json_t *));
    if (!rows) {
        json_decref(sorted);
        return NULL;
    }
    json_object_foreach (sets, key, set)
        rows[count++] = set;
    if (count)
        qsort(rows, count, sizeof(json_t *), compare_sets);
    for (size_t i = 0; i < count; i++)
        json_array_append(sorted, rows[i]);
    return sorted;
}

static json_t *rules_hit(const struct scanned *scanned)
{
    size_t number;
    json_t *rule;
    json_t *rows = json_array();
    json_array_foreach (scanned->rules, number, rule)
        json_array_append_new(rows, json_pack("{s:s, s:s, s:I}", "id", json_text_of(rule, "id", ""),
                                              "feeds", json_text_of(rule, "feeds", ""), "hits",
                                              (json_int_t)scanned->hits[number]));
    return rows;
}

json_t *scanned_answer(const struct scanned *scanned)
{
    return json_pack("{s:I, s:I, s:O, s:o, s:o, s:O}", "lines", (json_int_t)scanned->lines,
                     "unmatched", (json_int_t)scanned->unmatched, "unmatched_lines", scanned->shown,
                     "rules", rules_hit(scanned), "sets", sorted_sets(scanned->sets), "lost",
                     scanned->lost);
}
