/* A plugin that tries what the sandbox must refuse, and tells how each attempt was answered. Its
 * only needs are to read a file and to be held back by no file's owner or mode. */
#include <conformd/collector.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attempts.h"

static const char *const labels[] = {"attempt", "wanted", 0};
static const struct cfd_option options[] = {
    {.name = "scratch", .type = CFD_PATH, .flags = CFD_REQUIRED, .help = "A folder to try in."},
    {.name = "allowed", .type = CFD_PATH, .preset = "/proc/loadavg", .help = "What may be read."},
    {0}};
static const struct cfd_attribute attributes[] = {{.name = "escape_errno",
                                                   .kind = CFD_GAUGE,
                                                   .method = 1,
                                                   .unit = "",
                                                   .help = "The answer to an attempt.",
                                                   .labels = labels},
                                                  {0}};
static const struct cfd_need needs[] = {{.kind = CFD_READ, .setting = "allowed"},
                                        {.kind = CFD_CAPABILITY, .what = "cap_dac_read_search"},
                                        {0}};

static int escape_open(const struct cfd_host *host, void **ret_self)
{
    (void)host;
    (void)ret_self;
    return CFD_OK;
}

static long argument_of(long argument, const char *path)
{
    static char space[8192] __attribute__((aligned(4096)));
    return argument == ARG_PATH     ? (long)path
           : argument == ARG_PARENT ? getppid()
           : argument == ARG_SPACE  ? (long)space
                                    : argument;
}

static int try_one(const struct attempt *attempt, const char *scratch)
{
    char path[4096];
    long given[ATTEMPT_ARGUMENTS];
    if (strncmp(attempt->path, SCRATCH, strlen(SCRATCH)) == 0)
        snprintf(path, sizeof path, "%s/%s", scratch, attempt->path + strlen(SCRATCH));
    else
        snprintf(path, sizeof path, "%s", attempt->path);
    for (int i = 0; i < ATTEMPT_ARGUMENTS; i++)
        given[i] = argument_of(attempt->arguments[i], path);
    errno = 0;
    long result =
        syscall(attempt->number, given[0], given[1], given[2], given[3], given[4], given[5]);
    if (result == 0 && attempt->number == SYS_clone)
        _exit(0);
    return result < 0 ? errno : 0;
}

static int tell(const struct cfd_host *host, const char *name, int wanted, int got)
{
    char text[16];
    snprintf(text, sizeof text, "%d", wanted);
    const char *values[] = {name, text, 0};
    struct cfd_reading reading = {.size = sizeof reading, .value = got, .labels = values};
    return host->emit(host, &reading);
}

static int escape_collect(void *self, const struct cfd_host *host)
{
    struct cfd_value scratch = {.size = sizeof scratch};
    struct cfd_value allowed = {.size = sizeof allowed};
    (void)self;
    if (host->setting(host, "scratch", &scratch) < 0 ||
        host->setting(host, "allowed", &allowed) < 0)
        return CFD_ERROR;
    int fd = host->open_file(host, allowed.text);
    int status = tell(host, "allowed", 0, fd < 0 ? -fd : 0);
    if (fd >= 0)
        close(fd);
    for (int i = 0; i < ATTEMPT_COUNT && status >= 0; i++)
        status =
            tell(host, attempts[i].name, attempts[i].wanted, try_one(&attempts[i], scratch.text));
    return status < 0 ? status : CFD_OK;
}

const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD,
    .name = "escape",
    .version = "1",
    .summary = "Tries to get out.",
    .options = options,
    .attributes = attributes,
    .needs = needs,
    .open = escape_open,
    .collect = escape_collect,
};
