/* Names, addresses and bounds: byte by byte, without a resolver or a locale. */
#include "parent/config/syntax.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/labels.h"
#include "ground/base/text.h"

#define SMALL  "abcdefghijklmnopqrstuvwxyz"
#define LARGE  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* Starts with one of `first`, goes on with `rest` to its end. */
static bool is_made_of(const char *text, const char *first, const char *rest)
{
    return *text && strchr(first, *text) && !text[strspn(text, rest)];
}

bool syntax_is_name(const char *text)
{
    return is_made_of(text, SMALL, SMALL DIGITS "_-");
}

bool syntax_is_id(const char *text)
{
    return is_made_of(text, SMALL LARGE, SMALL LARGE DIGITS "._-");
}

bool syntax_is_mark(const char *text)
{
    size_t length = strcspn(text, "=");
    CLEAN(clean_text) char *name = strndup(text, length);
    return name && labels_is_label_name(name) && (!text[length] || text[length + 1]);
}

/* A name of a host or an address of either kind; brackets are off already. */
static bool is_host(const char *host)
{
    struct in6_addr address;
    if (strchr(host, ':'))
        return inet_pton(AF_INET6, host, &address) == 1;
    if (!host[strspn(host, DIGITS ".")])
        return inet_pton(AF_INET, host, &address) == 1;
    return strlen(host) <= 253 && is_made_of(host, SMALL LARGE DIGITS, SMALL LARGE DIGITS ".-");
}

/* Splits HOST:PORT; the host without brackets is the caller's to free. NULL when it is neither. */
static char *split_address(const char *text)
{
    int64_t port;
    const char *colon = strrchr(text, ':');
    if (!colon || !is_made_of(colon + 1, DIGITS, DIGITS) || text_to_integer(colon + 1, &port) ||
        port < 1 || port > 65535)
        return NULL;
    size_t length = (size_t)(colon - text);
    bool has_brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
    char *host = has_brackets ? strndup(text + 1, length - 2) : strndup(text, length);
    if (host && is_host(host) && has_brackets == (strchr(host, ':') != NULL))
        return host;
    free(host);
    return NULL;
}

static bool is_loopback_host(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &six) == 1)
        return IN6_IS_ADDR_LOOPBACK(&six);
    return strcmp(host, "localhost") == 0;
}

bool syntax_is_listen(const char *text)
{
    CLEAN(clean_text) char *host = split_address(text);
    return host != NULL;
}

bool syntax_is_loopback(const char *text)
{
    CLEAN(clean_text) char *host = split_address(text);
    return host && is_loopback_host(host);
}

bool syntax_is_target(const char *text)
{
    if (text[0] == '/')
        return true;
    return (text_begins(text, "udp://") || text_begins(text, "tcp://")) &&
           syntax_is_listen(text + strlen("udp://"));
}

bool syntax_is_url(const char *text)
{
    bool is_plain = text_begins(text, "http://");
    if (!is_plain && !text_begins(text, "https://"))
        return false;
    const char *rest = text + strlen(is_plain ? "http://" : "https://");
    size_t length = strcspn(rest, "/?#");
    if (text[strcspn(text, "\"\\<>")])
        return false;
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at <= 0x20 || (unsigned char)*at >= 0x7f)
            return false;
    CLEAN(clean_text) char *authority = strndup(rest, length);
    CLEAN(clean_text) char *with_port = text_format("%s:80", authority ? authority : "");
    if (!authority || !with_port)
        return false;
    /* Not USER:PASSWORD@HOST: that would be a secret in the open. */
    CLEAN(clean_text) char *host = split_address(authority);
    if (!host)
        host = split_address(with_port);
    return host && (!is_plain || is_loopback_host(host));
}

bool syntax_is_secret(const char *text)
{
    const char *name = text + strlen("credential:");
    return text_begins(text, "credential:") && strlen(name) <= 255 &&
           is_made_of(name, SMALL LARGE DIGITS, SMALL LARGE DIGITS "._-");
}

bool syntax_is_reference(const char *text)
{
    size_t name = strspn(text, SMALL LARGE DIGITS "-.");
    if (!name || text[name] != ':')
        return false;
    const char *edition = text + name + 1;
    size_t length = strspn(edition, SMALL LARGE DIGITS "-.");
    if (!length || edition[length] != ' ')
        return false;
    const char *clause = edition + length + 1;
    return *clause && *clause != ' ' && strlen(text) <= 64;
}

/* The operator's direction and the limit. */
static bool read_bound(const char *text, char *ret_direction, double *ret_limit)
{
    static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">"};
    static const char directions[] = "=!<><>";
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!text_begins(text, operators[i]))
            continue;
        const char *number = text + strlen(operators[i]);
        *ret_direction = directions[i];
        return text_to_double(number + strspn(number, " "), ret_limit) == 0;
    }
    return false;
}

/* Minutes of a day at `text`, which is HH:MM and what may follow; -1 for none. */
static int minutes_at(const char *text)
{
    if (strspn(text, DIGITS) != 2 || text[2] != ':' || strspn(text + 3, DIGITS) != 2)
        return -1;
    int hours = (text[0] - '0') * 10 + text[1] - '0';
    int minutes = (text[3] - '0') * 10 + text[4] - '0';
    return hours < 24 && minutes < 60 ? hours * 60 + minutes : -1;
}

bool syntax_is_window(const char *text)
{
    int from = minutes_at(text);
    if (from < 0 || text[5] != '-')
        return false;
    int to = minutes_at(text + 6);
    return to >= 0 && !text[11] && from != to;
}

bool syntax_is_bound(const char *text)
{
    char direction;
    double limit;
    return read_bound(text, &direction, &limit);
}

bool syntax_is_wider(const char *target, const char *tolerance)
{
    char wanted, given;
    double from, to;
    if (!read_bound(target, &wanted, &from) || !read_bound(tolerance, &given, &to))
        return false;
    if (given == '=' || given == '!' || wanted == '!')
        return false;
    if (wanted != '=' && wanted != given)
        return false;
    return given == '<' ? to >= from : to <= from;
}
