/* Adds up what was read, in all and by source. */
#include "evidence/run/seen.h"

#include "evidence/run/run.h"
#include "ground/base/json.h"

static int64_t sum(int64_t a, int64_t b)
{
    return a > SEEN_MOST - 1 - b ? SEEN_MOST - 1 : a + b;
}

int seen_add(struct seen *seen, const char *source, int64_t bytes, int64_t lines)
{
    seen->told = true;
    seen->bytes = sum(seen->bytes, bytes);
    seen->lines = sum(seen->lines, lines);
    if (!seen->sources)
        seen->sources = json_object();
    json_t *known = json_object_get(seen->sources, source);
    if (!known && json_object_size(seen->sources) >= RUN_PLACES_LIMIT)
        return 0;
    json_t *pair =
        json_pack("[I, I]", (json_int_t)sum(json_integer_value(json_array_get(known, 0)), bytes),
                  (json_int_t)sum(json_integer_value(json_array_get(known, 1)), lines));
    return json_object_set_new(seen->sources, source, pair) ? ERROR_MEMORY : 0;
}

int seen_merge(struct seen *to, const struct seen *from)
{
    const char *source;
    json_t *pair;
    int code = 0;
    int64_t bytes = sum(to->bytes, from->bytes), lines = sum(to->lines, from->lines);
    json_object_foreach (from->sources, source, pair) {
        if (!code)
            code = seen_add(to, source, json_integer_value(json_array_get(pair, 0)),
                            json_integer_value(json_array_get(pair, 1)));
    }
    /* Of what is beyond the limit the sums alone are known. */
    to->told = to->told || from->told;
    to->bytes = bytes;
    to->lines = lines;
    return code;
}

void seen_finish(struct seen *seen)
{
    json_decref(seen->sources);
    *seen = (struct seen){0};
}

json_t *seen_to_json(const struct seen *seen)
{
    if (!seen->told)
        return NULL;
    return json_pack("{s:I, s:I, s:O*}", "bytes", (json_int_t)seen->bytes, "lines",
                     (json_int_t)seen->lines, "sources", seen->sources);
}

int seen_from_json(const json_t *json, struct seen *ret)
{
    if (!json)
        return 0;
    seen_finish(ret);
    ret->told = true;
    ret->bytes = json_integer_of(json, "bytes", 0);
    ret->lines = json_integer_of(json, "lines", 0);
    const json_t *sources = json_object_get(json, "sources");
    ret->sources = sources ? json_deep_copy(sources) : NULL;
    return sources && !ret->sources ? ERROR_MEMORY : 0;
}

int seen_tell(const struct seen *seen, json_t *fields)
{
    if (!seen->told)
        return 0;
    int bad = json_object_set_new(fields, "bytes", json_integer((json_int_t)seen->bytes)) ||
              json_object_set_new(fields, "lines", json_integer((json_int_t)seen->lines)) ||
              (seen->sources && json_object_set(fields, "sources", seen->sources));
    return bad ? ERROR_MEMORY : 0;
}
