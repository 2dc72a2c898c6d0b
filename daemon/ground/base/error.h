/* What went wrong: one list of codes, and a sentence for the person who must act. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Every function that can fail returns 0 or one of these. */
enum error_code {
    ERROR_NONE = 0,
    ERROR_MEMORY = -1,    /* no memory left */
    ERROR_IO = -2,        /* a system call failed; errno says which way */
    ERROR_FORMAT = -3,    /* bytes that do not follow their format */
    ERROR_RANGE = -4,     /* a value outside of what is allowed */
    ERROR_LIMIT = -5,     /* more than a limit allows */
    ERROR_MISSING = -6,   /* what was asked for is not there */
    ERROR_EXISTS = -7,    /* it is there already, or in use by another */
    ERROR_DENIED = -8,    /* the caller may not */
    ERROR_STATE = -9,     /* not possible in the present state */
    ERROR_TIMEOUT = -10,  /* the deadline has passed */
    ERROR_CLOSED = -11,   /* the other side is gone */
    ERROR_AGAIN = -12,    /* nothing now; ask again when the descriptor is ready */
    ERROR_DATABASE = -13, /* the store refused; its own words are in the sentence */
    ERROR_SETTING = -14,  /* a setting is wrong; the sentence says file, line and what is allowed */
    ERROR_VERSION = -15,  /* made by a version that this one does not know */
    ERROR_PEER = -16,     /* the other side broke the protocol */
};

/* A whole sentence for a person. Zeroed at first; the text is the heap's. */
struct error {
    int code;
    char *sentence;
};

/* The fixed text of a code, never NULL. */
const char *error_text(int code);

/* Sets code and sentence (the last call wins), returns the code. error may be NULL. */
int error_set(struct error *error, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "prefix: " before the sentence, keeping the code. */
void error_prefix(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

/* The sentence, or the code's text; never NULL. */
const char *error_sentence(const struct error *error);

/* Frees the sentence; takes NULL and a zeroed one. Fit for CLEAN(error_finish). */
void error_finish(struct error *error);

#endif
