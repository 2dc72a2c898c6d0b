/* One message of a collector, while it is taken. Inside the room only. */
#ifndef INTAKE_TAKING_H
#define INTAKE_TAKING_H

#include "evidence/intake/intake_link.h"
#include "ground/base/text.h"
#include "ground/channel/wire.h"

/* The context of the handlers that intake_rules name. */
struct taking {
    struct intake_link *link;
    struct instance *instance;
    struct run *run; /* the instance's, with a place for readings where the message is part of it */
};

/* What every message has in common: it may come now, and once it is taken its sequence may be
 * acknowledged. */
int taking_handle(struct intake_link *link, const struct channel_rule *rule,
                  struct channel_message *message) MUST_CHECK;
/* The link ends, and the run says why. ERROR_PEER. */
int taking_refuse(struct taking *taking, const char *format, ...) PRINTF_LIKE(2, 3);
/* Adds one line to what is kept, or none of it: what is there stays whole. Takes the object. */
bool taking_append_line(struct buffer *lines, json_t *object) MUST_CHECK;

/* MESSAGE_READINGS. */
int taking_readings(void *context, struct channel_message *message) MUST_CHECK;

#endif
