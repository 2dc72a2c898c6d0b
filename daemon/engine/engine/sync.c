/* Whether the kernel holds its clock for synchronised (27001:2022 A.8.17): a clock leaf when that
 * changes, which the evidence after it refers to. */
#include "engine/engine/state.h"

#include "ground/base/json.h"

enum { LOOK_EVERY_MS = 60000 };

static const char *state_text(enum clock_state state)
{
    switch (state) {
    case CLOCK_SYNCHRONISED:
        return "synchronised";
    case CLOCK_UNSYNCHRONISED:
        return "unsynchronised";
    case CLOCK_UNREADABLE:
        return "unreadable";
    }
    return "";
}

/* Where nobody answers (a test), nothing is said of the clock and nothing is held against it. */
int engine_sync_look(struct engine *engine, struct error *error)
{
    struct moment now = engine->turn.now;
    struct sync *sync = &engine->sync;
    if (sync->looked && now.boot_ms - sync->looked_boot_ms < LOOK_EVERY_MS)
        return 0;
    enum clock_state state =
        engine->calls->clock ? engine->calls->clock(engine->context) : CLOCK_SYNCHRONISED;
    bool same = sync->looked && sync->state == state;
    sync->looked_boot_ms = now.boot_ms;
    sync->looked = true;
    sync->state = state;
    if (same || !engine->calls->clock)
        return 0;
    return ledger_append(engine->turn.ledger, LEAF_CLOCK,
                         json_pack("{s:s}", "state", state_text(state)),
                         &engine->intake.sealing.clock_leaf, error);
}

bool engine_sync_is_good(const struct engine *engine)
{
    return engine->sync.state == CLOCK_SYNCHRONISED ||
           json_flag_of(engine->config, "trust_clock", false);
}

const char *engine_sync_text(const struct engine *engine)
{
    return engine->sync.looked ? state_text(engine->sync.state) : "";
}
