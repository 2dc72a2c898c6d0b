/* Readings by the scope: each label that it names values of must have one of these. */
#include "evidence/intake/scope.h"

bool scope_admits(const json_t *scope, const struct series_reading *reading)
{
    if (!json_object_size(scope))
        return true;
    for (size_t i = 0; i < reading->count; i++) {
        const json_t *values = json_object_get(scope, reading->pairs[i].name);
        if (values && *reading->pairs[i].value && !json_object_get(values, reading->pairs[i].value))
            return false;
    }
    return true;
}
