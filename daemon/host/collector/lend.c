/* The lent table: settings, clock, log, declarations; readings and the rest are in other files. */
#include "host/collector/lend.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/clock.h"
#include "ground/base/text.h"
#include "ground/channel/wire.h"

int lend_status(int code)
{
    switch (code) {
    case 0:
        return CFD_OK;
    case ERROR_LIMIT:
        return CFD_LIMIT;
    case ERROR_TIMEOUT:
        return CFD_LATE;
    case ERROR_MISSING:
        return CFD_ABSENT;
    case ERROR_DENIED:
        return CFD_DENIED;
    default:
        return CFD_ERROR;
    }
}

/* --- what it says --- */

static void tell_line(struct lender *lender, int level, const char *text)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    CLEAN(clean_text) char *plain = text_printable(text, strnlen(text, LEND_EXCERPT));
    if (!plain)
        return;
    if (!lender->emitter) {
        if (lender->on_said)
            lender->on_said(lender->context, level, plain);
        return;
    }
    wire_put_u32(&body, (uint32_t)level);
    wire_put_text(&body, plain);
    /* A lost engine is told by the next call that hands something over. */
    if (emit_aside(lender->emitter, MESSAGE_SAID, &body))
        return;
}

void lend_say(struct lender *lender, int level, const char *text)
{
    level = level < CFD_LOG_ERROR ? CFD_LOG_ERROR : level > CFD_LOG_DEBUG ? CFD_LOG_DEBUG : level;
    if (level == CFD_LOG_ERROR) {
        free(lender->last_error);
        lender->last_error = text_printable(text, strnlen(text, LEND_WHY));
    }
    if (lender->said_count++ < LEND_SAID)
        tell_line(lender, level, text);
}

int lend_refuse(struct lender *lender, const char *format, ...)
{
    CLEAN(clean_text) char *what = NULL;
    va_list arguments;
    if (lender->refusal_count++ >= LEND_REFUSALS)
        return CFD_INVALID;
    va_start(arguments, format);
    if (vasprintf(&what, format, arguments) < 0)
        what = NULL;
    va_end(arguments);
    CLEAN(clean_text) char *text = text_format("refused: %s", what ? what : "");
    tell_line(lender, CFD_LOG_WARNING, text ? text : "refused");
    /* Where the plugin says nothing itself, this is why its run failed. */
    if (text && !lender->last_error)
        lender->last_error = text_printable(text, strnlen(text, LEND_WHY));
    return CFD_INVALID;
}

void lend_settle(struct lender *lender, bool forget)
{
    size_t refused = lender->refusal_count, said = lender->said_count;
    if (refused > LEND_REFUSALS) {
        CLEAN(clean_text)
        char *text = text_format("refused: %zu more", refused - LEND_REFUSALS);
        tell_line(lender, CFD_LOG_WARNING, text ? text : "refused more");
    }
    if (said > LEND_SAID) {
        CLEAN(clean_text) char *text = text_format("%zu more lines are left out", said - LEND_SAID);
        tell_line(lender, CFD_LOG_WARNING, text ? text : "lines are left out");
    }
    lender->refusal_count = lender->said_count = 0;
    if (!forget)
        return;
    free(lender->last_error);
    lender->last_error = NULL;
}

static void host_log(const struct cfd_host *host, int level, const char *message)
{
    if (message)
        lend_say(host->context, level, message);
}

/* --- settings --- */

static int host_setting(const struct cfd_host *host, const char *path, struct cfd_value *ret_value)
{
    struct lender *lender = host->context;
    size_t size = ret_value ? ret_value->size : 0;
    if (!path || size < offsetof(struct cfd_value, integer))
        return lend_refuse(lender, "a setting asked for without a path, or a value without its "
                                   "size");
    const struct cfd_value *value = settings_get(lender->settings, path);
    if (!value)
        return CFD_ABSENT;
    memcpy(ret_value, value, size < sizeof *value ? size : sizeof *value);
    ret_value->size = size;
    return CFD_OK;
}

static void host_fault(const struct cfd_host *host, const char *path, const char *sentence)
{
    struct lender *lender = host->context;
    if (lender->phase != LEND_OPEN || !path || !sentence) {
        lend_refuse(lender, "a fault outside of open");
        return;
    }
    lender->fault_count++;
    if (lender->on_fault)
        lender->on_fault(lender->context, path, sentence);
}

/* --- clock and positions --- */

static int64_t host_now_ms(const struct cfd_host *host)
{
    (void)host;
    return clock_now().wall_ms;
}

static int64_t host_left_ms(const struct cfd_host *host)
{
    const struct lender *lender = host->context;
    int64_t left_ms;
    if (!lender->until_ms)
        return INT64_MAX;
    left_ms = lender->until_ms - clock_now().boot_ms;
    return left_ms > 0 ? left_ms : 0;
}

static int host_position_get(const struct cfd_host *host, const char *key, const char **ret_value)
{
    const struct lender *lender = host->context;
    const char *value = key ? json_string_value(json_object_get(lender->positions, key)) : NULL;
    if (!value)
        return CFD_ABSENT;
    *ret_value = value;
    return CFD_OK;
}

/* --- attributes --- */

const struct cfd_attribute *lend_attribute(const struct lender *lender, uint32_t number)
{
    size_t rows = lender->plugin->attribute_count;
    if (number < rows)
        return &lender->plugin->attributes[number];
    return number - rows < lender->declared_count ? lender->declared[number - rows] : NULL;
}

static void free_attribute(struct cfd_attribute *attribute)
{
    char **labels = (char **)attribute->labels;
    for (size_t i = 0; labels && labels[i]; i++)
        free(labels[i]);
    free(labels);
    free((char *)attribute->name);
    free((char *)attribute->unit);
    free((char *)attribute->help);
    free(attribute);
}

static struct cfd_attribute *copy_attribute(const struct cfd_attribute *from)
{
    size_t count = plugin_attribute_label_count(from);
    struct cfd_attribute *copy = malloc(sizeof *copy);
    char **labels = calloc(count + 1, sizeof *labels);
    if (!copy || !labels) {
        free(copy);
        free(labels);
        return NULL;
    }
    *copy = *from;
    copy->name = strdup(from->name);
    copy->unit = strdup(from->unit ? from->unit : "");
    copy->help = strdup(from->help ? from->help : "");
    copy->labels = (const char *const *)labels;
    bool whole = copy->name && copy->unit && copy->help;
    for (size_t i = 0; i < count; i++)
        whole = (labels[i] = strdup(from->labels[i])) && whole;
    if (whole)
        return copy;
    free_attribute(copy);
    return NULL;
}

static bool is_known(const struct lender *lender, const char *name)
{
    const struct cfd_attribute *attribute;
    for (uint32_t i = 0; (attribute = lend_attribute(lender, i)); i++)
        if (!strcmp(attribute->name, name))
            return true;
    return false;
}

static int host_declare(const struct cfd_host *host, const struct cfd_attribute *theirs)
{
    struct lender *lender = host->context;
    CLEAN(error_finish) struct error error = {0};
    struct cfd_attribute attribute = {0};
    size_t number = lender->plugin->attribute_count + lender->declared_count;
    size_t size = lender->plugin->head.attribute_size;
    if (lender->phase != LEND_OPEN || !theirs)
        return lend_refuse(lender, "an attribute declared outside of open");
    memcpy(&attribute, theirs, size < sizeof attribute ? size : sizeof attribute);
    if (!attribute.name)
        return lend_refuse(lender, "an attribute without a name");
    if (plugin_attribute_check(&attribute, plugin_family(lender->plugin), &error))
        return lend_refuse(lender, "%s", error_sentence(&error));
    if (is_known(lender, attribute.name))
        return lend_refuse(lender, "attribute %s is declared twice", attribute.name);
    if (number >= LEND_ATTRIBUTES) {
        lend_refuse(lender, "attribute %s: a collector has at most %d", attribute.name,
                    LEND_ATTRIBUTES);
        return CFD_LIMIT;
    }
    if (array_reserve(&lender->declared, &lender->declared_capacity, lender->declared_count,
                      sizeof(struct cfd_attribute *)))
        return CFD_ERROR;
    struct cfd_attribute *copy = copy_attribute(&attribute);
    if (!copy)
        return CFD_ERROR;
    lender->declared[lender->declared_count++] = copy;
    return (int)number;
}

json_t *lend_tables(const struct lender *lender)
{
    const struct plugin *plugin = lender->plugin;
    const struct cfd_attribute *attribute;
    json_t *attributes = json_array();
    CLEAN(clean_json)
    json_t *sandbox = lender->sandbox ? json_incref(lender->sandbox) : json_object();
    for (uint32_t i = 0; (attribute = lend_attribute(lender, i)); i++)
        json_array_append_new(attributes, plugin_describe_attribute(attribute));
    json_t *tables =
        json_pack("{s:s, s:s, s:s, s:b, s:o, s:O}", "plugin", plugin->head.name, "version",
                  plugin->head.version, "sha256", plugin->sha256, "stream",
                  plugin_is_stream(plugin), "attributes", attributes, "sandbox", sandbox);
    if (plugin_is_pushed(plugin))
        json_object_set_new(tables, "pushed", json_true());
    return tables;
}

/* --- the table --- */

void lend_begin(struct lender *lender)
{
    lender->host = (struct cfd_host){
        .size = sizeof lender->host,
        .context = lender,
        .emit = lend_emit,
        .excerpt = lend_excerpt,
        .missing = lend_missing,
        .lost = lend_lost,
        .position_set = lend_position_set,
        .position_get = host_position_get,
        .open_file = lend_open_file,
        .setting = host_setting,
        .log = host_log,
        .now_ms = host_now_ms,
        .left_ms = host_left_ms,
        .declare = host_declare,
        .fault = host_fault,
        .run_program = lend_run_program,
        .urgent = lend_urgent,
        .watched = lend_watched,
    };
}

void lend_finish(struct lender *lender)
{
    for (size_t i = 0; i < lender->declared_count; i++)
        free_attribute(lender->declared[i]);
    free(lender->declared);
    free(lender->last_error);
    json_decref(lender->positions);
    buffer_finish(&lender->output);
    buffer_finish(&lender->errors);
    buffer_finish(&lender->message);
    lender->declared = NULL;
    lender->declared_count = lender->declared_capacity = 0;
    lender->last_error = NULL;
    lender->positions = NULL;
}
