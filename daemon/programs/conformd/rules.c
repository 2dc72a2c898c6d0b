/* The log rules as a collector gets them, with the place of each member. */
#include "programs/conformd/rules.h"

#include <stdio.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static int add_place(const struct config *config, json_t *places, size_t rule, const char *member)
{
    CLEAN(clean_text) char *setting = text_format("rules[%zu]%s", rule, member);
    CLEAN(clean_text) char *shown = text_format("rule[%zu]%s", rule, member);
    CLEAN(clean_text) char *place = setting ? config_place(config, setting) : NULL;
    if (!place || !shown || json_object_set_new(places, shown, json_string(place)))
        return ERROR_MEMORY;
    return 0;
}

/* A member, and each item where it is a list. */
static int add_member(const struct config *config, json_t *places, size_t rule, const char *name,
                      const json_t *value)
{
    CLEAN(clean_text) char *member = text_format(".%s", name);
    int code = member ? add_place(config, places, rule, member) : ERROR_MEMORY;
    for (size_t i = 0; !code && i < json_array_size(value); i++) {
        CLEAN(clean_text) char *item = text_format(".%s[%zu]", name, i);
        code = item ? add_place(config, places, rule, item) : ERROR_MEMORY;
    }
    return code;
}

/* What a collector does not get: the set stands in the id. */
static bool is_collectors(const char *name)
{
    return strcmp(name, "set") != 0;
}

static int add_rule(const struct config *config, size_t number, const json_t *rule, json_t *out)
{
    const char *name;
    json_t *value;
    json_t *places = json_object_get(out, "places");
    CLEAN(clean_json) json_t *picked = json_object();
    int code = picked ? add_place(config, places, number, "") : ERROR_MEMORY;
    json_object_foreach ((json_t *)rule, name, value) {
        if (!code && is_collectors(name))
            code = json_object_set(picked, name, value)
                       ? ERROR_MEMORY
                       : add_member(config, places, number, name, value);
    }
    if (!code && json_array_append(json_object_get(out, "rules"), picked))
        code = ERROR_MEMORY;
    return code;
}

int rules_print(const struct config *config)
{
    size_t number;
    json_t *rule;
    CLEAN(clean_json) json_t *out = json_pack("{s:[], s:{}}", "rules", "places");
    int code = out ? 0 : ERROR_MEMORY;
    json_array_foreach (json_object_get(config_json(config), "rules"), number, rule) {
        if (!code)
            code = add_rule(config, number, rule, out);
    }
    CLEAN(clean_text) char *text = code ? NULL : json_canonical(out);
    if (!text)
        return ERROR_MEMORY;
    return puts(text) < 0 || fflush(stdout) ? ERROR_IO : 0;
}
