/* Syslog messages (RFC 5424) to /dev/log, UDP (RFC 5426) or TCP with octet counting (RFC 6587). */
#ifndef CONFORMD_COURIER_SYSLOG_H
#define CONFORMD_COURIER_SYSLOG_H

#include "ground/base/error.h"

#include <stdint.h>

/* target: "/path", "udp://host:port", "tcp://host:port". text: "MSGID [SD] message". Facility
 * authpriv (10), severity warning (4), or notice (5) for tests and recoveries. Waits at most 2 s.
 */
struct syslog_message {
    const char *target;
    const char *text;
    const char *event;
    int64_t now_ms;
};
int syslog_send(const struct syslog_message *message, struct error *error) MUST_CHECK;

#endif
