/* Webhooks: curl's multi interface, driven by the loop. */
#include "programs/conformd-courier/webhook.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { SECRET_LIMIT = 4096, ANSWER_LIMIT = 65536, REASON_SIZE = 256, AFTER_MOST_S = 86400 };

struct webhook {
    struct loop *loop;
    struct loop_timer *timer;
    CURLM *multi;
    void (*on_done)(void *context, const struct webhook_outcome *outcome);
    void *context;
};

/* One POST under way. */
struct post {
    struct webhook *webhook;
    int64_t id;
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    size_t received;
    char reason[CURL_ERROR_SIZE];
};

/* A socket that curl wants watched. */
struct watched {
    struct webhook *webhook;
    struct loop_watch *watch;
    curl_socket_t socket;
};

static void free_post(struct post *post)
{
    if (!post)
        return;
    if (post->easy)
        curl_easy_cleanup(post->easy);
    curl_slist_free_all(post->headers);
    free(post->body);
    free(post);
}

/* The credential's text without its last line end; secrets come as files of the service manager. */
static int read_secret(const char *reference, struct buffer *ret, struct error *error)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    const char *name = text_begins(reference, "credential:") ? reference + 11 : reference;
    if (!folder)
        return error_set(error, ERROR_MISSING,
                         "credential %s: CREDENTIALS_DIRECTORY is not set; give it with "
                         "LoadCredential= in the unit",
                         name);
    CLEAN(clean_text) char *path = text_format("%s/%s", folder, name);
    int code = path ? file_read(path, SECRET_LIMIT, ret) : ERROR_MEMORY;
    if (code)
        return error_set(error, code, "credential %s cannot be read: %s", name, error_text(code));
    while (ret->length && strchr("\r\n", ret->data[ret->length - 1]))
        ret->data[--ret->length] = '\0';
    if (!ret->length)
        return error_set(error, ERROR_FORMAT,
                         "credential %s is empty: nothing can be signed with "
                         "it",
                         name);
    return 0;
}

static int sign(struct post *post, const char *secret, struct error *error)
{
    CLEAN(buffer_finish) struct buffer key = {0};
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    char text[2 * EVP_MAX_MD_SIZE + 1];
    int code = read_secret(secret, &key, error);
    if (code)
        return code;
    if (!HMAC(EVP_sha256(), key.data, (int)key.length, (const unsigned char *)post->body,
              strlen(post->body), mac, &length))
        return error_set(error, ERROR_MEMORY, "the message could not be signed");
    text_from_bytes(mac, length, text);
    CLEAN(clean_text) char *header = text_format("X-Conformd-Signature-256: sha256=%s", text);
    post->headers = curl_slist_append(post->headers, header ? header : "");
    explicit_bzero(key.data, key.length);
    return post->headers ? 0 : ERROR_MEMORY;
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *context)
{
    struct post *post = context;
    (void)bytes;
    post->received += size * count;
    return post->received > ANSWER_LIMIT ? 0 : size * count;
}

static int set_options(struct post *post, const json_t *channel)
{
    CURL *easy = post->easy;
    const char *ca = json_text_of(channel, "ca_file", "");
    long timeout_ms = (long)json_integer_of(channel, "timeout", 0);
    CURLcode bad = CURLE_OK;
    bad |= curl_easy_setopt(easy, CURLOPT_URL, json_text_of(channel, "url", ""));
    bad |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
    bad |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->body);
    bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(post->body));
    bad |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, post->headers);
    bad |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "conformd");
    bad |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, post->reason);
    bad |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    bad |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, post);
    bad |= curl_easy_setopt(easy, CURLOPT_PRIVATE, post);
    if (*ca)
        bad |= curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
    return bad ? ERROR_SETTING : 0;
}

int webhook_post(struct webhook *webhook, const json_t *channel, int64_t id, const char *body,
                 struct error *error)
{
    const char *secret = json_text_of(channel, "secret", "");
    struct post *post = calloc(1, sizeof *post);
    if (!post)
        return ERROR_MEMORY;
    *post =
        (struct post){.webhook = webhook, .id = id, .easy = curl_easy_init(), .body = strdup(body)};
    post->headers =
        curl_slist_append(NULL, "Content-Type: application/cloudevents+json; charset=utf-8");
    int code = post->easy && post->body && post->headers ? 0 : ERROR_MEMORY;
    if (!code && *secret)
        code = sign(post, secret, error);
    if (!code)
        code = set_options(post, channel);
    if (!code && curl_multi_add_handle(webhook->multi, post->easy))
        code = ERROR_MEMORY;
    if (!code)
        return 0;
    free_post(post);
    return error && error->sentence ? code : error_set(error, code, "%s", error_text(code));
}

static void tell(struct post *post, CURLcode result)
{
    char text[REASON_SIZE];
    long status = 0;
    curl_off_t after = 0;
    struct webhook_outcome outcome = {.id = post->id, .why = text};
    curl_easy_getinfo(post->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(post->easy, CURLINFO_RETRY_AFTER, &after);
    /* A long answer is cut off; that it was taken stands before it. */
    bool answered =
        result == CURLE_OK || (result == CURLE_WRITE_ERROR && post->received > ANSWER_LIMIT);
    outcome.ok = answered && status >= 200 && status < 300;
    outcome.after_ms = (int64_t)(after < AFTER_MOST_S ? after : AFTER_MOST_S) * 1000;
    if (result != CURLE_OK)
        snprintf(text, sizeof text, "%s",
                 post->reason[0] ? post->reason : curl_easy_strerror(result));
    else
        snprintf(text, sizeof text, "the receiver answered %ld", status);
    post->webhook->on_done(post->webhook->context, &outcome);
}

static void reap(struct webhook *webhook)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(webhook->multi, &left))) {
        struct post *post = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&post);
        CURLcode result = message->data.result;
        curl_multi_remove_handle(webhook->multi, post->easy);
        tell(post, result);
        free_post(post);
    }
}

static void on_socket_ready(void *context, unsigned events)
{
    struct watched *watched = context;
    struct webhook *webhook = watched->webhook;
    int running, flags = 0;
    if (events & LOOP_READ)
        flags |= CURL_CSELECT_IN;
    if (events & LOOP_WRITE)
        flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(webhook->multi, watched->socket, flags, &running);
    reap(webhook);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *known)
{
    struct webhook *webhook = context;
    struct watched *watched = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watched)
            loop_unwatch(watched->watch);
        free(watched);
        curl_multi_assign(webhook->multi, socket, NULL);
        return 0;
    }
    if (!watched) {
        watched = calloc(1, sizeof *watched);
        if (!watched)
            return -1;
        *watched = (struct watched){.webhook = webhook, .socket = socket};
        if (loop_watch(webhook->loop, socket, on_socket_ready, watched, &watched->watch)) {
            free(watched);
            return -1;
        }
        curl_multi_assign(webhook->multi, socket, watched);
    }
    loop_watch_set(watched->watch, ((what & CURL_POLL_IN) ? LOOP_READ : 0u) |
                                       ((what & CURL_POLL_OUT) ? LOOP_WRITE : 0u));
    return 0;
}

static int on_timeout(CURLM *multi, long timeout_ms, void *context)
{
    struct webhook *webhook = context;
    (void)multi;
    if (timeout_ms < 0)
        loop_timer_stop(webhook->timer);
    else
        loop_timer_set(webhook->timer, timeout_ms);
    return 0;
}

static void on_time(void *context)
{
    struct webhook *webhook = context;
    int running;
    curl_multi_socket_action(webhook->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    reap(webhook);
}

int webhook_new(struct loop *loop,
                void (*on_done)(void *context, const struct webhook_outcome *outcome),
                void *context, struct webhook **ret)
{
    struct webhook *webhook = calloc(1, sizeof *webhook);
    if (!webhook || curl_global_init(CURL_GLOBAL_DEFAULT)) {
        free(webhook);
        return ERROR_MEMORY;
    }
    *webhook = (struct webhook){
        .loop = loop, .multi = curl_multi_init(), .on_done = on_done, .context = context};
    if (!webhook->multi || loop_timer(loop, on_time, webhook, &webhook->timer)) {
        webhook_free(webhook);
        return ERROR_MEMORY;
    }
    curl_multi_setopt(webhook->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(webhook->multi, CURLMOPT_SOCKETDATA, webhook);
    curl_multi_setopt(webhook->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(webhook->multi, CURLMOPT_TIMERDATA, webhook);
    *ret = webhook;
    return 0;
}

void webhook_free(struct webhook *webhook)
{
    if (!webhook)
        return;
    if (webhook->multi)
        curl_multi_cleanup(webhook->multi);
    loop_timer_free(webhook->timer);
    free(webhook);
    curl_global_cleanup();
}
