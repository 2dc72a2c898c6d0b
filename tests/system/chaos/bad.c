/* A collector that misbehaves in the way that its setting names. */
#include <conformd/collector.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lies.h"

#ifdef BAD_STREAM
#define BAD_NAME "bad_stream"
#else
#define BAD_NAME "bad"
#endif

enum { MANY_READINGS = 2000000, MANY_ATTRIBUTES = 300, DESCRIPTORS = 64, GARBAGE = 512 };
enum { EXCERPT_SIZE = 8 << 20, EXCERPTS = 200, LEAK_PIECE = 1 << 20 };

/* Messages that this process has sent so far, its tables among them. */
static unsigned sent = 1;

static int emit(const struct cfd_host *host, uint32_t attribute, const char *label, double value)
{
    const char *const labels[] = {label, 0};
    struct cfd_reading reading = {
        .size = sizeof reading, .attribute = attribute, .value = value, .labels = labels};
    return host->emit(host, &reading);
}

static int do_well(const struct cfd_host *host)
{
    return emit(host, 0, "x", 1);
}

static int do_null(const struct cfd_host *host)
{
    volatile int *nowhere = 0;
    (void)emit(host, 0, "x", 1);
    *nowhere = 1;
    return CFD_OK;
}

static int do_loop(const struct cfd_host *host)
{
    volatile int forever = 1;
    (void)emit(host, 0, "x", 1);
    while (forever)
        continue;
    return CFD_OK;
}

static int do_stop(const struct cfd_host *host)
{
    (void)emit(host, 0, "x", 1);
    /* Where a sandbox refuses it, that is an end of another kind. */
    return raise(SIGSTOP) ? CFD_ERROR : CFD_OK;
}

static int do_exit(const struct cfd_host *host)
{
    (void)emit(host, 0, "x", 1);
    exit(0);
}

static int do_fork(const struct cfd_host *host)
{
    (void)emit(host, 0, "x", 1);
    pid_t child = fork();
    if (child < 0)
        return CFD_ERROR;
    if (child == 0) {
        signal(SIGTERM, SIG_IGN);
        for (;;)
            pause();
    }
    exit(0);
}

static int do_flood(const struct cfd_host *host)
{
    int code = CFD_OK;
    for (int i = 0; i < MANY_READINGS && code >= 0; i++) {
        char label[16];
        snprintf(label, sizeof label, "%d", i);
        code = emit(host, 0, label, i);
    }
    return CFD_OK;
}

static int do_undeclared(const struct cfd_host *host)
{
    return emit(host, 77, "x", 1) == CFD_INVALID ? CFD_ERROR : CFD_OK;
}

static int do_malformed(const struct cfd_host *host)
{
    struct cfd_reading small = {.size = 4, .attribute = 0, .value = 1};
    struct cfd_reading bare = {.size = sizeof bare, .attribute = 0, .value = 1};
    const char *const labels[] = {"\xff\xfe\x01", "second", 0};
    struct cfd_reading odd = {
        .size = sizeof odd, .attribute = 0, .value = 0.0 / 0.0, .labels = labels};
    (void)host->emit(host, &small);
    (void)host->emit(host, &bare);
    (void)host->emit(host, &odd);
    return -99;
}

static int do_excerpts(const struct cfd_host *host)
{
    char *bytes = malloc(EXCERPT_SIZE);
    struct cfd_excerpt excerpt = {.size = sizeof excerpt,
                                  .source = bytes,
                                  .place = "",
                                  .bytes = bytes,
                                  .length = EXCERPT_SIZE - 1};
    if (!bytes)
        return CFD_ERROR;
    memset(bytes, 'x', EXCERPT_SIZE);
    bytes[EXCERPT_SIZE - 1] = 0;
    for (int i = 0; i < EXCERPTS; i++)
        (void)host->excerpt(host, &excerpt);
    free(bytes);
    return emit(host, 0, "x", 1);
}

/* Takes memory until there is none. */
static int do_leak(const struct cfd_host *host)
{
    (void)emit(host, 0, "x", 1);
    for (char *piece; (piece = malloc(LEAK_PIECE));)
        memset(piece, 1, LEAK_PIECE);
    return CFD_ERROR;
}

/* Mutated messages of every kind, on the channel that it finds. */
static int do_lie(const struct cfd_host *host)
{
    struct cfd_value frames = {.size = sizeof frames};
    unsigned seed = (unsigned)time(0) * 31 + (unsigned)getpid();
    if (host->setting(host, "frames", &frames) != CFD_OK)
        return CFD_ERROR;
    lies_tell(seed, (unsigned)frames.integer, sent + 1);
    return CFD_OK;
}

enum { URGENT_HITS = 1 }; /* declared in open */

/* To it all is urgent, without end. */
static int do_urgent(const struct cfd_host *host)
{
    static unsigned at;
    char place[16];
    snprintf(place, sizeof place, "%u", ++at);
    if (emit(host, URGENT_HITS, "x", 1) < 0 || host->urgent(host) < 0)
        return CFD_ERROR;
    return host->position_set(host, "at", place) < 0 ? CFD_ERROR : CFD_MORE;
}

/* Passes descriptors, many times, to whoever reads them. */
static int do_descriptors(const struct cfd_host *host)
{
    for (int turn = 0; turn < GARBAGE; turn++) {
        for (int fd = 3; fd < DESCRIPTORS; fd++) {
            unsigned char head[16] = {1};
            union {
                struct cmsghdr head;
                char space[CMSG_SPACE(sizeof(int))];
            } control = {0};
            struct iovec part = {head, sizeof head};
            struct msghdr message = {.msg_iov = &part,
                                     .msg_iovlen = 1,
                                     .msg_control = &control,
                                     .msg_controllen = sizeof control};
            control.head.cmsg_level = SOL_SOCKET;
            control.head.cmsg_type = SCM_RIGHTS;
            control.head.cmsg_len = CMSG_LEN(sizeof(int));
            int zero = 0;
            memcpy(CMSG_DATA(&control.head), &zero, sizeof zero);
            (void)sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
    }
    return emit(host, 0, "x", 1);
}

static int do_log(const struct cfd_host *host)
{
    for (int i = 0; i < MANY_READINGS / 100; i++)
        host->log(host, CFD_LOG_ERROR,
                  "the same complaint, with an escape \x1b[2J and\na line end");
    return emit(host, 0, "x", 1);
}

static const struct {
    const char *name;
    int (*run)(const struct cfd_host *host);
} modes[] = {
    {"well", do_well},
    {"null", do_null},
    {"loop", do_loop},
    {"stop", do_stop},
    {"exit", do_exit},
    {"early", do_exit},
    {"leak", do_leak},
    {"fork", do_fork},
    {"flood", do_flood},
    {"undeclared", do_undeclared},
    {"malformed", do_malformed},
    {"excerpts", do_excerpts},
    {"lie", do_lie},
    {"descriptors", do_descriptors},
    {"log", do_log},
    {"urgent", do_urgent},
    {"many", do_well},
};

/* What the engine switched it to since: the first runs are good, so that there is something to
 * become unknown. */
static int is_bad_now(const struct cfd_host *host)
{
    struct cfd_value value = {.size = sizeof value};
    return host->setting(host, "switch", &value) == CFD_OK && access(value.text, F_OK) == 0;
}

static int run_open(const struct cfd_host *host, void **ret_self)
{
    static const char *const labels[] = {"what", 0};
    struct cfd_value value = {.size = sizeof value};
    if (host->setting(host, "mode", &value) != CFD_OK)
        return CFD_ERROR;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (!strcmp(modes[i].name, value.text))
            *ret_self = (void *)&modes[i];
    if (!strcmp(value.text, "early") && is_bad_now(host))
        _exit(3);
    if (!strcmp(value.text, "urgent")) {
        struct cfd_attribute hits = {.name = BAD_NAME "_hits",
                                     .kind = CFD_EVENT,
                                     .method = 1,
                                     .unit = "",
                                     .help = "Events.",
                                     .labels = labels};
        (void)host->declare(host, &hits);
    }
    for (int i = 0; !strcmp(value.text, "many") && i < MANY_ATTRIBUTES; i++) {
        char name[32];
        snprintf(name, sizeof name, BAD_NAME "_%d", i);
        struct cfd_attribute attribute = {.name = name,
                                          .kind = CFD_GAUGE,
                                          .method = 1,
                                          .unit = "",
                                          .help = "One of many.",
                                          .labels = labels};
        (void)host->declare(host, &attribute);
    }
    return *ret_self ? CFD_OK : CFD_ERROR;
}

static int run_collect(void *self, const struct cfd_host *host)
{
    int (*const *run)(const struct cfd_host *) = &modes[0].run;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (&modes[i] == self)
            run = &modes[i].run;
    int code = is_bad_now(host) ? (*run)(host) : do_well(host);
    sent += 2; /* readings, outcome */
#ifdef BAD_STREAM
    if (code == CFD_OK)
        code = host->position_set(host, "at", "here");
#endif
    return code;
}

#ifdef BAD_STREAM
static int run_start(void *self, const struct cfd_host *host, int *ret_fd)
{
    (void)self;
    (void)host;
    *ret_fd = -1;
    return CFD_OK;
}

static void run_stop(void *self, const struct cfd_host *host)
{
    (void)self;
    (void)host;
}
#endif

static const char *const what[] = {"what", 0};
static const struct cfd_option options[] = {
    {.name = "mode", .type = CFD_STRING, .preset = "well", .help = "How it misbehaves."},
    {.name = "switch", .type = CFD_PATH, .help = "It is good until this file is there."},
    {.name = "frames", .type = CFD_INTEGER, .preset = "100", .help = "How many a lie sends."},
    {0}};
static const struct cfd_attribute attributes[] = {{.name = BAD_NAME "_value",
                                                   .kind = CFD_GAUGE,
                                                   .method = 1,
                                                   .unit = "",
                                                   .help = "A value.",
                                                   .labels = what},
                                                  {0}};
static const struct cfd_need needs[] = {{.kind = CFD_READ, .setting = "switch"}, {0}};

const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD,       .name = BAD_NAME,   .version = "1",
    .summary = "Misbehaves.", .options = options, .attributes = attributes,
    .needs = needs,           .open = run_open,   .collect = run_collect,
#ifdef BAD_STREAM
    .flags = CFD_STREAM,      .start = run_start, .stop = run_stop,
#endif
};
