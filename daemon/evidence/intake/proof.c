/* When a selftest is due, how it ended, and the record of it. */
#include "evidence/intake/proof.h"

#include <string.h>

#include "evidence/intake/intake.h"
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
    return wanted && !rests && !proof->under_way;
}

void proof_start(struct instance *instance, struct moment now)
{
    instance->proof.under_way = true;
    instance->proof.tried_boot_ms = now.boot_ms;
}

static int take(struct proof *proof, const char *status, const char *sha256, const char *version,
                const char *why)
{
    struct proof taken = {.status = strdup(status),
                          .sha256 = strdup(sha256),
                          .version = text_printable(version, strnlen(version, WHY_LIMIT)),
                          .why = text_printable(why, strnlen(why, WHY_LIMIT)),
                          .tried_boot_ms = proof->tried_boot_ms,
                          .under_way = proof->under_way,
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
    if (!wire_ended_well(&wire) || !known || !is_digest(sha256) || !instance->proof.under_way ||
        instance->proof.ended)
        return ERROR_PEER;
    return take(&instance->proof, status, sha256, version, why);
}

void proof_conclude(struct instance *instance, char *why)
{
    CLEAN(clean_text) char *words = why;
    struct proof *proof = &instance->proof;
    if (proof->under_way && !proof->ended &&
        take(proof, "failed", json_text_of(instance->tables, "sha256", ""), "",
             words ? words : "its process ended without a word"))
        proof->tried_boot_ms = 0;
    proof->under_way = false;
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

static int write_leaf(struct intake *intake, const struct instance *instance, int64_t *ret_leaf,
                      struct error *error)
{
    char commitment[DIGEST_TEXT_SIZE];
    const struct proof *proof = &instance->proof;
    CLEAN(clean_json)
    json_t *text = json_pack("{s:s, s:s, s:s, s:s}", "instance", instance->name, "plugin",
                             instance->plugin, "version", proof->version, "why", proof->why);
    CLEAN(clean_text) char *body = json_canonical(text);
    if (!body)
        return ERROR_MEMORY;
    int code = ledger_attach(intake->turn->ledger, PAYLOAD_TEXT, body, strlen(body), commitment);
    if (code)
        return error_set(error, code, "the ledger takes no payload: %s", error_text(code));
    return ledger_append(intake->turn->ledger, LEAF_SELFTEST,
                         json_pack("{s:s, s:s, s:s, s:I}", "status", proof->status, "plugin",
                                   proof->sha256, "pt", commitment, "start",
                                   (json_int_t)intake->start_leaf),
                         ret_leaf, error);
}

int proof_keep(struct intake *intake, struct instance *instance, struct error *error)
{
    char at[TEXT_TIME_SIZE];
    int64_t leaf;
    struct proof *proof = &instance->proof;
    int code = write_leaf(intake, instance, &leaf, error);
    if (code)
        return code;
    proof->ended = false;
    proof->at_ms = intake->turn->now.wall_ms;
    text_from_time(proof->at_ms, at);
    instance->touched = true;
    return states_put(intake->turn->store, "selftest", instance->name,
                      json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "name", instance->name,
                                "status", proof->status, "sha256", proof->sha256, "version",
                                proof->version, "why", proof->why, "at", at, "leaf",
                                (json_int_t)leaf),
                      error);
}
