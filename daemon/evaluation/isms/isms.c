/* Scope and statement of applicability, for the API, and the scope by which readings are taken. */
#include "evaluation/isms/isms.h"

#include <string.h>

#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"

/* {label: {value: true}} of the labels that the scope says something about; NULL without memory. */
static json_t *admitted(const json_t *scope)
{
    static const struct labelled {
        const char *label, *list;
    } labelled[] = {
        {"host", "assets"}, {"asset", "assets"}, {"site", "sites"}, {"org_unit", "units"}};
    json_t *labels = json_object();
    for (size_t i = 0; i < sizeof labelled / sizeof *labelled; i++) {
        const json_t *names = json_object_get(scope, labelled[i].list), *name;
        size_t index;
        if (!json_array_size(names))
            continue;
        json_t *values = json_object();
        json_object_set_new(labels, labelled[i].label, values);
        json_array_foreach (names, index, name) {
            if (json_is_string(name))
                json_object_set_new(values, json_string_value(name), json_true());
        }
    }
    return labels;
}

int64_t isms_scope_version(const json_t *config)
{
    const json_t *scope = json_object_get(config, "scope");
    bool stated = *json_text_of(scope, "statement", "") ||
                  json_array_size(json_object_get(scope, "units")) ||
                  json_array_size(json_object_get(scope, "sites")) ||
                  json_array_size(json_object_get(scope, "assets"));
    return stated ? json_integer_of(scope, "version", 0) : 0;
}

/* The measures that give evidence of a control. */
static json_t *measures_of(const json_t *config, const char *control)
{
    json_t *ids = json_array(), *measure, *name;
    size_t index, at;
    json_array_foreach (json_object_get(config, "measures"), index, measure) {
        json_array_foreach (json_object_get(measure, "controls"), at, name) {
            if (json_is_string(name) && strcmp(json_string_value(name), control) == 0)
                json_array_append(ids, json_object_get(measure, "id"));
        }
    }
    return ids;
}

static json_t *show_soa(const json_t *config)
{
    json_t *rows = json_array(), *row;
    size_t index;
    json_array_foreach (json_object_get(config, "soa"), index, row) {
        json_t *shown = json_deep_copy(row);
        json_object_set_new(shown, "measures",
                            measures_of(config, json_text_of(row, "control", "")));
        json_array_append_new(rows, shown);
    }
    return rows;
}

int isms_put(struct store *store, const json_t *config, struct intake *intake, struct error *error)
{
    json_t *scope = json_object_get(config, "scope");
    json_t *labels = admitted(scope);
    if (!labels)
        return ERROR_MEMORY;
    json_decref(intake->scope);
    intake->scope = labels;
    json_t *stated = json_pack("{s:O*, s:o}", "scope", scope, "soa", show_soa(config));
    int code = states_put(store, "daemon", "stated", stated, error);
    return code ? code : isms_put_records(store, config, error);
}
