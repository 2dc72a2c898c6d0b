/* Small helpers over jansson: canonical text and members with a preset. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Compact, keys sorted, UTF-8 as it is: the bytes that are hashed. The caller frees. */
char *json_canonical(const json_t *json);

/* Parses a text of `length` bytes: one value, no duplicate keys, depth as jansson limits it.
 * ret is a new reference. */
int json_read(const char *text, size_t length, json_t **ret, struct error *error) MUST_CHECK;

/* A member of an object, or the preset where it is absent or of another type. Borrowed. */
const char *json_text_of(const json_t *object, const char *key, const char *preset);
int64_t json_integer_of(const json_t *object, const char *key, int64_t preset);
double json_number_of(const json_t *object, const char *key, double preset);
bool json_flag_of(const json_t *object, const char *key, bool preset);

/* Sets a double as a JSON number, or as the string NaN, +Inf, -Inf where JSON has none. */
int json_set_double(json_t *object, const char *key, double value);

#endif
