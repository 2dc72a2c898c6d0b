/* One syslog message, one connection or datagram. */
#include "programs/conformd-courier/syslog.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

enum { FACILITY_AUTHPRIV = 10, SEVERITY_WARNING = 4, SEVERITY_NOTICE = 5, WAIT_S = 2 };

static char *make_text(const struct syslog_message *message)
{
    char time[TEXT_TIME_SIZE], host[256] = "-";
    bool calm = !strcmp(message->event, "test") || !strcmp(message->event, "condition_cleared");
    gethostname(host, sizeof host - 1);
    text_from_time(message->now_ms, time);
    return text_format("<%d>1 %s %s conformd %d %s",
                       FACILITY_AUTHPRIV * 8 + (calm ? SEVERITY_NOTICE : SEVERITY_WARNING), time,
                       host, (int)getpid(), message->text);
}

static int connect_unix(const char *path, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return error_set(error, ERROR_RANGE, "%s: the path is too long for a socket", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    CLEAN(clean_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct timeval wait = {.tv_sec = WAIT_S};
    /* A receiver that reads nothing must not hold the courier until it counts as silent. */
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        return error_set(error, ERROR_IO, "%s: %s", path, strerror(errno));
    int ret = fd;
    fd = -1;
    return ret;
}

/* "host:port" or "[address]:port". */
static int split(const char *text, char **ret_host, char **ret_port)
{
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text)
        return ERROR_FORMAT;
    size_t length = (size_t)(colon - text);
    if (*text == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    *ret_host = strndup(text, length);
    *ret_port = strdup(colon + 1);
    return *ret_host && *ret_port ? 0 : ERROR_MEMORY;
}

static int connect_network(const char *place, int type, struct error *error)
{
    CLEAN(clean_text) char *host = NULL;
    CLEAN(clean_text) char *port = NULL;
    struct addrinfo hints = {.ai_socktype = type}, *list = NULL;
    struct timeval wait = {.tv_sec = WAIT_S};
    int fd = -1;
    int bad = split(place, &host, &port) ? EAI_NONAME : getaddrinfo(host, port, &hints, &list);
    if (bad)
        return error_set(error, ERROR_MISSING, "%s: %s", place, gai_strerror(bad));
    for (struct addrinfo *at = list; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
        if (connect(fd, at->ai_addr, at->ai_addrlen)) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd >= 0 ? fd : error_set(error, ERROR_IO, "%s: %s", place, strerror(errno));
}

static int send_all(int fd, const char *text, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t count = send(fd, text + done, length - done, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return ERROR_IO;
        done += (size_t)count;
    }
    return 0;
}

int syslog_send(const struct syslog_message *message, struct error *error)
{
    const char *target = message->target;
    bool tcp = text_begins(target, "tcp://"), udp = text_begins(target, "udp://");
    CLEAN(clean_text) char *text = make_text(message);
    if (!text)
        return ERROR_MEMORY;
    int made = tcp || udp ? connect_network(target + 6, tcp ? SOCK_STREAM : SOCK_DGRAM, error)
                          : connect_unix(target, error);
    if (made < 0)
        return made;
    CLEAN(clean_fd) int fd = made;
    CLEAN(clean_text) char *framed = tcp ? text_format("%zu %s", strlen(text), text) : strdup(text);
    if (!framed)
        return ERROR_MEMORY;
    if (send_all(fd, framed, strlen(framed)))
        return error_set(error, ERROR_IO, "%s: %s", target, strerror(errno));
    return 0;
}
