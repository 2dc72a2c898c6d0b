/* Makes folders, and opens unix and TCP listeners. */
#include "parent/children/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { BACKLOG = 128, STATE_MODE = 0750, RUNTIME_MODE = 0755, SOCKET_MODE = 0660 };

/* Makes what is above a folder: 0755, the present user's. */
static int make_parents(const char *path)
{
    CLEAN(clean_text) char *copy = strdup(path);
    if (!copy)
        return ERROR_MEMORY;
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, RUNTIME_MODE) && errno != EEXIST)
            return ERROR_IO;
        *slash = '/';
    }
    return 0;
}

static int make_folder(const char *path, mode_t mode, const struct rights_user *user,
                       struct error *error)
{
    struct stat found;
    if (!stat(path, &found)) {
        if (S_ISDIR(found.st_mode))
            return 0;
        return error_set(error, ERROR_EXISTS, "%s is not a folder", path);
    }
    int code = make_parents(path);
    if (code || mkdir(path, mode) || chmod(path, mode) ||
        (user->changes && chown(path, user->uid, user->gid)))
        return error_set(error, ERROR_IO, "cannot make the folder %s: %s", path, strerror(errno));
    return 0;
}

int listen_make_folders(const json_t *config, const struct rights_user *user, struct error *error)
{
    int code = make_folder(json_text_of(config, "state_dir", ""), STATE_MODE, user, error);
    if (code)
        return code;
    return make_folder(json_text_of(config, "runtime_dir", ""), RUNTIME_MODE, user, error);
}

static bool is_served(const struct sockaddr_un *address)
{
    CLEAN(clean_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd >= 0 &&
           (!connect(fd, (const struct sockaddr *)address, sizeof *address) || errno == EAGAIN);
}

/* What a daemon that was killed has left; what is no socket is somebody's file. */
static int remove_old(const char *path, struct error *error)
{
    struct stat status;
    if (lstat(path, &status))
        return 0;
    if (!S_ISSOCK(status.st_mode))
        return error_set(error, ERROR_EXISTS, "%s is in the way: it is not a socket", path);
    unlink(path);
    return 0;
}

static int open_unix(const json_t *config, const char *name, int *ret, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CLEAN(clean_text)
    char *path = text_format("%s/%s", json_text_of(config, "runtime_dir", ""), name);
    if (!path)
        return error_set(error, ERROR_MEMORY, "no memory left for a socket");
    size_t length = strlen(path);
    if (length >= sizeof address.sun_path)
        return error_set(error, ERROR_LIMIT, "the socket's path %s is longer than %zu bytes", path,
                         sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, length + 1);
    if (is_served(&address))
        return error_set(error, ERROR_EXISTS,
                         "%s is used by another process: is conformd running already?", path);
    int code = remove_old(path, error);
    if (code)
        return code;
    CLEAN(clean_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) ||
        chmod(path, SOCKET_MODE) || listen(fd, BACKLOG))
        return error_set(error, ERROR_IO, "cannot listen on %s: %s", path, strerror(errno));
    *ret = fd;
    fd = -1;
    return 0;
}

/* "host:port" with a numeric host, in brackets when IPv6. */
static int split_address(const char *text, char **ret_host, char **ret_port)
{
    const char *colon = strrchr(text, ':');
    if (!colon || !colon[1])
        return ERROR_FORMAT;
    size_t length = (size_t)(colon - text);
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    *ret_host = strndup(text, length);
    *ret_port = strdup(colon + 1);
    return *ret_host && *ret_port ? 0 : ERROR_MEMORY;
}

static int bind_tcp(const struct addrinfo *found, int *ret)
{
    CLEAN(clean_fd)
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
        return ERROR_IO;
    if (found->ai_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on))
        return ERROR_IO;
    if (bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, BACKLOG))
        return ERROR_IO;
    *ret = fd;
    fd = -1;
    return 0;
}

static int open_tcp(const char *text, int *ret, struct error *error)
{
    CLEAN(clean_text) char *host = NULL;
    CLEAN(clean_text) char *port = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    if (split_address(text, &host, &port) ||
        getaddrinfo(*host && strcmp(host, "*") != 0 ? host : NULL, port, &hints, &found))
        return error_set(error, ERROR_SETTING,
                         "http.listen is \"%s\": a numeric address and a port is wanted, as in "
                         "\"127.0.0.1:9191\" or \"[::1]:9191\"",
                         text);
    int code = bind_tcp(found, ret);
    if (code)
        error_set(error, code, "cannot listen on %s: %s", text, strerror(errno));
    freeaddrinfo(found);
    return code;
}

static int shared_or_new(const char *text, const struct listeners *old, int *ret,
                         struct error *error)
{
    for (size_t i = 1; old && i < old->front_count; i++) {
        if (strcmp(old->address[i], text) != 0)
            continue;
        *ret = fcntl(old->front[i], F_DUPFD_CLOEXEC, 3);
        return *ret < 0 ? error_set(error, ERROR_IO, "cannot keep %s: %s", text, strerror(errno))
                        : 0;
    }
    return open_tcp(text, ret, error);
}

static int add_tcp(const json_t *text, const struct listeners *old, struct listeners *listeners,
                   struct error *error)
{
    size_t place = listeners->front_count;
    if (!json_is_string(text) || place == ROLE_LISTENERS_MOST)
        return error_set(error, ERROR_SETTING, "http.listen takes at most %d addresses as text",
                         ROLE_LISTENERS_MOST - 1);
    int code = shared_or_new(json_string_value(text), old, &listeners->front[place], error);
    if (code)
        return code;
    listeners->address[place] = strdup(json_string_value(text));
    listeners->front_count++;
    return listeners->address[place] ? 0 : error_set(error, ERROR_MEMORY, "no memory left");
}

int listen_open_http(const json_t *config, const struct listeners *old, struct listeners *ret,
                     struct error *error)
{
    struct listeners listeners = {.control = -1, .front = {-1}, .front_count = 1};
    const json_t *listen = json_object_get(json_object_get(config, "http"), "listen");
    int code = 0;
    size_t index = 0;
    const json_t *one = NULL;
    if (json_is_string(listen) && *json_string_value(listen))
        code = add_tcp(listen, old, &listeners, error);
    json_array_foreach (listen, index, one) {
        if (!code)
            code = add_tcp(one, old, &listeners, error);
    }
    if (code)
        listen_close_http(&listeners);
    else
        *ret = listeners;
    return code;
}

static void remove_unix(const json_t *config, const char *name)
{
    CLEAN(clean_text)
    char *path = text_format("%s/%s", json_text_of(config, "runtime_dir", ""), name);
    if (path)
        unlink(path);
}

int listen_open(const json_t *config, struct listeners *ret, struct error *error)
{
    /* These first: that they are served says more than that an address is in use. */
    CLEAN(clean_fd) int control = -1;
    CLEAN(clean_fd) int api = -1;
    int code = open_unix(config, "control.sock", &control, error);
    if (!code)
        code = open_unix(config, "api.sock", &api, error);
    if (!code)
        code = listen_open_http(config, NULL, ret, error);
    if (code) {
        if (control >= 0)
            remove_unix(config, "control.sock");
        if (api >= 0)
            remove_unix(config, "api.sock");
        return code;
    }
    ret->control = control;
    ret->front[0] = api;
    control = api = -1;
    return 0;
}

void listen_close_http(struct listeners *listeners)
{
    for (size_t i = 1; i < listeners->front_count; i++) {
        close(listeners->front[i]);
        free(listeners->address[i]);
    }
    listeners->front_count = 1;
}

void listen_close(struct listeners *listeners)
{
    listen_close_http(listeners);
    if (listeners->control >= 0)
        close(listeners->control);
    if (listeners->front[0] >= 0)
        close(listeners->front[0]);
    *listeners = (struct listeners){.control = -1, .front = {-1}, .front_count = 1};
}

void listen_remove(const json_t *config)
{
    remove_unix(config, "control.sock");
    remove_unix(config, "api.sock");
}
