/* The table of settings. Its order is the order of conformd.conf.reference. */
#include "parent/config/schema.h"

#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

#define SECOND  1000.0
#define DAY     86400000.0
#define LONGEST 4000 /* bytes of a text that people read */

static const char *const log_levels[] = {"error", "warning", "notice", "info", "debug", NULL};
static const char *const kinds[] = {"performance", "effectiveness", NULL};
static const char *const urgencies[] = {"now", "day", "digest", NULL};
static const char *const levels[] = {"strategic", "tactical", "operational", NULL};
static const char *const separations[] = {"warn", "deny", NULL};
static const char *const channel_types[] = {"syslog", "webhook", NULL};

static const struct setting http[] = {
    {"listen", SETTING_LISTEN, 0, 3, 255, "127.0.0.1:9191",
     "Address of the dashboard, the API and /metrics.", NULL, NULL},
    {"public", SETTING_BOOLEAN, 0, 0, 0, "false",
     "Must be true to listen at an address that other machines reach.", NULL, NULL},
    {0},
};

static const struct setting collectors[] = {
    {"name", SETTING_NAME, SETTING_REQUIRED, 1, 64, NULL,
     "Its name here; label `instance` of what it reads.", NULL, NULL},
    {"plugin", SETTING_NAME, SETTING_REQUIRED, 1, 64, NULL,
     "Which collector it is; `conformctl describe PLUGIN` shows its own settings.", NULL, NULL},
    {"every", SETTING_DURATION, SETTING_REQUIRED, SECOND, 366 * DAY, NULL, "How often it reads.",
     NULL, NULL},
    {"deadline", SETTING_DURATION, 0, SECOND, DAY, NULL,
     "How long one run may take; not given: as `every`, at most 1m.", NULL, NULL},
    {"enabled", SETTING_BOOLEAN, 0, 0, 0, "true", "false keeps it from running; reports say so.",
     NULL, NULL},
    {"scope", SETTING_STRING, SETTING_LIST, 1, 255, NULL,
     "Units, sites and assets of the group scope that it reads.", NULL, NULL},
    {"not_between", SETTING_WINDOW, SETTING_LIST, 0, 0, NULL,
     "Windows of UTC in which it is not started, but by a person; what it would have read "
     "meanwhile "
     "is not known. A stream that runs goes on.",
     NULL, NULL},
    {"series_limit", SETTING_INTEGER, 0, 1, 100000, "1000",
     "Series that it may have of one attribute; what is more is summed up.", NULL, NULL},
    {"legal_basis", SETTING_STRING, 0, 1, LONGEST, NULL,
     "Why personal labels may be kept as they are and not as pseudonyms.", NULL, NULL},
    {"reviewed_by", SETTING_STRING, 0, 1, 200, NULL, "Who reviewed that.", NULL, NULL},
    {"review_due", SETTING_DATE, 0, 0, 0, NULL,
     "The last day on which that holds; then pseudonyms again.", NULL, NULL},
    {0},
};

static const struct setting criterion[] = {
    {"target", SETTING_BOUND, SETTING_REQUIRED, 0, 0, NULL, "When the measure is met.", NULL, NULL},
    {"tolerance", SETTING_BOUND, 0, 0, 0, NULL,
     "When it is not met but only at risk; not given: no tolerance.", NULL, NULL},
    {"for", SETTING_DURATION, 0, 0, 400 * DAY, "0s",
     "How long it is missed before a nonconformity is raised.", NULL, NULL},
    {"recover", SETTING_DURATION, 0, 0, 400 * DAY, NULL,
     "How long it is met before the condition counts as cleared; not given: twice `for`, at least "
     "1h.",
     NULL, NULL},
    {0},
};

static const struct setting measures[] = {
    {"id", SETTING_ID, SETTING_REQUIRED, 1, 64, NULL, "Its id in reports and records.", NULL, NULL},
    {"version", SETTING_INTEGER, 0, 1, 1e9, "1", "Raised when its meaning changes.", NULL, NULL},
    {"name", SETTING_STRING, SETTING_REQUIRED, 1, 200, NULL, "Its title.", NULL, NULL},
    {"kind", SETTING_STRING, SETTING_REQUIRED, 0, 0, NULL,
     "performance: is it done as planned; effectiveness: does it do what it is for.", NULL, kinds},
    {"information_need", SETTING_STRING, SETTING_REQUIRED, 1, LONGEST, NULL,
     "The question that it answers.", NULL, NULL},
    {"formula", SETTING_STRING, SETTING_REQUIRED, 1, 8000, NULL, "The formula, in PromQL.", NULL,
     NULL},
    {"unit", SETTING_STRING, SETTING_REQUIRED, 1, 64, NULL, "Unit of the value.", NULL, NULL},
    {"population", SETTING_STRING, SETTING_LIST | SETTING_KEEP, 1, 1000, "self",
     "Whom it measures: self, a list of elements, or a selector over an inventory.", NULL, NULL},
    {"population_by", SETTING_LABEL, 0, 0, 0, "host",
     "The label that names an element of the population.", NULL, NULL},
    {"every", SETTING_DURATION, SETTING_REQUIRED, SECOND, 366 * DAY, NULL,
     "How often it is analysed.", NULL, NULL},
    {"coverage", SETTING_NUMBER, 0, 0, 1, "0.9",
     "Share of a formula's range that must have been watched.", NULL, NULL},
    {"min_coverage", SETTING_NUMBER, 0, 0, 1, "1", "Share of the population that must be seen.",
     NULL, NULL},
    {"valid_when", SETTING_STRING, 0, 0, 8000, "",
     "A formula that must hold, else the result is unknown.", NULL, NULL},
    {"when_empty", SETTING_WHEN, 0, 0, 0, "unknown",
     "The result when everything was watched and the formula finds nothing.", NULL, NULL},
    {"zero_denominator", SETTING_WHEN, 0, 0, 0, "unknown",
     "The result when the formula divides by zero.", NULL, NULL},
    {"controls", SETTING_REFERENCE, SETTING_LIST, 0, 0, NULL, "Controls that it gives evidence of.",
     NULL, NULL},
    {"clauses", SETTING_REFERENCE, SETTING_LIST, 0, 0, NULL, "Clauses that it gives evidence of.",
     NULL, NULL},
    {"owner", SETTING_STRING, SETTING_REQUIRED, 1, 200, NULL,
     "Who owns what is measured, and acts when it is missed.", NULL, NULL},
    {"client", SETTING_STRING, 0, 1, 200, NULL,
     "Who asked for it; this and the next six not given: as its family says, else ciso.", NULL,
     NULL},
    {"planner", SETTING_STRING, 0, 1, 200, NULL, "Who builds it.", NULL, NULL},
    {"reviewer", SETTING_STRING, 0, 1, 200, NULL, "Who confirms that it fits.", NULL, NULL},
    {"information_owner", SETTING_STRING, 0, 1, 200, NULL,
     "Who owns the data it uses; not given anywhere: as `owner`.", NULL, NULL},
    {"information_collector", SETTING_STRING, 0, 1, 200, NULL,
     "Who collects the data; not given anywhere: conformd.", NULL, NULL},
    {"analyst", SETTING_STRING, 0, 1, 200, NULL, "Who analyses and evaluates.", NULL, NULL},
    {"communicator", SETTING_STRING, 0, 1, 200, NULL, "Who tells the results.", NULL, NULL},
    {"implementer", SETTING_STRING, 0, 1, 200, NULL, "Who puts the controls into effect.", NULL,
     NULL},
    {"effectiveness_reviewer", SETTING_STRING, 0, 1, 200, NULL,
     "Who says whether they have effect; somebody else.", NULL, NULL},
    {"scope", SETTING_STRING, SETTING_LIST, 1, 255, NULL,
     "Units, sites and assets of the group scope that it speaks of.", NULL, NULL},
    {"urgency", SETTING_STRING, 0, 0, 0, "day", "When a miss is told: now, day or digest.", NULL,
     urgencies},
    {"why", SETTING_STRING, SETTING_REQUIRED, 1, LONGEST, NULL, "Why it matters.", NULL, NULL},
    {"if_missed", SETTING_STRING, SETTING_REQUIRED, 1, LONGEST, NULL,
     "What to do when it is missed.", NULL, NULL},
    {"accept_partial", SETTING_BOOLEAN, 0, 0, 0, "false",
     "true also takes what runs read that could not read everything.", NULL, NULL},
    {"allow_absent", SETTING_STRING, 0, 0, 4000, "",
     "The reason why the formula may use vector() or absent().", NULL, NULL},
    {"baseline", SETTING_LABEL, SETTING_LIST, 0, 0, NULL,
     "Labels that tell the items of an adopted baseline apart.", NULL, NULL},
    {"enabled", SETTING_BOOLEAN, 0, 0, 0, "true", "false stops it; reports say so.", NULL, NULL},
    {"key", SETTING_BOOLEAN, 0, 0, 0, "false", "true puts it among the key measures.", NULL, NULL},
    {"systemic_share", SETTING_NUMBER, 0, 0, 1, "0.5",
     "When more than this share of the population breaches it is systemic.", NULL, NULL},
    {"requirement", SETTING_REFERENCE, 0, 0, 0, "27001:2022 9.1",
     "The requirement that a miss does not fulfil.", NULL, NULL},
    {"criterion", SETTING_GROUP, SETTING_REQUIRED, 0, 0, NULL, "What is good enough.", criterion,
     NULL},
    {0},
};

static const struct setting objectives[] = {
    {"id", SETTING_ID, SETTING_REQUIRED, 1, 64, NULL, "Its id in reports and records.", NULL, NULL},
    {"version", SETTING_INTEGER, 0, 1, 1e9, "1", "Raised when its meaning changes.", NULL, NULL},
    {"statement", SETTING_STRING, SETTING_REQUIRED, 1, LONGEST, NULL,
     "The objective in one sentence.", NULL, NULL},
    {"level", SETTING_STRING, 0, 0, 0, "operational", "Where in the organization it stands.", NULL,
     levels},
    {"measures", SETTING_ID, SETTING_LIST | SETTING_REQUIRED, 1, 64, NULL,
     "Ids of the measures that decide it.", NULL, NULL},
    {"policy", SETTING_STRING, SETTING_REQUIRED, 1, 200, NULL, "The part of the policy it serves.",
     NULL, NULL},
    {"requirement", SETTING_REFERENCE, 0, 0, 0, "27001:2022 6.2",
     "The requirement that a miss does not fulfil.", NULL, NULL},
    {"responsible", SETTING_STRING, SETTING_REQUIRED, 1, 200, NULL, "Who is responsible.", NULL,
     NULL},
    {"resources", SETTING_STRING, SETTING_REQUIRED, 1, LONGEST, NULL, "What is needed for it.",
     NULL, NULL},
    {"what", SETTING_STRING, SETTING_WISHED, 1, LONGEST, NULL, "What will be done.", NULL, NULL},
    {"how_evaluated", SETTING_STRING, 0, 1, LONGEST, "all its measures are met at the date",
     "How its result is evaluated.", NULL, NULL},
    {"due", SETTING_DATE, SETTING_REQUIRED, 0, 0, NULL, "By when.", NULL, NULL},
    {"evaluate_every", SETTING_DURATION, 0, 3600 * SECOND, 400 * DAY, "1d",
     "How often it is evaluated.", NULL, NULL},
    {"audience", SETTING_STRING, SETTING_LIST, 1, 200, NULL, "Whom it is communicated to.", NULL,
     NULL},
    {"enabled", SETTING_BOOLEAN, 0, 0, 0, "true", "false stops it; reports say so.", NULL, NULL},
    {0},
};

static const struct setting rules[] = {
    {"id", SETTING_NAME, SETTING_REQUIRED, 1, 64, NULL,
     "Its name in its set; in rules.d/sshd.conf the id `failed` becomes `sshd.failed`.", NULL,
     NULL},
    {"set", SETTING_NAME, SETTING_HIDDEN, 1, 64, NULL, "The name of its file.", NULL, NULL},
    {"pattern", SETTING_STRING, SETTING_REQUIRED, 1, 8000, NULL,
     "What a line must hold: a regular expression; (?<label>...) gives a label.", NULL, NULL},
    {"labels", SETTING_MARK, SETTING_LIST, 0, 0, NULL, "Labels taken from the line, or fixed ones.",
     NULL, NULL},
    {"personal", SETTING_LABEL, SETTING_LIST, 0, 0, NULL, "Those that hold personal data.", NULL,
     NULL},
    {"accounts", SETTING_LABEL, SETTING_LIST, 0, 0, NULL,
     "Those that name accounts; what is none of the host is kept as (invalid).", NULL, NULL},
    {"feeds", SETTING_METRIC, SETTING_REQUIRED, 0, 0, NULL, "The attribute that a match adds 1 to.",
     NULL, NULL},
    {"urgent", SETTING_BOOLEAN, 0, 0, 0, "false", "true hands a match over at once.", NULL, NULL},
    {"excerpt", SETTING_BOOLEAN, 0, 0, 0, "true", "false keeps the line out of the evidence.", NULL,
     NULL},
    {"match", SETTING_STRING, SETTING_LIST | SETTING_KEEP, 1, LONGEST, NULL,
     "A line that it must match; tested when it is loaded.", NULL, NULL},
    {"no_match", SETTING_STRING, SETTING_LIST | SETTING_KEEP, 1, LONGEST, NULL,
     "A line that it must not match.", NULL, NULL},
    {0},
};

static const struct setting channels[] = {
    {"name", SETTING_NAME, SETTING_REQUIRED, 1, 64, NULL, "Its name.", NULL, NULL},
    {"type", SETTING_STRING, SETTING_REQUIRED, 0, 0, NULL, "How it delivers.", NULL, channel_types},
    {"url", SETTING_URL, 0, 1, 2000, NULL, "Of a webhook: where to.", NULL, NULL},
    {"target", SETTING_TARGET, 0, 1, 255, NULL,
     "Of syslog: where to; not given: the socket /dev/log.", NULL, NULL},
    {"secret", SETTING_SECRET, 0, 0, 0, NULL,
     "Of a webhook: the systemd credential that signs or authorizes.", NULL, NULL},
    {"events", SETTING_NAME, SETTING_LIST, 1, 64, NULL, "Which events it is told; not given: all.",
     NULL, NULL},
    {"timeout", SETTING_DURATION, 0, SECOND, 300 * SECOND, "10s", "How long one delivery may take.",
     NULL, NULL},
    {"ca_file", SETTING_PATH, 0, 1, 4000, NULL,
     "Of a webhook: certificates to trust; not given: the system's.", NULL, NULL},
    {0},
};

const struct setting schema_table[] = {
    {"state_dir", SETTING_PATH, 0, 1, 4000, "/var/lib/conformd", "Where the store is kept.", NULL,
     NULL},
    {"runtime_dir", SETTING_PATH, 0, 1, 80, "/run/conformd", "Where the sockets are.", NULL, NULL},
    {"plugin_dir", SETTING_PATH, 0, 1, 4000, CONFORMD_PLUGIN_DIR, "Where the collectors are.", NULL,
     NULL},
    {"libexec_dir", SETTING_PATH, 0, 1, 4000, CONFORMD_LIBEXEC_DIR,
     "Where conformd's other programs are.", NULL, NULL},
    {"user", SETTING_NAME, 0, 1, 32, "conformd", "Whom it becomes when root starts it.", NULL,
     NULL},
    {"log_level", SETTING_STRING, 0, 0, 0, "info", "The least that is logged.", NULL, log_levels},
    {"allow_unattributed", SETTING_BOOLEAN, 0, 0, 0, "false",
     "true lets root without a login identity approve, except, verify and close.", NULL, NULL},
    {"rights", SETTING_GROUP, SETTING_LIST, 0, 0, NULL,
     "Who may do what through the control socket. Not given: whoever may open it may do all; once "
     "given, nobody else. It is the audit loginuid that counts, not su or sudo.",
     schema_rights, NULL},
    {"log_reads", SETTING_BOOLEAN, 0, 0, 0, "true",
     "A line in the log for who opens a session and who reads evidence, findings or series: one a "
     "reader, kind and minute, with a count and no content.",
     NULL, NULL},
    {"trust_clock", SETTING_BOOLEAN, 0, 0, 0, "false",
     "true lets results count towards recovery although the kernel does not hold its clock for "
     "synchronised.",
     NULL, NULL},
    {"keep", SETTING_DURATION, 0, DAY, 3660 * DAY, "400d", "How long samples are kept.", NULL,
     NULL},
    {"keep_readings", SETTING_DURATION, 0, DAY, 3660 * DAY, NULL,
     "How long readings, with the samples that a rebuild needs, are kept beside the ledger; not "
     "given: as long as the store. A leaf tells what was disposed of.",
     NULL, NULL},
    {"keep_excerpts", SETTING_DURATION, 0, DAY, 3660 * DAY, NULL,
     "The same for the lines and settings that were seen.", NULL, NULL},
    {"lost_after", SETTING_DURATION, 0, SECOND, 400 * DAY, "24h",
     "How long a collector may measure nothing before it is a finding; at least three intervals.",
     NULL, NULL},
    {"lost_after_urgent", SETTING_DURATION, 0, SECOND, 400 * DAY, "1h",
     "The same where a measure with urgency now stands on it; and how long it is well again before "
     "the condition counts as cleared.",
     NULL, NULL},
    {"classification", SETTING_STRING, 0, 1, 64, "internal", "Printed on every report.", NULL,
     NULL},
    {"separation_of_duty", SETTING_STRING, 0, 0, 0, "warn",
     "What is done about one person in two roles of a measure that check each other.", NULL,
     separations},
    {"measures_most", SETTING_INTEGER, 0, 0, 1e6, "150",
     "A warning where more measures are enabled; 0 for none.", NULL, NULL},
    {"scope", SETTING_GROUP, 0, 0, 0, NULL, "The scope of the management system.", schema_scope,
     NULL},
    {"soa", SETTING_GROUP, SETTING_LIST, 0, 0, NULL, "The statement of applicability.", schema_soa,
     NULL},
    {"families", SETTING_GROUP, SETTING_LIST, 0, 0, NULL,
     "Roles of all measures of a family of controls.", schema_families, NULL},
    {"record_classes", SETTING_GROUP, SETTING_LIST, 0, 0, NULL,
     "Classes of records beside those of `conformctl privacy`, and legal bases of these.",
     schema_record_classes, NULL},
    {"http", SETTING_GROUP, 0, 0, 0, NULL, "The listener.", http, NULL},
    {"collectors", SETTING_GROUP, SETTING_LIST | SETTING_OTHERS, 0, 0, NULL,
     "What reads; the plugin's own settings stand among these.", collectors, NULL},
    {"measures", SETTING_GROUP, SETTING_LIST, 0, 0, NULL, "What is measured, and its criterion.",
     measures, NULL},
    {"objectives", SETTING_GROUP, SETTING_LIST, 0, 0, NULL, "Information security objectives.",
     objectives, NULL},
    {"rules", SETTING_GROUP, SETTING_LIST, 0, 0, NULL,
     "Patterns of log lines; a set of them is a file of rules.d.", rules, NULL},
    {"channels", SETTING_GROUP, SETTING_LIST, 0, 0, NULL, "Who is told.", channels, NULL},
    {0},
};

const struct setting *schema_find(const struct setting *table, const char *name)
{
    for (; table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

/* Steps from one name to the other: a letter more, less or other is one. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST_NAME = 64 };
    size_t row[LONGEST_NAME + 1];
    size_t length = strlen(b);
    if (strlen(a) > LONGEST_NAME || length > LONGEST_NAME)
        return LONGEST_NAME;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= length; j++) {
            size_t best = corner + (a[i] != b[j - 1]);
            corner = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[length];
}

bool schema_is_near(const char *name, const char *other)
{
    size_t steps = distance(name, other);
    return steps <= 2 && steps * 2 <= strlen(other);
}

const char *schema_nearest(const struct setting *table, const char *name)
{
    const char *nearest = NULL;
    for (; table->name; table++)
        if (!(table->flags & SETTING_HIDDEN) && schema_is_near(name, table->name) &&
            (!nearest || distance(name, table->name) < distance(name, nearest)))
            nearest = table->name;
    return nearest;
}

/* The preset as it is typed: quotes around texts, brackets around lists; "..." where there is none.
 */
static void print_preset(struct buffer *out, const struct setting *setting)
{
    bool is_bare = setting->type == SETTING_BOOLEAN || setting->type == SETTING_INTEGER ||
                   setting->type == SETTING_NUMBER;
    const char *quote = is_bare ? "" : "\"";
    if (setting->preset)
        buffer_print(out, "%s%s%s", quote, setting->preset, quote);
    else if (setting->flags & SETTING_LIST && !(setting->flags & (SETTING_KEEP | SETTING_REQUIRED)))
        buffer_text(out, "[]");
    else
        buffer_text(out, "...");
}

/* Inside a group that is commented out a comment needs a sign of its own. */
static void print_help(struct buffer *out, const struct setting *setting, int depth)
{
    CLEAN(clean_text) char *allowed = config_value_allowed(setting);
    CLEAN(clean_text) char *margin = depth ? text_format("#%*s#", depth * 4, "") : strdup("#");
    if (!allowed || !margin) {
        out->failed = true;
        return;
    }
    buffer_print(out, "%s %s\n", margin, setting->help);
    if (setting->type != SETTING_GROUP)
        buffer_print(out, "%s %s%s%s\n", margin,
                     setting->flags & SETTING_REQUIRED ? "Required: " : "Allowed: ", allowed,
                     setting->flags & SETTING_LIST ? ", or a list [ ... ] of such" : "");
}

static void print_group(struct buffer *out, const struct setting *group, int depth);

/* Groups hold groups two deep in the table above. */
static void print_table(struct buffer *out, const struct setting *table, int depth)
{
    for (; table->name; table++) {
        if (table->flags & SETTING_HIDDEN)
            continue;
        if (depth == 0)
            buffer_byte(out, '\n');
        print_help(out, table, depth);
        if (table->type == SETTING_GROUP) {
            print_group(out, table, depth);
            continue;
        }
        buffer_print(out, "#%*s%s = ", depth * 4, "", table->name);
        print_preset(out, table);
        buffer_text(out, ";\n");
    }
}

static void print_group(struct buffer *out, const struct setting *group, int depth)
{
    bool is_list = group->flags & SETTING_LIST;
    buffer_print(out, "#%*s%s = %s{\n", depth * 4, "", group->name, is_list ? "( " : "");
    print_table(out, group->members, depth + 1);
    buffer_print(out, "#%*s}%s;\n", depth * 4, "", is_list ? ", ... )" : "");
}

char *schema_reference(void)
{
    struct buffer out = {0};
    buffer_text(
        &out,
        "# Every setting of conformd with its preset; ... where it has none. conformd does not\n"
        "# read this file. A collector's own settings: conformctl describe PLUGIN.\n"
        "# Files: conformd.conf; conf.d/*.conf; measures.d/*.conf for measures and\n"
        "# objectives; rules.d/*.conf for rules. Lists add up; what is given twice is\n"
        "# refused. Durations: \"250ms\", \"10s\", \"15m\", \"1h30m\", \"7d\".\n");
    print_table(&out, schema_table, 0);
    return buffer_take(&out);
}
