/* Content digests and random names by libcrypto. */
#include "evidence/ledger/digest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "ground/base/text.h"

int digest_text(const void *bytes, size_t length, char ret_text[DIGEST_TEXT_SIZE])
{
    uint8_t hash[32];
    if (!EVP_Digest(bytes, length, hash, NULL, EVP_sha256(), NULL))
        return ERROR_MEMORY;
    text_from_bytes(hash, sizeof hash, ret_text);
    return 0;
}

int digest_random(size_t bytes, char *ret_text)
{
    uint8_t random[64];
    if (bytes > sizeof random)
        return ERROR_RANGE;
    if (RAND_bytes(random, (int)bytes) != 1)
        return ERROR_IO;
    text_from_bytes(random, bytes, ret_text);
    return 0;
}
