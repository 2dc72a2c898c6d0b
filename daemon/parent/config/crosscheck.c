/* What one setting alone cannot show: ids given twice, names that name nothing, unfit pairs. */
#include <dirent.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "parent/config/config_inner.h"
#include "parent/config/schema.h"
#include "parent/config/syntax.h"

/* The lists whose items have a key of their own. */
static const struct keyed {
    const char *list;
    const char *key;
} keyed[] = {
    {"collectors", "name"}, {"measures", "id"},       {"objectives", "id"},
    {"rules", "id"},        {"channels", "name"},     {"record_classes", "id"},
    {"soa", "control"},     {"families", "controls"},
};
enum { KEYED = sizeof keyed / sizeof *keyed };

/* "measures[3].id" */
static char *path_of(const char *list, size_t index, const char *member)
{
    return text_format("%s[%zu]%s%s", list, index, member[0] ? "." : "", member);
}

static int check_unique(struct config *config, const struct keyed *row)
{
    size_t i;
    json_t *item;
    CLEAN(clean_json) json_t *seen = json_object();
    json_array_foreach (json_object_get(config->whole, row->list), i, item) {
        const char *id = json_text_of(item, row->key, "");
        CLEAN(clean_text) char *path = path_of(row->list, i, row->key);
        if (!seen || !path)
            return ERROR_MEMORY;
        const char *first = json_string_value(json_object_get(seen, id));
        /* A rule without an id of its own ends in its set's point. */
        if (!*id || text_ends(id, "."))
            continue;
        if (!first) {
            if (json_object_set_new(seen, id, json_string(path)))
                return ERROR_MEMORY;
            continue;
        }
        CLEAN(clean_text) char *place = config_place(config, first);
        config_fault_setting(config, path,
                             "found \"%s\" a second time, allowed is once; the first is at %s", id,
                             place ? place : "?");
    }
    return 0;
}

/* A known key of that list near to the name, or NULL. */
static const char *nearest_key(const json_t *list, const char *key, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach ((json_t *)list, i, item) {
        const char *known = json_text_of(item, key, "");
        if (*known && schema_is_near(name, known))
            return known;
    }
    return NULL;
}

static bool has_key(const json_t *list, const char *key, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach ((json_t *)list, i, item) {
        if (strcmp(json_text_of(item, key, ""), name) == 0)
            return true;
    }
    return false;
}

static int check_objective(struct config *config, size_t index, const json_t *objective)
{
    size_t i;
    json_t *name;
    const json_t *measures = json_object_get(config->whole, "measures");
    json_array_foreach (json_object_get(objective, "measures"), i, name) {
        const char *id = json_string_value(name);
        if (!id || config->is_broken || has_key(measures, "id", id))
            continue;
        CLEAN(clean_text) char *path = text_format("objectives[%zu].measures[%zu]", index, i);
        const char *near = nearest_key(measures, "id", id);
        if (!path)
            return ERROR_MEMORY;
        config_fault_setting(config, path, "found \"%s\", allowed is the id of a measure%s%s%s", id,
                             near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    return 0;
}

static bool names_rule(const json_t *rules, const char *name)
{
    return has_key(rules, "id", name) || has_key(rules, "set", name);
}

/* One name in the setting `rules` of a collector. */
static void check_rule_name(struct config *config, const char *path, const char *name)
{
    const json_t *rules = json_object_get(config->whole, "rules");
    if (config->is_broken || names_rule(rules, name))
        return;
    const char *near = nearest_key(rules, "set", name);
    near = near ? near : nearest_key(rules, "id", name);
    config_fault_setting(
        config, path, "found \"%s\", allowed is a set in rules.d or a rule as SET.ID%s%s%s", name,
        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* `rules` of a collector names sets or rules of them; `rule` is then filled in from those. */
static int check_rule_names(struct config *config, size_t index, const json_t *settings)
{
    size_t i;
    json_t *name;
    json_t *names = json_object_get(settings, "rules");
    CLEAN(clean_text) char *rule = path_of("collectors", index, "rule");
    CLEAN(clean_text) char *path = path_of("collectors", index, "rules");
    if (!rule || !path)
        return ERROR_MEMORY;
    if (names && json_object_get(settings, "rule"))
        config_fault_setting(config, rule,
                             "found rules here, allowed are rules in rules.d that `rules` names");
    if (json_is_string(names))
        check_rule_name(config, path, json_string_value(names));
    json_array_foreach (names, i, name) {
        CLEAN(clean_text) char *element = text_format("%s[%zu]", path, i);
        if (!element)
            return ERROR_MEMORY;
        if (json_is_string(name))
            check_rule_name(config, element, json_string_value(name));
    }
    return 0;
}

/* Whether PLUGIN.so is in the folder; the nearest there is the caller's to free. */
static bool find_plugin(DIR *folder, const char *plugin, char **ret_near)
{
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        size_t length = strlen(entry->d_name);
        if (!text_ends(entry->d_name, ".so"))
            continue;
        CLEAN(clean_text) char *name = strndup(entry->d_name, length - strlen(".so"));
        if (name && strcmp(name, plugin) == 0)
            return true;
        if (name && !*ret_near && schema_is_near(plugin, name)) {
            *ret_near = name;
            name = NULL;
        }
    }
    return false;
}

/* A folder that is not there is left to whoever loads the plugin. */
static void check_plugin(struct config *config, const char *path, const char *plugin)
{
    const char *where = json_text_of(config->whole, "plugin_dir", "");
    CLEAN(clean_text) char *near = NULL;
    DIR *folder = *plugin ? opendir(where) : NULL;
    if (!folder)
        return;
    if (!find_plugin(folder, plugin, &near))
        config_fault_setting(config, path, "found \"%s\", allowed is a collector of %s%s%s%s",
                             plugin, where, near ? "; did you mean \"" : "", near ? near : "",
                             near ? "\"?" : "");
    closedir(folder);
}

/* A reason to keep names is one that somebody stands for, and that ends. */
static int check_basis(struct config *config, size_t index, const json_t *collector)
{
    static const char *const members[] = {"legal_basis", "reviewed_by", "review_due"};
    size_t given = 0;
    for (size_t i = 0; i < 3; i++)
        given += *json_text_of(collector, members[i], "") != '\0';
    for (size_t i = 0; i < 3 && given > 0 && given < 3; i++) {
        CLEAN(clean_text) char *path = path_of("collectors", index, members[i]);
        if (!path)
            return ERROR_MEMORY;
        if (!*json_text_of(collector, members[i], ""))
            config_fault_setting(config, path,
                                 "found nothing; it is required where one of legal_basis, "
                                 "reviewed_by and review_due is given");
    }
    return 0;
}

static int check_collector(struct config *config, size_t index, const json_t *collector)
{
    CLEAN(clean_text) char *plugin = path_of("collectors", index, "plugin");
    CLEAN(clean_text) char *path = path_of("collectors", index, "deadline");
    int64_t every = json_integer_of(collector, "every", 0);
    int64_t deadline = json_integer_of(collector, "deadline", 0);
    if (!plugin || !path)
        return ERROR_MEMORY;
    check_plugin(config, plugin, json_text_of(collector, "plugin", ""));
    if (every && deadline > every) {
        CLEAN(clean_text) char *found = text_from_duration(deadline);
        CLEAN(clean_text) char *most = text_from_duration(every);
        config_fault_setting(config, path,
                             "found \"%s\", allowed is at most \"%s\", as long as `every`",
                             found ? found : "?", most ? most : "?");
    }
    int code = check_basis(config, index, collector);
    return code ? code : check_rule_names(config, index, json_object_get(collector, "settings"));
}

static int check_measure(struct config *config, size_t index, const json_t *measure)
{
    const json_t *criterion = json_object_get(measure, "criterion");
    const char *target = json_text_of(criterion, "target", "");
    const char *tolerance = json_text_of(criterion, "tolerance", "");
    CLEAN(clean_text) char *path = path_of("measures", index, "criterion.tolerance");
    CLEAN(clean_text) char *item = path_of("measures", index, "controls");
    if (!path || !item)
        return ERROR_MEMORY;
    if (*target && *tolerance && !syntax_is_wider(target, tolerance))
        config_fault_setting(
            config, path,
            "found \"%s\", allowed is a bound in the direction of the target \"%s\" that "
            "reaches further",
            tolerance, target);
    if (json_array_size(json_object_get(measure, "controls")) == 0 &&
        json_array_size(json_object_get(measure, "clauses")) == 0)
        config_fault_warn(config, item,
                          "found neither controls nor clauses, recommended is at least one that it "
                          "gives evidence of");
    return 0;
}

/* member: a list of the rule that may hold no other names than `labels`. */
static int check_marks(struct config *config, size_t index, const json_t *rule, const char *member)
{
    size_t i, j;
    json_t *name, *label;
    json_array_foreach (json_object_get(rule, member), i, name) {
        bool is_known = false;
        CLEAN(clean_text) char *path = text_format("rules[%zu].%s[%zu]", index, member, i);
        json_array_foreach (json_object_get(rule, "labels"), j, label) {
            is_known |= json_equal(name, label);
        }
        if (!path)
            return ERROR_MEMORY;
        if (!is_known && json_is_string(name))
            config_fault_setting(config, path, "found \"%s\", allowed is one of its labels",
                                 json_string_value(name));
    }
    return 0;
}

static int check_rule(struct config *config, size_t index, const json_t *rule)
{
    int code = check_marks(config, index, rule, "personal");
    return code ? code : check_marks(config, index, rule, "accounts");
}

static int check_channel(struct config *config, size_t index, const json_t *channel)
{
    static const char *const of_webhooks[] = {"url", "secret", "ca_file"};
    bool is_webhook = strcmp(json_text_of(channel, "type", ""), "webhook") == 0;
    bool is_syslog = strcmp(json_text_of(channel, "type", ""), "syslog") == 0;
    CLEAN(clean_text) char *url = path_of("channels", index, "url");
    CLEAN(clean_text) char *target = path_of("channels", index, "target");
    if (!url || !target)
        return ERROR_MEMORY;
    const json_t *address = json_object_get(channel, "url");
    if (is_webhook && json_is_string(address) && !json_string_length(address))
        config_fault_setting(config, url, "found nothing, required is a URL for a webhook");
    if (is_webhook && *json_text_of(channel, "target", ""))
        config_fault_setting(config, target,
                             "found in a webhook, allowed is only in a syslog channel");
    for (size_t i = 0; is_syslog && i < 3; i++) {
        CLEAN(clean_text) char *path = path_of("channels", index, of_webhooks[i]);
        if (!path)
            return ERROR_MEMORY;
        if (*json_text_of(channel, of_webhooks[i], ""))
            config_fault_setting(config, path,
                                 "found in a syslog channel, allowed is only in a webhook");
    }
    return 0;
}

static void check_listener(struct config *config)
{
    const json_t *http = json_object_get(config->whole, "http");
    const char *listen = json_text_of(http, "listen", "");
    if (*listen && !syntax_is_loopback(listen) && !json_flag_of(http, "public", false))
        config_fault_setting(
            config, "http.listen",
            "found \"%s\", which other machines reach; allowed is an address such as "
            "127.0.0.1:9191, or http.public = true",
            listen);
}

int config_check_whole(struct config *config)
{
    static const struct check {
        const char *list;
        int (*check_one)(struct config *config, size_t index, const json_t *item);
    } checks[] = {
        {"collectors", check_collector}, {"measures", check_measure},
        {"objectives", check_objective}, {"rules", check_rule},
        {"channels", check_channel},     {"rights", config_check_right},
    };
    check_listener(config);
    for (size_t i = 0; i < KEYED; i++)
        if (check_unique(config, &keyed[i]))
            return ERROR_MEMORY;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        size_t index;
        json_t *item;
        json_array_foreach (json_object_get(config->whole, checks[i].list), index, item) {
            if (json_is_object(item) && checks[i].check_one(config, index, item))
                return ERROR_MEMORY;
        }
    }
    return config_check_stated(config);
}
