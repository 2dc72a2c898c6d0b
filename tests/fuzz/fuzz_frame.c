/* Frames and bodies of a hostile peer: each input is a row of datagrams, u16 length before each. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ground/channel/frame.h"
#include "ground/channel/messages.h"
#include "ground/channel/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_values(void *context, struct channel_message *message)
{
    struct wire wire = wire_over(message->body, message->length);
    size_t length, sum = 0;
    uint32_t count = wire_u32(&wire);
    for (uint32_t i = 0; i < count && !wire.failed; i++) {
        wire_double(&wire);
        sum += strlen(wire_text(&wire)) + wire_u16(&wire);
        wire_bytes(&wire, &length);
        sum += length;
    }
    *(size_t *)context += sum;
    return wire_ended_well(&wire) ? 0 : ERROR_PEER;
}

static int on_json(void *context, struct channel_message *message)
{
    json_t *json = NULL;
    int code = messages_json(message, &json);
    *(size_t *)context += json_object_size(json);
    json_decref(json);
    return code;
}

static const struct channel_rule rules[] = {
    {1, 4, CHANNEL_MOST, CHANNEL_FD_NONE, on_values},
    {2, 0, CHANNEL_MOST, CHANNEL_FD_MAYBE, on_json},
    {3, 8, 16, CHANNEL_FD_NONE, on_values},
    {0},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];
    size_t sum = 0;
    struct channel *channel = NULL;
    uint16_t length;
    if (channel_pair(fds))
        return 0;
    if (channel_new(fds[1], rules, size % 2, &sum, &channel))
        abort();
    while (size >= sizeof length) {
        memcpy(&length, data, sizeof length);
        data += sizeof length;
        size -= sizeof length;
        if (length > size)
            length = (uint16_t)size;
        if (send(fds[0], data, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            break;
        data += length;
        size -= length;
        int code = channel_receive(channel, 4);
        if (code && code != ERROR_AGAIN)
            break;
    }
    close(fds[0]);
    channel_free(channel);
    return 0;
}
