/* The two text formats: metadata, samples, escapes. */
#include "ground/exposition/exposition.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

struct dialect_words {
    const char *type;    /* in # TYPE */
    const char *suffix;  /* of the samples */
    bool suffix_in_name; /* the metadata name the family with the suffix */
};

static const struct dialect_words words[][2] = {
    [EXPOSITION_GAUGE] = {{"gauge", "", false}, {"gauge", "", false}},
    [EXPOSITION_COUNTER] = {{"counter", "_total", true}, {"counter", "_total", false}},
    [EXPOSITION_INFO] = {{"gauge", "_info", true}, {"info", "_info", false}},
    [EXPOSITION_STATESET] = {{"gauge", "", false}, {"stateset", "", false}},
    [EXPOSITION_HISTOGRAM] = {{"histogram", "", false}, {"histogram", "", false}},
    [EXPOSITION_UNKNOWN] = {{"untyped", "", false}, {"unknown", "", false}},
};

/* The text with \ and newline escaped, and " where a reader would end at it. */
static void put_escaped(struct buffer *buffer, const char *text, bool quotes)
{
    for (; *text; text++) {
        if (*text == '\n')
            buffer_text(buffer, "\\n");
        else if (*text == '\\' || (quotes && *text == '"'))
            buffer_print(buffer, "\\%c", *text);
        else
            buffer_byte(buffer, *text);
    }
}

static int put_text(struct buffer *buffer, const char *text, bool quotes)
{
    size_t length = strlen(text);
    if (text_is_utf8(text, length)) {
        put_escaped(buffer, text, quotes);
        return 0;
    }
    CLEAN(clean_text) char *plain = text_printable(text, length);
    if (!plain)
        return ERROR_MEMORY;
    put_escaped(buffer, plain, quotes);
    return 0;
}

static bool is_seen(const struct exposition *expose, const char *name)
{
    for (size_t i = 0; i < expose->seen_count; i++)
        if (!strcmp(expose->seen[i], name))
            return true;
    return false;
}

static int keep_name(struct exposition *expose, const char *name)
{
    int code = array_reserve(&expose->seen, &expose->seen_capacity, expose->seen_count,
                             sizeof *expose->seen);
    char *copy = code ? NULL : strdup(name);
    if (!copy)
        return ERROR_MEMORY;
    expose->seen[expose->seen_count++] = copy;
    return 0;
}

/* Both the family's name and that of its samples are taken: x_total is one of a counter x. */
static int take_name(struct exposition *expose, const char *name, const char *suffix)
{
    size_t length = strlen(name), tail = strlen(suffix);
    if (!labels_is_metric_name(name))
        return ERROR_RANGE;
    if (tail && length > tail && text_ends(name, suffix))
        length -= tail;
    CLEAN(clean_text) char *family = strndup(name, length);
    CLEAN(clean_text) char *sample = family ? text_format("%s%s", family, suffix) : NULL;
    if (!sample)
        return ERROR_MEMORY;
    if (is_seen(expose, family) || is_seen(expose, sample))
        return ERROR_EXISTS;
    if ((tail && keep_name(expose, sample)) || keep_name(expose, family))
        return ERROR_MEMORY;
    expose->name = expose->seen[expose->seen_count - 1];
    return 0;
}

static bool unit_fits(const char *name, const char *unit)
{
    size_t length = strlen(name), tail = strlen(unit);
    return tail && length > tail + 1 && text_ends(name, unit) && name[length - tail - 1] == '_';
}

static int put_help(const struct exposition *expose, const char *shown, const char *help)
{
    if (!help || !*help)
        return 0;
    buffer_print(expose->buffer, "# HELP %s ", shown);
    int code = put_text(expose->buffer, help, expose->dialect == EXPOSITION_OPENMETRICS);
    buffer_byte(expose->buffer, '\n');
    return code;
}

int exposition_family(struct exposition *expose, const struct exposition_family *family)
{
    const struct dialect_words *word = &words[family->type][expose->dialect];
    expose->name = NULL;
    int code = take_name(expose, family->name, word->suffix);
    if (code)
        return code;
    const char *name = expose->name;
    CLEAN(clean_text)
    char *shown = text_format("%s%s", name, word->suffix_in_name ? word->suffix : "");
    if (!shown) {
        expose->name = NULL;
        return ERROR_MEMORY;
    }
    expose->suffix = word->suffix;
    expose->type = family->type;
    if (expose->dialect == EXPOSITION_TEXT) {
        code = put_help(expose, shown, family->help);
        buffer_print(expose->buffer, "# TYPE %s %s\n", shown, word->type);
        return code;
    }
    buffer_print(expose->buffer, "# TYPE %s %s\n", shown, word->type);
    bool has_unit =
        family->unit && family->type != EXPOSITION_INFO && family->type != EXPOSITION_STATESET;
    if (has_unit && unit_fits(name, family->unit))
        buffer_print(expose->buffer, "# UNIT %s %s\n", shown, family->unit);
    return put_help(expose, shown, family->help);
}

/* One label; those before it are looked at for the same name. */
static int put_label(struct exposition *expose, const struct label *pairs, size_t at)
{
    const char *name = pairs[at].name;
    if (!labels_is_label_name(name) || text_begins(name, "__"))
        return ERROR_RANGE;
    for (size_t i = 0; i < at; i++)
        if (!strcmp(pairs[i].name, name))
            return ERROR_RANGE;
    buffer_print(expose->buffer, "%s%s=\"", at ? "," : "", name);
    int code = put_text(expose->buffer, pairs[at].value, true);
    buffer_byte(expose->buffer, '"');
    return code;
}

/* `extra` stands behind the pairs, when it has a name. */
static int put_sample(struct exposition *expose, const struct label *pairs, size_t count,
                      const struct label *extra, double value)
{
    char number[TEXT_DOUBLE_SIZE];
    text_from_double(value, number);
    buffer_print(expose->buffer, "%s%s", expose->name, expose->suffix);
    if (count || extra)
        buffer_byte(expose->buffer, '{');
    int code = 0;
    for (size_t i = 0; i < count && !code; i++)
        code = extra && !strcmp(pairs[i].name, extra->name) ? ERROR_RANGE
                                                            : put_label(expose, pairs, i);
    if (extra && !code) {
        buffer_text(expose->buffer, count ? "," : "");
        code = put_label(expose, extra, 0);
    }
    if (count || extra)
        buffer_byte(expose->buffer, '}');
    buffer_print(expose->buffer, " %s\n", number);
    return code;
}

/* Takes back what a refused sample left half written. */
static int settle(struct exposition *expose, size_t before, int code)
{
    struct buffer *buffer = expose->buffer;
    if (code && !buffer->failed && buffer->length > before) {
        buffer->length = before;
        buffer->data[before] = '\0';
    }
    return code;
}

int exposition_point(struct exposition *expose, const struct label *pairs, size_t count,
                     double value)
{
    if (!expose->name || expose->type == EXPOSITION_STATESET ||
        expose->type == EXPOSITION_HISTOGRAM)
        return ERROR_STATE;
    size_t before = expose->buffer->length;
    double shown = expose->type == EXPOSITION_INFO ? 1 : value;
    return settle(expose, before, put_sample(expose, pairs, count, NULL, shown));
}

int exposition_states(struct exposition *expose, const struct label *pairs, size_t count,
                      const char *const *states, const char *current)
{
    if (!expose->name || expose->type != EXPOSITION_STATESET)
        return ERROR_STATE;
    size_t before = expose->buffer->length;
    int code = 0;
    for (; *states && !code; states++) {
        struct label state = {expose->name, *states};
        code = put_sample(expose, pairs, count, &state, current && !strcmp(current, *states));
    }
    return settle(expose, before, code);
}

int exposition_histogram(struct exposition *expose, const struct exposition_buckets *buckets)
{
    if (!expose->name || expose->type != EXPOSITION_HISTOGRAM)
        return ERROR_STATE;
    char number[TEXT_DOUBLE_SIZE];
    uint64_t upto = 0;
    for (size_t i = 0; i <= buckets->count; i++) {
        upto += buckets->counts[i];
        if (i < buckets->count)
            text_from_double(buckets->bounds[i], number);
        buffer_print(expose->buffer, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", expose->name,
                     i < buckets->count ? number : "+Inf", upto);
    }
    text_from_double(buckets->sum, number);
    buffer_print(expose->buffer, "%s_sum %s\n%s_count %" PRIu64 "\n", expose->name, number,
                 expose->name, upto);
    return 0;
}

int exposition_finish(struct exposition *expose)
{
    if (expose->dialect == EXPOSITION_OPENMETRICS)
        buffer_text(expose->buffer, "# EOF\n");
    for (size_t i = 0; i < expose->seen_count; i++)
        free(expose->seen[i]);
    free(expose->seen);
    *expose = (struct exposition){.buffer = expose->buffer, .dialect = expose->dialect};
    if (!expose->buffer->failed)
        return 0;
    return expose->buffer->limit ? ERROR_LIMIT : ERROR_MEMORY;
}
