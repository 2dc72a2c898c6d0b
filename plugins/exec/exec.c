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
    {"labels", CFD_STRING, CFD_LIST, 1, 64, NULL,
     "Members of a reading that distinguish it from others.", NULL, NULL},
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
     "Output of a check that is read; a longer one is refused.", NULL, NULL},
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

static void exec_close(void *self)
{
    if (self)
        kit_options_finish(exec_members, self);
    free(self);
}

static int exec_open(const struct cfd_host *host, void **ret_self)
{
    struct exec *exec = calloc(1, sizeof *exec);
    *ret_self = exec;
    if (!exec)
        return CFD_ERROR;
    exec->output_limit = OUTPUT_PRESET;
    int status = kit_options_read(host, "", exec_members, exec);
    for (size_t i = 0; status != CFD_ERROR && i < exec->checks.count; i++) {
        int prepared = check_prepare(host, exec, i);
        status = prepared < 0 ? prepared : status;
    }
    return status;
}

static void emit_one(struct kit_run *run, uint32_t attribute, const struct check *check,
                     double value)
{
    const char *const labels[] = {check->name, NULL};
    kit_emit(run, attribute, value, labels);
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

static void show(struct kit_run *run, const struct check *check, const struct cfd_ran *ran)
{
    CLEAN(clean_text) char *place = text_format("exit %d", ran->exit_code);
    size_t length = strcspn(ran->output, check->json ? "" : "|\n");
    const struct cfd_excerpt excerpt = {.source = check->program.text[0],
                                        .place = place ? place : "",
                                        .attribute = EXEC_STATE,
                                        .length = (uint32_t)length,
                                        .bytes = ran->output};
    kit_excerpt(run, &excerpt);
}

static void run_check(struct kit_run *run, const struct check *check, size_t output_limit)
{
    const struct cfd_host *host = run->host;
    struct cfd_ran ran = {.size = sizeof ran};
    enum exec_state state = STATE_UNKNOWN;
    int64_t begin_ms = host->now_ms(host);
    int status = host->run_program(host, (const char *const *)check->program.text,
                                   check->timeout_ms, output_limit, &ran);
    double seconds = (double)(host->now_ms(host) - begin_ms) / 1000;
    if (status < 0) {
        answer_missing(run, check, why_not(status));
    } else {
        state = check->json ? answer_json(run, check, &ran) : answer_nagios(run, check, &ran);
        show(run, check, &ran);
        emit_one(run, EXEC_RUN_SECONDS, check, seconds > 0 ? seconds : 0);
    }
    emit_one(run, EXEC_STATE, check, state);
}

static int exec_collect(void *self, const struct cfd_host *host)
{
    const struct exec *exec = self;
    const struct check *checks = exec->checks.group;
    struct kit_run run = {.host = host};
    for (size_t i = 0; i < exec->checks.count; i++)
        run_check(&run, &checks[i], (size_t)exec->output_limit);
    /* What could not be used of one check's answer is missing; the others are as good as before. */
    int status = kit_run_finish(&run);
    return status == CFD_PARTIAL ? CFD_OK : status;
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
