/* The settings of the daemon itself, and the groups of all the others. Its order is the order of
 * conformd.conf.reference. */
#include "parent/config/schema.h"

#define SECOND 1000.0
#define DAY    86400000.0

static const char *const log_levels[] = {"error", "warning", "notice", "info", "debug", NULL};
static const char *const separations[] = {"warn", "deny", NULL};

static const struct setting http[] = {
    {"listen", SETTING_LISTEN, 0, BY_PARENT, RELOAD_LISTENS, 3, 255, "127.0.0.1:9191",
     "Address of the dashboard, the API and /metrics.", NULL, NULL},
    {"public", SETTING_BOOLEAN, 0, BY_PARENT | BY_FRONT, RELOAD_TAKEN, 0, 0, "false",
     "Must be true to listen at an address that other machines reach.", NULL, NULL},
    {0},
};

const struct setting schema_table[] = {
    {"state_dir", SETTING_PATH, 0, BY_PARENT | BY_ENGINE | BY_READER, RELOAD_FIXED, 1, 4000,
     "/var/lib/conformd", "Where the store is kept.", NULL, NULL},
    {"runtime_dir", SETTING_PATH, 0, BY_PARENT, RELOAD_FIXED, 1, 80, "/run/conformd",
     "Where the sockets are.", NULL, NULL},
    {"plugin_dir", SETTING_PATH, 0, BY_PARENT, RELOAD_TAKEN, 1, 4000, CONFORMD_PLUGIN_DIR,
     "Where the collectors are.", NULL, NULL},
    {"libexec_dir", SETTING_PATH, 0, BY_PARENT, RELOAD_FIXED, 1, 4000, CONFORMD_LIBEXEC_DIR,
     "Where conformd's other programs are.", NULL, NULL},
    {"user", SETTING_NAME, 0, BY_PARENT, RELOAD_FIXED, 1, 32, "conformd",
     "The user that the daemon becomes when root starts it.", NULL, NULL},
    {"log_level", SETTING_STRING, 0, BY_ALL, RELOAD_TAKEN, 0, 0, "info",
     "The least that is logged.", NULL, log_levels},
    {"allow_unattributed", SETTING_BOOLEAN, 0, BY_ENGINE, RELOAD_TAKEN, 0, 0, "false",
     "true lets root without a login identity approve, except, verify and close.", NULL, NULL},
    {"rights", SETTING_GROUP, SETTING_LIST, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "Who may do what through the control socket. Not given: whoever may open it may do "
     "everything. Once given, nobody else may. The audit loginuid counts, not su or sudo.",
     schema_rights, NULL},
    {"log_reads", SETTING_BOOLEAN, 0, BY_FRONT, RELOAD_TAKEN, 0, 0, "true",
     "A line in the log for who opens a session and who reads evidence, findings or series: one a "
     "reader, kind and minute, with a count and no content.",
     NULL, NULL},
    {"trust_clock", SETTING_BOOLEAN, 0, BY_ENGINE, RELOAD_TAKEN, 0, 0, "false",
     "true lets results count towards recovery although the kernel reports that its clock is not "
     "synchronised.",
     NULL, NULL},
    {"keep", SETTING_DURATION, 0, BY_ENGINE | BY_READER, RELOAD_TAKEN, DAY, 3660 * DAY, "400d",
     "How long samples are kept.", NULL, NULL},
    {"keep_readings", SETTING_DURATION, 0, BY_ENGINE, RELOAD_TAKEN, DAY, 3660 * DAY, NULL,
     "How long readings, with the samples that a rebuild needs, are kept beside the ledger; not "
     "given: as long as the store. An entry of the ledger says what was disposed of.",
     NULL, NULL},
    {"keep_excerpts", SETTING_DURATION, 0, BY_ENGINE, RELOAD_TAKEN, DAY, 3660 * DAY, NULL,
     "The same for the lines and settings that were seen.", NULL, NULL},
    {"lost_after", SETTING_DURATION, 0, BY_ENGINE, RELOAD_TAKEN, SECOND, 400 * DAY, "24h",
     "How long a collector may measure nothing before it is a finding; at least three intervals.",
     NULL, NULL},
    {"lost_after_urgent", SETTING_DURATION, 0, BY_ENGINE, RELOAD_TAKEN, SECOND, 400 * DAY, "1h",
     "The same where a measure with urgency now depends on it. It is also how long it must be well "
     "again before the condition counts as cleared.",
     NULL, NULL},
    {"classification", SETTING_STRING, 0, BY_ENGINE, RELOAD_TAKEN, 1, 64, "internal",
     "Printed on every report.", NULL, NULL},
    {"separation_of_duty", SETTING_STRING, 0, BY_PARENT, RELOAD_TAKEN, 0, 0, "warn",
     "What is done about one person in two roles of a measure that check each other.", NULL,
     separations},
    {"measures_most", SETTING_INTEGER, 0, BY_PARENT, RELOAD_TAKEN, 0, 1e6, "150",
     "A warning where more measures are enabled; 0 for none.", NULL, NULL},
    {"scope", SETTING_GROUP, 0, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "The scope of the management system.", schema_scope, NULL},
    {"soa", SETTING_GROUP, SETTING_LIST, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "The statement of applicability.", schema_soa, NULL},
    {"families", SETTING_GROUP, SETTING_LIST, BY_PARENT, RELOAD_TAKEN, 0, 0, NULL,
     "Roles of all measures of a family of controls.", schema_families, NULL},
    {"record_classes", SETTING_GROUP, SETTING_LIST, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "Classes of records beside those of `conformctl privacy`, and legal bases of these.",
     schema_record_classes, NULL},
    {"http", SETTING_GROUP, 0, BY_PARENT | BY_FRONT, RELOAD_TAKEN, 0, 0, NULL, "The listener.",
     http, NULL},
    {"collectors", SETTING_GROUP, SETTING_LIST | SETTING_OTHERS,
     BY_PARENT | BY_ENGINE | BY_COLLECTOR, RELOAD_TAKEN, 0, 0, NULL,
     "The collectors; the settings of their plugins are written among these.", schema_collectors,
     NULL},
    {"measures", SETTING_GROUP, SETTING_LIST, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "What is measured, and its criterion.", schema_measures, NULL},
    {"objectives", SETTING_GROUP, SETTING_LIST, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "Information security objectives.", schema_objectives, NULL},
    {"rules", SETTING_GROUP, SETTING_LIST, BY_PARENT | BY_COLLECTOR, RELOAD_TAKEN, 0, 0, NULL,
     "Patterns of log lines; a set of them is a file of rules.d.", schema_rules, NULL},
    {"channels", SETTING_GROUP, SETTING_LIST, BY_ENGINE | BY_COURIER, RELOAD_TAKEN, 0, 0, NULL,
     "Who is notified.", schema_channels, NULL},
    {"unasked", SETTING_ID, SETTING_LIST | SETTING_MADE, BY_ENGINE, RELOAD_TAKEN, 0, 0, NULL,
     "Measures whose client nobody named.", NULL, NULL},
    {0},
};
