/* Reads Host, Authorization and Cookie. */
#include "outside/front/guard.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

enum { TOKEN_MOST = 256, HOST_MOST = 255 };

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits >= 1 && digits <= 5 && !text[digits];
}

/* The name without port and brackets; NULL for what is no host. ret_port points into host, or is
 * "". The caller frees. */
static char *host_name(const char *host, const char **ret_port)
{
    bool bracket = *host == '[';
    size_t length = bracket ? strcspn(host, "]") : strcspn(host, ":");
    const char *rest = host + length;
    if (bracket && *rest++ != ']')
        return NULL;
    *ret_port = *rest == ':' ? rest + 1 : "";
    if ((*rest && *rest != ':') || (*rest == ':' && !is_port(rest + 1)))
        return NULL;
    if (bracket) {
        host++;
        length--;
    }
    return length && length <= HOST_MOST ? strndup(host, length) : NULL;
}

static bool is_name(const char *name)
{
    return name[strspn(name,
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:%")] ==
           '\0';
}

static bool is_loopback(const char *name)
{
    struct in_addr four;
    struct in6_addr six;
    if (!strcasecmp(name, "localhost") || !strcasecmp(name, "localhost."))
        return true;
    if (inet_pton(AF_INET, name, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, name, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool guard_host(const char *host, bool is_public)
{
    const char *port;
    CLEAN(clean_text) char *name = host ? host_name(host, &port) : NULL;
    return name && is_name(name) && (is_public || is_loopback(name));
}

char *guard_cookie_name(const char *host)
{
    const char *port = "";
    CLEAN(clean_text) char *name = host ? host_name(host, &port) : NULL;
    return text_format("conformd_%s", name && *port ? port : "80");
}

bool guard_is_token(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "-._~+/=");
    return length >= 1 && length <= TOKEN_MOST && !text[length];
}

static char *take_token(const char *text, size_t length)
{
    char *token = strndup(text, length);
    if (token && guard_is_token(token))
        return token;
    free(token);
    return NULL;
}

/* RFC 6265, 4.2.1: "a=1; b=2". */
static char *cookie_of(const char *cookies, const char *name)
{
    size_t length = strlen(name);
    while (*cookies) {
        cookies += strspn(cookies, "; \t");
        size_t pair = strcspn(cookies, ";");
        if (pair > length && !strncmp(cookies, name, length) && cookies[length] == '=')
            return take_token(cookies + length + 1, pair - length - 1);
        cookies += pair;
    }
    return NULL;
}

char *guard_token(const char *authorization, const char *cookies, const char *cookie_name)
{
    static const char bearer[] = "Bearer ";
    if (authorization && !strncasecmp(authorization, bearer, sizeof bearer - 1)) {
        authorization += sizeof bearer - 1;
        authorization += strspn(authorization, " ");
        return take_token(authorization, strlen(authorization));
    }
    return cookies ? cookie_of(cookies, cookie_name) : NULL;
}

char *guard_set_cookie(const char *cookie_name, const char *session)
{
    return text_format("%s=%s; Path=/; HttpOnly; SameSite=Strict", cookie_name, session);
}
