/* A million names take as little room in a payload as a thousand. */
#include "evidence/run/beyond.h"

#include <stdlib.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { LINE_MOST = 512 }; /* an attribute's name and three numbers */

struct beyond {
    size_t attribute;
    double sum;
    uint64_t count;
};

int beyond_add(struct run *run, size_t attribute, double value)
{
    size_t at = 0;
    while (at < run->beyond_count && run->beyond[at].attribute != attribute)
        at++;
    if (at == run->beyond_count) {
        int code = array_reserve(&run->beyond, &run->beyond_capacity, at, sizeof *run->beyond);
        if (code)
            return code;
        run->beyond[run->beyond_count++] = (struct beyond){.attribute = attribute};
    }
    run->beyond[at].sum += value;
    run->beyond[at].count++;
    return 0;
}

static json_t *line_of(const struct beyond *beyond, const struct attribute *attribute)
{
    char number[TEXT_DOUBLE_SIZE];
    bool is_text = attribute->kind == SERIES_TEXT;
    text_from_double(beyond->sum, number);
    return json_pack("{s:s, s:{s:s}, s:s, s:I}", "attribute", attribute->name, "labels", "overflow",
                     "true", is_text ? "text" : "value", is_text ? "" : number, "readings",
                     (json_int_t)beyond->count);
}

int beyond_tell(struct run *run, const struct attributes *attributes)
{
    for (size_t i = 0; i < run->beyond_count; i++) {
        CLEAN(clean_json)
        json_t *line = line_of(&run->beyond[i], &attributes->items[run->beyond[i].attribute]);
        CLEAN(clean_text) char *text = line ? json_canonical(line) : NULL;
        if (!text)
            return ERROR_MEMORY;
        run->readings.limit += LINE_MOST;
        buffer_text(&run->readings, text);
        buffer_byte(&run->readings, '\n');
    }
    beyond_finish(run);
    return run->readings.failed ? ERROR_MEMORY : 0;
}

void beyond_finish(struct run *run)
{
    free(run->beyond);
    run->beyond = NULL;
    run->beyond_count = run->beyond_capacity = 0;
}
