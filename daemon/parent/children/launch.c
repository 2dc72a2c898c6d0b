/* Puts a role's program, descriptors, environment and rights into a plan, and starts it. */
#include "parent/children/launch.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "ground/channel/frame.h"
#include "parent/children/spawn.h"

enum { ENVIRONMENT_MOST = 8 };

struct environment {
    char *lines[ENVIRONMENT_MOST];
    size_t count;
};

static void clean_environment(struct environment *environment)
{
    for (size_t i = 0; i < environment->count; i++)
        free(environment->lines[i]);
}

/* What a child may know of where it runs; nothing else of the parent's is handed on. */
static int make_environment(struct environment *ret)
{
    static const char *const kept[] = {"JOURNAL_STREAM", "TZ", "CREDENTIALS_DIRECTORY"};
    ret->lines[0] = strdup("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    ret->lines[1] = strdup("LC_ALL=C.UTF-8");
    ret->count = 2;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const char *value = getenv(kept[i]);
        if (value)
            ret->lines[ret->count++] = text_format("%s=%s", kept[i], value);
    }
    for (size_t i = 0; i < ret->count; i++)
        if (!ret->lines[i])
            return ERROR_MEMORY;
    ret->lines[ret->count] = NULL;
    return 0;
}

static int plan_descriptors(const struct launch *launch, int parent_fd, int config_fd,
                            struct spawn_plan *plan)
{
    int code = spawn_plan_fd(plan, parent_fd, CHILD_PARENT);
    if (!code)
        code = spawn_plan_fd(plan, config_fd, CHILD_CONFIG);
    if (!code && launch->engine_fd >= 0)
        code = spawn_plan_fd(plan, launch->engine_fd, CHILD_ENGINE);
    for (size_t i = 0; !code && i < launch->listener_count; i++)
        code = spawn_plan_fd(plan, launch->listeners[i], CHILD_LISTEN + (int)i);
    return code;
}

static int seal_part(const json_t *part, int *ret_fd)
{
    CLEAN(clean_text) char *text = json_canonical(part);
    if (!text)
        return ERROR_MEMORY;
    return file_seal("conformd-config", text, strlen(text), ret_fd);
}

static int start_plan(const struct launch *launch, const struct spawn_plan *descriptors,
                      pid_t *ret_pid, struct error *error)
{
    const struct role_row *role = role_find(launch->role);
    const char *name = role->program;
    CLEAN(clean_text) char *path = text_format("%s/%s", launch->libexec_dir, name);
    CLEAN(clean_text) char *name_argument = strdup(name);
    CLEAN(clean_text) char *check_argument = strdup("--check");
    CLEAN(clean_text) char *instance = launch->instance ? strdup(launch->instance) : NULL;
    CLEAN(clean_environment) struct environment environment = {0};
    if (!path || !name_argument || !check_argument || (launch->instance && !instance) ||
        make_environment(&environment))
        return error_set(error, ERROR_MEMORY, "cannot start %s: no memory left", name);
    char *arguments[4] = {name_argument};
    size_t count = 1;
    if (instance)
        arguments[count++] = instance;
    if (launch->check)
        arguments[count++] = check_argument;
    struct spawn_plan plan = *descriptors;
    plan.path = path;
    plan.arguments = arguments;
    plan.environment = environment.lines;
    plan.capabilities = launch->capabilities;
    plan.files_most = role->files_most;
    plan.data_most = role->data_most;
    /* The engine and the front end in order at the end of their channel; what runs other people's
     * code might never look at it. */
    plan.death_signal = role->traits & ROLE_ORDERLY ? SIGTERM : SIGKILL;
    return spawn_start(&plan, ret_pid, error);
}

int launch_start(const struct launch *launch, pid_t *ret_pid, int *ret_fd, struct error *error)
{
    int ends[2];
    int code = channel_pair(ends);
    if (code)
        return error_set(error, code, "cannot make a channel for %s: %s",
                         role_find(launch->role)->program, error_text(code));
    CLEAN(clean_fd) int ours = ends[0];
    CLEAN(clean_fd) int theirs = ends[1];
    CLEAN(clean_fd) int config_fd = -1;
    code = seal_part(launch->part, &config_fd);
    if (code)
        return error_set(error, code, "cannot send the configuration to %s: %s",
                         role_find(launch->role)->program, error_text(code));
    struct spawn_plan plan = {0};
    code = plan_descriptors(launch, theirs, config_fd, &plan);
    if (code)
        return error_set(error, code, "%s would get too many descriptors",
                         role_find(launch->role)->program);
    code = start_plan(launch, &plan, ret_pid, error);
    if (code)
        return code;
    *ret_fd = ours;
    ours = -1;
    return 0;
}

uint64_t launch_capabilities(const json_t *tables)
{
    uint64_t capabilities = 0;
    size_t index = 0;
    const json_t *need = NULL;
    json_array_foreach (json_object_get(tables, "needs"), index, need) {
        if (!strcmp(json_text_of(need, "kind", ""), "capability"))
            capabilities |= spawn_capability(json_text_of(need, "what", ""));
    }
    return capabilities;
}
