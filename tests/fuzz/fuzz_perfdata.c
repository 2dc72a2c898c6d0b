/* Performance data as any program may print it. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/exec/perfdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct perfdata item;
    char *output = malloc(size + 1);
    if (!output)
        return 0;
    memcpy(output, data, size);
    output[size] = '\0';
    char *text = perfdata_of(output);
    const char *at = text ? text : "";
    for (int found; (found = perfdata_next(&at, &item)) != 0;) {
        if (found < 0)
            continue;
        /* What came out is whole, and a value is a number. */
        if (!item.label[0] || strlen(item.label) >= PERFDATA_LABEL ||
            (item.known && !isfinite(item.value)))
            abort();
        perfdata_alerts(&item.warning, item.value);
        perfdata_alerts(&item.critical, item.value);
    }
    free(text);
    free(output);
    return 0;
}
