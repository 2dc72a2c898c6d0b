/* measures --cost: what each measure costs by the collectors that feed it, and which nobody uses.
 */
#include <stdio.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

static char *seconds(int64_t ms)
{
    return text_format("%lld.%03lld s", (long long)(ms / 1000), (long long)(ms % 1000));
}

static void print_row(struct table *table, const json_t *row)
{
    CLEAN(clean_text) char *runs = ctl_word_of(json_object_get(row, "runs"));
    CLEAN(clean_text) char *cpu = seconds(json_integer_of(row, "cpu_ms", 0));
    CLEAN(clean_text) char *bytes = ctl_word_of(json_object_get(row, "bytes"));
    CLEAN(clean_text) char *shared = ctl_word_of(json_object_get(row, "shared_by"));
    ctl_table_row(table, json_text_of(row, "id", ""), runs, cpu, bytes, shared,
                  json_flag_of(row, "unused", false) ? "nobody" : json_text_of(row, "client", ""),
                  json_text_of(row, "name", ""));
}

int ctl_show_costs(const struct ctl *ctl)
{
    CLEAN(clean_json) json_t *body = NULL;
    size_t index, unused = 0;
    json_t *row;
    int status = ctl_fetch(ctl, "/api/costs", NULL, &body);
    if (status >= 0)
        return status;
    struct table *table = ctl_table_new(7);
    ctl_table_row(table, "MEASURE", "RUNS", "CPU", "BYTES", "SHARED BY", "USED BY", "NAME");
    json_array_foreach (json_object_get(body, "costs"), index, row) {
        print_row(table, row);
        unused += json_flag_of(row, "unused", false);
    }
    ctl_table_print(table);
    printf(
        "\nOf the collectors that feed it, which measures may share; the time of a process counts "
        "when it\nhas ended. %zu measures are used by nobody: no client, no objective, no key "
        "measure.\n",
        unused);
    return CTL_DONE;
}
