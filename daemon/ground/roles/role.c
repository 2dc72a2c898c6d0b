/* The table of roles. */
#include "ground/roles/role.h"

#include "ground/roles/power.h"

/* What leaks meets it. The engine holds the series of all, and its size is the configuration's. */
#define DATA_MOST ((uint64_t)512 << 20)

static const struct role_row rows[ROLE_COUNT] = {
    [ROLE_PARENT] = {.name = "parent", .program = "conformd"},
    [ROLE_ENGINE] =
        {
            .name = "engine",
            .program = "conformd-engine",
            .traits = ROLE_KEPT | ROLE_ORDERLY | ROLE_PREPARES | ROLE_ASKED,
            .powers = POWER_ANY | POWER_READ | POWER_STORE | POWER_REMOVE | POWER_SEAL |
                      POWER_ACCEPT | POWER_CLOCK,
            .listeners_most = 1,
            .stop_phase = 3,
            .silent_ms = 4000,
            .files_most = 1024,
        },
    [ROLE_READER] =
        {
            .name = "reader",
            .program = "conformd-reader",
            .powers = POWER_ANY | POWER_READ | POWER_STORE | POWER_SEAL,
            .neighbour = ROLE_FRONT,
            .stop_phase = 2,
            /* It says nothing while it answers; the front looks at the time of each question. */
            .silent_ms = 15000,
            .files_most = 1024,
            .data_most = DATA_MOST,
        },
    [ROLE_FRONT] =
        {
            .name = "front",
            .program = "conformd-front",
            .traits = ROLE_KEPT | ROLE_ORDERLY | ROLE_PREPARES | ROLE_ASKED,
            .powers = POWER_ANY | POWER_READ | POWER_SEAL | POWER_ACCEPT,
            .neighbour = ROLE_ENGINE,
            .listeners_most = ROLE_LISTENERS_MOST,
            .stop_phase = 2,
            .silent_ms = 4000,
            .files_most = 4096,
            .data_most = DATA_MOST,
        },
    [ROLE_COURIER] =
        {
            .name = "courier",
            .program = "conformd-courier",
            .traits = ROLE_TOLD | ROLE_PREPARES | ROLE_LOADS | ROLE_REACHES,
            .powers =
                POWER_ANY | POWER_READ | POWER_SEAL | POWER_CONNECT | POWER_LOCAL | POWER_THREAD,
            .neighbour = ROLE_ENGINE,
            .stop_phase = 2,
            .silent_ms = 4000,
            .files_most = 1024,
            .data_most = DATA_MOST,
        },
    [ROLE_COLLECTOR] =
        {
            .name = "collector",
            .program = "conformd-collector",
            .traits = ROLE_NAMED | ROLE_FOREIGN | ROLE_TOLD | ROLE_LOADS,
            .powers = POWER_ANY | POWER_READ | POWER_WATCH,
            .neighbour = ROLE_ENGINE,
            .stop_phase = 1,
            .silent_ms = 4000,
            .files_most = 1024,
            .data_most = DATA_MOST,
        },
};

const struct role_row *role_find(enum role role)
{
    return &rows[role];
}

const char *role_name(enum role role)
{
    return rows[role].name;
}

bool role_has(enum role role, enum role_trait trait)
{
    return rows[role].traits & trait;
}
