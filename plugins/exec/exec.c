/* The exec collector: runs checks that exist already and takes what they answer as readings. */
#include "exec.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { OUTPUT_LEAST = 1024, OUTPUT_PRESET = 65536, OUTPUT_MOST = 1048576 };

static const char *const check_label[] = {"check", NULL};
static const char *const value_labels[] = {"check", "label", "unit", NULL};
static const char *const range_labels[] = {"check", "label", NULL};
static const char *const formats[] = {"nagios", "json", NULL};

static const struct cfd_option reading_options[] = {
    {"name", CFD_STRING, CFD_REQUIRED, 1, 100, NULL,
     "The member of the JSON object; the attribute is exec_NAME.", NULL, NULL},
    {"kind", CFD_STRING, 0, 0, 0, "gauge", "What kind of value it is.", NULL, exec_kinds},
    {"unit", CFD_STRING, 0, 0, 0, "", "What it is counted in, as seconds or bytes.", NULL, NULL},
    {"help", CFD_STRING, 0, 0, 0, "", "One sentence on what it says.", NULL, NULL},
    {"labels", CFD_STRING, CFD_LIST, 1, 64, NULL, "Members of a reading that tell it from others.",
     NULL, NULL},
    {0}};

static const struct cfd_option check_options[] = {
    {"name", CFD_STRING, CFD_REQUIRED, 1, 64, NULL, "The check's name, once in a collector.", NULL,
     NULL},
    {"program", CFD_PROGRAM, CFD_REQUIRED, 0, 0, NULL,
     "The program and its arguments; run without a shell.", NULL, NULL},
    {"format", CFD_STRING, 0, 0, 0, "nagios",
     "What it prints: a monitoring plugin's line, or one JSON object.", NULL, formats},
    {"timeout", CFD_DURATION, 0, 100, 3600000, "10s", "It is killed after so long.", NULL, NULL},
    {"readings", CFD_GROUP, 0, 0, 0, NULL, "What a check in JSON gives.", reading_options, NULL},
    {0}};

static const struct cfd_option options[] = {
    {"checks", CFD_GROUP, CFD_REQUIRED, 0, 0, NULL, "The checks, run one after another.",
     check_options, NULL},
    {"output_limit", CFD_BYTES, 0, OUTPUT_LEAST, OUTPUT_MOST, "64KiB",
     "Output of a check that is read; more is no answer.", NULL, NULL},
    {"reads", CFD_PATH, CFD_LIST, 0, 0, NULL,
     "Files and folders that the checks read, beside programs, /proc and /sys.", NULL, NULL},
    {"connects", CFD_STRING, CFD_LIST, 1, 1024, NULL,
     "What the checks connect to: \"host:port\", a URL, or the path of a socket.", NULL, NULL},
    {0}};

static const struct cfd_attribute attributes[] = {
    [EXEC_STATE] = {"exec_state", CFD_GAUGE, 1, "", "0 ok, 1 warning, 2 critical, 3 unknown.",
                    check_label, 0, 0},
    [EXEC_VALUE] = {"exec_value", CFD_GAUGE, 1, "", "A value of the check's performance data.",
                    value_labels, 0, 0},
    [EXEC_WARNING] = {"exec_warning", CFD_GAUGE, 1, "",
                      "1 where the value is where the warning range alerts.", range_labels, 0, 0},
    [EXEC_CRITICAL] = {"exec_critical", CFD_GAUGE, 1, "",
                       "1 where the value is where the critical range alerts.", range_labels, 0, 0},
    [EXEC_RUN_SECONDS] = {"exec_run_seconds", CFD_GAUGE, 1, "seconds", "How long the check ran.",
                          check_label, 0, 0},
    {0}};

static const struct cfd_need needs[] = {{CFD_RUN, 0, NULL, "checks[].program"},
                                        {CFD_READ, 0, NULL, "reads"},
                                        {CFD_CONNECT, 0, NULL, "connects"},
                                        {0}};

/* --- the callbacks --- */

static void exec_close(void *self)
{
    struct exec *exec = self;
    for (uint32_t i = 0; exec && i < exec->count; i++)
        check_free(&exec->checks[i]);
    if (exec)
        free(exec->checks);
    free(exec);
}

static int exec_open(const struct cfd_host *host, void **ret_self)
{
    struct exec *exec = calloc(1, sizeof *exec);
    int status = CFD_OK;
    struct cfd_value value = {.size = sizeof value};
    uint32_t count = host->setting(host, "checks", &value) == CFD_OK ? value.count : 0;
    if (!exec)
        return CFD_ERROR;
    *ret_self = exec;
    exec->checks = calloc(count + 1, sizeof *exec->checks);
    if (!exec->checks)
        return CFD_ERROR;
    exec->count = count;
    value = (struct cfd_value){.size = sizeof value};
    bool limited = host->setting(host, "output_limit", &value) == CFD_OK;
    exec->output_limit = limited ? (size_t)value.integer : OUTPUT_PRESET;
    for (uint32_t i = 0; i < count; i++) {
        int read = check_read(host, exec, i);
        status = read < 0 ? read : status;
    }
    return status;
}

static void emit_one(const struct cfd_host *host, uint32_t attribute, const char *check,
                     double value)
{
    const char *const labels[] = {check, NULL};
    struct cfd_reading reading = {
        .size = sizeof reading, .attribute = attribute, .value = value, .labels = labels};
    host->emit(host, &reading);
}

static const char *why_not(int status)
{
    switch (status) {
    case CFD_ABSENT:
        return "its program is not there";
    case CFD_DENIED:
        return "its program may not be run";
    case CFD_LATE:
        return "it did not end in time and was killed";
    case CFD_LIMIT:
        return "it printed more than output_limit allows";
    default:
        return "its program could not be run";
    }
}

static void show(const struct cfd_host *host, const struct check *check, const struct cfd_ran *ran)
{
    CLEAN(clean_text) char *place = text_format("exit %d", ran->exit_code);
    size_t length = strcspn(ran->output, check->json ? "" : "|\n");
    struct cfd_excerpt excerpt = {.size = sizeof excerpt,
                                  .source = check->argv[0],
                                  .place = place ? place : "",
                                  .attribute = EXEC_STATE,
                                  .length = (uint32_t)length,
                                  .bytes = ran->output};
    host->excerpt(host, &excerpt);
}

static void run_check(const struct cfd_host *host, const struct check *check, size_t output_limit)
{
    struct cfd_ran ran = {.size = sizeof ran};
    enum exec_state state = STATE_UNKNOWN;
    int64_t begin_ms = host->now_ms(host);
    int status = host->run_program(host, (const char *const *)check->argv, check->timeout_ms,
                                   output_limit, &ran);
    double seconds = (double)(host->now_ms(host) - begin_ms) / 1000;
    if (status < 0) {
        answer_missing(host, check, why_not(status));
    } else {
        state = check->json ? answer_json(host, check, &ran) : answer_nagios(host, check, &ran);
        show(host, check, &ran);
        emit_one(host, EXEC_RUN_SECONDS, check->name, seconds > 0 ? seconds : 0);
    }
    emit_one(host, EXEC_STATE, check->name, state);
}

static int exec_collect(void *self, const struct cfd_host *host)
{
    const struct exec *exec = self;
    for (uint32_t i = 0; i < exec->count; i++)
        run_check(host, &exec->checks[i], exec->output_limit);
    return CFD_OK;
}

const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD,
    .name = "exec",
    .version = "1.0",
    .summary = "Checks that exist already: monitoring plugins, and programs that print JSON.",
    .options = options,
    .attributes = attributes,
    .needs = needs,
    .open = exec_open,
    .collect = exec_collect,
    .close = exec_close,
    .selftest = exec_selftest};
