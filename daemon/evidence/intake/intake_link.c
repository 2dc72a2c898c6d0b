/* Links come with a channel, and go when it has ended and all it brought is sealed. */
#include "evidence/intake/intake_link.h"

#include <stdlib.h>

struct intake_link *intake_link_new(struct intake *intake, struct instance *instance)
{
    struct intake_link *link = calloc(1, sizeof *link);
    if (!link)
        return NULL;
    intake_link_free(instance->link);
    if (!instance_connect(instance)) {
        free(link);
        return NULL;
    }
    link->intake = intake;
    link->instance = instance;
    instance->link = link;
    return link;
}

void intake_link_free(struct intake_link *link)
{
    if (!link)
        return;
    if (link->instance && link->instance->link == link) {
        link->instance->link = NULL;
        instance_drop(link->instance);
    }
    intake_forget_early(link);
    free(link->why);
    free(link);
}

void intake_link_end(struct intake_link *link, const char *sentence)
{
    struct instance *instance = link->instance;
    intake_forget_early(link);
    if (instance && instance->link == link)
        instance_disconnect(instance, sentence && link->why ? link->why : sentence);
}

uint64_t intake_acknowledge(struct intake_link *link)
{
    uint64_t upto = link->held ? link->held - 1 : link->taken;
    if (upto <= link->acknowledged)
        return 0;
    link->acknowledged = upto;
    return upto;
}
