/* The checks and their readings, from the settings. */
#include "exec.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { LABELS_MOST = 8, TIMEOUT_MS = 10000 };

const char *const exec_kinds[] = {"gauge", "counter", "event", "text", NULL};

static const struct kit_option reading_members[] = {
    {"name", KIT_TEXT, offsetof(struct expected, name), NULL, 0},
    {"kind", KIT_TEXT, offsetof(struct expected, kind_name), NULL, 0},
    {"unit", KIT_TEXT, offsetof(struct expected, unit), NULL, 0},
    {"help", KIT_TEXT, offsetof(struct expected, help), NULL, 0},
    {"labels", KIT_TEXTS, offsetof(struct expected, labels), NULL, 0},
    {0}};

static const struct kit_option check_members[] = {
    {"name", KIT_TEXT, offsetof(struct check, name), NULL, 0},
    {"format", KIT_TEXT, offsetof(struct check, format), NULL, 0},
    {"program", KIT_TEXTS, offsetof(struct check, program), NULL, 0},
    {"timeout", KIT_INTEGER, offsetof(struct check, timeout_ms), NULL, 0},
    {"readings", KIT_GROUPS, offsetof(struct check, readings), reading_members,
     sizeof(struct expected)},
    {0}};

const struct kit_option exec_members[] = {
    {"checks", KIT_GROUPS, offsetof(struct exec, checks), check_members, sizeof(struct check)},
    {"output_limit", KIT_INTEGER, offsetof(struct exec, output_limit), NULL, 0},
    {0}};

static int tell_fault(const struct cfd_host *host, const char *group, const char *member,
                      const char *sentence)
{
    CLEAN(clean_text) char *path = text_format("%s%s", group, member);
    if (path)
        host->fault(host, path, sentence);
    return CFD_INVALID;
}

static int kind_of(const char *text)
{
    for (int i = CFD_GAUGE; text && exec_kinds[i]; i++)
        if (!strcmp(exec_kinds[i], text))
            return i;
    return CFD_GAUGE;
}

static int declare(const struct cfd_host *host, const char *group, struct expected *expected)
{
    CLEAN(clean_text) char *name = text_format("exec_%s", expected->name ? expected->name : "");
    if (!name)
        return CFD_ERROR;
    if (expected->labels.count > LABELS_MOST)
        return tell_fault(host, group, "labels", "a reading has at most 8 labels");
    expected->kind = kind_of(expected->kind_name);
    struct cfd_attribute attribute = {.name = name,
                                      .kind = expected->kind,
                                      .method = 1,
                                      .unit = expected->unit ? expected->unit : "",
                                      .help = expected->help ? expected->help : "",
                                      .labels = (const char *const *)expected->labels.text};
    int number = host->declare(host, &attribute);
    if (number == CFD_INVALID)
        return tell_fault(host, group, "name",
                          "it is not an attribute: exec_NAME is [a-z][a-z0-9_]*, given once in all "
                          "checks, with labels of other names");
    if (number < 0)
        return number;
    expected->attribute = (uint32_t)number;
    return CFD_OK;
}

static int declare_readings(const struct cfd_host *host, const char *group, struct check *check)
{
    struct expected *expected = check->readings.group;
    int status = CFD_OK;
    if (check->readings.count && !check->json)
        return tell_fault(host, group, "readings", "only a check of format \"json\" has readings");
    if (!check->readings.count && check->json)
        return tell_fault(host, group, "format", "a check of format \"json\" needs readings");
    for (size_t i = 0; i < check->readings.count; i++) {
        CLEAN(clean_text) char *path = text_format("%sreadings[%zu].", group, i);
        int declared = path ? declare(host, path, &expected[i]) : CFD_ERROR;
        status = declared < 0 ? declared : status;
    }
    return status;
}

int check_prepare(const struct cfd_host *host, struct exec *exec, size_t index)
{
    struct check *checks = exec->checks.group, *check = &checks[index];
    CLEAN(clean_text) char *group = text_format("checks[%zu].", index);
    if (!group || !check->name || !check->program.count)
        return CFD_ERROR;
    check->json = check->format && !strcmp(check->format, "json");
    check->timeout_ms = check->timeout_ms ? check->timeout_ms : TIMEOUT_MS;
    for (size_t i = 0; i < index; i++)
        if (checks[i].name && !strcmp(checks[i].name, check->name))
            return tell_fault(host, group, "name", "another check has this name");
    return declare_readings(host, group, check);
}
