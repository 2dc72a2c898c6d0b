/* When a selftest is due, how it ended, and the record of it. */
#include "evidence/instance/proof.h"

#include <string.h>

#include "evidence/instance/instance.h"
#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"
#include "ground/channel/wire.h"

enum { HOUR_MS = 3600000, MONTH_DAYS = 30, WHY_LIMIT = 1024 };
#define MONTH_MS (24LL * HOUR_MS * MONTH_DAYS)

void proof_finish(struct proof *proof)
{
    free(proof->status);
    free(proof->sha256);
    free(proof->version);
    free(proof->why);
    *proof = (struct proof){0};
}

static const char *status_of(const struct proof *proof)
{
    return proof->status ? proof->status : "";
}

/* Was it the file that reads now? Before its tables came nothing else is known. */
static bool is_of_this_file(const struct instance *instance)
{
    const char *file = json_text_of(instance->tables, "sha256", "");
    return !*file || strcmp(instance->proof.sha256 ? instance->proof.sha256 : "", file) == 0;
}

bool proof_holds(const struct instance *instance)
{
    return strcmp(status_of(&instance->proof), "passed") == 0 && is_of_this_file(instance);
}

bool proof_is_due(const struct instance *instance, struct moment now)
{
    const struct proof *proof = &instance->proof;
    bool old = now.wall_ms < proof->at_ms || now.wall_ms - proof->at_ms >= MONTH_MS;
    bool wanted =
        !proof->status || old || !is_of_this_file(instance) || strcmp(proof->status, "failed") == 0;
    bool rests = proof->tried_boot_ms && now.boot_ms - proof->tried_boot_ms < HOUR_MS;
    return wanted && !rests && instance->course.work != COURSE_PROVES;
}

bool proof_is_untold(const struct instance *instance)
{
    return instance->proof.ended && instance->course.work != COURSE_PROVES;
}

void proof_start(struct proof *proof, struct moment now)
{
    proof->tried_boot_ms = now.boot_ms;
}

static int take(struct proof *proof, const char *status, const char *sha256, const char *version,
                const char *why)
{
    struct proof taken = {.status = strdup(status),
                          .sha256 = strdup(sha256),
                          .version = text_printable(version, strnlen(version, WHY_LIMIT)),
                          .why = text_printable(why, strnlen(why, WHY_LIMIT)),
                          .tried_boot_ms = proof->tried_boot_ms,
                          .ended = true};
    if (!taken.status || !taken.sha256 || !taken.version || !taken.why) {
        proof_finish(&taken);
        return ERROR_MEMORY;
    }
    proof_finish(proof);
    *proof = taken;
    return 0;
}

static bool is_digest(const char *text)
{
    return strlen(text) == DIGEST_TEXT_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == DIGEST_TEXT_SIZE - 1;
}

int proof_told(struct instance *instance, const void *body, size_t length)
{
    struct wire wire = wire_over(body, length);
    const char *status = wire_text(&wire), *sha256 = wire_text(&wire);
    const char *version = wire_text(&wire), *why = wire_text(&wire);
    bool known = strcmp(status, "passed") == 0 || strcmp(status, "failed") == 0 ||
                 strcmp(status, "none") == 0;
    if (!wire_ended_well(&wire) || !known || !is_digest(sha256) ||
        instance->course.work != COURSE_PROVES || instance->proof.ended)
        return ERROR_PEER;
    return take(&instance->proof, status, sha256, version, why);
}

void proof_conclude(struct proof *proof, const json_t *tables, const char *why)
{
    if (!proof->ended && take(proof, "failed", json_text_of(tables, "sha256", ""), "",
                              why ? why : "its process ended without a report"))
        proof->tried_boot_ms = 0;
}

void proof_kept(struct proof *proof, int64_t now_ms)
{
    proof->ended = false;
    proof->at_ms = now_ms;
}

int proof_load(struct store *store, struct instance *instance, struct error *error)
{
    CLEAN(clean_json) json_t *row = NULL;
    int code = states_get(store, "selftest", instance->name, &row, error);
    if (code)
        return code == ERROR_MISSING ? 0 : code;
    code = take(&instance->proof, json_text_of(row, "status", ""), json_text_of(row, "sha256", ""),
                json_text_of(row, "version", ""), json_text_of(row, "why", ""));
    instance->proof.ended = false;
    if (text_to_time(json_text_of(row, "at", ""), &instance->proof.at_ms))
        instance->proof.at_ms = 0;
    return code;
}

json_t *proof_row(const char *instance, const struct proof *proof, int64_t leaf)
{
    char at[TEXT_TIME_SIZE];
    text_from_time(proof->at_ms, at);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "name", instance, "status",
                     proof->status, "sha256", proof->sha256, "version", proof->version, "why",
                     proof->why, "at", at, "leaf", (json_int_t)leaf);
}
