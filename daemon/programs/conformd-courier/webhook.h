/* POSTs by libcurl in the event loop: HTTPS, or HTTP on loopback; no redirects. */
#ifndef CONFORMD_COURIER_WEBHOOK_H
#define CONFORMD_COURIER_WEBHOOK_H

#include "ground/base/error.h"
#include "ground/process/loop.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct webhook;

/* How a POST ended. why is borrowed until the call returns. */
struct webhook_outcome {
    int64_t id;
    bool ok;          /* 2xx */
    int64_t after_ms; /* what the receiver asked for (Retry-After), or 0 */
    const char *why;
};

int webhook_new(struct loop *loop,
                void (*on_done)(void *context, const struct webhook_outcome *outcome),
                void *context, struct webhook **ret) MUST_CHECK;
void webhook_free(struct webhook *webhook);

/* Starts one POST. channel: {name, url, secret, timeout, ca_file}. With a secret the body's
 * HMAC-SHA256 goes along as X-Conformd-Signature-256: sha256=HEX. An error here is described in
 * the sentence, and nothing was sent. */
int webhook_post(struct webhook *webhook, const json_t *channel, int64_t id, const char *body,
                 struct error *error) MUST_CHECK;

#endif
