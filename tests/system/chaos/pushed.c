/* A collector whose source keeps nothing: datagrams at a port, of which a count is all that is
 * left. */
#include <conformd/collector.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct listener {
    int fd;
    uint64_t heard;
};

static int run_open(const struct cfd_host *host, void **ret_self)
{
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener) {
        host->log(host, CFD_LOG_ERROR, "no memory left");
        return CFD_ERROR;
    }
    listener->fd = -1;
    *ret_self = listener;
    return CFD_OK;
}

static int run_start(void *self, const struct cfd_host *host, int *ret_fd)
{
    struct listener *listener = self;
    struct cfd_value port = {.size = sizeof port};
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (host->setting(host, "port", &port) != CFD_OK)
        return CFD_INVALID;
    address.sin_port = htons((uint16_t)port.integer);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0 || bind(listener->fd, (struct sockaddr *)&address, sizeof address)) {
        host->log(host, CFD_LOG_ERROR, "the address cannot be had");
        return CFD_ERROR;
    }
    *ret_fd = listener->fd;
    return CFD_OK;
}

static int run_collect(void *self, const struct cfd_host *host)
{
    struct listener *listener = self;
    char bytes[64], count[24];
    struct cfd_reading reading = {.size = sizeof reading};
    while (recv(listener->fd, bytes, sizeof bytes, 0) >= 0)
        reading.value += 1;
    if (reading.value == 0)
        return CFD_OK;
    listener->heard += (uint64_t)reading.value;
    snprintf(count, sizeof count, "%llu", (unsigned long long)listener->heard);
    int code = host->emit(host, &reading);
    return code ? code : host->position_set(host, "heard", count);
}

static void run_stop(void *self, const struct cfd_host *host)
{
    struct listener *listener = self;
    (void)host;
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
}

static void run_close(void *self)
{
    free(self);
}

static const struct cfd_option options[] = {
    {.name = "port", .type = CFD_INTEGER, .flags = CFD_REQUIRED, .help = "Of 127.0.0.1."}, {0}};
static const struct cfd_attribute attributes[] = {{.name = "pushed_messages",
                                                   .kind = CFD_EVENT,
                                                   .method = 1,
                                                   .unit = "messages",
                                                   .help = "Datagrams."},
                                                  {0}};
static const struct cfd_need needs[] = {{.kind = CFD_LISTEN, .what = "127.0.0.1"}, {0}};

const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD,
    .flags = CFD_STREAM | CFD_PUSHED,
    .name = "pushed",
    .version = "1",
    .summary = "Counts datagrams.",
    .options = options,
    .attributes = attributes,
    .needs = needs,
    .open = run_open,
    .collect = run_collect,
    .close = run_close,
    .start = run_start,
    .stop = run_stop,
};
