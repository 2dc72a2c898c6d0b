/* /metrics/samples: attributes with bounded labels, for those who evaluate centrally. */
#include "engine/metrics/metrics.h"

#include <string.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

struct sum {
    struct labels *labels; /* without name and personal labels */
    double value;
};

/* One attribute's latest samples, summed over what must not be shown. */
struct summing {
    const struct attribute *attribute;
    int64_t now_ms;
    struct sum *sums;
    size_t count;
    size_t capacity;
};

static bool is_shown(const struct attribute *attribute, const char *name)
{
    if (strcmp(name, LABELS_NAME) == 0)
        return false;
    for (size_t i = 0; i < attribute->label_count; i++)
        if ((attribute->personal & (1u << i)) && strcmp(attribute->labels[i], name) == 0)
            return false;
    return true;
}

static int shown_labels(const struct attribute *attribute, const struct labels *labels,
                        struct labels **ret)
{
    struct label pairs[ATTRIBUTE_LABELS + 4];
    size_t count = 0;
    for (size_t i = 0; i < labels->count && count < ATTRIBUTE_LABELS + 4; i++)
        if (is_shown(attribute, labels->pair[i].name))
            pairs[count++] = labels->pair[i];
    return labels_new(pairs, count, ret);
}

static int add(struct summing *summing, struct labels *labels, double value)
{
    for (size_t i = 0; i < summing->count; i++)
        if (labels_equal(summing->sums[i].labels, labels)) {
            summing->sums[i].value += value;
            labels_free(labels);
            return 0;
        }
    int code =
        array_reserve(&summing->sums, &summing->capacity, summing->count, sizeof *summing->sums);
    if (code) {
        labels_free(labels);
        return code;
    }
    summing->sums[summing->count++] = (struct sum){labels, value};
    return 0;
}

static int on_series(void *context, const struct series_view *view)
{
    struct summing *summing = context;
    struct labels *labels;
    size_t last = view->count - 1;
    if (!view->count || promql_is_stale(view->values[last]) ||
        view->times[last] < summing->now_ms - view->lookback_ms)
        return 0;
    int code = shown_labels(summing->attribute, view->labels, &labels);
    return code ? code : add(summing, labels, view->values[last]);
}

static void forget(struct summing *summing)
{
    for (size_t i = 0; i < summing->count; i++)
        labels_free(summing->sums[i].labels);
    free(summing->sums);
}

static int put_sums(const struct summing *summing, struct exposition *out)
{
    int code = 0;
    for (size_t i = 0; !code && i < summing->count; i++)
        code = exposition_point(out, summing->sums[i].labels->pair, summing->sums[i].labels->count,
                                summing->sums[i].value);
    return code;
}

static const char *suffix_of(enum series_kind kind)
{
    return kind == SERIES_EVENT ? "_total" : kind == SERIES_TEXT ? "_info" : "";
}

static enum exposition_type type_of(enum series_kind kind)
{
    switch (kind) {
    case SERIES_EVENT:
    case SERIES_COUNTER:
        return EXPOSITION_COUNTER;
    case SERIES_TEXT:
        return EXPOSITION_INFO;
    case SERIES_GAUGE:
        break;
    }
    return EXPOSITION_GAUGE;
}

/* How far back the latest sample of an attribute may lie: two intervals of whoever feeds it. */
static int64_t look_back_ms(const struct judge *judge, const char *name)
{
    int64_t longest = 0;
    for (size_t i = 0; i < judge->intake->count; i++) {
        struct instance *instance = judge->intake->instances[i];
        if (2 * instance->every_ms > longest && instance_attribute(instance, name))
            longest = 2 * instance->every_ms;
    }
    return longest;
}

static int put_attribute(const struct judge *judge, const struct attribute *attribute,
                         const json_t *row, int64_t now_ms, struct exposition *out)
{
    CLEAN(clean_text)
    char *series = text_format("%s%s", attribute->name, suffix_of(attribute->kind));
    struct summing summing = {.attribute = attribute, .now_ms = now_ms};
    struct series_window window = {
        .name = series,
        .from_ms = now_ms - look_back_ms(judge, attribute->name),
        .to_ms = now_ms,
        .newest = true,
    };
    struct exposition_family family = {.name = attribute->name,
                                       .help = json_text_of(row, "help", NULL),
                                       .unit = json_text_of(row, "unit", NULL),
                                       .type = type_of(attribute->kind)};
    if (!series)
        return ERROR_MEMORY;
    int code = exposition_family(out, &family);
    /* Two instances of one plugin declare the same: the family has had its turn. */
    if (code)
        return code == ERROR_EXISTS || code == ERROR_RANGE ? 0 : code;
    code = series_each(judge->turn->series, &window, on_series, &summing);
    series_release(judge->turn->series);
    if (!code)
        code = put_sums(&summing, out);
    forget(&summing);
    return code;
}

int metrics_samples(const struct judge *judge, int64_t now_ms, struct exposition *out)
{
    int code = 0;
    for (size_t i = 0; i < judge->intake->count; i++) {
        struct instance *instance = judge->intake->instances[i];
        const json_t *rows = json_object_get(instance->tables, "attributes");
        for (size_t at = 0; !code && at < instance->attributes.count; at++)
            code = put_attribute(judge, &instance->attributes.items[at], json_array_get(rows, at),
                                 now_ms, out);
    }
    return code;
}
