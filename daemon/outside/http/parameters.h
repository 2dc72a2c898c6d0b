/* Percent-decoding of a request's path and parameters (RFC 3986, 2.1; HTML's
 * application/x-www-form-urlencoded). Bytes from anywhere: refused, never repaired. */
#ifndef HTTP_PARAMETERS_H
#define HTTP_PARAMETERS_H

#include "ground/base/error.h"

#include <jansson.h>
#include <stddef.h>

#define HTTP_PARAMETERS_MOST 64 /* pairs in a query and a form together */

/* A path in UTF-8, without NUL; begins with '/'. ERROR_FORMAT. The caller frees. */
int http_path_read(const char *text, size_t length, char **ret) MUST_CHECK;

/* Adds the pairs of "a=1&b=2&b=3" to an object: {"a": "1", "b": ["2", "3"]}; a pair without "=" is
 * "". ERROR_FORMAT for a broken escape, a NUL, or what is not UTF-8; ERROR_LIMIT. */
int http_parameters_read(const char *text, size_t length, json_t *into) MUST_CHECK;

#endif
