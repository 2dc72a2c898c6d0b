/* The roles' parts of a configuration. A library of its own: the rooms config and promql, which no
 * program links together, have functions of one name. */
#include "volume/parts.h"

#include <stdio.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "parent/config/config.h"

static json_t *pick(const struct config *config)
{
    size_t i;
    json_t *collector;
    json_t *parts = json_object();
    json_object_set_new(parts, "", config_part(config, ROLE_ENGINE, NULL));
    json_array_foreach (json_object_get(config_json(config), "collectors"), i, collector) {
        const char *name = json_text_of(collector, "name", "");
        json_object_set_new(parts, name, config_part(config, ROLE_COLLECTOR, name));
    }
    return parts;
}

__attribute__((visibility("default"))) json_t *parts_read(const char *path)
{
    struct config *config = NULL;
    json_t *parts = NULL;
    size_t count = 0;
    if (config_load(path, &config))
        return NULL;
    const struct config_fault *faults = config_faults(config, &count);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%s: %s\n", faults[i].place, faults[i].sentence);
    if (config_is_valid(config))
        parts = pick(config);
    config_free(config);
    return parts;
}
