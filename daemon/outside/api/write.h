/* JSON text: doubles as the shortest that reads back equal, and Prometheus' own shapes. */
#ifndef API_WRITE_H
#define API_WRITE_H

#include "ground/base/buffer.h"
#include "ground/base/labels.h"

#include <jansson.h>
#include <stdint.h>

/* A string with its quotes; what is not UTF-8 is made printable. */
void write_string(struct buffer *buffer, const char *text);

/* A whole value, compact, members in the order they were set. ERROR_LIMIT for nesting beyond 64. */
int write_json(struct buffer *buffer, const json_t *json, struct error *error) MUST_CHECK;

/* Seconds with at most three decimals, as Prometheus writes a sample's time. */
void write_time(struct buffer *buffer, int64_t time_ms);
/* A sample's value: a string, as Prometheus formats it. */
void write_value(struct buffer *buffer, double value);
/* The same two for a scalar's or a string's answer, which Prometheus writes in another way: the
 * time without zeros at its end, the value never with an exponent. */
void write_scalar_time(struct buffer *buffer, int64_t time_ms);
void write_scalar_value(struct buffer *buffer, double value);
/* {"__name__":"up","job":"x"} */
void write_labels(struct buffer *buffer, const struct labels *labels);

#endif
