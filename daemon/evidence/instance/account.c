/* Adds up runs, processor time and bytes of an instance. */
#include "evidence/instance/account.h"

#include <stddef.h>

#include "evidence/instance/instance.h"
#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"

void account_ended(struct account *account, const json_t *ended)
{
    account->ended_cpu_ms = json_integer_of(ended, "cpu_ms", 0);
    account->ended_rss_kib = json_integer_of(ended, "rss_kib", 0);
    account->cpu_ms += account->ended_cpu_ms;
}

static int64_t bytes_of(const struct run *run)
{
    return (int64_t)(run->readings.length + run->excerpts.length);
}

void account_run(struct instance *instance)
{
    const struct run *run = &instance->run;
    instance->account.runs += !instance->stream || run->interval;
    instance->account.bytes += bytes_of(run);
    instance->account.out_of_scope += (int64_t)run->out_of_scope;
}

char *account_usage(struct instance *instance)
{
    struct account *account = &instance->account;
    CLEAN(clean_json)
    json_t *usage = json_pack("{s:I, s:I, s:I}", "cpu_ms", (json_int_t)account->ended_cpu_ms,
                              "rss_kib", (json_int_t)account->ended_rss_kib, "bytes",
                              (json_int_t)bytes_of(&instance->run));
    account->ended_cpu_ms = account->ended_rss_kib = 0;
    return json_canonical(usage);
}

static const struct {
    const char *name;
    size_t offset;
} costs[] = {
    {"runs", offsetof(struct account, runs)},
    {"cpu_ms", offsetof(struct account, cpu_ms)},
    {"bytes", offsetof(struct account, bytes)},
    {"out_of_scope", offsetof(struct account, out_of_scope)},
};
enum { COSTS = sizeof costs / sizeof *costs };

const char *account_cost_name(size_t index)
{
    return index < COSTS ? costs[index].name : NULL;
}

json_t *account_row(const struct instance *instance)
{
    json_t *row = json_pack("{s:s}", "name", instance->name);
    for (size_t i = 0; i < COSTS; i++) {
        const char *member = (const char *)&instance->account + costs[i].offset;
        json_object_set_new(row, costs[i].name,
                            json_integer((json_int_t) * (const int64_t *)member));
    }
    return row;
}

int account_save(struct store *store, const struct instance *instance, struct error *error)
{
    return states_put(store, "account", instance->name, account_row(instance), error);
}

int account_load(struct store *store, struct instance *instance, struct error *error)
{
    CLEAN(clean_json) json_t *json = NULL;
    int code = states_get(store, "account", instance->name, &json, error);
    if (code)
        return code == ERROR_MISSING ? 0 : code;
    instance->account = (struct account){0};
    for (size_t i = 0; i < COSTS; i++) {
        char *member = (char *)&instance->account + costs[i].offset;
        *(int64_t *)member = json_integer_of(json, costs[i].name, 0);
    }
    return 0;
}
