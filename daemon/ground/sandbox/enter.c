/* One call into the sandbox, and what is said of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "ground/base/array.h"
#include "ground/base/text.h"
#include "ground/sandbox/sandbox_inner.h"

/* What a kernel below an ABI cannot hold, where it concerns these powers. */
static const struct lack {
    int abi;
    unsigned powers;
    const char *sentence;
} lacks[] = {
    {1, ~0u,
     "this kernel offers no Landlock: only the table of system calls and the files' own "
     "permissions protect"},
    {1, POWER_RUN,
     "without Landlock a program that is run may open nothing for writing, not even "
     "/dev/null"},
    {3, POWER_STORE | POWER_OUTPUT,
     "Landlock before ABI 3 does not prevent truncation: the table of system calls does"},
    {4, POWER_CONNECT | POWER_SERVE,
     "Landlock before ABI 4 knows no ports: any address may be used"},
    {6, POWER_RUN,
     "Landlock before ABI 6 knows no signals: the table of system calls lets them "
     "through to groups of processes, but for the daemon's own"},
};

static int say(json_t *left_out, const char *sentence)
{
    return json_array_append_new(left_out, json_string(sentence)) ? ERROR_MEMORY : 0;
}

static int say_lacks(int abi, unsigned powers, json_t *left_out)
{
    int code = 0;
    for (size_t i = 0; !code && i < sizeof lacks / sizeof *lacks; i++)
        if (abi < lacks[i].abi && (powers & lacks[i].powers) && (abi || lacks[i].abi == 1))
            code = say(left_out, lacks[i].sentence);
    if (!code && SANDBOX_SANITIZED)
        code = say(left_out, "built with sanitizers: processes may be traced and cloned, and /proc "
                             "is read");
    if (!code && SANDBOX_COVERAGE)
        code = say(left_out, "built to count coverage: files may be written, without Landlock");
    return code;
}

static unsigned powers_with(unsigned powers, int abi)
{
    if (!(powers & POWER_RUN) || !abi)
        return powers;
    powers |= POWER_OUTPUT;
    return abi >= 6 ? powers | POWER_SIGNAL : powers;
}

static void take_places(struct places *places, struct sandbox_state *state)
{
    state->left_out = places->left_out;
    state->reads = places->reads;
    state->places = places->watched;
    state->place_count = places->watched_count;
    state->names_files = places->names_files;
    places->left_out = places->reads = NULL;
    places->watched = NULL;
    places->watched_count = 0;
}

/* The parent's needs are those of all its children, known only as they are configured. */
static int enter_parent(struct sandbox_state *state, struct error *error)
{
    state->left_out = json_array();
    state->reads = json_array();
    if (!state->left_out || !state->reads)
        return ERROR_MEMORY;
    int code = sandbox_seccomp_refuse(error);
    if (code < 0)
        return code;
    state->seccomp = code == 0;
    return say(state->left_out, "no Landlock: its children's files are known only as they are "
                                "configured");
}

static int enter_role(const struct sandbox_plan *plan, struct sandbox_state *state,
                      struct error *error)
{
    int abi = SANDBOX_COVERAGE ? 0 : sandbox_landlock_abi();
    unsigned powers = powers_with(sandbox_powers(plan), abi);
    struct places places;
    int code = sandbox_places_of(plan, powers, &places);
    if (!code)
        code = say_lacks(abi, powers, places.left_out);
    if (!code && abi)
        code = sandbox_landlock_restrict(abi, &places, plan, error);
    if (!code) {
        state->landlock = abi;
        take_places(&places, state);
        code = sandbox_seccomp_restrict(powers, error);
        state->seccomp = code == 0;
        code = code > 0 ? 0 : code;
    }
    sandbox_places_finish(&places);
    return code;
}

int sandbox_enter(const struct sandbox_plan *plan, struct sandbox_state *ret, struct error *error)
{
    struct sandbox_state state = {0};
    int code;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return error_set(error, ERROR_IO, "new privileges cannot be given up: %s", strerror(errno));
    if (plan->role == ROLE_PARENT)
        code = enter_parent(&state, error);
    else
        code = enter_role(plan, &state, error);
    if (!code && !state.seccomp)
        code = say(state.left_out, "this kernel accepts no table of system calls");
    if (code) {
        sandbox_finish(&state);
        return error && error->sentence ? code : error_set(error, code, "%s", error_text(code));
    }
    *ret = state;
    return 0;
}

bool sandbox_is_stale(const struct sandbox_state *state)
{
    for (size_t i = 0; i < state->place_count; i++) {
        const struct sandbox_place *place = &state->places[i];
        struct stat status;
        if (!stat(place->path, &status) &&
            (place->inode != status.st_ino || place->device != status.st_dev))
            return true;
    }
    return false;
}

json_t *sandbox_to_json(const struct sandbox_state *state)
{
    return json_pack("{s:i, s:b, s:O, s:O}", "landlock", state->landlock, "seccomp", state->seccomp,
                     "left_out", state->left_out, "reads", state->reads);
}

void sandbox_finish(struct sandbox_state *state)
{
    for (size_t i = 0; i < state->place_count; i++)
        free(state->places[i].path);
    free(state->places);
    json_decref(state->left_out);
    json_decref(state->reads);
    *state = (struct sandbox_state){0};
}
