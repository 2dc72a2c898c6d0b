/* Any bytes as a duration, a size, a time, a number, UTF-8: no text may do harm. */
/* links: base */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *text = malloc(length + 1);
    char *printable = text_printable((const char *)bytes, length);
    int64_t value, again;
    double number;

    if (!text || !printable || !text_is_utf8(printable, strlen(printable)))
        abort();
    if (length)
        memcpy(text, bytes, length);
    text[length] = '\0';
    if (text_to_duration(text, &value) == 0) {
        char *back = text_from_duration(value);

        if (!back || text_to_duration(back, &again) != 0 || again != value)
            abort();
        free(back);
    }
    if (text_to_time(text, &value) == 0) {
        char back[TEXT_TIME_SIZE];

        text_from_time(value, back);
        if (text_to_time(back, &again) != 0 || again != value)
            abort();
    }
    if (text_to_double(text, &number) == 0) {
        char back[TEXT_DOUBLE_SIZE];
        double same;

        text_from_double(number, back);
        if (text_to_double(back, &same) != 0 || same != number)
            abort();
    }
    if (text_to_bytes(text, &value) == 0 && value < 0)
        abort();
    free(printable);
    free(text);
    return 0;
}
