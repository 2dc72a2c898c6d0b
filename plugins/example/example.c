/* The example: how busy this host is. A whole collector, to begin another one with. */
#include <conformd/collector.h>
#include <stdlib.h>
#include <unistd.h>
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
    char text[128] = "", *end[4] = {text};
    struct cfd_reading load[3];
    int fd = host->open_file(host, "/proc/loadavg");
    if (fd < 0)
        return fd;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    for (int i = 0; i < 3; i++)
        load[i] = (struct cfd_reading){
            .size = sizeof *load, .value = strtod(end[i], &end[i + 1]), .labels = spans[i]};
    if (length < 0 || end[3] == end[2])
        return host->missing(host, 0, "/proc/loadavg does not begin with three numbers");
    for (int i = 0; i < 3; i++)
        host->emit(host, &load[i]);
    return (void)self, CFD_OK;
}

const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD,       .name = "example",
    .version = "1.0",         .summary = "Load of this host.",
    .attributes = attributes, .needs = needs,
    .open = open_example,     .collect = collect};
