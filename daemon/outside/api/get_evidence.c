/* GET /api/evidence: leaves of the ledger, and one with what is kept under it and its proof. */
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "outside/api/params.h"
#include "outside/api/routes.h"

enum { LEAVES_MOST = 1000, LEAVES_PRESET = 100 };

/* What the ledger says is wrong is never the asker's mistake. */
static int ours(int code)
{
    return code == ERROR_RANGE || code == ERROR_MISSING ? ERROR_DATABASE : code;
}

static void set_hash(json_t *object, const char *key, const uint8_t hash[LEDGER_HASH_SIZE])
{
    char text[2 * LEDGER_HASH_SIZE + 1];
    text_from_bytes(hash, LEDGER_HASH_SIZE, text);
    json_object_set_new(object, key, json_string(text));
}

static json_t *show_head(const struct ledger_head *head)
{
    json_t *object = json_object();
    json_object_set_new(object, "size", json_integer((json_int_t)head->size));
    set_hash(object, "root", head->root);
    return object;
}

static int read_leaf(const struct call *call, int64_t index, json_t **ret, struct error *error)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    int code = ledger_read(call->api->ledger, index, &bytes, error);
    return ours(code ? code : json_read(bytes.data, bytes.length, ret, error));
}

static int add_leaf(const struct call *call, int64_t index, json_t *leaves, struct error *error)
{
    json_t *leaf = NULL;
    int code = read_leaf(call, index, &leaf, error);
    if (code)
        return code;
    return json_array_append_new(leaves,
                                 json_pack("{s:I, s:o}", "index", (json_int_t)index, "leaf", leaf))
               ? ERROR_MEMORY
               : 0;
}

/* from: negative counts from the end, as does none at all: the latest leaves. */
static int read_window(const struct call *call, int64_t size, int64_t *ret_from, int64_t *ret_limit,
                       struct error *error)
{
    int64_t limit = LEAVES_PRESET, from = INT64_MIN;
    int code = params_integer(call, "limit", LEAVES_MOST, &limit, error);
    code = code ? code : params_integer(call, "from", INT64_MAX, &from, error);
    if (code)
        return code;
    if (from == INT64_MIN)
        from = size > limit ? size - limit : 0;
    *ret_from = from;
    *ret_limit = limit;
    return 0;
}

int api_list_evidence(struct call *call, json_t **ret, struct error *error)
{
    struct ledger_head head;
    int64_t from, limit;
    ledger_head(call->api->ledger, &head);
    int code = read_window(call, head.size, &from, &limit, error);
    if (code)
        return code;
    CLEAN(clean_json) json_t *object = show_head(&head);
    json_t *leaves = json_array();
    json_object_set_new(object, "leaves", leaves);
    for (int64_t i = from; i < head.size && i - from < limit && !code; i++)
        code = add_leaf(call, i, leaves, error);
    if (!code)
        *ret = json_incref(object);
    return code;
}

/* JSON lines into an array. */
static int read_lines(const struct buffer *bytes, json_t *lines, struct error *error)
{
    const char *at = bytes->data, *stop = bytes->data + bytes->length;
    while (at && at < stop) {
        const char *end = memchr(at, '\n', (size_t)(stop - at));
        end = end ? end : stop;
        json_t *line = NULL;
        int code = end > at ? json_read(at, (size_t)(end - at), &line, error) : 0;
        if (code)
            return code;
        if (line && json_array_append_new(lines, line))
            return ERROR_MEMORY;
        at = end + 1;
    }
    return 0;
}

/* A payload that was disposed of, or never was, reads as nothing. */
static int read_payload(const struct call *call, int64_t index, enum payload_kind kind,
                        struct buffer *ret, struct error *error)
{
    int code = ledger_payload(call->api->ledger, index, kind, ret, error);
    if (code != ERROR_MISSING)
        return ours(code);
    error_finish(error);
    *error = (struct error){0};
    return 0;
}

static int set_lines(const struct call *call, int64_t index, enum payload_kind kind, json_t *lines,
                     struct error *error)
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    int code = read_payload(call, index, kind, &bytes, error);
    return ours(code ? code : read_lines(&bytes, lines, error));
}

static int set_payloads(const struct call *call, int64_t index, json_t *object, struct error *error)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    json_t *readings = json_array(), *excerpts = json_array(), *words = NULL;
    json_object_set_new(object, "readings", readings);
    json_object_set_new(object, "excerpts", excerpts);
    int code = set_lines(call, index, PAYLOAD_READINGS, readings, error);
    code = code ? code : set_lines(call, index, PAYLOAD_EXCERPTS, excerpts, error);
    code = code ? code : read_payload(call, index, PAYLOAD_TEXT, &text, error);
    if (!code && text.length)
        code = ours(json_read(text.data, text.length, &words, error));
    json_object_set_new(object, "text", words ? words : json_object());
    return code;
}

/* RFC 6962 2.1.1, for the tree of `size` leaves that stands beside it. */
static int set_inclusion(const struct call *call, int64_t index, const struct ledger_head *head,
                         json_t *object, struct error *error)
{
    struct ledger_path path;
    int code = ledger_inclusion(call->api->ledger, index, head->size, &path, error);
    if (code)
        return ours(code);
    json_t *hashes = json_array();
    for (size_t i = 0; i < path.count; i++) {
        char text[2 * LEDGER_HASH_SIZE + 1];
        text_from_bytes(path.hashes[i], LEDGER_HASH_SIZE, text);
        json_array_append_new(hashes, json_string(text));
    }
    json_object_set_new(object, "inclusion", hashes);
    json_object_set_new(object, "size", json_integer((json_int_t)head->size));
    set_hash(object, "root", head->root);
    return 0;
}

int api_show_evidence(struct call *call, json_t **ret, struct error *error)
{
    struct ledger_head head;
    int64_t index;
    ledger_head(call->api->ledger, &head);
    if (text_to_integer(call->name, &index) || index < 0)
        return error_set(error, ERROR_RANGE, "\"%s\" is not the index of an entry", call->name);
    if (index >= head.size)
        return error_set(error, ERROR_MISSING, "there is no entry %lld: the ledger has %lld",
                         (long long)index, (long long)head.size);
    CLEAN(clean_json) json_t *object = json_object();
    json_t *leaf = NULL;
    int code = read_leaf(call, index, &leaf, error);
    if (code)
        return code;
    json_object_set_new(object, "index", json_integer((json_int_t)index));
    json_object_set_new(object, "leaf", leaf);
    code = set_payloads(call, index, object, error);
    code = code ? code : set_inclusion(call, index, &head, object, error);
    if (!code)
        *ret = json_incref(object);
    return code;
}
