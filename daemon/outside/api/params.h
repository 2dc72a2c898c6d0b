/* Parameters of a question, read as Prometheus' HTTP API reads them.
 * https://prometheus.io/docs/prometheus/latest/querying/api/ */
#ifndef API_PARAMS_H
#define API_PARAMS_H

#include "outside/api/routes.h"

/* Times that are taken: 0001-01-01 to 9999-12-31. */
#define PARAM_TIME_LEAST (-62135596800000)
#define PARAM_TIME_MOST  253402300799999

/* The n-th value of a name, or NULL. */
const char *params_text(const struct call *call, const char *name, size_t n);

/* Unix seconds with decimals or RFC 3339; the preset where it is not given. ERROR_RANGE with the
 * sentence of Prometheus, as all of these. */
int params_time(const struct call *call, const char *name, int64_t preset_ms, int64_t *ret_ms,
                struct error *error) MUST_CHECK;
/* Seconds with decimals or "5m"; untouched where it is not given. */
int params_duration(const struct call *call, const char *name, int64_t *ret_ms,
                    struct error *error) MUST_CHECK;
/* 0 .. most; untouched where it is not given. */
int params_integer(const struct call *call, const char *name, int64_t most, int64_t *ret_value,
                   struct error *error) MUST_CHECK;

#endif
