/* What each role may see of the configuration, and where a setting of its part stands in the whole.
 */
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "parent/config/config_inner.h"
#include "parent/config/schema.h"

static json_t *engine_part(const struct config *config)
{
    const char *listen = json_text_of(json_object_get(config->whole, "http"), "listen", "");
    CLEAN(clean_text) char *url = text_format("http://%s", listen);
    json_t *part = schema_pick(schema_table, config->whole, ROLE_ENGINE);
    if (json_object_set_new(part, "url", json_string(url ? url : ""))) {
        json_decref(part);
        return NULL;
    }
    return part;
}

/* The setting `rules` as a list, though it may be one text alone. New reference. */
static json_t *rule_names(const json_t *collector)
{
    json_t *names = json_object_get(json_object_get(collector, "settings"), "rules");
    return json_is_array(names)    ? json_incref(names)
           : json_is_string(names) ? json_pack("[O]", names)
                                   : json_array();
}

json_t *config_part_rules(const json_t *whole, const json_t *collector)
{
    size_t i, j;
    json_t *name, *rule;
    CLEAN(clean_json) json_t *names = rule_names(collector);
    CLEAN(clean_json) json_t *indexes = json_array();
    json_array_foreach (json_object_get(whole, "rules"), i, rule) {
        bool is_named = false;
        json_array_foreach (names, j, name) {
            is_named |= json_equal(name, json_object_get(rule, "id")) ||
                        json_equal(name, json_object_get(rule, "set"));
        }
        if (is_named && json_array_append_new(indexes, json_integer((json_int_t)i)))
            return NULL;
    }
    return names ? json_incref(indexes) : NULL;
}

static json_t *find_collector(const struct config *config, const char *instance, size_t *ret_index)
{
    size_t i;
    json_t *collector;
    json_array_foreach (json_object_get(config->whole, "collectors"), i, collector) {
        if (strcmp(json_text_of(collector, "name", ""), instance) == 0) {
            *ret_index = i;
            return collector;
        }
    }
    return NULL;
}

/* The collector's settings, with `rule` filled in from the rules that `rules` names. */
static json_t *settings_part(const json_t *whole, const json_t *collector)
{
    size_t i;
    json_t *index;
    CLEAN(clean_json) json_t *indexes = config_part_rules(whole, collector);
    CLEAN(clean_json) json_t *rules = json_array();
    CLEAN(clean_json) json_t *settings = json_copy(json_object_get(collector, "settings"));
    if (!indexes || !settings)
        return NULL;
    json_array_foreach (indexes, i, index) {
        const json_t *rule =
            json_array_get(json_object_get(whole, "rules"), (size_t)json_integer_value(index));
        if (json_array_append_new(rules, schema_pick(schema_rules, rule, ROLE_COLLECTOR)))
            return NULL;
    }
    if (json_object_get(settings, "rules") && json_object_set(settings, "rule", rules))
        return NULL;
    return json_incref(settings);
}

static json_t *collector_part(const struct config *config, const char *instance)
{
    size_t index;
    const json_t *collector = find_collector(config, instance, &index);
    if (!collector)
        return NULL;
    CLEAN(clean_text)
    char *path = text_format("%s/%s.so", json_text_of(config->whole, "plugin_dir", ""),
                             json_text_of(collector, "plugin", ""));
    json_t *part = schema_pick(schema_collectors, collector, ROLE_COLLECTOR);
    if (!path || json_object_set_new(part, "plugin_path", json_string(path)) ||
        json_object_set_new(part, "settings", settings_part(config->whole, collector))) {
        json_decref(part);
        return NULL;
    }
    return part;
}

json_t *config_part(const struct config *config, enum role role, const char *instance)
{
    json_t *part = role == ROLE_ENGINE      ? engine_part(config)
                   : role == ROLE_COLLECTOR ? collector_part(config, instance)
                                            : schema_pick(schema_table, config->whole, role);
    if (!part)
        return NULL;
    /* A collector's part is the same as long as what concerns it is: the whole's hash is not in it.
     */
    int code = json_object_set(part, "log_level", json_object_get(config->whole, "log_level"));
    if (!code && role != ROLE_COLLECTOR)
        code = json_object_set_new(part, "hash", json_string(config->hash));
    if (!code)
        return part;
    json_decref(part);
    return NULL;
}

bool config_part_differs(const struct config *old, const struct config *next, enum role role,
                         const char *instance)
{
    CLEAN(clean_json) json_t *one = config_part(old, role, instance);
    CLEAN(clean_json) json_t *other = config_part(next, role, instance);
    json_object_del(one, "hash");
    json_object_del(other, "hash");
    return !one || !other || !json_equal(one, other);
}

const char *config_differs(const struct config *old, const struct config *next,
                           enum setting_reload reload)
{
    return schema_differs(old->whole, next->whole, reload);
}

/* "rule[2].pattern" of a collector is one of the whole's rules; NULL when it is not. */
static char *rule_path(const struct config *config, const json_t *collector, const char *setting)
{
    int64_t number;
    const char *close = strchr(setting, ']');
    if (!text_begins(setting, "rule[") || !close)
        return NULL;
    const char *digits = setting + strlen("rule[");
    CLEAN(clean_text) char *text = strndup(digits, (size_t)(close - digits));
    CLEAN(clean_json) json_t *indexes = config_part_rules(config->whole, collector);
    if (!text || !indexes || text_to_integer(text, &number) || number < 0)
        return NULL;
    const json_t *index = json_array_get(indexes, (size_t)number);
    return index ? text_format("rules[%lld]%s", (long long)json_integer_value(index), close + 1)
                 : NULL;
}

char *config_path(const struct config *config, enum role role, const char *instance,
                  const char *setting)
{
    size_t index;
    const json_t *collector =
        role == ROLE_COLLECTOR ? find_collector(config, instance, &index) : NULL;
    if (!collector)
        return strdup(setting);
    if (text_begins(setting, "settings."))
        setting += strlen("settings.");
    char *rule = rule_path(config, collector, setting);
    if (rule)
        return rule;
    return text_format("collectors[%zu]%s%s", index, setting[0] ? "." : "", setting);
}
