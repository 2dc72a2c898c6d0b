/* The leaves of an instance, and the payloads beside them. Inside the room only. */
#ifndef SEALING_LEAVES_H
#define SEALING_LEAVES_H

#include "evidence/sealing/sealing.h"

/* The collector's own leaf: written when what it declares is new, referred to by evidence. */
int leaves_tables(struct sealing *sealing, struct instance *instance,
                  struct error *error) MUST_CHECK;
/* The evidence leaf of this run. Call when the instance is as the run left it. */
int leaves_evidence(struct sealing *sealing, struct instance *instance, const struct run *run,
                    struct error *error) MUST_CHECK;
/* Appends a leaf of this instance after which nothing of it is untold: evidence of the run, or
 * without one the coverage of those that read the same. Takes the fields. */
int leaves_tell(struct sealing *sealing, struct instance *instance, const struct run *run,
                json_t *fields, struct error *error) MUST_CHECK;

/* Puts the commitment of a payload into the fields of a leaf; nothing for no bytes. */
int leaves_attach(struct sealing *sealing, enum payload_kind kind, const struct buffer *bytes,
                  json_t *fields) MUST_CHECK;
int leaves_attach_json(struct sealing *sealing, const json_t *text, json_t *fields) MUST_CHECK;
/* Takes the names of sources out of the fields, for a leaf holds none; the caller's, or NULL. */
json_t *leaves_take_sources(json_t *fields);
/* Why the run ended as it did; without one, why the instance is in its state, or "". */
const char *leaves_reason(const struct instance *instance, const struct run *run);
/* The sentence for what the ledger refused. */
int leaves_refused(struct error *error, int code);

#endif
