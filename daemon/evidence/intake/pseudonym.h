/* Keyed pseudonyms of personal data, and the key that they are made with. */
#ifndef INTAKE_PSEUDONYM_H
#define INTAKE_PSEUDONYM_H

#include "ground/base/error.h"

enum {
    PSEUDONYM_SIZE = 19,    /* "p-", 16 hexadecimal digits, NUL */
    PSEUDONYM_ID_SIZE = 17, /* what names a key: 16 digits of a hash of it */
};

struct pseudonyms;

/* Reads the key in FOLDER/pseudonym.key, which is made where there is none: 32 random bytes that
 * only the daemon's user may read. ERROR_DENIED where others may. Once, by the engine, under the
 * store's lock. */
int pseudonym_open(const char *folder, struct pseudonyms **ret, struct error *error) MUST_CHECK;
void pseudonym_close(struct pseudonyms *pseudonyms);

/* Identifies a key and discloses nothing of it. */
const char *pseudonym_key_id(const struct pseudonyms *pseudonyms);

/* The first 64 bits of HMAC-SHA-256: the same text has the same one while the key is the same. */
int pseudonym_of(struct pseudonyms *pseudonyms, const char *text,
                 char ret_text[PSEUDONYM_SIZE]) MUST_CHECK;

#endif
