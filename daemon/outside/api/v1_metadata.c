/* GET /api/v1/metadata: what the collectors declared of their attributes. */
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "outside/api/objects.h"
#include "outside/api/params.h"
#include "outside/api/routes.h"
#include "outside/api/write.h"

/* Adds one description of a series' name, unless it stands there already (two instances of one
 * collector say the same). */
static int add(json_t *metadata, const char *name, const char *type, const json_t *attribute)
{
    CLEAN(clean_json)
    json_t *entry =
        json_pack("{s:s, s:s, s:s}", "type", type, "help", json_text_of(attribute, "help", ""),
                  "unit", json_text_of(attribute, "unit", ""));
    json_t *entries = json_object_get(metadata, name), *known;
    size_t index;
    if (!entry)
        return ERROR_MEMORY;
    if (!entries) {
        entries = json_array();
        if (json_object_set_new(metadata, name, entries))
            return ERROR_MEMORY;
    }
    json_array_foreach (entries, index, known)
        if (json_equal(known, entry))
            return 0;
    return json_array_append(entries, entry) ? ERROR_MEMORY : 0;
}

/* The series that an attribute becomes: an event is an increment and a running sum, a text an info.
 */
static int add_attribute(json_t *metadata, const json_t *attribute)
{
    const char *name = json_text_of(attribute, "name", "");
    const char *kind = json_text_of(attribute, "kind", "");
    CLEAN(buffer_finish) struct buffer other = {0};
    buffer_text(&other, name);
    if (!strcmp(kind, "text")) {
        buffer_text(&other, "_info");
        return other.failed ? ERROR_MEMORY : add(metadata, other.data, "info", attribute);
    }
    if (strcmp(kind, "event") != 0)
        return add(metadata, name, strcmp(kind, "counter") ? "gauge" : "counter", attribute);
    buffer_text(&other, "_total");
    int code = add(metadata, name, "gauge", attribute);
    if (code || other.failed)
        return ERROR_MEMORY;
    return add(metadata, other.data, "counter", attribute);
}

static int gather(const json_t *instances, json_t *metadata)
{
    size_t i, j;
    const json_t *instance, *attribute;
    int code = 0;
    json_array_foreach (instances, i, instance)
        json_array_foreach (json_object_get(instance, "attributes"), j, attribute)
            code = code ? code : add_attribute(metadata, attribute);
    return code;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The first `limit` names in byte order (0: all), or the one asked for. */
static int write_metadata(json_t *metadata, const char *metric, int64_t limit, struct buffer *data,
                          struct error *error)
{
    CLEAN(clean_memory)
    const char **names = calloc(json_object_size(metadata) + 1, sizeof *names);
    size_t count = 0, written = 0;
    const char *key;
    json_t *entries;
    if (!names)
        return ERROR_MEMORY;
    json_object_foreach (metadata, key, entries)
        names[count++] = key;
    qsort(names, count, sizeof *names, compare_keys);
    buffer_byte(data, '{');
    for (size_t i = 0; i < count && (!limit || written < (uint64_t)limit); i++) {
        if (metric && *metric && strcmp(metric, names[i]) != 0)
            continue;
        buffer_text(data, written++ ? "," : "");
        write_string(data, names[i]);
        buffer_byte(data, ':');
        int code = write_json(data, json_object_get(metadata, names[i]), error);
        if (code)
            return code;
    }
    buffer_byte(data, '}');
    return 0;
}

int api_v1_metadata(struct call *call, struct buffer *data, struct error *error)
{
    CLEAN(clean_json) json_t *instances = NULL;
    CLEAN(clean_json) json_t *metadata = json_object();
    int64_t limit = 0;
    int code = params_integer(call, "limit", INT64_MAX, &limit, error);
    code = code ? code : api_rows_states(call, "instance", &instances, error);
    code = code ? code : gather(instances, metadata);
    if (code)
        return code;
    return write_metadata(metadata, params_text(call, "metric", 0), limit, data, error);
}
