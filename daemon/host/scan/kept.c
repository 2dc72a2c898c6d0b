/* Bounded memory for what may be shown of any number of lines. */
#include "host/scan/kept.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

int kept_prepare(void)
{
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 ? 0 : ERROR_MEMORY;
}

static int hash_line(struct kept *kept, const struct kept_line *line)
{
    EVP_MD_CTX *hash = kept->hash;
    if (!hash) {
        hash = kept->hash = EVP_MD_CTX_new();
        if (!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
            return ERROR_MEMORY;
    }
    size_t at = 0;
    int done = 1;
    for (size_t i = 0; i < line->span_count; i++) {
        const struct cfd_span *span = &line->spans[i];
        done = done == 1 ? EVP_DigestUpdate(hash, line->bytes + at, span->from - at) : done;
        at = (size_t)span->from + span->length;
    }
    if (done != 1 || EVP_DigestUpdate(hash, line->bytes + at, line->length - at) != 1 ||
        EVP_DigestUpdate(hash, "\n", 1) != 1)
        return ERROR_MEMORY;
    return 0;
}

static void free_line(struct kept_line *line)
{
    free(line->bytes);
    free(line->place);
    *line = (struct kept_line){0};
}

static int copy_line(struct kept_line *to, const struct kept_line *line)
{
    free_line(to);
    to->length = line->length < KEPT_LINE_MOST ? line->length : KEPT_LINE_MOST;
    to->source = line->source;
    memcpy(to->spans, line->spans, sizeof to->spans);
    while (to->span_count < line->span_count &&
           to->spans[to->span_count].from + to->spans[to->span_count].length <= to->length)
        to->span_count++;
    /* Half a name has another pseudonym. */
    if (to->span_count < line->span_count && to->spans[to->span_count].from < to->length)
        to->length = to->spans[to->span_count].from;
    to->place = strdup(line->place);
    to->bytes = malloc(to->length + 1);
    if (!to->place || !to->bytes)
        return ERROR_MEMORY;
    memcpy(to->bytes, line->bytes, to->length);
    to->bytes[to->length] = '\0';
    return 0;
}

int kept_add(struct kept *kept, const struct kept_line *line, int64_t now_ms)
{
    if (now_ms < kept->window_ms || now_ms - kept->window_ms >= KEPT_WINDOW_MS) {
        kept->window_ms = now_ms;
        kept->window_count = 0;
    }
    int code = hash_line(kept, line);
    if (code)
        return code;
    if (!kept->later && kept->window_count < KEPT_FIRST && kept->first_count < KEPT_FIRST) {
        kept->window_count++;
        return copy_line(&kept->first[kept->first_count++], line);
    }
    return copy_line(&kept->last[kept->later++ % KEPT_LAST], line);
}

int kept_hash(struct kept *kept, uint8_t ret_hash[KEPT_HASH_BYTES])
{
    unsigned length = 0;
    if (!kept->hash || EVP_DigestFinal_ex(kept->hash, ret_hash, &length) != 1)
        return ERROR_STATE;
    return 0;
}

void kept_reset(struct kept *kept)
{
    for (size_t i = 0; i < KEPT_FIRST; i++)
        free_line(&kept->first[i]);
    for (size_t i = 0; i < KEPT_LAST; i++)
        free_line(&kept->last[i]);
    EVP_MD_CTX_free(kept->hash);
    kept->hash = NULL;
    kept->first_count = 0;
    kept->later = 0;
}

void kept_finish(struct kept *kept)
{
    kept_reset(kept);
}
