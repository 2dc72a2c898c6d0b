/* The two ways to the daemon: HTTP on api.sock, a line of JSON on control.sock. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "programs/conformctl/ctl.h"

enum { ANSWER_LIMIT = 64 << 20, READ_SIZE = 16384, HTTP_GOOD = 200 };

int ctl_fail(const struct error *error)
{
    fprintf(stderr, "conformctl: %s\n", error_sentence(error));
    return 1;
}

int ctl_print_json(const json_t *json)
{
    CLEAN(clean_text) char *text = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS);
    if (!text)
        return 1;
    puts(text);
    return 0;
}

int ctl_fetch(const struct ctl *ctl, const char *path, const json_t *query, json_t **ret)
{
    CLEAN(error_finish) struct error error = {0};
    if (!path || ctl_get(ctl, path, query, ret, &error))
        return ctl_fail(&error);
    return ctl->json ? ctl_print_json(*ret) : -1;
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct buffer *body = context;
    buffer_append(body, bytes, size * count);
    return body->failed ? 0 : size * count;
}

/* path?name=value&... with all values escaped. */
static char *make_url(CURL *easy, const char *path, const json_t *query)
{
    struct buffer url = {0};
    const char *name;
    json_t *value;
    char mark = '?';
    buffer_print(&url, "http://localhost%s", path);
    json_object_foreach ((json_t *)query, name, value) {
        char *escaped = curl_easy_escape(easy, json_string_value(value), 0);
        buffer_print(&url, "%c%s=%s", mark, name, escaped ? escaped : "");
        curl_free(escaped);
        mark = '&';
    }
    return buffer_take(&url);
}

/* What to do when nobody answers: the same sentences for both sockets. */
static int nobody(const char *socket, struct error *error)
{
    int cause = access(socket, R_OK | W_OK) ? errno : ECONNREFUSED;
    if (cause == EACCES)
        return error_set(error, ERROR_DENIED,
                         "%s: you may not speak to conformd; root and the members of its group may",
                         socket);
    return error_set(error, ERROR_CLOSED,
                     "%s: %s; is conformd running (systemctl status conformd)? --socket FOLDER or "
                     "CONFORMD_SOCKET says where its sockets are",
                     socket, strerror(cause));
}

static int read_answer(const struct buffer *body, long status, json_t **ret, struct error *error)
{
    CLEAN(clean_json) json_t *json = NULL;
    int code = json_read(body->data ? body->data : "", body->length, &json, error);
    if (code)
        return code;
    if (status != HTTP_GOOD)
        return error_set(error, ERROR_STATE, "%s", json_text_of(json, "error", "no answer"));
    *ret = json_incref(json);
    return 0;
}

int ctl_get(const struct ctl *ctl, const char *path, const json_t *query, json_t **ret,
            struct error *error)
{
    CLEAN(buffer_finish) struct buffer body = {.limit = ANSWER_LIMIT};
    CLEAN(clean_text) char *socket = text_format("%s/api.sock", ctl->folder);
    CURL *easy = curl_easy_init();
    CLEAN(clean_text) char *url = easy ? make_url(easy, path, query) : NULL;
    long status = 0;
    if (!url || !socket)
        return ERROR_MEMORY;
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
    CURLcode result = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    if (result == CURLE_COULDNT_CONNECT)
        return nobody(socket, error);
    if (result != CURLE_OK)
        return error_set(error, ERROR_IO, "%s: %s", socket, curl_easy_strerror(result));
    return read_answer(&body, status, ret, error);
}

static int connect_control(const struct ctl *ctl, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CLEAN(clean_text) char *path = text_format("%s/control.sock", ctl->folder);
    if (!path || strlen(path) >= sizeof address.sun_path)
        return error_set(error, ERROR_RANGE, "%s: too long for a socket's path", ctl->folder);
    memcpy(address.sun_path, path, strlen(path) + 1);
    CLEAN(clean_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        return nobody(path, error);
    int ret = fd;
    fd = -1;
    return ret;
}

static int send_request(int fd, const char *command, json_t *arguments)
{
    CLEAN(clean_json)
    json_t *request = json_pack("{s:s, s:o}", "command", command, "arguments", arguments);
    CLEAN(clean_text) char *text = json_canonical(request);
    CLEAN(clean_text) char *line = text ? text_format("%s\n", text) : NULL;
    if (!line)
        return ERROR_MEMORY;
    size_t length = strlen(line);
    return send(fd, line, length, MSG_NOSIGNAL) == (ssize_t)length ? 0 : ERROR_IO;
}

/* One line of the answer; 1 when it is the last one. */
static int take_line(const char *line, size_t length, json_t **ret_body, struct error *error)
{
    CLEAN(clean_json) json_t *json = NULL;
    int code = json_read(line, length, &json, error);
    if (code)
        return code;
    const char *progress = json_text_of(json, "progress", NULL);
    if (progress) {
        fprintf(stderr, "%s\n", progress);
        return 0;
    }
    if (!json_flag_of(json, "ok", false))
        return error_set(error, ERROR_DENIED, "%s", json_text_of(json, "sentence", "refused"));
    *ret_body = json_incref(json_object_get(json, "body"));
    return *ret_body ? 1 : ERROR_FORMAT;
}

static int read_lines(int fd, json_t **ret_body, struct error *error)
{
    CLEAN(buffer_finish) struct buffer in = {.limit = ANSWER_LIMIT};
    char bytes[READ_SIZE];
    for (;;) {
        ssize_t count = read(fd, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return error_set(error, ERROR_CLOSED, "the daemon ended before it answered");
        buffer_append(&in, bytes, (size_t)count);
        for (char *end; (end = in.data ? memchr(in.data, '\n', in.length) : NULL);) {
            int code = take_line(in.data, (size_t)(end - in.data), ret_body, error);
            if (code)
                return code > 0 ? 0 : code;
            buffer_consume(&in, (size_t)(end - in.data) + 1);
        }
        if (in.failed)
            return error_set(error, ERROR_LIMIT, "the answer is too long");
    }
}

int ctl_act(const struct ctl *ctl, const char *command, json_t *arguments, json_t **ret_body,
            struct error *error)
{
    int made = connect_control(ctl, error);
    if (made < 0) {
        json_decref(arguments);
        return made;
    }
    CLEAN(clean_fd) int fd = made;
    int code = send_request(fd, command, arguments);
    if (code)
        return error_set(error, code, "control.sock: %s", strerror(errno));
    return read_lines(fd, ret_body, error);
}
