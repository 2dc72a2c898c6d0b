/* Presets of the schema, put into what a test wrote by hand. */
#include "kit/presets.h"

#include "parent/config/schema.h"

/* Groups stand in each other as deep as the table, which is three. */
static void fill(const struct setting *table, json_t *object)
{
    for (; table->name; table++) {
        json_t *given = json_object_get(object, table->name);
        bool is_list = table->flags & SETTING_LIST;
        size_t index;
        json_t *item;
        if (table->members && is_list) {
            json_array_foreach (given, index, item)
                fill(table->members, item);
        } else if (table->members) {
            fill(table->members, given);
        } else if (!given && object) {
            json_t *preset = config_value_preset(table);
            if (preset && is_list && !(table->flags & SETTING_KEEP))
                preset = json_pack("[o]", preset);
            json_object_set_new(object, table->name, preset);
        }
    }
}

void presets_fill(json_t *config)
{
    fill(schema_table, config);
}

void presets_fill_measure(json_t *construct)
{
    fill(schema_measures, construct);
}
