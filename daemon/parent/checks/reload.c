/* Counts the answers to PREPARE and decides. */
#include "parent/checks/reload.h"

#include <stdlib.h>

#include "ground/base/text.h"
#include "parent/children/children.h"

static void refuse(struct reload *reload, enum role role, const char *sentence)
{
    if (!reload->why)
        reload->why = text_format("the %s: %s", role_name(role), sentence);
}

void reload_begin(struct reload *reload, int64_t now_ms)
{
    reload_end(reload);
    reload->active = true;
    reload->until_ms = now_ms + RELOAD_LIMIT_MS;
}

void reload_asked(struct reload *reload, enum role role)
{
    reload->asked |= 1u << role;
    reload->waiting |= 1u << role;
}

bool reload_was_asked(const struct reload *reload, enum role role)
{
    return reload->asked >> role & 1;
}

void reload_answered(struct reload *reload, enum role role, bool ok, const char *sentence)
{
    if (!(reload->waiting >> role & 1))
        return;
    reload->waiting &= ~(1u << role);
    if (!ok)
        refuse(reload, role, sentence);
}

void reload_lost(struct reload *reload, enum role role)
{
    if (!(reload->asked >> role & 1))
        return;
    /* Whether or not it had agreed, its successor has not. */
    reload->waiting &= ~(1u << role);
    reload->asked &= ~(1u << role);
    refuse(reload, role, "ended while the new configuration was prepared");
}

enum reload_verdict reload_judge(struct reload *reload, int64_t now_ms)
{
    if (reload->why)
        return RELOAD_ABANDON;
    if (!reload->waiting)
        return RELOAD_COMMIT;
    if (now_ms < reload->until_ms)
        return RELOAD_WAIT;
    for (unsigned role = 0; !reload->why && role < ROLE_COUNT; role++)
        if (reload->waiting >> role & 1)
            refuse(reload, (enum role)role, "did not answer in time");
    return RELOAD_ABANDON;
}

void reload_end(struct reload *reload)
{
    free(reload->why);
    *reload = (struct reload){0};
}
