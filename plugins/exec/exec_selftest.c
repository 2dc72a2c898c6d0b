/* What must come out of a good and a bad answer. */
#include "exec.h"

#include <conformd/kit/lines.h>
#include <conformd/kit/trial.h>

#define ANSWER_MOST 4096

static const struct kit_expected expected[] = {
    {"/good", KIT_COUNT, EXEC_VALUE, {NULL}, 3, NULL},
    {"/good", KIT_SUM, EXEC_WARNING, {NULL}, 0, NULL},
    {"/good", KIT_SUM, EXEC_CRITICAL, {NULL}, 0, NULL},
    {"/bad", KIT_COUNT, EXEC_VALUE, {NULL}, 2, NULL},
    {"/bad", KIT_SUM, EXEC_WARNING, {NULL}, 2, NULL},
    {"/bad", KIT_SUM, EXEC_CRITICAL, {NULL}, 2, NULL},
    {"/bad", KIT_MISSING, EXEC_VALUE, {NULL}, 0, "; and 1 more"},
    {"/bad", KIT_MISSING, EXEC_WARNING, {NULL}, 0, "; and 1 more"},
    {"/bad", KIT_MISSING, EXEC_CRITICAL, {NULL}, 0, "; and 1 more"},
    {0}};

/* Takes a file as what a check printed. */
static int read_answer(void *self, const struct cfd_host *host)
{
    const struct check check = {.name = self};
    struct kit_run run = {.host = host};
    struct kit_file file;
    int status = kit_file_read(&run, "/answer", ANSWER_MOST, NULL, &file);
    struct cfd_ran ran = {.size = sizeof ran, .length = file.length, .output = file.bytes};
    if (status == CFD_OK)
        answer_nagios(&run, &check, &ran);
    kit_fail(&run, status);
    kit_file_finish(&file);
    return kit_run_finish(&run);
}

int exec_selftest(void *self, const struct cfd_host *host, const char *root)
{
    char name[] = "selftest";
    const struct kit_trial trial = {.collect = read_answer, .self = name, .expected = expected};
    (void)self;
    (void)root; /* the host puts it before each path */
    return kit_trial_run(host, &trial);
}
