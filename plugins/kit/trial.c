/* A host before the given one, that opens files below a tree and compares what comes with a table.
 */
#include <conformd/kit/trial.h>

#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01: no result depends on today */

/* What came for one row of the table. */
struct came {
    double sum;
    size_t count;
    char *text; /* the last one, or why the attribute is missing */
};

struct kept {
    const struct cfd_host *given;
    const struct kit_trial *trial;
    const char *tree;
    struct came *came; /* one a row */
    int expected;      /* 1: something is missing, and it must be */
    int failed;
};

static int is_series(const struct kit_expected *row, const struct cfd_reading *reading)
{
    for (size_t i = 0; i < KIT_LABELS_MOST; i++) {
        if (!row->labels[i])
            continue;
        for (size_t j = 0; j <= i; j++)
            if (!reading->labels || !reading->labels[j])
                return 0;
        if (strcmp(row->labels[i], reading->labels[i]) != 0)
            return 0;
    }
    return 1;
}

static int keep_text(struct came *came, const char *text)
{
    free(came->text);
    came->text = strdup(text);
    return came->text ? CFD_OK : CFD_ERROR;
}

static int on_emit(const struct cfd_host *host, const struct cfd_reading *reading)
{
    struct kept *kept = host->context;
    int status = CFD_OK;
    for (size_t i = 0; kept->trial->expected[i].tree; i++) {
        const struct kit_expected *row = &kept->trial->expected[i];
        if (strcmp(row->tree, kept->tree) != 0 || row->attribute != reading->attribute ||
            row->kind == KIT_MISSING || !is_series(row, reading))
            continue;
        kept->came[i].sum += reading->value;
        kept->came[i].count++;
        if (reading->text && keep_text(&kept->came[i], reading->text) < 0)
            status = CFD_ERROR;
    }
    return status;
}

static int on_missing(const struct cfd_host *host, uint32_t attribute, const char *why)
{
    struct kept *kept = host->context;
    int known = 0, status = CFD_OK;
    for (size_t i = 0; kept->trial->expected[i].tree; i++) {
        const struct kit_expected *row = &kept->trial->expected[i];
        if (strcmp(row->tree, kept->tree) != 0 || row->kind != KIT_MISSING ||
            row->attribute != attribute)
            continue;
        known = kept->expected = 1;
        if (keep_text(&kept->came[i], why) < 0)
            status = CFD_ERROR;
    }
    if (known)
        return status;
    kept->failed = 1;
    char *message =
        kit_format("selftest: attribute %u of %s is missing: %s", attribute, kept->tree, why);
    kept->given->log(kept->given, CFD_LOG_ERROR, message ? message : "selftest failed");
    free(message);
    return status;
}

static int on_excerpt(const struct cfd_host *host, const struct cfd_excerpt *excerpt)
{
    return (void)host, (void)excerpt, CFD_OK;
}

static int on_lost(const struct cfd_host *host, const struct cfd_loss *loss)
{
    return (void)host, (void)loss, CFD_OK;
}

static int on_position_set(const struct cfd_host *host, const char *key, const char *value)
{
    return (void)host, (void)key, (void)value, CFD_OK;
}

static int on_position_get(const struct cfd_host *host, const char *key, const char **ret_value)
{
    return (void)host, (void)key, (void)ret_value, CFD_ABSENT;
}

static int on_open_file(const struct cfd_host *host, const char *path)
{
    const struct kept *kept = host->context;
    char *whole = kit_format("%s%s", kept->tree, path);
    int status = whole ? kept->given->open_file(kept->given, whole) : CFD_ERROR;
    free(whole);
    return status;
}

static int on_setting(const struct cfd_host *host, const char *path, struct cfd_value *ret_value)
{
    const struct kept *kept = host->context;
    return kept->given->setting(kept->given, path, ret_value);
}

/* What the method complains of in a bad tree is right: only what differs is an error. */
static void on_log(const struct cfd_host *host, int level, const char *message)
{
    const struct kept *kept = host->context;
    kept->given->log(kept->given, level < CFD_LOG_DEBUG ? CFD_LOG_DEBUG : level, message);
}

static int64_t on_now(const struct cfd_host *host)
{
    const struct kept *kept = host->context;
    return kept->trial->now_ms ? kept->trial->now_ms : NOW_MS;
}

static int64_t on_left(const struct cfd_host *host)
{
    const struct kept *kept = host->context;
    return kept->given->left_ms(kept->given);
}

static int on_run(const struct cfd_host *host, const char *const *argv, int64_t timeout_ms,
                  size_t output_limit, struct cfd_ran *ret_ran)
{
    return (void)host, (void)argv, (void)timeout_ms, (void)output_limit, (void)ret_ran, CFD_ABSENT;
}

static int is_right(const struct kit_expected *row, const struct came *came)
{
    switch ((enum kit_expected_kind)row->kind) {
    case KIT_SUM:
        return came->sum == row->number;
    case KIT_COUNT:
        return (double)came->count == row->number;
    case KIT_LAST:
        return came->text && row->text && strcmp(came->text, row->text) == 0;
    case KIT_MISSING:
        return came->text && (!row->text || strstr(came->text, row->text));
    }
    return 0;
}

static void tell_difference(const struct kept *kept, size_t row)
{
    const struct kit_expected *expected = &kept->trial->expected[row];
    const struct came *came = &kept->came[row];
    char *message = kit_format(
        "selftest: row %zu: attribute %u of %s has %zu readings, sum %g, text "
        "'%s', where %g and '%s' are expected",
        row, expected->attribute, expected->tree, came->count, came->sum,
        came->text ? came->text : "", expected->number, expected->text ? expected->text : "");
    kept->given->log(kept->given, CFD_LOG_ERROR, message ? message : "selftest failed");
    free(message);
}

static int run_tree(struct kept *kept, const char *tree)
{
    const struct cfd_host host = {.size = sizeof host,
                                  .context = kept,
                                  .emit = on_emit,
                                  .excerpt = on_excerpt,
                                  .missing = on_missing,
                                  .lost = on_lost,
                                  .position_set = on_position_set,
                                  .position_get = on_position_get,
                                  .open_file = on_open_file,
                                  .setting = on_setting,
                                  .log = on_log,
                                  .now_ms = on_now,
                                  .left_ms = on_left,
                                  .run_program = on_run};
    kept->tree = tree;
    kept->expected = 0;
    int status = kept->trial->collect(kept->trial->self, &host);
    if (status == CFD_OK || (status == CFD_PARTIAL && kept->expected))
        return CFD_OK;
    char *message = kit_format("selftest: collect returned %d for %s", status, tree);
    kept->given->log(kept->given, CFD_LOG_ERROR, message ? message : "selftest failed");
    free(message);
    return status < 0 ? status : CFD_ERROR;
}

static int compare(const struct kept *kept)
{
    int status = kept->failed ? CFD_ERROR : CFD_OK;
    for (size_t i = 0; kept->trial->expected[i].tree; i++) {
        if (is_right(&kept->trial->expected[i], &kept->came[i]))
            continue;
        tell_difference(kept, i);
        status = CFD_ERROR;
    }
    return status;
}

int kit_trial_run(const struct cfd_host *host, const struct kit_trial *trial)
{
    struct kept kept = {.given = host, .trial = trial};
    const char *tree = "";
    size_t count = 0;
    int status = CFD_OK;
    while (trial->expected[count].tree)
        count++;
    kept.came = calloc(count + 1, sizeof *kept.came);
    if (!kept.came)
        return CFD_ERROR;
    for (size_t i = 0; status == CFD_OK && i < count; i++) {
        if (strcmp(trial->expected[i].tree, tree) != 0)
            status = run_tree(&kept, trial->expected[i].tree);
        tree = trial->expected[i].tree;
    }
    if (status == CFD_OK)
        status = compare(&kept);
    for (size_t i = 0; i < count; i++)
        free(kept.came[i].text);
    free(kept.came);
    return status;
}
