/* SHA-256 of bytes as text, for those who name a thing by its content. */
#ifndef LEDGER_DIGEST_H
#define LEDGER_DIGEST_H

#include "ground/base/error.h"

#include <stddef.h>

#define DIGEST_TEXT_SIZE 65 /* lower-case hexadecimal and NUL */

int digest_text(const void *bytes, size_t length, char ret_text[DIGEST_TEXT_SIZE]) MUST_CHECK;

/* `bytes` random bytes as hexadecimal (2 * bytes + 1 chars). */
int digest_random(size_t bytes, char *ret_text) MUST_CHECK;

#endif
