/* What the front sends back, with the headers that every answer has. Each call ends its request. */
#ifndef FRONT_REPLIES_H
#define FRONT_REPLIES_H

#include "outside/front/ask.h"
#include "outside/http/server.h"

/* {"error": sentence}; a 503 says when to try again. */
void replies_refuse(struct http_request *request, int status, const char *sentence);
/* A page of web/; 404 when there is none. */
void replies_page(struct http_request *request, int status, const char *path);
/* A sealed memfd, which stays the caller's. */
void replies_sealed(struct http_request *request, int status, const char *type, int fd);
/* The engine's answer as it is. */
void replies_relay(struct http_request *request, const struct answer *answer);
/* The cookie of a new session, and on to the first page. */
void replies_session(struct http_request *request, const char *cookie);

#endif
