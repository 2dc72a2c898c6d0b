/* What a collector declares, as JSON and as lines of text. */
#include "host/collector/plugin.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

static const char *type_text(int32_t type)
{
    switch ((enum cfd_type)type) {
    case CFD_BOOLEAN:
        return "boolean";
    case CFD_INTEGER:
        return "integer";
    case CFD_NUMBER:
        return "number";
    case CFD_DURATION:
        return "duration";
    case CFD_BYTES:
        return "bytes";
    case CFD_STRING:
        return "string";
    case CFD_PATH:
        return "path";
    case CFD_GLOB:
        return "glob";
    case CFD_PROGRAM:
        return "program";
    case CFD_URL:
        return "url";
    case CFD_SECRET:
        return "secret";
    case CFD_GROUP:
        return "group";
    }
    return "unknown";
}

static const char *kind_text(int32_t kind)
{
    static const char *const texts[] = {"gauge", "counter", "event", "text"};
    return kind >= CFD_GAUGE && kind <= CFD_TEXT ? texts[kind] : "unknown";
}

const char *plugin_describe_need(int32_t kind)
{
    static const char *const texts[] = {"",       "read",       "run",     "connect",
                                        "listen", "capability", "netlink", "dbus"};
    return kind >= CFD_READ && kind <= CFD_DBUS ? texts[kind] : "unknown";
}

static bool has_limits(const struct cfd_option *option)
{
    return option->least != 0 || option->most != 0;
}

static json_t *describe_options(const struct cfd_option *options);

/* Depth is bounded by the loader: PLUGIN_GROUP_DEPTH. */
static json_t *describe_option(const struct cfd_option *option)
{
    json_t *row = json_pack(
        "{s:s, s:s, s:b, s:b, s:s*, s:s*}", "name", option->name, "type", type_text(option->type),
        "list", (option->flags & CFD_LIST) || option->type == CFD_GROUP, "required",
        (option->flags & CFD_REQUIRED) != 0, "preset", option->preset, "help", option->help);
    if (row && has_limits(option)) {
        json_object_set_new(row, "least", json_real(option->least));
        json_object_set_new(row, "most", json_real(option->most));
    }
    if (row && option->choices && option->type == CFD_STRING) {
        json_t *choices = json_array();
        for (const char *const *at = option->choices; *at; at++)
            json_array_append_new(choices, json_string(*at));
        json_object_set_new(row, "choices", choices);
    }
    if (row && option->type == CFD_GROUP)
        json_object_set_new(row, "members", describe_options(option->members));
    return row;
}

static json_t *describe_options(const struct cfd_option *options)
{
    json_t *list = json_array();
    for (; options->name; options++)
        json_array_append_new(list, describe_option(options));
    return list;
}

json_t *plugin_describe_attribute(const struct cfd_attribute *attribute)
{
    json_t *labels = json_array(), *personal = json_array();
    for (size_t i = 0; i < plugin_attribute_label_count(attribute); i++) {
        json_array_append_new(labels, json_string(attribute->labels[i]));
        if (attribute->personal >> i & 1)
            json_array_append_new(personal, json_string(attribute->labels[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:I}", "name", attribute->name, "kind",
                     kind_text(attribute->kind), "unit", attribute->unit, "help", attribute->help,
                     "labels", labels, "personal", personal, "method",
                     (json_int_t)attribute->method);
}

static json_t *describe_needs(const struct cfd_need *needs)
{
    json_t *list = json_array();
    for (; needs->kind; needs++)
        json_array_append_new(list, json_pack("{s:s, s:s*, s:s*}", "kind",
                                              plugin_describe_need(needs->kind), "what",
                                              needs->what, "setting", needs->setting));
    return list;
}

json_t *plugin_describe(const struct plugin *plugin)
{
    const struct cfd_collector *head = &plugin->head;
    json_t *attributes = json_array();
    for (size_t i = 0; i < plugin->attribute_count; i++)
        json_array_append_new(attributes, plugin_describe_attribute(&plugin->attributes[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:b, s:b, s:s, s:s, s:o, s:o, s:o}", "plugin",
                     head->name, "version", head->version, "summary", head->summary, "family",
                     plugin_family(plugin), "abi", (json_int_t)head->abi, "stream",
                     plugin_is_stream(plugin), "pushed", plugin_is_pushed(plugin), "selftest",
                     head->selftest != NULL, "file", plugin->path ? plugin->path : "", "sha256",
                     plugin->sha256, "settings", describe_options(plugin->options), "attributes",
                     attributes, "needs", describe_needs(plugin->needs));
}

static void print_limits(struct buffer *lines, const struct cfd_option *option)
{
    char least[TEXT_DOUBLE_SIZE], most[TEXT_DOUBLE_SIZE];
    if (!has_limits(option))
        return;
    text_from_double(option->least, least);
    text_from_double(option->most, most);
    buffer_print(lines, ", %s to %s%s", least, most,
                 option->type == CFD_DURATION ? " ms"
                 : option->type == CFD_STRING ? " bytes long"
                                              : "");
}

static void print_options(struct buffer *lines, const struct cfd_option *options, int depth)
{
    for (; options->name; options++) {
        buffer_print(lines, "  %*s%s: %s%s", depth * 2, "", options->name,
                     options->flags & CFD_LIST ? "list of " : "", type_text(options->type));
        if (options->flags & CFD_REQUIRED)
            buffer_text(lines, ", required");
        if (options->preset)
            buffer_print(lines, ", preset \"%s\"", options->preset);
        print_limits(lines, options);
        for (const char *const *at = options->choices; at && *at; at++)
            buffer_print(lines, "%s%s", at == options->choices ? ", one of " : " | ", *at);
        buffer_print(lines, "\n      %*s%s\n", depth * 2, "", options->help ? options->help : "");
        if (options->type == CFD_GROUP)
            print_options(lines, options->members, depth + 1);
    }
}

static void print_attribute(struct buffer *lines, const struct cfd_attribute *attribute)
{
    size_t count = plugin_attribute_label_count(attribute);
    buffer_print(lines, "  %s", attribute->name);
    for (size_t i = 0; i < count; i++)
        buffer_print(lines, "%s%s%s", i ? "," : "{", attribute->labels[i],
                     attribute->personal >> i & 1 ? "*" : "");
    buffer_print(lines, "%s %s%s%s\n      %s\n", count ? "}" : "", kind_text(attribute->kind),
                 *attribute->unit ? ", " : "", attribute->unit, attribute->help);
}

char *plugin_describe_text(const struct plugin *plugin)
{
    CLEAN(buffer_finish) struct buffer lines = {0};
    buffer_print(&lines, "%s %s (ABI %u, %s)\n  %s\n  %s\n  SHA-256 %s\n", plugin->head.name,
                 plugin->head.version, plugin->head.abi,
                 plugin_is_pushed(plugin)   ? "pushed stream"
                 : plugin_is_stream(plugin) ? "stream"
                                            : "snapshot",
                 plugin->head.summary, plugin->path ? plugin->path : "", plugin->sha256);
    buffer_text(&lines, "settings:\n");
    print_options(&lines, plugin->options, 0);
    buffer_text(&lines, "attributes (* marks personal data):\n");
    for (size_t i = 0; i < plugin->attribute_count; i++)
        print_attribute(&lines, &plugin->attributes[i]);
    buffer_text(&lines, "needs:\n");
    for (const struct cfd_need *need = plugin->needs; need->kind; need++)
        buffer_print(&lines, "  %s %s%s\n", plugin_describe_need(need->kind),
                     need->what ? need->what : "what is set as ", need->what ? "" : need->setting);
    return buffer_take(&lines);
}
