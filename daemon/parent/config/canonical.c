/* What was written, held against the table of settings: typed, with presets, unknown ones refused.
 */
#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "parent/config/config_inner.h"
#include "parent/config/schema.h"

#define MINUTE INT64_C(60000)
#define HOUR   INT64_C(3600000)

static json_t *read_group(struct config *config, const struct setting *group, const json_t *raw,
                          const char *path);

static char *path_of(const char *path, const char *name)
{
    return text_format("%s%s%s", path, path[0] ? "." : "", name);
}

static void tell_wrong(struct config *config, const struct setting *setting, const char *path,
                       const json_t *raw)
{
    CLEAN(clean_text) char *found = config_value_found(raw);
    CLEAN(clean_text) char *allowed = config_value_allowed(setting);
    if (!found || !allowed)
        config->failed = true;
    else
        config_fault_setting(config, path, "found %s, allowed is %s%s", found, allowed,
                             setting->flags & SETTING_LIST && setting->type != SETTING_GROUP
                                 ? ", or a list [ ... ] of such"
                                 : "");
}

/* "every", "deadline" and "enabled", for a sentence. */
static char *names_of(const struct setting *table)
{
    struct buffer out = {0};
    for (const struct setting *row = table; row->name; row++)
        if (!(row->flags & (SETTING_HIDDEN | SETTING_MADE)))
            buffer_print(&out, "%s%s", out.length ? ", " : "", row->name);
    return buffer_take(&out);
}

static void tell_unknown(struct config *config, const struct setting *table, const char *path,
                         const char *name)
{
    const char *nearest = schema_nearest(table, name);
    if (nearest) {
        config_fault_setting(config, path, "found an unknown setting, did you mean \"%s\"?",
                             nearest);
        return;
    }
    CLEAN(clean_text) char *names = names_of(table);
    config_fault_setting(config, path, "found an unknown setting, allowed are %s",
                         names ? names : "?");
}

/* Of what is not given: the preset, or an empty value of its type; null where it is computed. */
static json_t *preset_of(struct config *config, const struct setting *setting, const char *path)
{
    bool is_list = setting->flags & SETTING_LIST;
    bool comes_later = setting->flags & SETTING_OF_FAMILY;
    json_t *preset = comes_later ? NULL : config_value_preset(setting);
    if (is_list && preset && !(setting->flags & SETTING_KEEP))
        return json_pack("[o]", preset);
    if (preset)
        return preset;
    if (is_list)
        return json_array();
    if (setting->type == SETTING_DURATION)
        return json_null();
    if (setting->type != SETTING_GROUP)
        return json_string("");
    CLEAN(clean_json) json_t *nothing = json_object();
    return setting->flags & SETTING_REQUIRED ? json_object()
                                             : read_group(config, setting, nothing, path);
}

static json_t *read_one(struct config *config, const struct setting *setting, const json_t *raw,
                        const char *path)
{
    json_t *value = NULL;
    if (setting->type == SETTING_GROUP && json_is_object(raw))
        return read_group(config, setting, raw, path);
    int error = config_value_read(setting, raw, &value);
    if (!error)
        return value;
    if (error == ERROR_MEMORY)
        return NULL;
    tell_wrong(config, setting, path, raw);
    return json_null();
}

/* What is wrong is left out; the load fails for it anyway. */
static json_t *read_list(struct config *config, const struct setting *setting, const json_t *raw,
                         const char *path)
{
    size_t i;
    json_t *element;
    json_t *list = json_array();
    struct setting one = *setting;
    one.flags &= ~(unsigned)SETTING_LIST;
    json_array_foreach (raw, i, element) {
        CLEAN(clean_text) char *place = text_format("%s[%zu]", path, i);
        json_t *value = place ? read_one(config, &one, element, place) : NULL;
        if (!value || json_array_append_new(list, value)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *read_given(struct config *config, const struct setting *setting, const json_t *raw,
                          const char *path)
{
    bool is_list = setting->flags & SETTING_LIST;
    if (is_list && json_is_array(raw)) {
        if (json_array_size(raw) || !(setting->flags & SETTING_REQUIRED))
            return read_list(config, setting, raw, path);
        tell_wrong(config, setting, path, raw);
        return json_array();
    }
    if (is_list && setting->type == SETTING_GROUP) {
        tell_wrong(config, setting, path, raw);
        return json_array();
    }
    json_t *value = read_one(config, setting, raw, path);
    if (!is_list || setting->flags & SETTING_KEEP || !value)
        return value;
    return json_pack("[o]", value);
}

static json_t *read_absent(struct config *config, const struct setting *setting, const char *path)
{
    CLEAN(clean_text) char *allowed = config_value_allowed(setting);
    if (!allowed)
        return NULL;
    if (setting->flags & SETTING_REQUIRED)
        config_fault_setting(config, path, "found nothing, required is %s", allowed);
    else if (setting->flags & SETTING_WISHED)
        config_fault_warn(config, path, "found nothing, recommended is %s", allowed);
    return preset_of(config, setting, path);
}

/* Members that the table does not know: the plugin's, or nobody's. */
static int read_others(struct config *config, const struct setting *group, const json_t *raw,
                       const char *path, json_t *object)
{
    const char *name;
    json_t *value;
    json_t *others = json_object();
    json_object_foreach ((json_t *)raw, name, value) {
        CLEAN(clean_text) char *member = path_of(path, name);
        const struct setting *row = schema_find(group->members, name);
        if (row && !(row->flags & SETTING_MADE))
            continue;
        if (!member || json_object_set(others, name, value)) {
            json_decref(others);
            return ERROR_MEMORY;
        }
        if (!(group->flags & SETTING_OTHERS))
            tell_unknown(config, group->members, member, name);
    }
    if (group->flags & SETTING_OTHERS)
        return json_object_set_new(object, "settings", others) ? ERROR_MEMORY : 0;
    json_decref(others);
    return 0;
}

/* Groups stand in each other as deep as the table, which is three. */
static json_t *read_group(struct config *config, const struct setting *group, const json_t *raw,
                          const char *path)
{
    CLEAN(clean_json) json_t *object = json_object();
    for (const struct setting *row = group->members; row->name; row++) {
        CLEAN(clean_text) char *member = path_of(path, row->name);
        const json_t *given = json_object_get(raw, row->name);
        if (row->flags & SETTING_MADE)
            continue;
        if (!member)
            return NULL;
        json_t *value =
            given ? read_given(config, row, given, member) : read_absent(config, row, member);
        if (json_object_set_new(object, row->name, value))
            return NULL;
    }
    if (read_others(config, group, raw, path, object))
        return NULL;
    return json_incref(object);
}

/* At most a minute and never longer than the interval; at least a second. */
static int fill_collector(json_t *collector)
{
    int64_t every = json_integer_of(collector, "every", MINUTE);
    if (!json_is_null(json_object_get(collector, "deadline")))
        return 0;
    return json_object_set_new(collector, "deadline",
                               json_integer(every < MINUTE ? every : MINUTE));
}

static int fill_measure(json_t *measure)
{
    json_t *criterion = json_object_get(measure, "criterion");
    int64_t lasting = json_integer_of(criterion, "for", 0);
    if (!json_is_null(json_object_get(criterion, "recover")))
        return 0;
    return json_object_set_new(criterion, "recover",
                               json_integer(2 * lasting > HOUR ? 2 * lasting : HOUR));
}

static int fill_rule(json_t *rule)
{
    CLEAN(clean_text)
    char *id = text_format("%s.%s", json_text_of(rule, "set", ""), json_text_of(rule, "id", ""));
    return id ? json_object_set_new(rule, "id", json_string(id)) : ERROR_MEMORY;
}

static int fill_channel(json_t *channel)
{
    if (strcmp(json_text_of(channel, "type", ""), "syslog") != 0 ||
        *json_text_of(channel, "target", ""))
        return 0;
    return json_object_set_new(channel, "target", json_string("/dev/log"));
}

/* What a setting's absence means where that depends on others. */
static int fill(json_t *whole)
{
    static const struct filling {
        const char *list;
        int (*fill_one)(json_t *item);
    } fillings[] = {
        {"collectors", fill_collector},
        {"measures", fill_measure},
        {"rules", fill_rule},
        {"channels", fill_channel},
    };
    for (size_t i = 0; i < sizeof fillings / sizeof *fillings; i++) {
        size_t index;
        json_t *item;
        json_array_foreach (json_object_get(whole, fillings[i].list), index, item) {
            if (json_is_object(item) && fillings[i].fill_one(item))
                return ERROR_MEMORY;
        }
    }
    return config_roles_fill(whole);
}

int config_canonical_make(struct config *config)
{
    static const struct setting root = {.type = SETTING_GROUP, .members = schema_table};
    config->whole = read_group(config, &root, config->raw, "");
    return config->whole ? fill(config->whole) : ERROR_MEMORY;
}
