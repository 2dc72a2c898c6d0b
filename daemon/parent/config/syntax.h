/* The small languages of single settings: names, addresses, bounds. Pure. */
#ifndef CONFIG_SYNTAX_H
#define CONFIG_SYNTAX_H

#include <stdbool.h>

bool syntax_is_name(const char *text);      /* [a-z][a-z0-9_-]* */
bool syntax_is_id(const char *text);        /* [A-Za-z][A-Za-z0-9._-]* */
bool syntax_is_mark(const char *text);      /* LABEL or LABEL=VALUE */
bool syntax_is_url(const char *text);       /* https://host...; http:// to this machine only */
bool syntax_is_secret(const char *text);    /* credential:NAME */
bool syntax_is_listen(const char *text);    /* HOST:PORT, an IPv6 address in brackets */
bool syntax_is_loopback(const char *text);  /* HOST:PORT that only this machine reaches */
bool syntax_is_target(const char *text);    /* an absolute path, udp://HOST:PORT, tcp://HOST:PORT */
bool syntax_is_reference(const char *text); /* "27001:2022 A.8.5" */
bool syntax_is_bound(const char *text);     /* "== 0" */
bool syntax_is_window(const char *text);    /* "22:00-06:30", of some length */

/* Does a tolerance go on where its target ends? "<= 2" after "<= 1" or "== 0", not after ">= 3".
 * Both are bounds. */
bool syntax_is_wider(const char *target, const char *tolerance);

#endif
