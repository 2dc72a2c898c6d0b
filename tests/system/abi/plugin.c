/* A collector that is built against headers of other sizes; the variants differ by ABI_NAME. */
#include <collector_variant.h>

static int run_open(const struct cfd_host *host, void **ret_self)
{
    struct cfd_value value = {.size = sizeof value};
    static char self;
    *ret_self = &self;
    return host->setting(host, "limit", &value) == CFD_OK && value.integer == 5 ? CFD_OK
                                                                                : CFD_ERROR;
}

__attribute__((unused)) static int run_collect(void *self, const struct cfd_host *host)
{
    static const char *const labels[] = {"ann", 0};
    struct cfd_reading first = {.size = sizeof first, .attribute = 0, .value = 7, .labels = labels};
    struct cfd_reading second = {.size = sizeof second, .attribute = 1, .value = 8};
    (void)self;
    if (host->emit(host, &first) != CFD_OK)
        return CFD_ERROR;
    return host->emit(host, &second);
}

static const char *const user[] = {"user", 0};

/* Two rows each: the second is found only when rows are walked by the plugin's own size. */
static const struct cfd_option options[] = {
    {.name = "other", .type = CFD_STRING, .help = "Another."},
    {.name = "limit", .type = CFD_INTEGER, .preset = "5", .help = "A limit."},
    {0}};
static const struct cfd_attribute attributes[] = {
    {.name = ABI_NAME "_first", .kind = CFD_GAUGE, .method = 1, .labels = user},
    {.name = ABI_NAME "_second", .kind = CFD_COUNTER, .method = 1},
    {0}};
static const struct cfd_need needs[] = {
    {.kind = CFD_READ, .what = "/etc/passwd"}, {.kind = CFD_RUN, .what = "/bin/true"}, {0}};

const struct cfd_collector cfd_collector_plugin = {
#ifdef ABI_NUMBER
    ABI_NUMBER,
    sizeof(struct cfd_collector),
    sizeof(struct cfd_option),
    sizeof(struct cfd_attribute),
    sizeof(struct cfd_need),
#else
    CFD_COLLECTOR_HEAD,
#endif
    .name = ABI_NAME,
    .version = "1",
    .summary = "A variant.",
    .options = options,
    .attributes = attributes,
    .needs = needs,
    .open = run_open,
#ifndef ABI_NO_COLLECT
    .collect = run_collect,
#endif
#ifdef ABI_NEWER
    /* What this daemon does not know must not be looked at. */
    .added = "of a later time",
#endif
};
