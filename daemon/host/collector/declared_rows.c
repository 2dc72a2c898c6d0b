/* Copies a collector's tables, row by row and by the smaller of two sizes, and checks them. */
#include "host/collector/plugin.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"
#include "ground/base/labels.h"
#include "ground/base/text.h"

/* A table as the plugin has it, and what a row is with us. */
struct table {
    const char *what;
    const void *rows;
    size_t their_size;
    size_t our_size;
    bool (*is_end)(const void *row); /* of a row of ours */
};

static void *keep(struct plugin *plugin, void *block)
{
    if (!block)
        return NULL;
    if (array_reserve(&plugin->blocks, &plugin->block_capacity, plugin->block_count,
                      sizeof *plugin->blocks)) {
        free(block);
        return NULL;
    }
    plugin->blocks[plugin->block_count++] = block;
    return block;
}

static int copy_table(struct plugin *plugin, const struct table *table, void *ret_rows,
                      size_t *ret_count, struct error *error)
{
    size_t capacity = 0, count = 0;
    size_t size = table->their_size < table->our_size ? table->their_size : table->our_size;
    char *rows = NULL;
    for (const char *at = table->rows;; at += table->their_size) {
        if (count > PLUGIN_ROWS || array_reserve(&rows, &capacity, count, table->our_size)) {
            free(rows);
            return error_set(error, ERROR_LIMIT, "it has more than %d %s", PLUGIN_ROWS,
                             table->what);
        }
        char *row = rows + count * table->our_size;
        memset(row, 0, table->our_size);
        if (!table->rows)
            break;
        memcpy(row, at, size);
        if (table->is_end(row))
            break;
        count++;
    }
    memset(rows + count * table->our_size, 0, table->our_size);
    rows = keep(plugin, rows);
    if (!rows)
        return error_set(error, ERROR_MEMORY, "out of memory");
    memcpy(ret_rows, &rows, sizeof rows);
    *ret_count = count;
    return 0;
}

/* --- options --- */

static bool is_option_end(const void *row)
{
    return !((const struct cfd_option *)row)->name;
}

static bool is_option_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return name[0] >= 'a' && name[0] <= 'z' && !name[length] && length <= PLUGIN_NAME_LENGTH;
}

static bool is_core_setting(const char *name)
{
    static const char *const core[] = {"name", "plugin", "every", "deadline", "enabled"};
    for (size_t i = 0; i < sizeof core / sizeof *core; i++)
        if (!strcmp(core[i], name))
            return true;
    return false;
}

static int check_option(const struct cfd_option *options, size_t index, bool top,
                        struct error *error)
{
    const struct cfd_option *option = &options[index];
    if (!is_option_name(option->name))
        return error_set(error, ERROR_FORMAT, "its option '%s' is not named [a-z][a-z0-9_]*",
                         option->name);
    if (top && is_core_setting(option->name))
        return error_set(error, ERROR_FORMAT, "its option %s is a setting of conformd itself",
                         option->name);
    for (size_t i = 0; i < index; i++)
        if (!strcmp(options[i].name, option->name))
            return error_set(error, ERROR_FORMAT, "it has two options named %s", option->name);
    if (option->type < CFD_BOOLEAN || option->type > CFD_GROUP)
        return error_set(error, ERROR_FORMAT, "its option %s is of type %d, which is not known",
                         option->name, option->type);
    if (option->type == CFD_GROUP && !option->members)
        return error_set(error, ERROR_FORMAT, "its group %s has no members", option->name);
    if (option->type == CFD_PROGRAM && (option->flags & CFD_LIST))
        return error_set(error, ERROR_FORMAT,
                         "its option %s is a list of programs; that is a group with a program",
                         option->name);
    return 0;
}

static struct table option_table(const struct plugin *plugin, const struct cfd_option *rows)
{
    return (struct table){"options", rows, plugin->head.option_size, sizeof(struct cfd_option),
                          is_option_end};
}

/* Members are copied level by level: `depth` is checked, so a table that holds itself ends. */
static int copy_options(struct plugin *plugin, const struct cfd_option *rows, int depth,
                        struct cfd_option **ret, struct error *error)
{
    struct table table = option_table(plugin, rows);
    struct cfd_option *options = NULL;
    size_t count = 0;
    if (depth > PLUGIN_GROUP_DEPTH)
        return error_set(error, ERROR_LIMIT, "its groups are nested more than %d deep",
                         PLUGIN_GROUP_DEPTH);
    int code = copy_table(plugin, &table, &options, &count, error);
    for (size_t i = 0; !code && i < count; i++) {
        struct cfd_option *members = NULL;
        code = check_option(options, i, depth == 1, error);
        if (code || options[i].type != CFD_GROUP)
            continue;
        code = copy_options(plugin, options[i].members, depth + 1, &members, error);
        options[i].members = members;
    }
    *ret = options;
    return code;
}

/* --- attributes --- */

static bool is_attribute_end(const void *row)
{
    return !((const struct cfd_attribute *)row)->name;
}

size_t plugin_attribute_label_count(const struct cfd_attribute *attribute)
{
    size_t count = 0;
    while (attribute->labels && count <= PLUGIN_LABELS && attribute->labels[count])
        count++;
    return count;
}

static int check_labels(const struct cfd_attribute *attribute, struct error *error)
{
    size_t count = plugin_attribute_label_count(attribute);
    if (count > PLUGIN_LABELS)
        return error_set(error, ERROR_FORMAT, "attribute %s has more than %d labels",
                         attribute->name, PLUGIN_LABELS);
    for (size_t i = 0; i < count; i++) {
        const char *label = attribute->labels[i];
        if (!labels_is_label_name(label) || text_begins(label, "__") || !strcmp(label, "instance"))
            return error_set(error, ERROR_FORMAT, "attribute %s has a label named '%s'",
                             attribute->name, label);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(attribute->labels[j], label))
                return error_set(error, ERROR_FORMAT, "attribute %s has two labels named %s",
                                 attribute->name, label);
    }
    if (attribute->personal >> count)
        return error_set(error, ERROR_FORMAT, "attribute %s marks a label that it does not have",
                         attribute->name);
    return 0;
}

static bool is_sound_text(const char *text)
{
    return !text || text_is_utf8(text, strlen(text));
}

int plugin_attribute_check(const struct cfd_attribute *attribute, const char *family,
                           struct error *error)
{
    const char *name = attribute->name;
    size_t length = strlen(family);
    if (!labels_is_metric_name(name) || strchr(name, ':') || strlen(name) > PLUGIN_NAME_LENGTH)
        return error_set(error, ERROR_FORMAT, "attribute '%s' is not named [a-z][a-z0-9_]*", name);
    if (strncmp(name, family, length) != 0 || name[length] != '_' || !name[length + 1] ||
        text_begins(name, "conformd_"))
        return error_set(error, ERROR_FORMAT, "attribute %s does not begin with %s_", name, family);
    if (attribute->kind < CFD_GAUGE || attribute->kind > CFD_TEXT)
        return error_set(error, ERROR_FORMAT, "attribute %s is of kind %d, which is not known",
                         name, attribute->kind);
    if (attribute->method == 0)
        return error_set(error, ERROR_FORMAT, "attribute %s has method 0; methods count from 1",
                         name);
    if (!is_sound_text(attribute->unit) || !is_sound_text(attribute->help))
        return error_set(error, ERROR_FORMAT, "unit or help of attribute %s is not UTF-8", name);
    return check_labels(attribute, error);
}

static int copy_attributes(struct plugin *plugin, struct error *error)
{
    struct table table = {"attributes", plugin->head.attributes, plugin->head.attribute_size,
                          sizeof(struct cfd_attribute), is_attribute_end};
    int code = copy_table(plugin, &table, &plugin->attributes, &plugin->attribute_count, error);
    for (size_t i = 0; !code && i < plugin->attribute_count; i++) {
        struct cfd_attribute *attribute = &plugin->attributes[i];
        attribute->unit = attribute->unit ? attribute->unit : "";
        attribute->help = attribute->help ? attribute->help : "";
        code = plugin_attribute_check(attribute, plugin_family(plugin), error);
        for (size_t j = 0; !code && j < i; j++)
            if (!strcmp(plugin->attributes[j].name, attribute->name))
                code = error_set(error, ERROR_FORMAT, "it has two attributes named %s",
                                 attribute->name);
    }
    return code;
}

/* --- needs --- */

static bool is_need_end(const void *row)
{
    return !((const struct cfd_need *)row)->kind;
}

static int copy_needs(struct plugin *plugin, struct error *error)
{
    struct table table = {"needs", plugin->head.needs, plugin->head.need_size,
                          sizeof(struct cfd_need), is_need_end};
    int code = copy_table(plugin, &table, &plugin->needs, &plugin->need_count, error);
    for (size_t i = 0; !code && i < plugin->need_count; i++) {
        const struct cfd_need *need = &plugin->needs[i];
        if (need->kind < CFD_READ || need->kind > CFD_DBUS || (!need->what && !need->setting))
            code = error_set(error, ERROR_FORMAT,
                             "its need number %zu is of kind %d or names nothing", i, need->kind);
    }
    return code;
}

int plugin_copy_rows(struct plugin *plugin, struct error *error)
{
    int code = copy_options(plugin, plugin->head.options, 1, &plugin->options, error);
    if (code)
        return code;
    assert(plugin->options);
    while (plugin->options[plugin->option_count].name)
        plugin->option_count++;
    code = copy_attributes(plugin, error);
    if (!code)
        code = copy_needs(plugin, error);
    return code;
}
