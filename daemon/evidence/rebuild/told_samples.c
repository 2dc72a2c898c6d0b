/* Samples as they are stored and as the leaves tell them. */
#include <stdio.h>
#include <string.h>

#include "evidence/rebuild/rebuilt.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { KEEP_DAYS = 400 };

struct comparing {
    struct rebuilt *rebuilt;
    int64_t floor_ms; /* what is older may have been dropped */
    const struct labels *labels;
    int64_t told_ms; /* of these labels' instance */
    const json_t *gaps;
};

/* Whose series it is; the daemon's own have names that no attribute may have. */
static const char *owner_of(const struct labels *labels)
{
    return text_begins(labels_name(labels), "conformd_") ? "" : labels_get(labels, "instance");
}

static void turn_to(struct comparing *comparing, const struct labels *labels)
{
    struct rebuilt *rebuilt = comparing->rebuilt;
    const char *owner = owner_of(labels);
    const json_t *state = *owner ? json_object_get(rebuilt->instances, owner) : rebuilt->own;
    comparing->labels = labels;
    comparing->told_ms = json_integer_of(state, "told", INT64_MIN);
    comparing->gaps = json_object_get(rebuilt->gaps, owner);
}

static bool is_told(const struct comparing *comparing, int64_t time_ms)
{
    const json_t *span;
    size_t index;
    if (time_ms < comparing->floor_ms || time_ms > comparing->told_ms)
        return false;
    json_array_foreach (comparing->gaps, index, span) {
        if (time_ms >= json_integer_value(json_array_get(span, 0)) &&
            time_ms <= json_integer_value(json_array_get(span, 1)))
            return false;
    }
    return true;
}

/* A sum's zero stands at the end of the run before: it is told with the sample behind it. */
static bool wants(void *context, const struct series_samples *samples, size_t at)
{
    struct comparing *comparing = context;
    if (comparing->labels != samples->labels)
        turn_to(comparing, samples->labels);
    bool begins = at == 0 && samples->count > 1 && samples->values[0] == 0 &&
                  text_ends(labels_name(samples->labels), "_total");
    return is_told(comparing, samples->times[at]) &&
           (!begins || is_told(comparing, samples->times[1]));
}

static int on_difference(void *context, const struct labels *labels, int64_t time_ms)
{
    struct comparing *comparing = context;
    char at[TEXT_TIME_SIZE];
    CLEAN(clean_text) char *series = labels_text(labels);
    text_from_time(time_ms, at);
    CLEAN(clean_text) char *what = text_format("samples of %s", series ? series : "");
    CLEAN(clean_text) char *where = text_format("other from %s on", at);
    rebuilt_differs(comparing->rebuilt, what ? what : "", where ? where : "", "");
    return 0;
}

static void tell_gap(struct rebuilt *rebuilt, const char *sentence)
{
    rebuilt->figures.gaps++;
    if (rebuilt->report->on_gap && sentence)
        rebuilt->report->on_gap(rebuilt->report->context, sentence);
}

static void tell_gaps(struct rebuilt *rebuilt)
{
    const char *name;
    json_t *spans, *span, *disposal;
    size_t index;
    json_array_foreach (rebuilt->disposals, index, disposal) {
        CLEAN(clean_text)
        char *sentence = text_format(
            "%lld payloads (%s) up to entry %lld were disposed of on %s after %s",
            (long long)json_integer_of(disposal, "count", 0), json_text_of(disposal, "kind", ""),
            (long long)json_integer_of(disposal, "to", 0), json_text_of(disposal, "ts", ""),
            json_text_of(disposal, "policy", ""));
        tell_gap(rebuilt, sentence);
    }
    json_object_foreach (rebuilt->gaps, name, spans) {
        json_array_foreach (spans, index, span) {
            char from[TEXT_TIME_SIZE], to[TEXT_TIME_SIZE];
            text_from_time(json_integer_value(json_array_get(span, 0)), from);
            text_from_time(json_integer_value(json_array_get(span, 1)), to);
            CLEAN(clean_text)
            char *sentence = text_format("samples of %s from %s to %s cannot be rebuilt",
                                         *name ? name : "conformd itself", from, to);
            tell_gap(rebuilt, sentence);
        }
    }
}

int rebuild_compare_samples(struct rebuilt *rebuilt, const struct series_set *stored)
{
    int64_t keep_ms = json_integer_of(rebuilt->config, "keep", 0);
    if (keep_ms <= 0)
        keep_ms = (int64_t)KEEP_DAYS * 86400000;
    struct comparing comparing = {.rebuilt = rebuilt, .floor_ms = rebuilt->last_ms - keep_ms};
    struct series_comparison comparison = {wants, on_difference, &comparing};
    tell_gaps(rebuilt);
    return series_compare(stored, rebuilt->series, &comparison);
}
