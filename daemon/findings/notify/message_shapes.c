/* The shapes of messages: CloudEvents for webhooks, RFC 5424 for syslog. */
#include "findings/notify/notify.h"

#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

char *notify_shape_cloudevent(const struct notify_context *context,
                              const struct notify_event *event, const char *id)
{
    char time[TEXT_TIME_SIZE];
    text_from_time(context->turn->now.wall_ms, time);
    CLEAN(clean_text) char *type = text_format("org.conformd.finding.%s", event->name);
    CLEAN(clean_text) char *source = text_format("//%s/conformd", context->host);
    CLEAN(clean_json)
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "specversion", "1.0", "id",
                             id, "type", type ? type : "", "source", source ? source : "",
                             "subject", event->subject, "time", time, "datacontenttype",
                             "application/json", "data", (json_t *)event->data);
    return json ? json_canonical(json) : NULL;
}

/* RFC 5424 6.3.3: '"', '\' and ']' are escaped. */
static void append_parameter(struct buffer *out, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    buffer_print(out, " %s=\"", name);
    for (; *value; value++) {
        if (strchr("\"\\]", *value))
            buffer_byte(out, '\\');
        buffer_byte(out, (unsigned char)*value < 0x20 ? ' ' : *value);
    }
    buffer_byte(out, '"');
}

char *notify_shape_syslog(const struct notify_event *event)
{
    static const char *const keys[] = {"measure", "state",     "value",         "criterion",
                                       "type",    "raised_at", "classification"};
    struct buffer out = {0};
    buffer_print(&out, "%s [conformd@32473", event->name);
    append_parameter(&out, "ref", event->subject);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        append_parameter(&out, keys[i], json_text_of(event->data, keys[i], ""));
    buffer_print(&out, "] %s %s: ", event->subject, event->name);
    /* A name may hold anything; a message is one line. */
    for (const char *at = json_text_of(event->data, "title", ""); *at; at++)
        buffer_byte(&out, (unsigned char)*at < 0x20 ? ' ' : *at);
    return buffer_take(&out);
}
