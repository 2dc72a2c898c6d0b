/* Rules as the collector's host gives them: read, compiled, declared. */
#include "host/scan/feed_internal.h"

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/labels.h"
#include "ground/base/text.h"

#include <string.h>

const struct cfd_option feed_rule_members[] = {
    {.name = "id",
     .type = CFD_STRING,
     .flags = CFD_REQUIRED,
     .least = 1,
     .most = 128,
     .help = "Name of the rule."},
    {.name = "pattern",
     .type = CFD_STRING,
     .flags = CFD_REQUIRED,
     .least = 1,
     .most = 8192,
     .help = "Regular expression (PCRE2) over one line, with named groups for labels."},
    {.name = "labels",
     .type = CFD_STRING,
     .flags = CFD_LIST,
     .help = "Labels of the event: the name of a group, or name=value."},
    {.name = "personal",
     .type = CFD_STRING,
     .flags = CFD_LIST,
     .help = "Which of the labels contain personal data."},
    {.name = "accounts",
     .type = CFD_STRING,
     .flags = CFD_LIST,
     .help = "Which of the labels name accounts; a name that is not an account of the host is "
             "stored as (invalid)."},
    {.name = "feeds",
     .type = CFD_STRING,
     .flags = CFD_REQUIRED,
     .least = 5,
     .most = 128,
     .help = "The attribute that each match adds to; begins with log_."},
    {.name = "urgent",
     .type = CFD_BOOLEAN,
     .preset = "false",
     .help = "Hand a match over at once and not at the interval."},
    {.name = "excerpt",
     .type = CFD_BOOLEAN,
     .preset = "true",
     .help = "Keep matching lines as evidence."},
    {.name = "match",
     .type = CFD_STRING,
     .flags = CFD_LIST,
     .help = "Lines that the pattern must match; tried at the start."},
    {.name = "no_match",
     .type = CFD_STRING,
     .flags = CFD_LIST,
     .help = "Lines that the pattern must not match; tried at the start."},
    {0}};

static const char *const source_label[] = {"source", NULL};

const struct cfd_attribute feed_attributes[] = {
    [FEED_LINES] = {.name = "log_lines",
                    .kind = CFD_EVENT,
                    .method = 1,
                    .unit = "lines",
                    .help = "Lines that were read.",
                    .labels = source_label},
    [FEED_BYTES] = {.name = "log_bytes",
                    .kind = CFD_EVENT,
                    .method = 1,
                    .unit = "bytes",
                    .help = "Bytes that were read.",
                    .labels = source_label},
    [FEED_SILENCE] = {.name = "log_silence_seconds",
                      .kind = CFD_GAUGE,
                      .method = 1,
                      .unit = "seconds",
                      .help = "Time since the source had its last line.",
                      .labels = source_label},
    {0}};

/* Texts of one rule: the host's are borrowed for a call only. */
struct texts {
    char *items[1024];
    size_t count;
};

static void texts_finish(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i]);
    texts->count = 0;
}

static const char *keep_text(struct texts *texts, const char *text)
{
    char *copy = texts->count < 1024 ? strdup(text) : NULL;
    if (copy)
        texts->items[texts->count++] = copy;
    return copy;
}

static int read_value(const struct cfd_host *host, const char *path, struct cfd_value *ret_value)
{
    *ret_value = (struct cfd_value){.size = sizeof *ret_value};
    return host->setting(host, path, ret_value);
}

/* "" where it is not given; NULL without memory. */
static const char *read_text(const struct cfd_host *host, struct texts *texts, size_t rule,
                             const char *member)
{
    CLEAN(clean_text) char *path = text_format("rule[%zu].%s", rule, member);
    struct cfd_value value;
    if (!path)
        return NULL;
    if (read_value(host, path, &value) < 0 || !value.text)
        return "";
    return keep_text(texts, value.text);
}

static bool read_flag(const struct cfd_host *host, size_t rule, const char *member, bool preset)
{
    CLEAN(clean_text) char *path = text_format("rule[%zu].%s", rule, member);
    struct cfd_value value;
    return path && read_value(host, path, &value) >= 0 ? value.integer != 0 : preset;
}

/* The items stand behind one another among the texts. */
static int read_list(const struct cfd_host *host, struct texts *texts, const char *path,
                     struct rule_list *ret_list)
{
    struct cfd_value value;
    size_t first = texts->count;
    uint32_t count = read_value(host, path, &value) < 0 ? 0 : value.count;
    for (uint32_t i = 0; i < count; i++) {
        CLEAN(clean_text) char *item = text_format("%s[%u]", path, i);
        if (!item || read_value(host, item, &value) < 0 || !value.text ||
            !keep_text(texts, value.text))
            return ERROR_MEMORY;
    }
    *ret_list = (struct rule_list){(const char *const *)texts->items + first, count};
    return 0;
}

static int read_member_list(const struct cfd_host *host, struct texts *texts, size_t rule,
                            const char *member, struct rule_list *ret_list)
{
    CLEAN(clean_text) char *path = text_format("rule[%zu].%s", rule, member);
    return path ? read_list(host, texts, path, ret_list) : ERROR_MEMORY;
}

static int read_rule(const struct cfd_host *host, struct texts *texts, size_t number,
                     struct rule_text *ret_text)
{
    ret_text->id = read_text(host, texts, number, "id");
    ret_text->pattern = read_text(host, texts, number, "pattern");
    ret_text->feeds = read_text(host, texts, number, "feeds");
    ret_text->urgent = read_flag(host, number, "urgent", false);
    ret_text->excerpt = read_flag(host, number, "excerpt", true);
    if (!ret_text->id || !ret_text->pattern || !ret_text->feeds ||
        read_member_list(host, texts, number, "labels", &ret_text->labels) ||
        read_member_list(host, texts, number, "personal", &ret_text->personal) ||
        read_member_list(host, texts, number, "accounts", &ret_text->accounts) ||
        read_member_list(host, texts, number, "match", &ret_text->match) ||
        read_member_list(host, texts, number, "no_match", &ret_text->no_match))
        return ERROR_MEMORY;
    return 0;
}

static bool is_feedable(const char *name)
{
    if (!text_begins(name, "log_") || !labels_is_label_name(name))
        return false;
    for (const struct cfd_attribute *own = feed_attributes; own->name; own++) {
        if (strcmp(own->name, name) == 0)
            return false;
    }
    return true;
}

static int add_rule(const struct cfd_host *host, struct feed *feed, size_t number,
                    struct texts *texts)
{
    struct rule_text text = {0};
    CLEAN(error_finish) struct error error = {0};
    const char *member = "pattern";
    int code = read_rule(host, texts, number, &text);
    if (code)
        return CFD_ERROR;
    if (!is_feedable(text.feeds)) {
        member = "feeds";
        code = error_set(&error, ERROR_SETTING,
                         "\"%s\" cannot be fed; a name that begins with log_ and is not log_lines, "
                         "log_bytes or log_silence_seconds can",
                         text.feeds);
    } else {
        code = scan_set_add(&feed->set, &text, &member, &error);
    }
    if (!code)
        return CFD_OK;
    CLEAN(clean_text) char *path = text_format("rule[%zu].%s", number, member ? member : "pattern");
    CLEAN(clean_text) char *sentence = text_format("rule %s: %s", text.id, error_sentence(&error));
    if (path && sentence)
        host->fault(host, path, sentence);
    return CFD_INVALID;
}

int scan_read_rules(const struct cfd_host *host, struct feed *feed)
{
    struct cfd_value value;
    uint32_t count = read_value(host, "rule", &value) < 0 ? 0 : value.count;
    int status = CFD_OK;
    for (uint32_t i = 0; i < count && status != CFD_ERROR; i++) {
        CLEAN(texts_finish) struct texts texts = {.count = 0};
        int one = add_rule(host, feed, i, &texts);
        status = one < 0 ? one : status;
    }
    return status;
}

int scan_declare(const struct cfd_host *host, struct feed *feed)
{
    for (size_t i = 0; i < feed->set.attribute_count; i++) {
        const struct feed_attribute *fed = &feed->set.attributes[i];
        struct cfd_attribute attribute = {.name = fed->name,
                                          .kind = CFD_EVENT,
                                          .method = 1,
                                          .unit = "events",
                                          .help = "Events found in log lines by rules.",
                                          .labels = fed->labels,
                                          .personal = fed->personal};
        int number = host->declare(host, &attribute);
        if (number < 0)
            return number;
        feed->numbers[i] = (uint32_t)number;
    }
    return CFD_OK;
}
