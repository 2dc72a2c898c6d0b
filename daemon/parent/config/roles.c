/* The roles of a measure that it does not give itself: those of its family of controls, or presets.
 * What constructs did not always have is left out where it is not given: their text, and with it
 * what was approved, stays the same. */
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "parent/config/config_inner.h"
#include "parent/config/schema.h"

bool config_roles_is_below(const char *control, const char *family)
{
    size_t length = strlen(family);
    return text_begins(control, family) && (!control[length] || control[length] == '.');
}

/* The family with the longest name that the measure's first control is below; or NULL. */
static const json_t *family_of(const json_t *whole, const json_t *measure)
{
    const char *control =
        json_string_value(json_array_get(json_object_get(measure, "controls"), 0));
    const json_t *best = NULL;
    size_t index;
    json_t *family;
    json_array_foreach (json_object_get(whole, "families"), index, family) {
        const char *name = json_text_of(family, "controls", "");
        if (control && *name && config_roles_is_below(control, name) &&
            (!best || strlen(name) > strlen(json_text_of(best, "controls", ""))))
            best = family;
    }
    return best;
}

static int fill_roles(json_t *measure, const json_t *family)
{
    int failed = 0;
    for (const struct setting *row = schema_measures; row->name; row++) {
        if (!(row->flags & SETTING_OF_FAMILY) || *json_text_of(measure, row->name, ""))
            continue;
        const char *word = json_text_of(family, row->name, "");
        if (!*word)
            word = row->preset ? row->preset : json_text_of(measure, "owner", "");
        failed |= json_object_set_new(measure, row->name, json_string(word));
    }
    return failed;
}

static void leave_out(json_t *measure)
{
    static const char *const later[] = {"implementer", "effectiveness_reviewer"};
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        if (!*json_text_of(measure, later[i], ""))
            json_object_del(measure, later[i]);
    if (!json_array_size(json_object_get(measure, "scope")))
        json_object_del(measure, "scope");
}

int config_roles_fill(json_t *whole)
{
    size_t index;
    json_t *measure;
    json_t *unasked = json_array();
    if (json_object_set_new(whole, "unasked", unasked))
        return ERROR_MEMORY;
    json_array_foreach (json_object_get(whole, "measures"), index, measure) {
        const json_t *family = family_of(whole, measure);
        if (!json_is_object(measure))
            continue;
        if (!*json_text_of(measure, "client", "") && !*json_text_of(family, "client", "") &&
            json_array_append(unasked, json_object_get(measure, "id")))
            return ERROR_MEMORY;
        if (fill_roles(measure, family))
            return ERROR_MEMORY;
        leave_out(measure);
    }
    return 0;
}
