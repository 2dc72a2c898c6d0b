/* A request as the engine gets it, and its answer as it comes back (MESSAGE_ASK, MESSAGE_ANSWER).
 */
#ifndef FRONT_ASK_H
#define FRONT_ASK_H

#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASK_NO_LOGINUID 4294967295u /* the process has no login, or it cannot be known */

/* Borrowed. */
struct ask {
    const char *method;
    const char *path;
    const json_t *query;
    const char *body;  /* or NULL */
    const char *token; /* or NULL */
    bool local;        /* api.sock: then uid and pid are its peer's, and loginuid is read */
    uint32_t uid;
    uint32_t pid;
};

/* ERROR_FORMAT for a body that is not UTF-8. */
int ask_make(const struct ask *ask, int64_t id, json_t **ret) MUST_CHECK;

/* From /proc/PID/loginuid, or ASK_NO_LOGINUID. */
uint32_t ask_loginuid(uint32_t pid);

enum { ANSWER_FIELDS = 8 };
struct answer_field {
    const char *name;
    const char *value;
};
/* Borrowed from the message. */
struct answer {
    int64_t id;
    int status;
    const char *type;
    const char *body;
    size_t length;
    const char *read_what; /* for the log of reads; NULL: nothing is written there */
    const char *read_by;
    struct answer_field fields[ANSWER_FIELDS]; /* field_count of them */
    size_t field_count;
};
/* ERROR_PEER for anything that is not an answer. */
int ask_answer_read(const json_t *message, struct answer *ret) MUST_CHECK;

/* The session that the engine gave for a one-time token: its body, as JSON {"session": text} or as
 * the bare text. NULL when it is none. The caller frees. */
char *ask_answer_session(const struct answer *answer);

#endif
