/* Reads the table of settings for others: what a role sees, what a reload does. */
#include "parent/config/schema.h"

#include "ground/base/clean.h"

static json_t *pick_each(const struct setting *group, const json_t *list, enum role role)
{
    size_t i;
    json_t *item;
    CLEAN(clean_json) json_t *picked = json_array();
    json_array_foreach ((json_t *)list, i, item) {
        if (json_array_append_new(picked, schema_pick(group->members, item, role)))
            return NULL;
    }
    return json_incref(picked);
}

static json_t *pick_value(const struct setting *row, json_t *value, enum role role)
{
    if (!row->members)
        return json_incref(value);
    return row->flags & SETTING_LIST ? pick_each(row, value, role)
                                     : schema_pick(row->members, value, role);
}

/* Groups stand in each other as deep as the table, which is three. */
json_t *schema_pick(const struct setting *table, const json_t *from, enum role role)
{
    CLEAN(clean_json) json_t *picked = json_object();
    for (; table->name; table++) {
        json_t *value = json_object_get(from, table->name);
        if (value && (table->readers >> role & 1) &&
            json_object_set_new(picked, table->name, pick_value(table, value, role)))
            return NULL;
    }
    return json_incref(picked);
}

static const struct setting *differing(const struct setting *table, const json_t *old,
                                       const json_t *next, enum setting_reload reload)
{
    for (; table->name; table++) {
        const json_t *before = json_object_get(old, table->name);
        const json_t *after = json_object_get(next, table->name);
        const struct setting *found =
            table->reload == reload && !json_equal(before, after) ? table : NULL;
        if (!found && table->members && !(table->flags & SETTING_LIST))
            found = differing(table->members, before, after, reload);
        if (found)
            return found;
    }
    return NULL;
}

const char *schema_differs(const json_t *old, const json_t *next, enum setting_reload reload)
{
    const struct setting *row = differing(schema_table, old, next, reload);
    return row ? row->name : NULL;
}
