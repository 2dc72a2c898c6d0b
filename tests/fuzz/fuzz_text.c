/* Any bytes as a duration, a size, a time, a number, UTF-8: no text may do harm. */
/* links: base */
#include "ground/base/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void try_duration(const char *text)
{
    int64_t value, again;
    char *back;

    if (text_to_duration(text, &value) != 0)
        return;
    back = text_from_duration(value);
    if (!back || text_to_duration(back, &again) != 0 || again != value)
        abort();
    free(back);
}

static void try_time(const char *text)
{
    char back[TEXT_TIME_SIZE];
    int64_t value, again;

    if (text_to_time(text, &value) != 0)
        return;
    text_from_time(value, back);
    /* A zone can carry the first or the last hours out of the years that a text can name. */
    if (text_to_time(back, &again) == 0
            ? again != value
            : value > INT64_C(-62167219200000) && value < INT64_C(253402300800000))
        abort();
}

static void try_double(const char *text)
{
    char back[TEXT_DOUBLE_SIZE];
    double value, same;

    if (text_to_double(text, &value) != 0)
        return;
    text_from_double(value, back);
    if (text_to_double(back, &same) != 0 || same != value)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *text = calloc(1, length + 1);
    char *printable = text_printable((const char *)bytes, length);
    int64_t value;

    if (!text || !printable || !text_is_utf8(printable, strlen(printable)))
        abort();
    if (length)
        memcpy(text, bytes, length);
    try_duration(text);
    try_time(text);
    try_double(text);
    if (text_to_bytes(text, &value) == 0 && value < 0)
        abort();
    free(printable);
    free(text);
    return 0;
}
