/* conformd/kit/trial.h: a selftest: the method on known trees, and what must come out.
 *
 *     static const struct kit_expected expected[] = {
 *         {"/good", KIT_SUM, ATTRIBUTE, {"root"}, 1, NULL},
 *         {"/bad", KIT_MISSING, ATTRIBUTE, {NULL}, 0, NULL}, {0}};
 *     const struct kit_trial trial = {collect, self, expected, 0};
 *     return kit_trial_run(host, &trial);
 */
#ifndef CONFORMD_KIT_TRIAL_H
#define CONFORMD_KIT_TRIAL_H

#include <conformd/collector.h>
#include <conformd/kit/text.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KIT_LABELS_MOST 8

enum kit_expected_kind {
    KIT_SUM,    /* the sum of the values is this number */
    KIT_COUNT,  /* there are so many readings */
    KIT_LAST,   /* the last reading of CFD_TEXT has this text */
    KIT_MISSING /* the attribute is missing, with a reason that holds this text (NULL: any) */
};

/* A table ends with a row whose tree is NULL. Every attribute that is missing must be in it. */
struct kit_expected {
    const char *tree; /* "/good": put before each path; rows of a tree are neighbours */
    int32_t kind;     /* enum kit_expected_kind */
    uint32_t attribute;
    const char *labels[KIT_LABELS_MOST]; /* values, in order; NULL or behind the last: any */
    double number;
    const char *text;
};

struct kit_trial {
    /* The method; usually the collector's collect. CFD_PARTIAL is right where something is missing.
     */
    int (*collect)(void *self, const struct cfd_host *host);
    void *self;
    const struct kit_expected *expected;
    int64_t now_ms; /* the clock that collect sees; 0: 2026-01-01T00:00:00Z */
};

/* Runs the method on each tree, with a host that keeps what comes, opens files below the tree, and
 * runs no program (CFD_ABSENT). Settings, log and deadline are the given host's. CFD_OK, or
 * CFD_ERROR after the log said what differs, or what collect returned. */
int kit_trial_run(const struct cfd_host *host, const struct kit_trial *trial) KIT_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
