/* Reads the checks and their readings from the settings. */
#include "exec.h"

#include "ground/base/clean.h"
#include "ground/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { LABELS_MOST = 8 };

const char *const exec_kinds[] = {"gauge", "counter", "event", "text", NULL};

static int setting(const struct cfd_host *host, const char *path, struct cfd_value *ret)
{
    *ret = (struct cfd_value){.size = sizeof *ret};
    return path ? host->setting(host, path, ret) : CFD_ERROR;
}

/* A copy of a member's text, "" where it is not given. The caller frees. */
static char *text_of(const struct cfd_host *host, const char *group, const char *member)
{
    struct cfd_value value;
    CLEAN(clean_text) char *path = text_format("%s%s", group, member);
    int status = setting(host, path, &value);
    return strdup(status == CFD_OK && value.text ? value.text : "");
}

static uint32_t count_of(const struct cfd_host *host, const char *group, const char *member)
{
    struct cfd_value value;
    CLEAN(clean_text) char *path = text_format("%s%s", group, member);
    return setting(host, path, &value) == CFD_OK ? value.count : 0;
}

/* All texts of a list, NULL at the end. */
static char **list_of(const struct cfd_host *host, const char *group, const char *member,
                      uint32_t *ret_count)
{
    uint32_t count = count_of(host, group, member);
    char **list = calloc(count + 1, sizeof *list);
    for (uint32_t i = 0; list && i < count; i++) {
        CLEAN(clean_text) char *item = text_format("%s[%u]", member, i);
        list[i] = item ? text_of(host, group, item) : NULL;
    }
    *ret_count = list ? count : 0;
    return list;
}

static void free_list(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

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
    for (int i = CFD_GAUGE; exec_kinds[i]; i++)
        if (!strcmp(exec_kinds[i], text))
            return i;
    return CFD_GAUGE;
}

static int read_expected(const struct cfd_host *host, const char *group, struct expected *expected)
{
    CLEAN(clean_text) char *kind = text_of(host, group, "kind");
    CLEAN(clean_text) char *unit = text_of(host, group, "unit");
    CLEAN(clean_text) char *help = text_of(host, group, "help");
    expected->name = text_of(host, group, "name");
    expected->labels = list_of(host, group, "labels", &expected->label_count);
    CLEAN(clean_text) char *name = text_format("exec_%s", expected->name ? expected->name : "");
    if (!kind || !unit || !help || !expected->name || !expected->labels || !name)
        return CFD_ERROR;
    if (expected->label_count > LABELS_MOST)
        return tell_fault(host, group, "labels", "a reading has at most 8 labels");
    expected->kind = kind_of(kind);
    struct cfd_attribute attribute = {.name = name,
                                      .kind = expected->kind,
                                      .method = 1,
                                      .unit = unit,
                                      .help = help,
                                      .labels = (const char *const *)expected->labels};
    int number = host->declare(host, &attribute);
    if (number == CFD_INVALID)
        return tell_fault(host, group, "name",
                          "it makes no attribute: exec_NAME is [a-z][a-z0-9_]*, given once in all "
                          "checks, with labels of other names");
    if (number < 0)
        return number;
    expected->attribute = (uint32_t)number;
    return CFD_OK;
}

static int read_readings(const struct cfd_host *host, const char *group, struct check *check)
{
    uint32_t count = count_of(host, group, "readings");
    int status = CFD_OK;
    if (count && !check->json)
        return tell_fault(host, group, "readings", "only a check of format \"json\" has readings");
    if (!count && check->json)
        return tell_fault(host, group, "format", "a check of format \"json\" needs readings");
    check->expected = calloc(count + 1, sizeof *check->expected);
    if (!check->expected)
        return CFD_ERROR;
    for (uint32_t i = 0; i < count; i++) {
        CLEAN(clean_text) char *path = text_format("%sreadings[%u].", group, i);
        int read = path ? read_expected(host, path, &check->expected[i]) : CFD_ERROR;
        check->expected_count = i + 1;
        status = read < 0 ? read : status;
    }
    return status;
}

int check_read(const struct cfd_host *host, struct exec *exec, uint32_t index)
{
    struct check *check = &exec->checks[index];
    struct cfd_value timeout;
    uint32_t words;
    CLEAN(clean_text) char *group = text_format("checks[%u].", index);
    CLEAN(clean_text) char *path = group ? text_format("%stimeout", group) : NULL;
    CLEAN(clean_text) char *format = path ? text_of(host, group, "format") : NULL;
    if (!format)
        return CFD_ERROR;
    check->name = text_of(host, group, "name");
    check->argv = list_of(host, group, "program", &words);
    check->json = !strcmp(format, "json");
    check->timeout_ms = setting(host, path, &timeout) == CFD_OK ? timeout.integer : 10000;
    if (!check->name || !check->argv)
        return CFD_ERROR;
    for (uint32_t i = 0; i < index; i++)
        if (exec->checks[i].name && !strcmp(exec->checks[i].name, check->name))
            return tell_fault(host, group, "name", "another check has this name");
    return read_readings(host, group, check);
}

void check_free(struct check *check)
{
    for (uint32_t i = 0; i < check->expected_count; i++) {
        free(check->expected[i].name);
        free_list(check->expected[i].labels);
    }
    free(check->expected);
    free_list(check->argv);
    free(check->name);
}
