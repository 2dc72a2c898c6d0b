/* Check mode: what is wrong with measures and with what is stated, as paths in the configuration.
 */
#include "engine/state.h"

#include <string.h>

#include "base/clean.h"
#include "base/json.h"
#include "base/text.h"

struct checking {
    void (*on_fault)(void *context, const struct engine_fault *fault);
    void *context;
    struct instance *instances; /* with the tables of all collectors */
    size_t count;
    size_t measure; /* under check */
    bool any_tables;
};

static void tell(struct checking *checking, const char *setting, size_t column, bool warning,
                 const char *sentence)
{
    CLEAN(clean_text)
    char *path = text_format("measures[%zu].%s", checking->measure, setting ? setting : "id");
    struct engine_fault fault = {path ? path : "measures", column, warning, sentence};
    checking->on_fault(checking->context, &fault);
}

/* A name that no collector declares is a slip of the pen, or a collector that is not here. */
static void check_name(void *context, const char *name)
{
    struct checking *checking = context;
    if (text_begins(name, "conformd_"))
        return;
    for (size_t i = 0; i < checking->count; i++)
        if (watch_feeds(&checking->instances[i], name))
            return;
    CLEAN(clean_text)
    char *sentence = text_format(
        "no collector of this configuration declares %s; the measure will be unknown", name);
    if (checking->any_tables && sentence)
        tell(checking, "formula", 0, true, sentence);
}

static int check_measure(struct checking *checking, json_t *construct)
{
    struct measure *measure = NULL;
    struct measure_fault fault = {0};
    int code = measure_new(construct, &measure, &fault);
    if (code && code != ERROR_MEMORY) {
        tell(checking, fault.setting, fault.column, false,
             fault.sentence ? fault.sentence : error_text(code));
        code = 0;
    }
    measure_fault_finish(&fault);
    if (measure) {
        measure_each_name(measure, check_name, checking);
        if (promql_may_be_empty(measure->formula) && measure->when_empty.as == INSTEAD_UNKNOWN)
            tell(checking, "formula", 0, true,
                 "its answer may be empty where all is well, and when_empty does not say what that "
                 "means: it will be unknown");
    }
    measure_free(measure);
    return code;
}

static int load_tables(struct checking *checking, const json_t *tables)
{
    const char *name;
    json_t *row;
    checking->instances = calloc(json_object_size(tables) + 1, sizeof *checking->instances);
    if (!checking->instances)
        return ERROR_MEMORY;
    json_object_foreach ((json_t *)tables, name, row) {
        if (!instance_take_tables(&checking->instances[checking->count], row, NULL))
            checking->count++;
        checking->any_tables = true;
    }
    return 0;
}

int engine_check(const json_t *config, const json_t *tables,
                 void (*on_fault)(void *context, const struct engine_fault *fault), void *context)
{
    struct checking checking = {.on_fault = on_fault, .context = context};
    json_t *construct;
    int code = load_tables(&checking, tables);
    json_array_foreach (json_object_get(config, "measures"), checking.measure, construct) {
        if (!code)
            code = check_measure(&checking, construct);
    }
    records_check(config, on_fault, context);
    for (size_t i = 0; i < checking.count; i++)
        instance_finish(&checking.instances[i]);
    free(checking.instances);
    return code;
}
