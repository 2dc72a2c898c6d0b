/* What is sent to the service manager (sd_notify(3)). */
#ifndef CHILDREN_SERVICE_H
#define CHILDREN_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "ground/base/error.h"

/* How a state is sent; the main provides sd_notify, a test its own. */
struct notify {
    void (*send)(void *context, const char *state);
    void *context;
    int64_t interval_ms; /* between two signs of life: half of WatchdogSec; 0 without a watchdog */
    int64_t last_ms;     /* of the last one */
};

void service_ready(const struct notify *notify);
/* monotonic_us: CLOCK_MONOTONIC, which Type=notify-reload asks for with RELOADING=1. */
void service_reloading(const struct notify *notify, int64_t monotonic_us);
void service_stopping(const struct notify *notify);
void service_status(const struct notify *notify, const char *format, ...) PRINTF_LIKE(2, 3);
/* A sign of life where one is due. engine_heard_ms: when the engine was last heard; one that has
 * been silent for longer than NOTIFY_ENGINE_LIMIT_MS gets no more of them for the service. */
void service_alive(struct notify *notify, int64_t now_ms, int64_t engine_heard_ms);

enum { NOTIFY_ENGINE_LIMIT_MS = 10000 };

#endif
