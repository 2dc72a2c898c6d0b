/* Who may speak to the front, before anything is asked: the Host header, tokens, and the headers
 * that every answer has. Pure. */
#ifndef FRONT_GUARD_H
#define FRONT_GUARD_H

#include "ground/base/error.h"

#include <stdbool.h>

/* True for a Host header (RFC 9110, 7.2; with or without port) that names this machine from
 * itself: localhost, 127.0.0.0/8, [::1]. A page of a stranger whose name was rebound to
 * 127.0.0.1 has the stranger's name here. is_public: any well-formed one. NULL (no header) is
 * refused. */
bool guard_host(const char *host, bool is_public);

/* The session cookie's name: "conformd_9191", by the port in Host, for a browser sends cookies to
 * every port of a host and tunnels to several daemons end at one. The caller frees. */
char *guard_cookie_name(const char *host);

/* The token of "Authorization: Bearer X", else the cookie's value; NULL when there is none or it
 * holds anything but RFC 6750's token68 characters. The headers may be NULL. The caller frees. */
char *guard_token(const char *authorization, const char *cookies, const char *cookie_name);

/* True for 1 to 256 characters of token68. */
bool guard_is_token(const char *text);

/* The Set-Cookie of a session. The caller frees. */
char *guard_set_cookie(const char *cookie_name, const char *session);

#endif
