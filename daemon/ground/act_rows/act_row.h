/* The acts of the control socket: a row each says its name, its fields, its right and its guards.
 * The engine, conformctl and the setting `rights` read it, and tests hold the manual against it. */
#ifndef ACT_ROWS_ACT_ROW_H
#define ACT_ROWS_ACT_ROW_H

#include "ground/base/error.h"

#include <jansson.h>

/* The words of the setting `rights`: two for several acts, then the name of each act. */
enum act_name {
    ACT_OPERATE,
    ACT_DECIDE,
    ACT_FIRST,
    ACT_COLLECT = ACT_FIRST, /* one run now */
    ACT_ALERT_TEST,          /* a test message through the channels */
    ACT_OPEN,                /* a one-time link to the dashboard */
    ACT_ADOPT,               /* ends the trial of measures */
    ACT_APPROVE,             /* puts a changed or drafted construct in force */
    ACT_NC_TAKE,             /* a candidate becomes a nonconformity that somebody answers for */
    ACT_NC_DISMISS,          /* it is none */
    ACT_END
};
/* By enum act_name; ends with NULL. */
extern const char *const act_row_words[];

enum act_kind {
    ACT_TEXT,
    ACT_TEXTS, /* a list of texts, which may be empty */
    ACT_FLAG,  /* true or false */
};

enum act_field_trait {
    ACT_REQUIRED = 1 << 0, /* refused without it, or when it is empty */
    ACT_ASKED = 1 << 1,    /* conformctl insists on it */
    ACT_WORD = 1 << 2,     /* conformctl takes it as a word; others by --NAME, "_" typed as "-" */
};

struct act_field {
    const char *name;
    enum act_kind kind;
    unsigned traits;            /* of enum act_field_trait */
    const char *value;          /* what stands for it in help: "ROLE"; of a flag NULL */
    const char *help;           /* a line */
    const char *const *choices; /* of texts, ends with NULL; or NULL: any */
};

enum act_guard {
    ACT_NEEDS_LOGIN = 1 << 0, /* somebody must answer for it: an audit loginuid, or the setting
                                 allow_unattributed */
    ACT_CHANGES = 1 << 1,     /* a turn of its own, undone when it is refused; the others are
                                 answered when what they started has ended */
};

struct act_row {
    enum act_name name;
    enum act_name right;            /* ACT_OPERATE or ACT_DECIDE: covers it, as its own name does */
    unsigned guards;                /* of enum act_guard */
    const char *help;               /* a line */
    const struct act_field *fields; /* ends with one without a name */
};

/* NULL where there is no such act. */
const struct act_row *act_row_find(const char *name);
/* Of an act: from ACT_FIRST to before ACT_END. */
const struct act_row *act_row_of(enum act_name name);
/* NULL where the act has no such field. "-" counts as "_". */
const struct act_field *act_row_field(const struct act_row *row, const char *name);

/* A request's arguments (NULL: none) against the row: only fields that the act has, those that it
 * requires, of the kind and among the choices that are allowed. ERROR_FORMAT with a sentence that
 * says which, what was found and what is allowed. */
int act_row_check(const struct act_row *row, const json_t *arguments,
                  struct error *error) MUST_CHECK;

#endif
