/* Personal data of what a collector hands over: pseudonyms, unless the collector states why not. */
#ifndef INTAKE_PERSONAL_H
#define INTAKE_PERSONAL_H

#include "evidence/intake/pseudonym.h"
#include "ground/base/clock.h"
#include "ground/channel/wire.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* How a collector's personal data may be kept, as its settings state it. */
struct basis {
    char *legal_basis; /* "" for none */
    char *reviewed_by;
    char *review_due; /* a date: the last day on which it holds */
    int64_t until_ms; /* the end of that day */
};
void personal_basis_finish(struct basis *basis);
/* True while names may be kept as they are. */
bool personal_basis_holds(const struct basis *basis, int64_t now_ms);

struct instance;
struct intake;

/* Reads the settings of a collector that are about its labels; again when they changed. */
int personal_configure(struct instance *instance, const json_t *config) MUST_CHECK;

/* True for a value that tells of nobody, which no pseudonym ever stands for. */
bool personal_stays(const char *value);
/* What of a personal label's value is kept: *ret_value is the value or points to pseudonym. */
int personal_label(const struct intake *intake, const struct instance *instance, const char **value,
                   char pseudonym[PSEUDONYM_SIZE]) MUST_CHECK;

/* An excerpt's text, fit to be shown; of its bytes the spans that follow in the message are
 * personal. ERROR_FORMAT for spans that are not in order or beyond its end. */
int personal_text(const struct intake *intake, const struct instance *instance, struct wire *wire,
                  char **ret_text) MUST_CHECK;

/* Notes in a turn what has become of the legal basis, and of the series limit. Where names are kept
 * otherwise from now on, nothing is known of attributes that have them until a run told them anew,
 * for which it is due at once. */
void personal_note(struct instance *instance, struct moment now);
/* The key of pseudonyms is another one: the same. */
void personal_renamed(struct instance *instance, struct moment now);
/* Ends the series in view that are of how names were kept before; in the turn after that. */
int personal_hide(struct intake *intake, struct instance *instance, struct error *error) MUST_CHECK;
/* A run, or the interval of a stream, was sealed. */
void personal_sealed(struct instance *instance, struct moment now);
/* For the API: what is personal, how it is kept, why, and whether a series limit was reached. */
json_t *personal_show(const struct instance *instance);

#endif
