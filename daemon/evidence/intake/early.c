/* What a stream hands over behind a whole batch waits until that is sealed: it belongs to the next,
 * and commits with that one's positions or not at all. */
#include "evidence/intake/taking.h"

#include <stdlib.h>
#include <string.h>

struct early {
    struct early *next;
    const struct channel_rule *rule;
    uint64_t sequence;
    size_t length;
    uint8_t body[];
};

static int keep(struct intake_link *link, const struct channel_rule *rule,
                const struct channel_message *message)
{
    struct early *early = malloc(sizeof *early + message->length + 1);
    if (!early)
        return ERROR_MEMORY;
    *early = (struct early){.rule = rule, .sequence = message->sequence, .length = message->length};
    memcpy(early->body, message->body, message->length);
    early->body[message->length] = 0;
    struct early **at = &link->early;
    while (*at)
        at = &(*at)->next;
    *at = early;
    link->early_bytes += message->length + CHANNEL_LEAST;
    return 0;
}

static int replay(struct intake_link *link)
{
    int code = 0;
    while (link->early && !code) {
        struct early *early = link->early;
        struct channel_message message = {.type = early->rule->type,
                                          .sequence = early->sequence,
                                          .body = early->body,
                                          .length = early->length,
                                          .fd = -1};
        link->early = early->next;
        code = taking_handle(link, early->rule, &message);
        free(early);
    }
    if (!link->early)
        link->early_bytes = 0;
    return code;
}

void intake_forget_early(struct intake_link *link)
{
    while (link->early) {
        struct early *early = link->early;
        link->early = early->next;
        free(early);
    }
    link->early_bytes = 0;
}

int intake_take(struct intake_link *link, const struct channel_rule *rule,
                struct channel_message *message)
{
    const struct instance *instance = link->instance;
    if (!instance->stream || !instance->run.ready || message->type == MESSAGE_SAID)
        return taking_handle(link, rule, message);
    /* A further batch covers all that came before it. */
    if (message->type == MESSAGE_BATCH) {
        int code = replay(link);
        return code ? code : taking_handle(link, rule, message);
    }
    /* None of it is acknowledged, so that an honest one has no more on its way. */
    if (link->early_bytes + message->length + CHANNEL_LEAST > CHANNEL_CREDIT)
        return ERROR_PEER;
    return keep(link, rule, message);
}

int intake_resume(struct intake_link *link)
{
    if (!link->instance || link->instance->run.ready ||
        !course_has_channel(&link->instance->course))
        return 0;
    return replay(link);
}
