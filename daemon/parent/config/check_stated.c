/* What is stated about scope, applicability and roles, held against each other. */
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "parent/config/config_inner.h"
#include "parent/config/schema.h"

static const char *const kinds[] = {"units", "sites", "assets"};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* The list of the scope that has this name, or NULL; *ret_near is a name that is like it. */
static const char *find_tag(const json_t *scope, const char *tag, const char **ret_near)
{
    for (int i = 0; i < KINDS; i++) {
        size_t index;
        json_t *name;
        json_array_foreach (json_object_get(scope, kinds[i]), index, name) {
            const char *known = json_string_value(name);
            if (known && strcmp(known, tag) == 0)
                return kinds[i];
            if (known && schema_is_near(tag, known))
                *ret_near = known;
        }
    }
    return NULL;
}

/* The tags of one collector or measure. */
static int check_tags(struct config *config, const char *list, size_t at, const json_t *item)
{
    size_t index;
    json_t *tag;
    const json_t *scope = json_object_get(config->whole, "scope");
    json_array_foreach (json_object_get(item, "scope"), index, tag) {
        const char *near = NULL;
        CLEAN(clean_text) char *path = text_format("%s[%zu].scope[%zu]", list, at, index);
        if (!path)
            return ERROR_MEMORY;
        if (!json_is_string(tag) || find_tag(scope, json_string_value(tag), &near))
            continue;
        config_fault_setting(
            config, path,
            "found \"%s\", allowed is a name that the group scope states among its "
            "units, sites or assets%s%s%s",
            json_string_value(tag), near ? "; did you mean \"" : "", near ? near : "",
            near ? "\"?" : "");
    }
    return 0;
}

static const json_t *find_control(const json_t *soa, const char *control)
{
    size_t index;
    json_t *row;
    json_array_foreach ((json_t *)soa, index, row) {
        if (strcmp(json_text_of(row, "control", ""), control) == 0)
            return row;
    }
    return NULL;
}

static bool is_excluded(const json_t *row)
{
    return row && !json_flag_of(row, "applicable", true);
}

/* True when it names controls and the statement of applicability excludes each of them. */
static bool is_all_excluded(const json_t *soa, const json_t *controls)
{
    size_t index;
    json_t *control;
    json_array_foreach ((json_t *)controls, index, control) {
        const char *name = json_string_value(control);
        if (!name || !is_excluded(find_control(soa, name)))
            return false;
    }
    return json_array_size(controls) > 0;
}

static void tell_duty(struct config *config, const char *path, const char *sentence)
{
    bool denies = strcmp(json_text_of(config->whole, "separation_of_duty", ""), "deny") == 0;
    (denies ? config_fault_setting : config_fault_warn)(config, path, "%s", sentence);
}

/* Two roles that one person should not have. */
static int check_duties(struct config *config, size_t at, const json_t *measure)
{
    static const struct duty {
        const char *one, *other, *sentence;
    } duties[] = {
        {"information_collector", "analyst",
         "found the same as information_collector; recommended is another one: nobody should "
         "evaluate what they collected (separation_of_duty)"},
        {"implementer", "effectiveness_reviewer",
         "found the same as implementer; recommended is another one: nobody should evaluate the "
         "effect of their own work (separation_of_duty)"},
    };
    for (size_t i = 0; i < sizeof duties / sizeof *duties; i++) {
        const char *one = json_text_of(measure, duties[i].one, "");
        CLEAN(clean_text) char *path = text_format("measures[%zu].%s", at, duties[i].other);
        if (!path)
            return ERROR_MEMORY;
        if (*one && strcmp(one, json_text_of(measure, duties[i].other, "")) == 0)
            tell_duty(config, path, duties[i].sentence);
    }
    return 0;
}

static int check_measure(struct config *config, size_t at, const json_t *measure)
{
    CLEAN(clean_text) char *path = text_format("measures[%zu].controls", at);
    if (!path)
        return ERROR_MEMORY;
    if (is_all_excluded(json_object_get(config->whole, "soa"),
                        json_object_get(measure, "controls")))
        config_fault_warn(
            config, path,
            "found only controls that soa excludes: it is not applicable, and not evaluated");
    int code = check_tags(config, "measures", at, measure);
    return code ? code : check_duties(config, at, measure);
}

static int check_collector(struct config *config, size_t at, const json_t *collector)
{
    return check_tags(config, "collectors", at, collector);
}

static int check_soa(struct config *config, size_t at, const json_t *row)
{
    bool applies = json_flag_of(row, "applicable", true);
    bool has_status = *json_text_of(row, "status", "") != '\0';
    CLEAN(clean_text) char *path = text_format("soa[%zu].status", at);
    if (!path)
        return ERROR_MEMORY;
    if (json_is_null(json_object_get(row, "status")))
        return 0; /* told already */
    if (applies && !has_status)
        config_fault_setting(config, path,
                             "found nothing, required is \"implemented\", \"in_progress\" or "
                             "\"not_started\" of a control that applies");
    if (!applies && has_status)
        config_fault_setting(config, path,
                             "found \"%s\", a control that does not apply has no status",
                             json_text_of(row, "status", ""));
    return 0;
}

/* A name in two lists of the scope would say two things as a tag. */
static int check_scope(struct config *config)
{
    const json_t *scope = json_object_get(config->whole, "scope");
    CLEAN(clean_json) json_t *seen = json_object();
    for (int i = 0; i < KINDS; i++) {
        size_t index;
        json_t *name;
        json_array_foreach (json_object_get(scope, kinds[i]), index, name) {
            const char *text = json_string_value(name);
            CLEAN(clean_text) char *path = text_format("scope.%s[%zu]", kinds[i], index);
            if (!seen || !path)
                return ERROR_MEMORY;
            if (text && json_object_get(seen, text))
                config_fault_setting(config, path,
                                     "found \"%s\" a second time, allowed is once in the "
                                     "scope",
                                     text);
            if (text && json_object_set_new(seen, text, json_true()))
                return ERROR_MEMORY;
        }
    }
    return 0;
}

/* Annex A of 27001:2022 has so many controls in each of its four themes. */
static const struct theme {
    const char *name;
    int count;
} themes[] = {
    {"27001:2022 A.5", 37}, {"27001:2022 A.6", 8}, {"27001:2022 A.7", 14}, {"27001:2022 A.8", 34}};

/* Whoever states applicability has a word on each control of Annex A (27001:2022 6.1.3 d). */
static int check_annex(struct config *config)
{
    const json_t *soa = json_object_get(config->whole, "soa");
    int stated = 0, all = 0;
    for (size_t i = 0; i < sizeof themes / sizeof *themes; i++) {
        all += themes[i].count;
        for (int number = 1; number <= themes[i].count; number++) {
            CLEAN(clean_text) char *control = text_format("%s.%d", themes[i].name, number);
            if (!control)
                return ERROR_MEMORY;
            stated += find_control(soa, control) != NULL;
        }
    }
    if (stated && stated < all)
        config_fault_warn(
            config, "soa",
            "found %d of the %d controls of 27001:2022 Annex A, recommended is a statement on each",
            stated, all);
    return 0;
}

static void check_count(struct config *config)
{
    int64_t most = json_integer_of(config->whole, "measures_most", 0);
    int64_t enabled = 0;
    size_t index;
    json_t *measure;
    json_array_foreach (json_object_get(config->whole, "measures"), index, measure) {
        enabled += json_flag_of(measure, "enabled", true);
    }
    if (most && enabled > most)
        config_fault_warn(config, "measures_most",
                          "found %lld measures that are enabled, recommended are at most %lld: too "
                          "many hide what matters, and each costs",
                          (long long)enabled, (long long)most);
}

int config_check_stated(struct config *config)
{
    static const struct check {
        const char *list;
        int (*check_one)(struct config *config, size_t at, const json_t *item);
    } checks[] = {{"collectors", check_collector}, {"measures", check_measure}, {"soa", check_soa}};
    int code = check_scope(config);
    for (size_t i = 0; !code && i < sizeof checks / sizeof *checks; i++) {
        size_t index;
        json_t *item;
        json_array_foreach (json_object_get(config->whole, checks[i].list), index, item) {
            if (!code && json_is_object(item))
                code = checks[i].check_one(config, index, item);
        }
    }
    check_count(config);
    return code ? code : check_annex(config);
}
