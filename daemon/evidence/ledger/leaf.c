/* What a leaf is made of: its type, its canonical text, the commitment to a payload. */
#include "evidence/ledger/ledger_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

enum { DEPTH_LIMIT = 16 };
/* What JSON text must escape (RFC 8259 section 7), and of it what has a short form. */
#define ESCAPED                                                                                    \
    "\"\\\001\002\003\004\005\006\007\010\011\012\013\014\015\016\017"                             \
    "\020\021\022\023\024\025\026\027\030\031\032\033\034\035\036\037"
#define SHORT_FROM "\"\\\b\f\n\r\t"
#define SHORT_TO   "\"\\bfnrt"

struct leaf_writer {
    struct buffer *out;
    struct error *error;
};

#define INTEGER_LIMIT (INT64_C(1) << 53) /* what every reader of JSON keeps exactly */

const char *ledger_leaf_type_text(enum leaf_type type)
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
    case LEAF_SELFTEST:
        return "selftest";
    }
    return "unknown";
}

static int write_value(struct leaf_writer *writer, const json_t *value, const char *key,
                       unsigned depth);

static void write_text(struct buffer *out, const char *text)
{
    buffer_byte(out, '"');
    for (;;) {
        /* What needs no escape goes as a whole. */
        size_t plain = strcspn(text, ESCAPED);
        buffer_append(out, text, plain);
        text += plain;
        if (!*text)
            break;
        const char *found = strchr(SHORT_FROM, *text);
        if (found)
            buffer_append(out, (char[2]){'\\', SHORT_TO[found - SHORT_FROM]}, 2);
        else
            buffer_print(out, "\\u%04X", (unsigned)*text);
        text++;
    }
    buffer_byte(out, '"');
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int write_members(struct leaf_writer *writer, const json_t *object, const char **keys,
                         unsigned depth)
{
    size_t count = 0;
    const char *key;
    json_t *member;
    json_object_foreach ((json_t *)object, key, member)
        keys[count++] = key;
    if (count > 1)
        qsort(keys, count, sizeof *keys, by_bytes);
    int code = 0;
    for (size_t i = 0; !code && i < count; i++) {
        buffer_byte(writer->out, i ? ',' : '{');
        write_text(writer->out, keys[i]);
        buffer_byte(writer->out, ':');
        code = write_value(writer, json_object_get(object, keys[i]), keys[i], depth + 1);
    }
    if (!count)
        buffer_byte(writer->out, '{');
    buffer_byte(writer->out, '}');
    return code;
}

static int write_object(struct leaf_writer *writer, const json_t *object, unsigned depth)
{
    enum { FEW = 32 };
    const char *few[FEW];
    if (json_object_size(object) <= FEW)
        return write_members(writer, object, few, depth);
    CLEAN(clean_memory) const char **many = calloc(json_object_size(object), sizeof *many);
    if (!many)
        return error_set(writer->error, ERROR_MEMORY, "out of memory");
    return write_members(writer, object, many, depth);
}

static int write_array(struct leaf_writer *writer, const json_t *array, const char *key,
                       unsigned depth)
{
    int code = 0;
    buffer_byte(writer->out, '[');
    for (size_t i = 0; !code && i < json_array_size(array); i++) {
        if (i)
            buffer_byte(writer->out, ',');
        code = write_value(writer, json_array_get(array, i), key, depth + 1);
    }
    buffer_byte(writer->out, ']');
    return code;
}

static int write_integer(struct leaf_writer *writer, int64_t value, const char *key)
{
    char text[24];
    if (value >= INTEGER_LIMIT || value <= -INTEGER_LIMIT)
        return error_set(writer->error, ERROR_FORMAT, "an entry's integer %s is beyond 2^53", key);
    int length = snprintf(text, sizeof text, "%lld", (long long)value);
    buffer_append(writer->out, text, (size_t)length);
    return 0;
}

/* depth bounds the recursion. */
static int write_value(struct leaf_writer *writer, const json_t *value, const char *key,
                       unsigned depth)
{
    if (depth > DEPTH_LIMIT)
        return error_set(writer->error, ERROR_FORMAT, "an entry's field %s is nested too deep",
                         key);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return write_object(writer, value, depth);
    case JSON_ARRAY:
        return write_array(writer, value, key, depth);
    case JSON_INTEGER:
        return write_integer(writer, json_integer_value(value), key);
    case JSON_STRING:
        write_text(writer->out, json_string_value(value));
        return 0;
    case JSON_TRUE:
    case JSON_FALSE:
        buffer_text(writer->out, json_is_true(value) ? "true" : "false");
        return 0;
    case JSON_REAL:
    case JSON_NULL:
        break;
    }
    return error_set(writer->error, ERROR_FORMAT, "an entry's field %s is %s", key,
                     json_is_null(value) ? "null" : "a real number: give it as text");
}

static int set_head(json_t *fields, enum leaf_type type, const char *time)
{
    if (json_object_set_new(fields, "t", json_string(ledger_leaf_type_text(type))) ||
        json_object_set_new(fields, "ts", json_string(time)) ||
        json_object_set_new(fields, "v", json_integer(1)))
        return ERROR_MEMORY;
    return 0;
}

int ledger_make_leaf(json_t *fields, enum leaf_type type, const char *time, struct buffer *ret_text,
                     struct error *error)
{
    struct leaf_writer writer = {ret_text, error};
    if (!json_is_object(fields))
        return error_set(error, ERROR_FORMAT, "an entry's fields must be an object");
    if (set_head(fields, type, time))
        return error_set(error, ERROR_MEMORY, "out of memory");
    int code = write_object(&writer, fields, 0);
    if (code)
        return code;
    if (ret_text->failed)
        return error_set(error, ERROR_MEMORY, "out of memory");
    if (ret_text->length > LEDGER_LEAF_LIMIT)
        return error_set(error, ERROR_LIMIT, "an entry of type %s has %zu bytes; %d are allowed",
                         ledger_leaf_type_text(type), ret_text->length, LEDGER_LEAF_LIMIT);
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
