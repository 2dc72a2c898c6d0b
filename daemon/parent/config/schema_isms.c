/* The settings of what an organization states: rights, scope, applicability, roles, classes of
 * records. */
#include "ground/act_rows/act_row.h"
#include "parent/config/schema.h"

#define LONGEST 4000 /* bytes of a text that people read */

static const char *const statuses[] = {"implemented", "in_progress", "not_started", NULL};

const struct setting schema_rights[] = {
    {"who", SETTING_STRING, SETTING_LIST | SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 1, 255, NULL,
     "Users by name or as \"uid:1000\", groups as \"group:isms\": their members at the time at "
     "which this is read.",
     NULL, NULL},
    {"acts", SETTING_STRING, SETTING_LIST | SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "What they may do: operate is collect, alert_test and open; decide is adopt, approve, "
     "nc_take and nc_dismiss.",
     NULL, act_row_words},
    {"uids", SETTING_GROUP, SETTING_MADE, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "Each of `who` as numbers.", NULL, NULL},
    {0},
};

const struct setting schema_scope[] = {
    {"version", SETTING_INTEGER, 0, BY_ENGINE, RELOAD_TAKEN, 1, 1e9, "1",
     "Raised when it changes; results of two versions are not comparable.", NULL, NULL},
    {"statement", SETTING_STRING, 0, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST, NULL,
     "What is in it, and its interfaces.", NULL, NULL},
    {"units", SETTING_STRING, SETTING_LIST, BY_ENGINE, RELOAD_TAKEN, 1, 64, NULL,
     "Organizational units.", NULL, NULL},
    {"sites", SETTING_STRING, SETTING_LIST, BY_ENGINE, RELOAD_TAKEN, 1, 64, NULL, "Sites.", NULL,
     NULL},
    {"assets", SETTING_STRING, SETTING_LIST, BY_ENGINE, RELOAD_TAKEN, 1, 255, NULL,
     "Hosts and other assets, by name or tag. Where some are given, a reading labelled with "
     "another `host` or `asset` is refused and counted; likewise `site` and `org_unit`.",
     NULL, NULL},
    {0},
};

const struct setting schema_soa[] = {
    {"control", SETTING_REFERENCE, SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "The control, of a standard or of one's own.", NULL, NULL},
    {"applicable", SETTING_BOOLEAN, SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "false: a measure whose controls are all not applicable is not evaluated; it is listed with "
     "who decided it.",
     NULL, NULL},
    {"justification", SETTING_STRING, SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST, NULL,
     "Why it is included or excluded.", NULL, NULL},
    {"status", SETTING_STRING, 0, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "How far it is, of one that applies: until it is implemented a miss raises an observation.",
     NULL, statuses},
    {"owner", SETTING_STRING, SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 1, 200, NULL,
     "Who decided it and answers for it.", NULL, NULL},
    {"review_due", SETTING_DATE, 0, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "When the decision is looked at again.", NULL, NULL},
    {0},
};

const struct setting schema_families[] = {
    {"controls", SETTING_REFERENCE, SETTING_REQUIRED, BY_PARENT, RELOAD_TAKEN, 0, 0, NULL,
     "Which measures: those whose first control is this one or below it (\"27001:2022 A.8\").",
     NULL, NULL},
    {"client", SETTING_STRING, 0, BY_PARENT, RELOAD_TAKEN, 1, 200, NULL, "Who asked for them.",
     NULL, NULL},
    {"planner", SETTING_STRING, 0, BY_PARENT, RELOAD_TAKEN, 1, 200, NULL, "Who builds them.", NULL,
     NULL},
    {"reviewer", SETTING_STRING, 0, BY_PARENT, RELOAD_TAKEN, 1, 200, NULL,
     "Who confirms that they fit.", NULL, NULL},
    {"information_owner", SETTING_STRING, 0, BY_PARENT, RELOAD_TAKEN, 1, 200, NULL,
     "Who owns the data they use.", NULL, NULL},
    {"information_collector", SETTING_STRING, 0, BY_PARENT, RELOAD_TAKEN, 1, 200, NULL,
     "Who collects the data.", NULL, NULL},
    {"analyst", SETTING_STRING, 0, BY_PARENT, RELOAD_TAKEN, 1, 200, NULL,
     "Who analyses and evaluates.", NULL, NULL},
    {"communicator", SETTING_STRING, 0, BY_PARENT, RELOAD_TAKEN, 1, 200, NULL,
     "Who reports the results.", NULL, NULL},
    {0},
};

const struct setting schema_record_classes[] = {
    {"id", SETTING_ID, SETTING_REQUIRED, BY_ENGINE, RELOAD_TAKEN, 1, 64, NULL,
     "Its id; that of a class which conformd keeps itself adds the legal basis to it.", NULL, NULL},
    {"description", SETTING_STRING, 0, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST, NULL,
     "What is recorded, and how much of it.", NULL, NULL},
    {"location", SETTING_STRING, 0, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST, NULL,
     "Where it is stored, and how it is found.", NULL, NULL},
    {"protection", SETTING_STRING, 0, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST, NULL,
     "How it is protected.", NULL, NULL},
    {"retention", SETTING_STRING, 0, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST, NULL,
     "How long it is kept.", NULL, NULL},
    {"disposal", SETTING_STRING, 0, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST, NULL,
     "How it is disposed of.", NULL, NULL},
    {"legal_basis", SETTING_STRING, 0, BY_ENGINE, RELOAD_TAKEN, 1, LONGEST, NULL,
     "Why it may be kept, or must be: a law, a contract, an agreement.", NULL, NULL},
    {0},
};
