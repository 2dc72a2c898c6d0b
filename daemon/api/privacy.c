/* GET /api/privacy: which records there are, how long, and why they may be kept. */
#include "api/routes.h"
#include "api/rows.h"
#include "base/clean.h"
#include "base/json.h"

int api_show_privacy(struct call *call, json_t **ret, struct error *error)
{
    CLEAN(clean_json) json_t *records = NULL;
    int code = api_rows_state(call, "daemon", "records", &records, error);
    if (code)
        return code;
    *ret = json_pack("{s:O}", "record_classes", json_object_get(records, "classes"));
    return *ret ? 0 : error_set(error, ERROR_FORMAT, "the classes of records cannot be read");
}
