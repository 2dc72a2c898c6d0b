/* Looks settings up by their names. */
#include "parent/config/schema.h"

#include <string.h>

const struct setting *schema_find(const struct setting *table, const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

/* Steps from one name to the other: a letter more, less or other is one. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST_NAME = 64 };
    size_t row[LONGEST_NAME + 1];
    size_t length = strlen(b);
    if (strlen(a) > LONGEST_NAME || length > LONGEST_NAME)
        return LONGEST_NAME;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= length; j++) {
            size_t best = corner + (a[i] != b[j - 1]);
            corner = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[length];
}

bool schema_is_near(const char *name, const char *other)
{
    size_t steps = distance(name, other);
    return steps <= 2 && steps * 2 <= strlen(other);
}

const char *schema_nearest(const struct setting *table, const char *name)
{
    const char *nearest = NULL;
    for (; table->name; table++)
        if (!(table->flags & (SETTING_HIDDEN | SETTING_MADE)) &&
            schema_is_near(name, table->name) &&
            (!nearest || distance(name, table->name) < distance(name, nearest)))
            nearest = table->name;
    return nearest;
}
