/* The table of acts. */
#include "ground/act_rows/act_row.h"

#include <stdbool.h>
#include <string.h>

const char *const act_row_words[] = {
    [ACT_OPERATE] = "operate",
    [ACT_DECIDE] = "decide",
    [ACT_COLLECT] = "collect",
    [ACT_ALERT_TEST] = "alert_test",
    [ACT_OPEN] = "open",
    [ACT_ADOPT] = "adopt",
    [ACT_APPROVE] = "approve",
    [ACT_NC_TAKE] = "nc_take",
    [ACT_NC_DISMISS] = "nc_dismiss",
    [ACT_END] = NULL,
};

/* DOMAIN.md 4.1: why a candidate may be dismissed. */
static const char *const reasons[] = {"false_positive", "duplicate_of", "out_of_scope",
                                      "test",           "data_error",   NULL};

static const struct act_field of_collect[] = {
    {"name", ACT_TEXT, ACT_REQUIRED | ACT_WORD, "NAME", "which collector", NULL},
    {0},
};

static const struct act_field of_alert_test[] = {
    {"channel", ACT_TEXT, 0, "NAME", "through this channel only", NULL},
    {0},
};

static const struct act_field of_open[] = {{0}};

static const struct act_field of_adopt[] = {
    {"measures", ACT_TEXTS, ACT_WORD, "ID ...", "which measures; none: all on trial", NULL},
    {"role", ACT_TEXT, 0, "ROLE", "in which role this is decided", NULL},
    {"reason", ACT_TEXT, 0, "TEXT", "why", NULL},
    {"dry_run", ACT_FLAG, 0, NULL, "show it, change nothing", NULL},
    {0},
};

static const struct act_field of_approve[] = {
    {"id", ACT_TEXT, ACT_REQUIRED | ACT_WORD, "ID", "which measure or objective", NULL},
    {"role", ACT_TEXT, ACT_ASKED, "ROLE", "in which role this is decided", NULL},
    {"reason", ACT_TEXT, ACT_ASKED, "TEXT", "why", NULL},
    {0},
};

static const struct act_field of_nc_take[] = {
    {"ref", ACT_TEXT, ACT_REQUIRED | ACT_WORD, "REF", "which finding", NULL},
    {"owner", ACT_TEXT, ACT_REQUIRED | ACT_ASKED, "NAME", "who answers for it", NULL},
    {"fix", ACT_TEXT, 0, "TEXT", "what is done about it at once", NULL},
    {"due", ACT_TEXT, 0, "D", "within 7d, 2w", NULL},
    {"reason", ACT_TEXT, 0, "TEXT", "why", NULL},
    {"note", ACT_TEXT, 0, "TEXT", "what else is to be kept", NULL},
    {0},
};

static const struct act_field of_nc_dismiss[] = {
    {"ref", ACT_TEXT, ACT_REQUIRED | ACT_WORD, "REF", "which finding", NULL},
    {"reason", ACT_TEXT, ACT_REQUIRED | ACT_ASKED, "REASON", "why", reasons},
    {"note", ACT_TEXT, 0, "TEXT", "what else is to be kept", NULL},
    {0},
};

static const struct act_row rows[] = {
    [ACT_COLLECT] = {ACT_COLLECT, ACT_OPERATE, 0, "one run now, with its readings", of_collect},
    [ACT_ALERT_TEST] = {ACT_ALERT_TEST, ACT_OPERATE, ACT_CHANGES,
                        "send a test through the channels", of_alert_test},
    [ACT_OPEN] = {ACT_OPEN, ACT_OPERATE, ACT_CHANGES, "a one-time link to the dashboard", of_open},
    [ACT_ADOPT] = {ACT_ADOPT, ACT_DECIDE, ACT_NEEDS_LOGIN | ACT_CHANGES,
                   "end the trial of measures", of_adopt},
    [ACT_APPROVE] = {ACT_APPROVE, ACT_DECIDE, ACT_NEEDS_LOGIN | ACT_CHANGES,
                     "put a changed or drafted construct in force", of_approve},
    [ACT_NC_TAKE] = {ACT_NC_TAKE, ACT_DECIDE, ACT_NEEDS_LOGIN | ACT_CHANGES,
                     "answer for a candidate", of_nc_take},
    [ACT_NC_DISMISS] = {ACT_NC_DISMISS, ACT_DECIDE, ACT_NEEDS_LOGIN | ACT_CHANGES,
                        "a candidate is none", of_nc_dismiss},
};
_Static_assert(sizeof rows / sizeof *rows == ACT_END, "a row for each act");

const struct act_row *act_row_of(enum act_name name)
{
    return &rows[name];
}

const struct act_row *act_row_find(const char *name)
{
    for (int i = ACT_FIRST; i < ACT_END; i++)
        if (strcmp(act_row_words[i], name) == 0)
            return &rows[i];
    return NULL;
}

/* As it is typed or as it is sent. */
static bool is_same(const char *name, const char *typed)
{
    for (; *name && *typed; name++, typed++)
        if (*name != (*typed == '-' ? '_' : *typed))
            return false;
    return *name == *typed;
}

const struct act_field *act_row_field(const struct act_row *row, const char *name)
{
    for (const struct act_field *field = row->fields; field->name; field++)
        if (is_same(field->name, name))
            return field;
    return NULL;
}
