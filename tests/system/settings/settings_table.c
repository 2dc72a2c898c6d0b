/* The table of settings and the parts of a configuration as JSON, for show_03_2.py.
 *
 * usage: settings_table rows
 *        settings_table parts CONFIG        what config_part gives each role
 *        settings_table parts CONFIG PATH   by a copy of the table in which nobody reads PATH */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "parent/config/config.h"
#include "parent/config/schema.h"

static json_t *names_of(unsigned readers)
{
    json_t *names = json_array();
    for (enum role role = ROLE_PARENT; role < ROLE_COUNT; role++)
        if (readers >> role & 1)
            json_array_append_new(names, json_string(role_name(role)));
    return names;
}

static json_t *choices_of(const struct setting *row)
{
    json_t *choices = json_array();
    for (const char *const *choice = row->choices; choice && *choice; choice++)
        json_array_append_new(choices, json_string(*choice));
    return choices;
}

/* Groups stand in each other as deep as the table, which is three. */
static void add_rows(json_t *rows, const struct setting *table, const char *before)
{
    for (; table->name; table++) {
        CLEAN(clean_text)
        char *path = text_format("%s%s%s", before, before[0] ? "." : "", table->name);
        json_array_append_new(
            rows,
            json_pack("{s:s, s:i, s:i, s:o, s:i, s:f, s:f, s:s, s:b, s:o}", "path", path, "type",
                      (int)table->type, "flags", (int)table->flags, "readers",
                      names_of(table->readers), "reload", (int)table->reload, "least", table->least,
                      "most", table->most, "preset", table->preset ? table->preset : "", "group",
                      table->members != NULL, "choices", choices_of(table)));
        if (table->members)
            add_rows(rows, table->members, path);
    }
}

static int print_rows(void)
{
    CLEAN(clean_json) json_t *rows = json_array();
    CLEAN(clean_json) json_t *programs = json_object();
    add_rows(rows, schema_table, "");
    for (enum role role = ROLE_PARENT; role < ROLE_COUNT; role++)
        json_object_set_new(programs, role_name(role), json_string(role_find(role)->program));
    CLEAN(clean_json) json_t *all = json_pack("{s:O, s:O}", "rows", rows, "programs", programs);
    return all ? json_dumpf(all, stdout, JSON_INDENT(1)) : 1;
}

enum { COPIES_MOST = 64 };
static struct setting *copies[COPIES_MOST];
static size_t copy_count;

/* The table again, but that nobody reads the row at `path`. */
static struct setting *copy_of(const struct setting *table, const char *path)
{
    size_t count = 1, dot = strcspn(path, ".");
    while (table[count - 1].name)
        count++;
    struct setting *copy = calloc(count, sizeof *copy);
    if (!copy || copy_count == COPIES_MOST)
        exit(1);
    copies[copy_count++] = copy;
    memcpy(copy, table, count * sizeof *copy);
    for (struct setting *row = copy; row->name; row++) {
        bool is_on_way = strlen(row->name) == dot && !strncmp(row->name, path, dot);
        if (is_on_way && !path[dot])
            row->readers = 0;
        if (row->members)
            row->members = copy_of(row->members, is_on_way && path[dot] ? path + dot + 1 : "");
    }
    return copy;
}

/* As part.c makes a collector's: its own row and the rules, without the groups that hold them. */
static json_t *collector_by(const struct setting *table, const json_t *whole)
{
    CLEAN(clean_json) json_t *picked = schema_pick(table, whole, ROLE_COLLECTOR);
    json_t *part = json_incref(json_array_get(json_object_get(picked, "collectors"), 0));
    json_t *level = json_object_get(picked, "log_level");
    if (level)
        json_object_set(part, "log_level", level);
    json_object_set_new(part, "settings",
                        json_pack("{s:O*}", "rule", json_object_get(picked, "rules")));
    return part;
}

static json_t *part_by(const struct config *config, const struct setting *table, enum role role)
{
    const json_t *whole = config_json(config);
    const json_t *first = json_array_get(json_object_get(whole, "collectors"), 0);
    if (table)
        return role == ROLE_COLLECTOR ? collector_by(table, whole)
                                      : schema_pick(table, whole, role);
    return config_part(config, role, json_text_of(first, "name", ""));
}

static int print_parts(const char *path, const char *emptied)
{
    struct config *config = NULL;
    size_t count = 0;
    if (config_load(path, &config))
        return 1;
    const struct config_fault *faults = config_faults(config, &count);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%s: %s%s\n", faults[i].place, faults[i].warning ? "warning: " : "",
                faults[i].sentence);
    CLEAN(clean_json) json_t *parts = json_object();
    const struct setting *table = emptied ? copy_of(schema_table, emptied) : NULL;
    for (enum role role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
        json_object_set_new(parts, role_name(role), part_by(config, table, role));
    json_object_set(parts, "parent", (json_t *)config_json(config));
    int code = !config_is_valid(config) || json_dumpf(parts, stdout, JSON_INDENT(1));
    config_free(config);
    while (copy_count)
        free(copies[--copy_count]);
    return code;
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "rows"))
        return print_rows();
    if (argc >= 3 && !strcmp(argv[1], "parts"))
        return print_parts(argv[2], argc > 3 ? argv[3] : NULL);
    fprintf(stderr, "usage: settings_table rows | parts CONFIG [PATH]\n");
    return 2;
}
