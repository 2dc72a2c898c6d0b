/* Walks an instance's settings along the option table: unknown ones, lists, groups, presets. */
#include "host/collector/settings.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"
#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

enum { ITEMS_MOST = 10000, NAME_MOST = 64 };

struct parse {
    struct settings *settings;
    const struct settings_faults *faults;
    bool faulty;
    int code; /* ERROR_MEMORY once it was out of memory */
};

static void tell(struct parse *parse, const char *path, bool warning, const char *sentence)
{
    if (!warning)
        parse->faulty = true;
    if (parse->faults->on_fault)
        parse->faults->on_fault(parse->faults->context, path, warning, sentence);
}

/* Takes over text. */
static void add_row(struct parse *parse, const char *path, const struct cfd_value *value,
                    char *text)
{
    struct settings *settings = parse->settings;
    char *copy = strdup(path);
    if (!copy || array_reserve(&settings->rows, &settings->capacity, settings->count,
                               sizeof *settings->rows)) {
        free(copy);
        free(text);
        parse->code = ERROR_MEMORY;
        return;
    }
    settings->rows[settings->count++] = (struct settings_row){copy, *value, text};
}

static void add_list(struct parse *parse, const char *path, const struct cfd_option *option,
                     size_t count, const char *first)
{
    char *text = first ? strdup(first) : NULL;
    struct cfd_value value = {
        .size = sizeof value, .type = option->type, .count = (uint32_t)count, .text = text};
    add_row(parse, path, &value, text);
}

/* --- one value --- */

/* Exactly one of json and typed is given. */
static void parse_value(struct parse *parse, const char *path, const struct cfd_option *option,
                        const json_t *json, const char *typed)
{
    CLEAN(error_finish) struct error error = {0};
    struct cfd_value value;
    char *text = NULL;
    int code = json ? settings_value_from_json(option, json, &value, &text, &error)
                    : settings_value_from_text(option, typed, &value, &text, &error);
    if (code == ERROR_MEMORY)
        parse->code = code;
    else if (code)
        tell(parse, path, code == ERROR_MISSING && parse->faults->check, error_sentence(&error));
    else
        add_row(parse, path, &value, text);
}

static char *item_path(struct parse *parse, const char *path, size_t index)
{
    char *item = text_format("%s[%zu]", path, index);
    if (!item)
        parse->code = ERROR_MEMORY;
    return item;
}

/* --- lists --- */

static void check_program(struct parse *parse, const char *path, const char *first)
{
    if (!first || first[0] != '/')
        tell(parse, path, false,
             "the first word is not the absolute path of a program, as \"/usr/bin/uptime\"");
}

static void parse_preset_list(struct parse *parse, const char *path,
                              const struct cfd_option *option)
{
    CLEAN(clean_text) char *first = NULL;
    size_t count = 0;
    for (const char *at = option->preset; *at && !parse->code; count++) {
        size_t length = strcspn(at, ",");
        CLEAN(clean_text) char *typed = strndup(at, length);
        CLEAN(clean_text) char *item = item_path(parse, path, count);
        if (typed && item)
            parse_value(parse, item, option, NULL, typed);
        if (!first)
            first = typed ? strdup(typed) : NULL;
        at += length + (at[length] == ',');
        at += strspn(at, " ");
    }
    add_list(parse, path, option, count, option->type == CFD_PROGRAM ? first : NULL);
}

static void parse_list(struct parse *parse, const char *path, const struct cfd_option *option,
                       const json_t *json)
{
    size_t count = json_is_array(json) ? json_array_size(json) : 1;
    const json_t *first = json_is_array(json) ? json_array_get(json, 0) : json;
    if (count > ITEMS_MOST) {
        tell(parse, path, false, "the list is longer than 10000");
        return;
    }
    if (count == 0 && (option->flags & CFD_REQUIRED)) {
        tell(parse, path, false, "the list is empty; at least one is needed");
        return;
    }
    for (size_t i = 0; i < count && !parse->code; i++) {
        CLEAN(clean_text) char *item = item_path(parse, path, i);
        if (item)
            parse_value(parse, item, option, json_is_array(json) ? json_array_get(json, i) : json,
                        NULL);
    }
    if (option->type == CFD_PROGRAM)
        check_program(parse, path, json_string_value(first));
    add_list(parse, path, option, count,
             option->type == CFD_PROGRAM ? json_string_value(first) : NULL);
}

/* --- groups --- */

static void parse_table(struct parse *parse, const char *prefix, const struct cfd_option *options,
                        const json_t *object);

/* Depth is bounded by the option table's: PLUGIN_GROUP_DEPTH. */
static void parse_group(struct parse *parse, const char *path, const struct cfd_option *option,
                        const json_t *json)
{
    size_t count = json_is_array(json) ? json_array_size(json) : 1;
    if (count > ITEMS_MOST || (count == 0 && (option->flags & CFD_REQUIRED))) {
        tell(parse, path, false, "of these groups at least 1 is needed, at most 10000 are allowed");
        return;
    }
    for (size_t i = 0; i < count && !parse->code; i++) {
        const json_t *row = json_is_array(json) ? json_array_get(json, i) : json;
        CLEAN(clean_text) char *item = item_path(parse, path, i);
        if (!item)
            return;
        if (!json_is_object(row)) {
            tell(parse, item, false, "this setting is a group, as { name = \"...\"; }");
            continue;
        }
        add_list(parse, item, option, 1, NULL);
        CLEAN(clean_text) char *prefix = text_format("%s.", item);
        if (prefix)
            parse_table(parse, prefix, option->members, row);
        else
            parse->code = ERROR_MEMORY;
    }
    add_list(parse, path, option, count, NULL);
}

static void parse_absent(struct parse *parse, const char *path, const struct cfd_option *option)
{
    if (option->flags & CFD_REQUIRED) {
        CLEAN(clean_text)
        char *sentence = text_format("this setting is required: %s",
                                     option->help ? option->help : "it has no preset");
        tell(parse, path, false, sentence ? sentence : "this setting is required");
    } else if (option->preset && option->type != CFD_GROUP) {
        if ((option->flags & CFD_LIST) || option->type == CFD_PROGRAM)
            parse_preset_list(parse, path, option);
        else
            parse_value(parse, path, option, NULL, option->preset);
    }
}

static void parse_option(struct parse *parse, const char *path, const struct cfd_option *option,
                         const json_t *json)
{
    if (!json)
        parse_absent(parse, path, option);
    else if (option->type == CFD_GROUP)
        parse_group(parse, path, option, json);
    else if ((option->flags & CFD_LIST) || option->type == CFD_PROGRAM)
        parse_list(parse, path, option, json);
    else
        parse_value(parse, path, option, json, NULL);
}

/* --- unknown settings --- */

/* Levenshtein's distance of two names. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MOST + 1];
    size_t width = strlen(b);
    if (strlen(a) > NAME_MOST || width > NAME_MOST)
        return NAME_MOST;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t changed = corner + (a[i - 1] != b[j - 1]);
            size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            corner = row[j];
            row[j] = changed < least ? changed : least;
        }
    }
    return row[width];
}

static const char *nearest(const struct cfd_option *options, const char *name)
{
    const char *found = NULL;
    size_t least = strlen(name) / 2 + 1;
    for (; options->name; options++) {
        size_t far = distance(name, options->name);
        if (far < least) {
            least = far;
            found = options->name;
        }
    }
    return found;
}

static char *list_names(const struct cfd_option *options)
{
    struct buffer names = {0};
    for (const struct cfd_option *at = options; at->name; at++)
        buffer_print(&names, "%s%s", at == options ? "" : ", ", at->name);
    return buffer_take(&names);
}

static void check_unknown(struct parse *parse, const char *prefix, const struct cfd_option *options,
                          const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value) {
        const struct cfd_option *option = options;
        while (option->name && strcmp(option->name, key) != 0)
            option++;
        if (option->name)
            continue;
        const char *near = nearest(options, key);
        CLEAN(clean_text) char *path = text_format("%s%s", prefix, key);
        CLEAN(clean_text) char *names = list_names(options);
        CLEAN(clean_text)
        char *sentence = near ? text_format("unknown setting %s; did you mean %s?", key, near)
                              : text_format("unknown setting %s; known are %s", key,
                                            names && *names ? names : "none");
        if (path && sentence)
            tell(parse, path, false, sentence);
        else
            parse->code = ERROR_MEMORY;
    }
}

static void parse_table(struct parse *parse, const char *prefix, const struct cfd_option *options,
                        const json_t *object)
{
    check_unknown(parse, prefix, options, object);
    for (; options->name && !parse->code; options++) {
        CLEAN(clean_text) char *path = text_format("%s%s", prefix, options->name);
        if (path)
            parse_option(parse, path, options, json_object_get(object, options->name));
        else
            parse->code = ERROR_MEMORY;
    }
}

/* --- the whole --- */

static int compare_rows(const void *a, const void *b)
{
    return strcmp(((const struct settings_row *)a)->path, ((const struct settings_row *)b)->path);
}

int settings_parse(const struct cfd_option *options, const json_t *json,
                   const struct settings_faults *faults, struct settings *ret)
{
    struct settings settings = {0};
    struct parse parse = {.settings = &settings, .faults = faults};
    parse_table(&parse, "", options, json);
    if (parse.code || parse.faulty) {
        settings_finish(&settings);
        return parse.code ? parse.code : ERROR_SETTING;
    }
    if (settings.count)
        qsort(settings.rows, settings.count, sizeof *settings.rows, compare_rows);
    *ret = settings;
    return 0;
}

const struct cfd_value *settings_get(const struct settings *settings, const char *path)
{
    const struct settings_row key = {.path = (char *)path};
    const struct settings_row *row =
        settings->count ? bsearch(&key, settings->rows, settings->count, sizeof key, compare_rows)
                        : NULL;
    return row ? &row->value : NULL;
}

void settings_finish(struct settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        free(settings->rows[i].path);
        if (settings->rows[i].text && settings->rows[i].value.type == CFD_SECRET)
            explicit_bzero(settings->rows[i].text, strlen(settings->rows[i].text));
        free(settings->rows[i].text);
    }
    free(settings->rows);
    *settings = (struct settings){0};
}
