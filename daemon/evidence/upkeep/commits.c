/* How long commits take: a histogram of /metrics. */
#include "evidence/upkeep/upkeep.h"

/* Seconds; each about 1.4 times the one before. */
static const double bounds[COMMITS_BOUNDS] = {
    0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.006, 0.008, 0.012, 0.016,
    0.024,  0.032,   0.048, 0.064,  0.096, 0.128, 0.192, 0.256, 0.512, 1,     2,
};

void upkeep_note_commit(struct upkeep *upkeep, int64_t took_us)
{
    struct commit_times *times = &upkeep->commits;
    double seconds = (double)took_us / 1e6;
    size_t at = 0;
    while (at < COMMITS_BOUNDS && seconds > bounds[at])
        at++;
    times->counts[at]++;
    times->seconds += seconds;
}

int upkeep_publish_commits(const struct upkeep *upkeep, struct exposition *out)
{
    const struct commit_times *times = &upkeep->commits;
    struct exposition_family family = {.name = "conformd_commit_seconds",
                                       .help = "How long the store took to commit a transaction.",
                                       .unit = "seconds",
                                       .type = EXPOSITION_HISTOGRAM};
    struct exposition_buckets buckets = {bounds, times->counts, COMMITS_BOUNDS, times->seconds};
    int code = exposition_family(out, &family);
    return code ? code : exposition_histogram(out, &buckets);
}
