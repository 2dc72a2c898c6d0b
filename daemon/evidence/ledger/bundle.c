/* Writing and walking entry bundles. */
#include "evidence/ledger/bundle.h"

int bundle_next(struct bundle *bundle)
{
    size_t left = bundle->length - bundle->at;
    if (!left)
        return 0;
    if (left < 2)
        return ERROR_FORMAT;
    const uint8_t *head = bundle->bytes + bundle->at;
    size_t length = (size_t)head[0] << 8 | head[1];
    if (length > left - 2)
        return ERROR_FORMAT;
    bundle->entry = head + 2;
    bundle->entry_length = length;
    bundle->at += 2 + length;
    return 1;
}

int bundle_append(struct buffer *entries, const void *entry, size_t length)
{
    if (length > UINT16_MAX)
        return ERROR_LIMIT;
    buffer_byte(entries, (char)(length >> 8));
    buffer_byte(entries, (char)(length & 0xff));
    buffer_append(entries, entry, length);
    return entries->failed ? ERROR_MEMORY : 0;
}
