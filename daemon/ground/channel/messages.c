/* JSON bodies: in the message, or in a sealed memfd that comes along. */
#include "ground/channel/messages.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"

int messages_json(struct channel_message *message, json_t **ret)
{
    CLEAN(buffer_finish) struct buffer file = {0};
    CLEAN(clean_json) json_t *json = NULL;
    const char *text = (const char *)message->body;
    size_t length = message->length;
    if (message->fd >= 0 && length == 0) {
        /* Sealed, or the sender could change it while it is read. */
        if (!file_is_sealed(message->fd) || file_read_fd(message->fd, MESSAGE_JSON_MOST, &file))
            return ERROR_PEER;
        text = file.data ? file.data : "";
        length = file.length;
    }
    if (json_read(text, length, &json, NULL) || !json_is_object(json))
        return ERROR_PEER;
    *ret = json;
    json = NULL;
    return 0;
}

int messages_send(struct channel *channel, enum message_type type, const json_t *object)
{
    CLEAN(clean_text) char *text = json_canonical(object);
    if (!text)
        return ERROR_MEMORY;
    size_t length = strlen(text);
    if (length > MESSAGE_JSON_MOST)
        return ERROR_LIMIT;
    return channel_send_text(channel, type, text, length);
}
