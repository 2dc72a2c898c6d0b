/* Readings packed for one message; an event that comes again with the same labels adds up. */
#ifndef COLLECTOR_PACKED_H
#define COLLECTOR_PACKED_H

#include "ground/base/buffer.h"
#include "ground/channel/messages.h"

#include <conformd/collector.h>

enum { PACKED_MOST = CHANNEL_MOST - CHANNEL_LEAST }; /* bytes */

/* Zeroed is empty. */
struct packed {
    struct buffer body; /* u32 count, then the readings; the count is set by packed_seal */
    uint32_t count;
    struct buffer one; /* the reading that is being packed */
    uint16_t *slots;   /* of events: where in the body they begin, found by their labels; 0: none */
    uint32_t merged;   /* events that are in the slots */
};

/* Takes in a checked reading; label_count is the attribute's. ERROR_AGAIN when there is no room:
 * send what is there, and ask again. ERROR_LIMIT for one that no message has room for. */
int packed_add(struct packed *packed, uint32_t number, const struct cfd_attribute *attribute,
               const struct cfd_reading *reading) MUST_CHECK;
/* The body of the message; NULL when it is empty. Borrowed until packed_reset. */
const struct buffer *packed_seal(struct packed *packed);
void packed_reset(struct packed *packed);
void packed_finish(struct packed *packed);

#endif
