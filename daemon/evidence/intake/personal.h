/* Personal data in what a collector sends: pseudonyms, unless the collector states why not. */
#ifndef INTAKE_PERSONAL_H
#define INTAKE_PERSONAL_H

#include "evidence/intake/pseudonym.h"
#include "ground/base/clock.h"
#include "ground/channel/wire.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct instance;
struct intake;

/* What of a personal label's value is kept: *ret_value is the value or points to pseudonym. */
int personal_label(const struct intake *intake, const struct instance *instance, const char **value,
                   char pseudonym[PSEUDONYM_SIZE]) MUST_CHECK;

/* An excerpt's text, fit to be shown; of its bytes the spans that follow in the message are
 * personal. ERROR_FORMAT for spans that are not in order or beyond its end. */
int personal_text(const struct intake *intake, const struct instance *instance, struct wire *wire,
                  char **ret_text) MUST_CHECK;

/* Ends the series in view that are of how names were kept before; in the turn after that. */
int personal_hide(struct intake *intake, struct instance *instance, struct error *error) MUST_CHECK;

#endif
