/* Answers with the headers that every one of them bears. */
#include "outside/front/replies.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "outside/web/web.h"

#define PAGE_POLICY                                                                                \
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "            \
    "object-src 'none'"

enum { FIELDS_MOST = 16 };

/* The headers that every answer bears, and room for more. */
struct headers {
    struct http_field fields[FIELDS_MOST];
    size_t count;
};

static void headers_add(struct headers *headers, const char *name, const char *value)
{
    if (value && headers->count + 1 < FIELDS_MOST)
        headers->fields[headers->count++] = (struct http_field){name, value};
}

static struct headers headers_new(const char *caching)
{
    struct headers headers = {0};
    headers_add(&headers, "Content-Security-Policy", PAGE_POLICY);
    headers_add(&headers, "X-Content-Type-Options", "nosniff");
    headers_add(&headers, "X-Frame-Options", "DENY");
    headers_add(&headers, "Referrer-Policy", "no-referrer");
    headers_add(&headers, "Cross-Origin-Resource-Policy", "same-origin");
    headers_add(&headers, "Cache-Control", caching);
    return headers;
}

/* {"error": sentence}; one that may be tried again says when. */
void replies_refuse(struct http_request *request, int status, const char *sentence)
{
    struct headers headers = headers_new("no-store");
    CLEAN(clean_json) json_t *object = json_pack("{s:s}", "error", sentence);
    CLEAN(clean_text) char *body = json_canonical(object);
    headers_add(&headers, "Retry-After", status == 503 ? "2" : NULL);
    http_answer(request, &(struct http_answer){
                             .status = status,
                             .type = "application/json",
                             .fields = headers.fields,
                             .body = body,
                             .length = body ? strlen(body) : 0,
                         });
}

void replies_page(struct http_request *request, int status, const char *path)
{
    const char *type;
    const struct web_file *file = web_find(path, &type);
    if (!file) {
        replies_refuse(request, 404, "there is nothing at this path");
        return;
    }
    struct headers headers = headers_new("no-cache");
    http_answer(request, &(struct http_answer){
                             .status = status,
                             .type = type,
                             .fields = headers.fields,
                             .body = file->bytes,
                             .length = file->length,
                             .is_static = true,
                         });
}

void replies_sealed(struct http_request *request, int status, const char *type, int fd)
{
    struct headers headers = headers_new("no-store");
    headers_add(&headers, "Vary", "Accept");
    headers_add(&headers, "Retry-After", status == 503 ? "2" : NULL);
    http_answer(request, &(struct http_answer){
                             .status = status,
                             .type = type,
                             .fields = headers.fields,
                             .sealed = fd,
                         });
}

void replies_relay(struct http_request *request, const struct answer *answer)
{
    struct headers headers = headers_new("no-store");
    for (size_t i = 0; i < answer->field_count; i++)
        headers_add(&headers, answer->fields[i].name, answer->fields[i].value);
    http_answer(request, &(struct http_answer){
                             .status = answer->status,
                             .type = answer->type,
                             .fields = headers.fields,
                             .body = answer->body,
                             .length = answer->length,
                         });
}

void replies_session(struct http_request *request, const char *cookie)
{
    struct headers headers = headers_new("no-store");
    headers_add(&headers, "Set-Cookie", cookie);
    headers_add(&headers, "Location", "/");
    http_answer(request, &(struct http_answer){.status = 303, .fields = headers.fields});
}
