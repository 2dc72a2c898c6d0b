/* A stream's loop, and what it shares with the runs of a snapshot. */
#ifndef COLLECTOR_STREAM_H
#define COLLECTOR_STREAM_H

#include "host/collector/life.h"

/* Starts the stream once the engine asked for it, and collects until a stop. */
int stream_run(struct life *life) MUST_CHECK;

/* life.c: waits for the engine's channel and for fd (-1: none), and takes the engine's messages.
 * ret_readable may be NULL. */
int stream_listen(struct life *life, int fd, int64_t timeout_ms, bool *ret_readable) MUST_CHECK;
/* life.c: one call of collect, until a time on the boot clock (0: none); a status. */
int stream_collect(struct life *life, int64_t until_ms);
/* life.c: why a run ended so; "" when it ended well. Borrowed. */
const char *stream_why(const struct life *life, int status);

#endif
