/* What the handlers of all messages have in common. */
#include "evidence/intake/taking.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"

int taking_refuse(struct taking *taking, const char *format, ...)
{
    char **why = &taking->link->why;
    va_list list;
    free(*why);
    va_start(list, format);
    if (vasprintf(why, format, list) < 0)
        *why = NULL;
    va_end(list);
    return ERROR_PEER;
}

bool taking_append_line(struct buffer *lines, json_t *object)
{
    CLEAN(clean_text) char *text = json_canonical(object);
    json_decref(object);
    if (!text || lines->length + strlen(text) + 1 > lines->limit)
        return false;
    buffer_text(lines, text);
    buffer_byte(lines, '\n');
    return !lines->failed;
}

/* The run under way of this link's instance gets a place for its readings. */
static int open_run(struct taking *taking)
{
    struct instance *instance = taking->instance;
    struct run *run = taking->run;
    if (!taking->link->declared)
        return taking_refuse(taking, "a message before its tables");
    if (instance->process.outcome && !instance->stream)
        return taking_refuse(taking, "a message after the outcome of its run");
    if (run->series)
        return 0;
    run->readings.limit = RUN_PAYLOAD_LIMIT;
    run->excerpts.limit = RUN_EXCERPTS_LIMIT;
    int code = series_run_begin(taking->link->intake->sealing.turn->series, instance->name,
                                2 * instance->every_ms, &run->series);
    if (!code)
        series_run_limit(run->series, instance->overflow.limit);
    return code;
}

/* What it declares, says for the log or tells of its selftest is no part of a run. */
static bool is_of_run(uint32_t type)
{
    return type != MESSAGE_TABLES && type != MESSAGE_SAID && type != MESSAGE_PROVED;
}

int taking_handle(struct intake_link *link, const struct channel_rule *rule,
                  struct channel_message *message)
{
    struct taking taking = {link, link->instance, &link->instance->run};
    int code = is_of_run(message->type) ? open_run(&taking) : 0;
    if (!code)
        code = rule->handler(&taking, message);
    if (!code)
        link->taken = message->sequence;
    return code;
}
