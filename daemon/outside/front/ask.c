/* Makes questions and reads answers. */
#include "outside/front/ask.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "outside/front/guard.h"

uint32_t ask_loginuid(uint32_t pid)
{
    CLEAN(buffer_finish) struct buffer text = {0};
    CLEAN(clean_text) char *path = text_format("/proc/%u/loginuid", pid);
    int64_t value;
    if (!path || file_read(path, 64, &text) || !text.length)
        return ASK_NO_LOGINUID;
    text.data[strcspn(text.data, "\n")] = '\0';
    if (text_to_integer(text.data, &value) || value < 0 || value > ASK_NO_LOGINUID)
        return ASK_NO_LOGINUID;
    return (uint32_t)value;
}

int ask_make(const struct ask *ask, int64_t id, json_t **ret)
{
    if (ask->body && !text_is_utf8(ask->body, strlen(ask->body)))
        return ERROR_FORMAT;
    json_t *message =
        json_pack("{s:I, s:s, s:s, s:O, s:s, s:s}", "id", (json_int_t)id, "method", ask->method,
                  "path", ask->path, "query", (json_t *)(uintptr_t)ask->query, "body",
                  ask->body ? ask->body : "", "token", ask->token ? ask->token : "");
    if (!message)
        return ERROR_MEMORY;
    if (ask->local && json_object_set_new(message, "peer",
                                          json_pack("{s:I, s:I, s:I}", "uid", (json_int_t)ask->uid,
                                                    "pid", (json_int_t)ask->pid, "loginuid",
                                                    (json_int_t)ask_loginuid(ask->pid)))) {
        json_decref(message);
        return ERROR_MEMORY;
    }
    *ret = message;
    return 0;
}

static void read_fields(const json_t *headers, struct answer *answer)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)headers, name, value) {
        if (answer->field_count == ANSWER_FIELDS || !json_is_string(value))
            continue;
        answer->fields[answer->field_count++] =
            (struct answer_field){name, json_string_value(value)};
    }
}

int ask_answer_read(const json_t *message, struct answer *ret)
{
    const json_t *body = json_object_get(message, "body");
    struct answer answer = {
        .id = json_integer_of(message, "id", 0),
        .type = json_text_of(message, "type", "application/json"),
        .body = json_is_string(body) ? json_string_value(body) : "",
        .length = json_string_length(body),
    };
    const json_t *read = json_object_get(message, "read");
    answer.read_what = json_string_value(json_object_get(read, "what"));
    answer.read_by = json_text_of(read, "by", "unknown");
    int64_t status = json_integer_of(message, "status", 0);
    if (answer.id <= 0 || status < 200 || status > 599)
        return ERROR_PEER;
    answer.status = (int)status;
    read_fields(json_object_get(message, "headers"), &answer);
    *ret = answer;
    return 0;
}

char *ask_answer_session(const struct answer *answer)
{
    CLEAN(clean_json) json_t *object = NULL;
    const char *session = answer->body;
    if (*session == '{' && !json_read(answer->body, answer->length, &object, NULL))
        session = json_text_of(object, "session", "");
    return guard_is_token(session) ? strdup(session) : NULL;
}
