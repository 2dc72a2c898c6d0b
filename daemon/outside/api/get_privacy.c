/* GET /api/privacy: which records there are, how long, and why they may be kept; whose names are
 * kept and how. */
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "outside/api/objects.h"
#include "outside/api/routes.h"

/* Collectors with labels that are personal, and how these are kept. */
static int list_personal(const struct call *call, json_t **ret, struct error *error)
{
    CLEAN(clean_json) json_t *instances = NULL;
    CLEAN(clean_json) json_t *list = json_array();
    size_t index;
    json_t *instance;
    int code = api_rows_states(call, "instance", &instances, error);
    if (code)
        return code;
    json_array_foreach (instances, index, instance) {
        json_t *personal = json_object_get(instance, "personal");
        if (json_array_size(json_object_get(personal, "labels")) == 0)
            continue;
        json_t *row = json_pack("{s:s}", "name", json_text_of(instance, "name", ""));
        json_object_update(row, personal);
        json_array_append_new(list, row);
    }
    *ret = json_incref(list);
    return 0;
}

int api_show_privacy(struct call *call, json_t **ret, struct error *error)
{
    CLEAN(clean_json) json_t *records = NULL;
    CLEAN(clean_json) json_t *key = NULL;
    CLEAN(clean_json) json_t *personal = NULL;
    int code = api_rows_state(call, "daemon", "records", &records, error);
    if (!code)
        code = api_rows_state(call, "daemon", "pseudonym_key", &key, error);
    if (!code)
        code = list_personal(call, &personal, error);
    if (code)
        return code;
    *ret = json_pack("{s:O, s:O, s:O}", "record_classes", json_object_get(records, "classes"),
                     "personal", personal, "pseudonym_key", key);
    return *ret ? 0 : error_set(error, ERROR_FORMAT, "the classes of records cannot be read");
}
