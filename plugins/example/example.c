/* The example: how busy this host is. A whole collector, to begin another one with. */
#include <conformd/kit/lines.h>
#include <stdlib.h>
static const char *const minutes[] = {"minutes", NULL};
static const struct cfd_attribute attributes[] = {
    {"example_load", CFD_GAUGE, 1, "", "Mean length of the run queue.", minutes, 0, 0}, {0}};
static const struct cfd_need needs[] = {{CFD_READ, 0, "/proc/loadavg", NULL}, {0}};

static int open_example(const struct cfd_host *host, void **ret_self)
{
    return (void)host, (void)ret_self, CFD_OK;
}

static int collect(void *self, const struct cfd_host *host)
{
    static const char *const spans[][2] = {{"1", NULL}, {"5", NULL}, {"15", NULL}};
    const struct kit_item item = {.attribute = 0, .source = "/proc/loadavg"};
    struct kit_run run = {.host = host};
    struct kit_file file;
    double load[3];
    kit_fail(&run, kit_file_read(&run, item.source, 4096, NULL, &file));
    char *end[4] = {file.bytes};
    for (int i = 0; i < 3 && file.bytes; i++)
        load[i] = strtod(end[i], &end[i + 1]);
    if (file.bytes && end[3] == end[2])
        kit_drop(&run, &item, "does not begin with three numbers");
    for (int i = 0; i < 3 && file.bytes && !run.dropped; i++)
        kit_emit(&run, 0, load[i], spans[i]);
    kit_file_finish(&file);
    return (void)self, kit_run_finish(&run);
}

const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD,       .name = "example",
    .version = "1.0",         .summary = "Load of this host.",
    .attributes = attributes, .needs = needs,
    .open = open_example,     .collect = collect};
