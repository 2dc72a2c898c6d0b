/* How an instance keeps personal data: as it is where a legal basis holds, else as pseudonyms. */
#ifndef INSTANCE_NAMES_H
#define INSTANCE_NAMES_H

#include "ground/base/clock.h"
#include "ground/base/error.h"

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

struct names {
    struct basis basis; /* why personal data may be kept as it is */
    bool plain;         /* so it is: it has a legal basis whose review is not overdue */
    bool switched;      /* how names are kept changed, and no run has reported them since */
    bool mixed;         /* ... while this run was under way: it holds some of both */
    bool hides;         /* what is in view of before is to end in the next turn */
    int64_t from_ms;    /* what is older is stored under pseudonyms; 0: nothing does */
};

struct instance;

/* True for a value that names nobody, for which there is never a pseudonym. */
bool names_tell_nobody(const char *value);

/* Reads the settings of a collector that are about its labels; again when they changed. */
int names_configure(struct instance *instance, const json_t *config) MUST_CHECK;
void names_finish(struct names *names);
/* True while names may be kept as they are. */
bool names_may_stay(const struct names *names, int64_t now_ms);

/* At a load: what of the names was not remembered yet holds as the basis says. */
void names_remember(struct names *names, int64_t now_ms);
/* True once where what is in view of before is to end now. */
bool names_take_hidden(struct names *names);

/* Notes in a turn what has become of the legal basis, and of the series limit. Where names are
 * kept otherwise from now on, nothing is known of attributes that have them until a run has
 * reported them again, for which it is due at once. */
void names_note(struct instance *instance, struct moment now);
/* The key of pseudonyms is another one: the same. */
void names_renamed(struct instance *instance, struct moment now);
/* A run, or the interval of a stream, was sealed. */
void names_sealed(struct instance *instance, struct moment now);
/* For the API: what is personal, how it is kept, why, and whether a series limit was reached. */
json_t *names_show(const struct instance *instance);

#endif
