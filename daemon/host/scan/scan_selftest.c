/* Shows on a known log that what must be counted is counted, in this process and its sandbox. */
#include "host/scan/feed.h"

#include "ground/base/clean.h"

#include <conformd/kit/lines.h>

#define TREE_BYTES (256u << 10)

static void count_hit(void *context, const struct scan_hit *hit)
{
    *(uint64_t *)context += hit->undecided ? 0 : hit->count;
}

static int add_rule(struct rule_set *set)
{
    static const char *const labels[] = {"user", "source", "method=password"};
    static const char *const match[] = {"sshd[1]: Failed password for root from 192.0.2.1 port 2"};
    static const char *const no_match[] = {"sshd[1]: Failed none for root from 192.0.2.1 port 2"};
    const struct rule_text text = {
        .id = "selftest",
        .pattern = "sshd\\[\\d+\\]: Failed password for (?<user>.*) from (?<source>\\S+) port",
        .feeds = "log_selftest",
        .labels = {labels, 3},
        .match = {match, 1},
        .no_match = {no_match, 1}};
    return scan_set_add(set, &text, NULL, NULL);
}

static int scan_bytes(const struct rule_set *set, const struct kit_file *bytes, uint64_t *ret_count)
{
    struct scan *scan = NULL;
    uint64_t count = 0;
    struct scan_sink sink = {count_hit, &count};
    int code = scan_new(set, &scan);
    if (!code)
        code = scan_buffer(scan, bytes->bytes, bytes->length, &sink);
    scan_free(scan);
    if (!code)
        *ret_count = count;
    return code;
}

static int check_log(const struct cfd_host *host, const char *path, uint64_t expected)
{
    CLEAN(scan_set_finish) struct rule_set set = {0};
    CLEAN(kit_file_finish) struct kit_file file = {0};
    struct kit_run run = {.host = host};
    uint64_t count = 0;
    int status = kit_file_read(&run, path, TREE_BYTES, NULL, &file);
    if (status < 0)
        return status;
    if (add_rule(&set) || scan_bytes(&set, &file, &count))
        return CFD_ERROR;
    if (count == expected)
        return CFD_OK;
    kit_log(host, CFD_LOG_ERROR, "%s: %llu events were found where %llu are", path,
            (unsigned long long)count, (unsigned long long)expected);
    return CFD_ERROR;
}

int feed_selftest(void *self, const struct cfd_host *host, const char *root)
{
    (void)self;
    (void)root; /* the host puts it before each path */
    int status = check_log(host, "/good/var/log/auth.log", 0);
    return status < 0 ? status : check_log(host, "/bad/var/log/auth.log", 7);
}
