/* conformd.conf.reference: the tables of settings as a file that people read. */
#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "parent/config/schema.h"

/* The preset as it is typed: quotes around texts, brackets around lists; "..." where there is none.
 */
static void print_preset(struct buffer *out, const struct setting *setting)
{
    bool is_bare = setting->type == SETTING_BOOLEAN || setting->type == SETTING_INTEGER ||
                   setting->type == SETTING_NUMBER;
    const char *quote = is_bare ? "" : "\"";
    if (setting->preset)
        buffer_print(out, "%s%s%s", quote, setting->preset, quote);
    else if (setting->flags & SETTING_LIST && !(setting->flags & (SETTING_KEEP | SETTING_REQUIRED)))
        buffer_text(out, "[]");
    else
        buffer_text(out, "...");
}

/* Inside a group that is commented out a comment needs a sign of its own. */
static void print_help(struct buffer *out, const struct setting *setting, int depth)
{
    CLEAN(clean_text) char *allowed = config_value_allowed(setting);
    CLEAN(clean_text) char *margin = depth ? text_format("#%*s#", depth * 4, "") : strdup("#");
    if (!allowed || !margin) {
        out->failed = true;
        return;
    }
    buffer_print(out, "%s %s\n", margin, setting->help);
    if (setting->type != SETTING_GROUP)
        buffer_print(out, "%s %s%s%s\n", margin,
                     setting->flags & SETTING_REQUIRED ? "Required: " : "Allowed: ", allowed,
                     setting->flags & SETTING_LIST ? ", or a list [ ... ] of such" : "");
    if (setting->reload == RELOAD_FIXED)
        buffer_print(out, "%s A reload refuses a change: start conformd again.\n", margin);
}

static void print_group(struct buffer *out, const struct setting *group, int depth);

/* Groups hold groups two deep in the table above. */
static void print_table(struct buffer *out, const struct setting *table, int depth)
{
    for (; table->name; table++) {
        if (table->flags & (SETTING_HIDDEN | SETTING_MADE))
            continue;
        if (depth == 0)
            buffer_byte(out, '\n');
        print_help(out, table, depth);
        if (table->type == SETTING_GROUP) {
            print_group(out, table, depth);
            continue;
        }
        buffer_print(out, "#%*s%s = ", depth * 4, "", table->name);
        print_preset(out, table);
        buffer_text(out, ";\n");
    }
}

static void print_group(struct buffer *out, const struct setting *group, int depth)
{
    bool is_list = group->flags & SETTING_LIST;
    buffer_print(out, "#%*s%s = %s{\n", depth * 4, "", group->name, is_list ? "( " : "");
    print_table(out, group->members, depth + 1);
    buffer_print(out, "#%*s}%s;\n", depth * 4, "", is_list ? ", ... )" : "");
}

char *schema_reference(void)
{
    struct buffer out = {0};
    buffer_text(&out,
                "# Every setting of conformd with its preset; ... where it has none. conformd does "
                "not\n# read this file. A collector's own settings: conformctl describe PLUGIN.\n# "
                "Files: conformd.conf; conf.d/*.conf; measures.d/*.conf for measures and\n# "
                "objectives; rules.d/*.conf for rules. Lists add up; a setting that is given twice "
                "is\n# refused. Durations: \"250ms\", \"10s\", \"15m\", \"1h30m\", \"7d\".\n");
    print_table(&out, schema_table, 0);
    return buffer_take(&out);
}
