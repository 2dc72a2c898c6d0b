/* What a leaf is made of: its type, its canonical text, the commitment to a payload. */
#include "ledger/private.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

enum { DEPTH_LIMIT = 16 };
#define INTEGER_LIMIT (INT64_C(1) << 53) /* what every reader of JSON keeps exactly */

const char *leaf_type_text(enum leaf_type type)
{
    switch (type) {
    case LEAF_EVIDENCE:
        return "evidence";
    case LEAF_COVERAGE:
        return "coverage";
    case LEAF_RESULT:
        return "result";
    case LEAF_STATE:
        return "state";
    case LEAF_FINDING:
        return "finding";
    case LEAF_ACTION:
        return "action";
    case LEAF_APPROVAL:
        return "approval";
    case LEAF_EXCEPTION:
        return "exception";
    case LEAF_CONFIG:
        return "config";
    case LEAF_COLLECTOR:
        return "collector";
    case LEAF_GAP:
        return "gap";
    case LEAF_DISPOSAL:
        return "disposal";
    case LEAF_KEY:
        return "key";
    case LEAF_CLOCK:
        return "clock";
    case LEAF_ANCHOR:
        return "anchor";
    case LEAF_START:
        return "start";
    case LEAF_STOP:
        return "stop";
    }
    return "unknown";
}

static int check_value(const json_t *value, unsigned depth, const char *key, struct error *error);

static int check_object(const json_t *object, unsigned depth, struct error *error)
{
    const char *key;
    json_t *member;
    json_object_foreach ((json_t *)object, key, member) {
        int code = check_value(member, depth, key, error);
        if (code)
            return code;
    }
    return 0;
}

static int check_array(const json_t *array, unsigned depth, const char *key, struct error *error)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        int code = check_value(json_array_get(array, i), depth, key, error);
        if (code)
            return code;
    }
    return 0;
}

/* depth bounds the recursion. */
static int check_value(const json_t *value, unsigned depth, const char *key, struct error *error)
{
    if (depth > DEPTH_LIMIT)
        return error_set(error, ERROR_FORMAT, "a leaf's field %s is nested too deep", key);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return check_object(value, depth + 1, error);
    case JSON_ARRAY:
        return check_array(value, depth + 1, key, error);
    case JSON_INTEGER:
        if (json_integer_value(value) < INTEGER_LIMIT && json_integer_value(value) > -INTEGER_LIMIT)
            return 0;
        return error_set(error, ERROR_FORMAT, "a leaf's integer %s is beyond 2^53", key);
    case JSON_STRING:
    case JSON_TRUE:
    case JSON_FALSE:
        return 0;
    case JSON_REAL:
    case JSON_NULL:
        break;
    }
    return error_set(error, ERROR_FORMAT, "a leaf's field %s is %s", key,
                     json_is_null(value) ? "null" : "a real number: give it as text");
}

static int set_head(json_t *fields, enum leaf_type type, int64_t turn_ms)
{
    char time[TEXT_TIME_SIZE];
    text_from_time(turn_ms, time);
    if (json_object_set_new(fields, "t", json_string(leaf_type_text(type))) ||
        json_object_set_new(fields, "ts", json_string(time)) ||
        json_object_set_new(fields, "v", json_integer(1)))
        return ERROR_MEMORY;
    return 0;
}

int ledger_make_leaf(json_t *fields, enum leaf_type type, int64_t turn_ms, char **ret_text,
                     struct error *error)
{
    if (!json_is_object(fields))
        return error_set(error, ERROR_FORMAT, "a leaf's fields must be an object");
    int code = check_object(fields, 0, error);
    if (code)
        return code;
    char *text = set_head(fields, type, turn_ms) ? NULL : json_canonical(fields);
    if (!text)
        return error_set(error, ERROR_MEMORY, "out of memory");
    size_t length = strlen(text);
    if (length > LEDGER_LEAF_LIMIT) {
        free(text);
        return error_set(error, ERROR_LIMIT, "a leaf of type %s has %zu bytes; %d are allowed",
                         leaf_type_text(type), length, LEDGER_LEAF_LIMIT);
    }
    *ret_text = text;
    return 0;
}

void ledger_commit_payload(struct merkle_hasher *hasher, const uint8_t *salt,
                           const struct merkle_piece *payload,
                           char ret_text[2 * LEDGER_HASH_SIZE + 1])
{
    static const char domain[] = "conformd-payload-v1\n";
    uint8_t hash[LEDGER_HASH_SIZE];
    merkle_hash(
        hasher,
        (struct merkle_piece[3]){{domain, sizeof domain - 1}, {salt, LEDGER_SALT_SIZE}, *payload},
        hash);
    text_from_bytes(hash, sizeof hash, ret_text);
}
