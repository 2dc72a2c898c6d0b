/* One file: libconfig's tree to JSON, and into what the files before it said. */
#include <libconfig.h>
#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "parent/config/config_inner.h"
#include "parent/config/schema.h"
#include "parent/config/structure.h"
#include "parent/config/syntax.h"

struct merge {
    struct config *config;
    const struct source *source;
    struct scan scan;
    json_t *offsets; /* name of a setting that was taken -> how far its elements moved */
};

static void tell_line(void *context, size_t line, const char *sentence)
{
    struct merge *merge = context;
    CLEAN(clean_text) char *place = text_format("%s:%zu", merge->source->path, line);
    config_fault_tell(merge->config, place, false, sentence);
}

static json_t *tree_of(const struct merge *merge, const config_setting_t *setting,
                       struct buffer *path);

/* Members or elements, each with its path; as deep as the scan allowed. */
static json_t *tree_of_members(const struct merge *merge, const config_setting_t *setting,
                               struct buffer *path)
{
    bool is_group = config_setting_is_group(setting);
    json_t *tree = is_group ? json_object() : json_array();
    size_t length = path->length;
    for (int i = 0; tree && i < config_setting_length(setting); i++) {
        const config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);
        if (is_group)
            buffer_print(path, "%s%s", length ? "." : "", config_setting_name(member));
        else
            buffer_print(path, "[%d]", i);
        json_t *value = tree_of(merge, member, path);
        int failed = is_group ? json_object_set_new(tree, config_setting_name(member), value)
                              : json_array_append_new(tree, value);
        path->length = length;
        if (failed) {
            json_decref(tree);
            return NULL;
        }
    }
    return tree;
}

/* Numbers come from the scan, which kept them exact. */
static json_t *tree_of(const struct merge *merge, const config_setting_t *setting,
                       struct buffer *path)
{
    if (path->failed)
        return NULL;
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING:
        return json_string(config_setting_get_string(setting));
    case CONFIG_TYPE_BOOL:
        return json_boolean(config_setting_get_bool(setting));
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
    case CONFIG_TYPE_FLOAT:
        return json_incref(json_object_get(merge->scan.numbers, path->data));
    default:
        return tree_of_members(merge, setting, path);
    }
}

/* Escapes such as \xff can make a text that is not UTF-8. */
static bool check_texts(struct merge *merge, const config_setting_t *setting, struct buffer *path)
{
    bool fine = true;
    size_t length = path->length;
    for (int i = 0; i < config_setting_length(setting); i++) {
        const config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);
        const char *name = config_setting_name(member);
        if (name)
            buffer_print(path, "%s%s", length ? "." : "", name);
        else
            buffer_print(path, "[%d]", i);
        const char *text = config_setting_type(member) == CONFIG_TYPE_STRING
                               ? config_setting_get_string(member)
                               : NULL;
        if (text && !path->failed && !text_is_utf8(text, strlen(text))) {
            const json_t *line = json_object_get(merge->scan.lines, path->data);
            CLEAN(clean_text)
            char *sentence = text_format(
                "%s: found \\x escapes that are not UTF-8, allowed is UTF-8", path->data);
            tell_line(merge, (size_t)json_integer_value(line), sentence);
            fine = false;
        }
        if (config_setting_is_aggregate(member))
            fine = check_texts(merge, member, path) && fine;
        path->length = length;
    }
    return fine;
}

/* libconfig has the last word; the scan should have found everything before it. */
static int read_tree(struct merge *merge, const char *text, json_t **ret)
{
    CLEAN(buffer_finish) struct buffer path = {0};
    config_t file;
    int error = 0;
    buffer_text(&path, "");
    config_init(&file);
    if (!config_read_string(&file, text)) {
        CLEAN(clean_text)
        char *sentence =
            text_format("found what libconfig does not read: %s", config_error_text(&file));
        tell_line(merge, (size_t)config_error_line(&file), sentence);
    } else if (check_texts(merge, config_root_setting(&file), &path)) {
        *ret = tree_of(merge, config_root_setting(&file), &path);
        error = *ret ? 0 : ERROR_MEMORY;
    }
    config_destroy(&file);
    return error;
}

static void tell_twice(struct merge *merge, const char *name)
{
    const json_t *line = json_object_get(merge->scan.lines, name);
    CLEAN(clean_text) char *first = config_place(merge->config, name);
    CLEAN(clean_text)
    char *sentence = text_format("%s: found a second time, allowed is once; the first is at %s",
                                 name, first ? first : "?");
    tell_line(merge, (size_t)json_integer_value(line), sentence);
}

static int note_place(struct merge *merge, const char *path, const json_t *line)
{
    CLEAN(clean_text)
    char *place = text_format("%s:%lld", merge->source->path, (long long)json_integer_value(line));
    if (!place || json_object_set_new(merge->config->places, path, json_string(place)))
        return ERROR_MEMORY;
    return 0;
}

/* Notes where what was taken stands; elements of a list moved behind those of earlier files. */
static int note_places(struct merge *merge)
{
    const char *path;
    json_t *line;
    json_object_foreach (merge->scan.lines, path, line) {
        size_t length = strcspn(path, ".[");
        CLEAN(clean_text) char *name = strndup(path, length);
        const json_t *offset = name ? json_object_get(merge->offsets, name) : NULL;
        json_int_t moved = json_integer_value(offset);
        if (!name)
            return ERROR_MEMORY;
        /* The list itself stays where it stood first. */
        if (!offset || (moved && !path[length]))
            continue;
        CLEAN(clean_text) char *new_path = NULL;
        if (path[length] == '[') {
            char *rest;
            long long index = strtoll(path + length + 1, &rest, 10);
            new_path = text_format("%s[%lld%s", name, index + (long long)moved, rest);
        } else {
            new_path = strdup(path);
        }
        if (!new_path || note_place(merge, new_path, line))
            return ERROR_MEMORY;
    }
    return 0;
}

/* The setting is part of the whole now. */
static int take(struct merge *merge, const char *name, size_t offset)
{
    return json_object_set_new(merge->offsets, name, json_integer((json_int_t)offset))
               ? ERROR_MEMORY
               : 0;
}

/* A group that two files give: member by member. */
static int merge_members(struct merge *merge, const char *name, json_t *before, json_t *group)
{
    const char *key;
    json_t *value;
    json_object_foreach (group, key, value) {
        CLEAN(clean_text) char *path = text_format("%s.%s", name, key);
        if (!path)
            return ERROR_MEMORY;
        if (json_object_get(before, key)) {
            tell_twice(merge, path);
            continue;
        }
        if (note_place(merge, path, json_object_get(merge->scan.lines, path)) ||
            json_object_set(before, key, value))
            return ERROR_MEMORY;
    }
    return 0;
}

/* A rule learns the set that its file is; it cannot be typed. */
static int name_sets(struct merge *merge, json_t *rules)
{
    size_t i;
    json_t *rule;
    bool is_named = syntax_is_name(merge->source->set);
    if (json_array_size(rules) && !is_named) {
        CLEAN(clean_text)
        char *sentence =
            text_format("found the file name \"%s\", allowed is a name of small letters, digits, "
                        "\"-\" and \"_\", for it names a set of rules",
                        merge->source->set);
        tell_line(merge, 1, sentence);
    }
    json_array_foreach (rules, i, rule) {
        CLEAN(clean_text) char *path = text_format("rules[%zu].set", i);
        if (!json_is_object(rule))
            continue;
        if (path && json_object_get(rule, "set")) {
            const json_t *line = json_object_get(merge->scan.lines, path);
            CLEAN(clean_text)
            char *sentence = text_format(
                "%s: found an unknown setting, the file's name is the set's name", path);
            tell_line(merge, (size_t)json_integer_value(line), sentence);
        }
        if (json_object_set_new(rule, "set",
                                json_string(is_named ? merge->source->set : "unnamed")))
            return ERROR_MEMORY;
    }
    return 0;
}

static bool is_allowed_in(int kind, const char *name)
{
    if (kind == SOURCE_RULES)
        return strcmp(name, "rules") == 0;
    return kind != SOURCE_MEASURES || strcmp(name, "measures") == 0 ||
           strcmp(name, "objectives") == 0;
}

/* Files of measures.d and rules.d hold what their folder is for. */
static bool check_folder(struct merge *merge, const char *name)
{
    int kind = merge->source->kind;
    if (!schema_find(schema_table, name) || is_allowed_in(kind, name))
        return true;
    CLEAN(clean_text)
    char *sentence =
        text_format("%s: found in this folder, allowed is here only %s; others go into conf.d",
                    name, kind == SOURCE_RULES ? "rules" : "measures and objectives");
    const json_t *line = json_object_get(merge->scan.lines, name);
    tell_line(merge, (size_t)json_integer_value(line), sentence);
    return false;
}

/* Beside what the files before said: lists add up, groups join, all else is given twice. */
static int merge_beside(struct merge *merge, const char *name, json_t *before, json_t *value)
{
    const struct setting *setting = schema_find(schema_table, name);
    bool adds_up = setting && setting->flags & SETTING_LIST;
    if (adds_up && json_is_array(before) && json_is_array(value)) {
        if (take(merge, name, json_array_size(before)))
            return ERROR_MEMORY;
        return json_array_extend(before, value) ? ERROR_MEMORY : 0;
    }
    if (!adds_up && json_is_object(before) && json_is_object(value))
        return merge_members(merge, name, before, value);
    tell_twice(merge, name);
    return 0;
}

static int merge_setting(struct merge *merge, const char *name, json_t *value)
{
    json_t *before = json_object_get(merge->config->raw, name);
    if (!check_folder(merge, name))
        return 0;
    if (strcmp(name, "rules") == 0 && name_sets(merge, value))
        return ERROR_MEMORY;
    if (before)
        return merge_beside(merge, name, before, value);
    if (take(merge, name, 0))
        return ERROR_MEMORY;
    return json_object_set(merge->config->raw, name, value) ? ERROR_MEMORY : 0;
}

static int merge_tree(struct merge *merge, json_t *tree)
{
    const char *name;
    json_t *value;
    json_object_foreach (tree, name, value) {
        if (merge_setting(merge, name, value))
            return ERROR_MEMORY;
    }
    return note_places(merge);
}

int config_merge_text(struct config *config, const struct source *source, const char *text,
                      size_t length)
{
    CLEAN(clean_json) json_t *tree = NULL;
    /* libconfig takes a comment at the end for one only with a line's end behind it. */
    CLEAN(buffer_finish) struct buffer whole = {0};
    CLEAN(clean_json) json_t *offsets = json_object();
    struct merge merge = {.config = config, .source = source, .offsets = offsets};
    merge.scan.on_fault = tell_line;
    merge.scan.context = &merge;
    buffer_append(&whole, text, length);
    buffer_byte(&whole, '\n');
    int error =
        whole.failed || !offsets ? ERROR_MEMORY : structure_text(&merge.scan, whole.data, length);
    if (!error && !merge.scan.faulty)
        error = read_tree(&merge, whole.data, &tree);
    if (!error && tree)
        error = merge_tree(&merge, tree);
    if (!tree)
        config->is_broken = true;
    structure_finish(&merge.scan);
    return error;
}
