/* The settings of every collector, and of the rules for lines of logs. */
#include "parent/config/schema.h"

#define SECOND  1000.0
#define DAY     86400000.0
#define LONGEST 4000 /* bytes of a text that people read */

const struct setting schema_collectors[] = {
    {"name", SETTING_NAME, SETTING_REQUIRED, BY_ENGINE | BY_COLLECTOR, RELOAD_TAKEN, 1, 64, NULL,
     "Its name here; label `instance` of what it reads.", NULL, NULL},
    {"plugin", SETTING_NAME, SETTING_REQUIRED, BY_ENGINE | BY_COLLECTOR, RELOAD_TAKEN, 1, 64, NULL,
     "Which collector it is; `conformctl describe PLUGIN` shows its own settings.", NULL, NULL},
    {"every", SETTING_DURATION, SETTING_REQUIRED, BY_ENGINE | BY_COLLECTOR, RELOAD_TAKEN, SECOND,
     366 * DAY, NULL, "How often it reads.", NULL, NULL},
    {"deadline", SETTING_DURATION, 0, BY_ENGINE | BY_COLLECTOR, RELOAD_TAKEN, SECOND, DAY, NULL,
     "How long one run may take; not given: as `every`, at most 1m.", NULL, NULL},
    {"enabled", SETTING_BOOLEAN, 0, BY_PARENT | BY_ENGINE, RELOAD_TAKEN, 0, 0, "true",
     "false keeps it from running; reports say so.", NULL, NULL},
    {"scope", SETTING_STRING, SETTING_LIST, BY_ENGINE, RELOAD_TAKEN, 1, 255, NULL,
     "Units, sites and assets of the group scope that it reads.", NULL, NULL},
    {"not_between", SETTING_WINDOW, SETTING_LIST, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "Windows of UTC in which only a person starts it. What it would have read in that time is "
     "unknown. A stream that is running continues.",
     NULL, NULL},
    {"series_limit", SETTING_INTEGER, 0, BY_ENGINE, RELOAD_TAKEN, 1, 100000, "1000",
     "Series that it may have of one attribute; what is more is summed up.", NULL, NULL},
    {"legal_basis", SETTING_STRING, 0, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST, NULL,
     "Why personal labels may be kept as they are and not as pseudonyms.", NULL, NULL},
    {"reviewed_by", SETTING_STRING, 0, BY_ENGINE, RELOAD_TAKEN, 1, 200, NULL, "Who reviewed that.",
     NULL, NULL},
    {"review_due", SETTING_DATE, 0, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "The last day on which that is valid; from then on pseudonyms are stored again.", NULL, NULL},
    {0},
};

const struct setting schema_rules[] = {
    {"id", SETTING_NAME, SETTING_REQUIRED, BY_COLLECTOR, RELOAD_TAKEN, 1, 64, NULL,
     "Its name in its set; in rules.d/sshd.conf the id `failed` becomes `sshd.failed`.", NULL,
     NULL},
    {"set", SETTING_NAME, SETTING_HIDDEN, BY_PARENT, RELOAD_TAKEN, 1, 64, NULL,
     "The name of its file.", NULL, NULL},
    {"pattern", SETTING_STRING, SETTING_REQUIRED, BY_COLLECTOR, RELOAD_TAKEN, 1, 8000, NULL,
     "What a line must contain: a regular expression. (?<label>...) captures a label.", NULL, NULL},
    {"labels", SETTING_MARK, SETTING_LIST, BY_COLLECTOR, RELOAD_TAKEN, 0, 0, NULL,
     "Labels taken from the line, or fixed ones.", NULL, NULL},
    {"personal", SETTING_LABEL, SETTING_LIST, BY_COLLECTOR, RELOAD_TAKEN, 0, 0, NULL,
     "Those that contain personal data.", NULL, NULL},
    {"accounts", SETTING_LABEL, SETTING_LIST, BY_COLLECTOR, RELOAD_TAKEN, 0, 0, NULL,
     "Those that name accounts. A name that is not an account of the host is stored as (invalid).",
     NULL, NULL},
    {"feeds", SETTING_METRIC, SETTING_REQUIRED, BY_COLLECTOR, RELOAD_TAKEN, 0, 0, NULL,
     "The attribute that a match adds 1 to.", NULL, NULL},
    {"urgent", SETTING_BOOLEAN, 0, BY_COLLECTOR, RELOAD_TAKEN, 0, 0, "false",
     "true hands a match over at once.", NULL, NULL},
    {"excerpt", SETTING_BOOLEAN, 0, BY_COLLECTOR, RELOAD_TAKEN, 0, 0, "true",
     "false keeps the line out of the evidence.", NULL, NULL},
    {"match", SETTING_STRING, SETTING_LIST | SETTING_KEEP, BY_COLLECTOR, RELOAD_TAKEN, 1, LONGEST,
     NULL, "A line that it must match; tested when it is loaded.", NULL, NULL},
    {"no_match", SETTING_STRING, SETTING_LIST | SETTING_KEEP, BY_COLLECTOR, RELOAD_TAKEN, 1,
     LONGEST, NULL, "A line that it must not match.", NULL, NULL},
    {0},
};
