/* A line of the control socket, by somebody with and without a login. */
/* links: acts engine */
#include <stdlib.h>

#include "engine/acts/acts.h"
#include "engine_stage.h"
#include "ground/base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *request = NULL;
    struct stage *stage = stage_get();
    if (!size || json_read((const char *)data + 1, size - 1, &request, NULL))
        return 0;
    struct acts_asker asker = {.loginuid = data[0] & 1 ? (uint32_t)-1 : 1000, .asker = stage};
    json_t *answer = acts_control(stage->engine, request, &asker, stage_look(stage));
    if (answer && !json_is_boolean(json_object_get(answer, "ok")))
        abort();
    json_decref(answer);
    json_decref(request);
    engine_forget_asker(stage->engine, stage);
    stage_settle(stage);
    return 0;
}
