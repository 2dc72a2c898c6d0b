/* Every setting of conformd's own: one row each says all that is to be said of it. */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "ground/base/error.h"
#include "ground/roles/role.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum setting_type {
    SETTING_BOOLEAN,
    SETTING_INTEGER,   /* least and most apply */
    SETTING_NUMBER,    /* kept as its shortest decimal */
    SETTING_DURATION,  /* kept as milliseconds; least and most likewise */
    SETTING_STRING,    /* least and most are its bytes */
    SETTING_NAME,      /* [a-z][a-z0-9_-]* */
    SETTING_ID,        /* [A-Za-z][A-Za-z0-9._-]* */
    SETTING_METRIC,    /* a series' name, as in Prometheus */
    SETTING_LABEL,     /* a label's name, as in Prometheus */
    SETTING_MARK,      /* a label's name, or name=value for one that is always the same */
    SETTING_PATH,      /* absolute */
    SETTING_URL,       /* https, or http to this machine */
    SETTING_SECRET,    /* credential:NAME */
    SETTING_LISTEN,    /* HOST:PORT */
    SETTING_TARGET,    /* of syslog: a socket's path, udp://HOST:PORT, tcp://HOST:PORT */
    SETTING_BOUND,     /* an operator and a number */
    SETTING_WHEN,      /* unknown, met or a number */
    SETTING_DATE,      /* YYYY-MM-DD */
    SETTING_REFERENCE, /* STANDARD:EDITION CLAUSE */
    SETTING_WINDOW,    /* HH:MM-HH:MM */
    SETTING_GROUP,
};

enum setting_flag {
    SETTING_LIST = 1,     /* several; one value alone is taken as a list of one */
    SETTING_REQUIRED = 2, /* must be given */
    SETTING_KEEP = 4,     /* of a list: one value alone stays one */
    SETTING_OTHERS = 8,   /* of a group: settings that it does not know are its plugin's */
    SETTING_HIDDEN = 16,  /* filled in while loading; nobody types it */
    SETTING_WISHED = 32,  /* a warning where it is not given */
    SETTING_MADE = 64,    /* worked out of other settings; in a file it is unknown */
    SETTING_STATED = 128, /* of a construct: kept, approved and shown with its text; nothing reads
                             it by itself */
    SETTING_OF_FAMILY = 256, /* of a measure: where it is not given the family of its controls is
                                asked, then the preset, without one its owner */
};

/* Whose part of the configuration holds it. The parent has the whole, and is named where it acts on
 * a setting; that all are checked by it is understood. */
enum setting_reader {
    BY_PARENT = 1 << ROLE_PARENT,
    BY_ENGINE = 1 << ROLE_ENGINE,
    BY_READER = 1 << ROLE_READER,
    BY_FRONT = 1 << ROLE_FRONT,
    BY_COURIER = 1 << ROLE_COURIER,
    BY_COLLECTOR = 1 << ROLE_COLLECTOR,
    BY_ALL = (1 << ROLE_COUNT) - 1,
};

enum setting_reload {
    RELOAD_TAKEN,   /* who reads it takes it over; where the role does not prepare, a new process */
    RELOAD_LISTENS, /* the parent opens it, and a new front gets it */
    RELOAD_FIXED,   /* the reload is refused: it changes when conformd is started again */
};

/* A table ends with a row whose name is NULL. */
struct setting {
    const char *name;
    enum setting_type type;
    unsigned flags;
    unsigned readers; /* of enum setting_reader */
    enum setting_reload reload;
    double least; /* with most: both 0 means no limit */
    double most;
    const char *preset; /* as it would be typed, a list with commas; NULL: "", [] or the members' */
    const char *help;
    const struct setting *members;
    const char *const *choices; /* of texts; NULL at the end */
};

/* All settings; the other tables are groups of it. */
extern const struct setting schema_table[];
extern const struct setting schema_collectors[];
extern const struct setting schema_rules[];
extern const struct setting schema_measures[];
extern const struct setting schema_objectives[];
extern const struct setting schema_channels[];
extern const struct setting schema_rights[];
extern const struct setting schema_scope[];
extern const struct setting schema_soa[];
extern const struct setting schema_families[];
extern const struct setting schema_record_classes[];

/* The row of a name, or NULL. */
const struct setting *schema_find(const struct setting *table, const char *name);
/* The known name that is nearest to one mistyped, or NULL when none is near. */
const char *schema_nearest(const struct setting *table, const char *name);
/* True when `other` is a likely misspelling of `name`. */
bool schema_is_near(const char *name, const char *other);

/* The members of an object that a role reads, after the table of these; what is worked out while
 * loading is taken whole. New reference, NULL without memory. */
json_t *schema_pick(const struct setting *table, const json_t *from, enum role role);
/* The name of a setting that differs and of which a reload does this; NULL for none. Items of
 * lists are skipped: no row of theirs has a reload of its own. */
const char *schema_differs(const json_t *old, const json_t *next, enum setting_reload reload);

/* conformd.conf.reference: every setting with help, type and preset. The caller frees. */
char *schema_reference(void);

/* Reads one value as its row says: a new reference in the canonical form. ERROR_FORMAT or
 * ERROR_RANGE when it is not allowed, ERROR_MEMORY. */
int config_value_read(const struct setting *setting, const json_t *raw, json_t **ret) MUST_CHECK;
/* The preset as if it had been typed, lists too; NULL for none or without memory. New reference. */
json_t *config_value_preset(const struct setting *setting);
/* What is allowed, in words: `a duration such as "30s" ...`. The caller frees. */
char *config_value_allowed(const struct setting *setting);
/* What was found, in words. The caller frees. */
char *config_value_found(const json_t *raw);

#endif
