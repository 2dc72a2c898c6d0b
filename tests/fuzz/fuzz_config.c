/* The scan and the load of one configuration file: whatever it holds, it is judged, and what is
 * judged valid has a place and a hash. */
#include <stdint.h>
#include <stdlib.h>

#include "ground/base/clean.h"
#include "parent/config/config_inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = NULL;
    size_t count;
    if (config_load_text("fuzz.conf", (const char *)data, size, &config))
        return 0;
    const struct config_fault *faults = config_faults(config, &count);
    for (size_t i = 0; i < count; i++)
        require(faults[i].place && faults[i].sentence);
    CLEAN(clean_text) char *place = config_place(config, "measures[0].criterion.target");
    CLEAN(clean_text) char *path = config_path(config, ROLE_COLLECTOR, "a", "rule[0].pattern");
    require(place && path && config_json(config) && config_hash(config));
    for (int role = ROLE_ENGINE; role <= ROLE_COURIER; role++) {
        CLEAN(clean_json) json_t *part = config_part(config, (enum role)role, NULL);
        require(part != NULL);
    }
    json_decref(config_part(config, ROLE_COLLECTOR, "a"));
    config_free(config);
    return 0;
}
