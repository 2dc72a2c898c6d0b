/* The key stands in a file of its own: whoever has the store alone cannot try names. */
#include "evidence/intake/pseudonym.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

enum { KEY_BYTES = 32, SHOWN_BYTES = 8, HASH_BYTES = 32 };

#define ID_PREFIX                                                                                  \
    "conformd-pseudonym-key-v1\n" /* a hash of the key that is used for nothing else */

struct pseudonyms {
    uint8_t key[KEY_BYTES];
    char id[PSEUDONYM_ID_SIZE];
};

static int name_key(struct pseudonyms *pseudonyms)
{
    uint8_t bytes[sizeof ID_PREFIX - 1 + KEY_BYTES], hash[HASH_BYTES];
    memcpy(bytes, ID_PREFIX, sizeof ID_PREFIX - 1);
    memcpy(bytes + sizeof ID_PREFIX - 1, pseudonyms->key, KEY_BYTES);
    int done = EVP_Digest(bytes, sizeof bytes, hash, NULL, EVP_sha256(), NULL);
    OPENSSL_cleanse(bytes, sizeof bytes);
    if (!done)
        return ERROR_MEMORY;
    text_from_bytes(hash, SHOWN_BYTES, pseudonyms->id);
    return 0;
}

static int read_key(int fd, const char *path, uint8_t key[KEY_BYTES], struct error *error)
{
    struct stat status;
    uint8_t bytes[KEY_BYTES + 1];
    if (fstat(fd, &status))
        return error_set(error, ERROR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077))
        return error_set(
            error, ERROR_DENIED,
            "%s contains the key of the pseudonyms and must be a file of the daemon's user that "
            "nobody else may read (mode 0600); it has mode %04o and owner %u",
            path, (unsigned)status.st_mode & 07777, (unsigned)status.st_uid);
    ssize_t length = read(fd, bytes, sizeof bytes);
    if (length == KEY_BYTES)
        memcpy(key, bytes, KEY_BYTES);
    OPENSSL_cleanse(bytes, sizeof bytes);
    if (length != KEY_BYTES)
        return error_set(error, ERROR_FORMAT,
                         "%s does not contain a key of %d bytes; where it is damaged take it from "
                         "a backup, or move it away: then a new one is made, and the same name has "
                         "another pseudonym from then on",
                         path, KEY_BYTES);
    return 0;
}

/* The engine may not rename. A kill leaves all of 32 bytes or none; a power cut may leave an empty
 * file, which no pseudonym was made with, for none is made before this is on disk. */
static int write_key(int folder, const char *name, const uint8_t key[KEY_BYTES])
{
    CLEAN(clean_fd)
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, key, KEY_BYTES) != KEY_BYTES || fsync(fd) || fsync(folder))
        return ERROR_IO;
    return 0;
}

static bool is_empty(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

static int load_key(const char *folder, struct pseudonyms *pseudonyms, struct error *error)
{
    static const char name[] = "pseudonym.key";
    CLEAN(clean_text) char *path = text_format("%s/%s", folder, name);
    CLEAN(clean_fd) int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!path)
        return ERROR_MEMORY;
    if (folder_fd < 0)
        return error_set(error, ERROR_IO, "%s: %s", folder, strerror(errno));
    CLEAN(clean_fd) int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && !is_empty(fd))
        return read_key(fd, path, pseudonyms->key, error);
    if (fd >= 0 ? unlinkat(folder_fd, name, 0) != 0 : errno != ENOENT)
        return error_set(error, ERROR_IO, "%s: %s", path, strerror(errno));
    if (RAND_bytes(pseudonyms->key, KEY_BYTES) != 1)
        return error_set(error, ERROR_IO, "there are no random bytes for the key of pseudonyms");
    if (write_key(folder_fd, name, pseudonyms->key))
        return error_set(error, ERROR_IO, "%s cannot be written: %s", path, strerror(errno));
    return 0;
}

int pseudonym_open(const char *folder, struct pseudonyms **ret, struct error *error)
{
    struct pseudonyms *pseudonyms = calloc(1, sizeof *pseudonyms);
    if (!pseudonyms)
        return ERROR_MEMORY;
    int code = load_key(folder, pseudonyms, error);
    if (!code)
        code = name_key(pseudonyms);
    if (code) {
        pseudonym_close(pseudonyms);
        return code;
    }
    *ret = pseudonyms;
    return 0;
}

void pseudonym_close(struct pseudonyms *pseudonyms)
{
    if (!pseudonyms)
        return;
    OPENSSL_cleanse(pseudonyms->key, sizeof pseudonyms->key);
    free(pseudonyms);
}

const char *pseudonym_key_id(const struct pseudonyms *pseudonyms)
{
    return pseudonyms->id;
}

int pseudonym_of(struct pseudonyms *pseudonyms, const char *text, char ret_text[PSEUDONYM_SIZE])
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    if (!HMAC(EVP_sha256(), pseudonyms->key, KEY_BYTES, (const unsigned char *)text, strlen(text),
              hash, NULL))
        return ERROR_MEMORY;
    memcpy(ret_text, "p-", 2);
    text_from_bytes(hash, SHOWN_BYTES, ret_text + 2);
    return 0;
}
