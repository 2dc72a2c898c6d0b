/* What must come out of other people's logs: counts, sources, and what must not match. */
#include "logs_rules.h"

#include "ground/base/clean.h"
#include "ground/base/file.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

#include <stdio.h>
#include <string.h>

#define FIXTURES SHARED_DIR "/fixtures/"
#define SKIPPED  77

static int failures;

static void check(bool right, const char *what)
{
    if (!right) {
        printf("wrong: %s\n", what);
        failures++;
    }
}

static void check_sum(const struct fake *fake, const char *attribute, const char *labels,
                      double expected)
{
    double sum = fake_sum(fake, attribute, labels);
    CLEAN(clean_text)
    char *what =
        text_format("%s{%s} is %g, expected %g", attribute, labels ? labels : "", sum, expected);
    check(sum == expected, what);
}

/* How many values a label of an attribute has. */
static size_t count_values(const struct fake *fake, const char *attribute, size_t label)
{
    size_t count = 0;
    for (size_t i = 0; i < fake->reading_count; i++) {
        const struct fake_reading *reading = &fake->readings[i];
        bool first = strcmp(reading->attribute->name, attribute) == 0;
        for (size_t j = 0; first && j < i; j++) {
            const struct fake_reading *other = &fake->readings[j];
            first = other->attribute != reading->attribute ||
                    strcmp(other->labels[label], reading->labels[label]) != 0;
        }
        count += first;
    }
    return count;
}

/* The log collector's shared object reads the file from its beginning; its last line, which has
 * no end, counts when nobody has written for a while. */
static int run_openssh(void)
{
    const char *log = FIXTURES "loghub/OpenSSH/OpenSSH_2k.log";
    if (access(log, R_OK) != 0)
        return SKIPPED;
    struct fake *fake = fake_load(PLUGIN_PATH);
    CLEAN(clean_text) char *root = fake_tree();
    CLEAN(clean_text) char *path = text_format("%s/auth.log", root);
    fake_copy(root, "auth.log", log);
    fake_set(fake, "files", path);
    fake_set(fake, "start", "beginning");
    fake->now_ms = INT64_C(4102444800000);
    logs_rules_lend(fake, "sudo", logs_rules_lend(fake, "sshd", 0));
    check(fake_run(fake) == CFD_OK, "the run");
    check_sum(fake, "log_auth_failures", "method=password", 528);
    check_sum(fake, "log_auth_failures", "method=password,valid=no", 135);
    check_sum(fake, "log_auth_failures", NULL, 528);
    check_sum(fake, "log_auth_failures", "source=183.62.140.253", 286);
    check_sum(fake, "log_auth_failures", "source=187.141.143.180", 80);
    check_sum(fake, "log_auth_failures", "source=103.99.0.122", 46);
    check_sum(fake, "log_auth_failures", "user=root", 378);
    check_sum(fake, "log_auth_failures", "user=admin", 44);
    check(count_values(fake, "log_auth_failures", 0) == 63, "63 user names");
    check(count_values(fake, "log_auth_failures", 1) == 23, "23 failing sources");
    check_sum(fake, "log_auth_accepted", NULL, 1);
    check_sum(fake, "log_auth_accepted", "user=fztu,method=password", 1);
    check_sum(fake, "log_invalid_users", NULL, 113);
    check_sum(fake, "log_lines", NULL, 2000);
    if (failures)
        fake_print(fake);
    fake_free(fake);
    fake_remove_tree(root);
    return failures ? 1 : 0;
}

/* The hits of one line. */
struct hits {
    const struct rule_set *set;
    size_t failures; /* of rules that count an attempt */
    size_t others;
    char *user;
    char *source;
};

static void on_hit(void *context, const struct scan_hit *hit)
{
    struct hits *hits = context;
    const struct rule *rule = &hits->set->rules[hit->rule];
    bool counts = strcmp(rule->feeds, "log_auth_failures") == 0 ||
                  strcmp(rule->feeds, "log_invalid_users") == 0 ||
                  strcmp(rule->feeds, "log_sudo_failures") == 0;
    hits->failures += counts;
    hits->others += !counts;
    check(!hit->undecided && hit->count == 1, "a hit that is none");
    for (size_t i = 0; i < rule->label_count; i++) {
        char **to = strcmp(rule->labels[i].name, "user") == 0     ? &hits->user
                    : strcmp(rule->labels[i].name, "source") == 0 ? &hits->source
                                                                  : NULL;
        if (to) {
            free(*to);
            *to = strndup(hit->captures[i].bytes, hit->captures[i].length);
        }
    }
}

static struct hits scan_line(struct scan *scan, const struct rule_set *set, const char *line)
{
    struct hits hits = {.set = set};
    struct scan_sink sink = {on_hit, &hits};
    check(scan_buffer(scan, line, strlen(line), &sink) == 0, "the scan");
    return hits;
}

static bool is_claimed(const char *line)
{
    static const char *const parts[] = {"Failed ", "Invalid user ", "maximum authentication",
                                        "error: PAM:", " not allowed because "};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strstr(line, parts[i]))
            return true;
    }
    return false;
}

/* Is what was captured what is expected, where something is? */
static bool is_expected(const json_t *expected, const char *key, const char *captured)
{
    const char *text = json_text_of(expected, key, NULL);
    return !text || (captured && strcmp(captured, text) == 0);
}

/* A line against its "# failJSON". Returns whether it was one that the rules claim. */
static bool check_line(struct scan *scan, const struct rule_set *set, const json_t *expected,
                       const char *line)
{
    struct hits hits = scan_line(scan, set, line);
    bool match = json_flag_of(expected, "match", false);
    size_t all = hits.failures + hits.others;
    bool claimed = match && is_claimed(line);
    bool right = match || hits.failures == 0;
    if (claimed)
        right = all == 1;
    if (match && all)
        right = right && is_expected(expected, "host", hits.source) &&
                is_expected(expected, "user", hits.user);
    check(right, line);
    free(hits.user);
    free(hits.source);
    return claimed;
}

static char *next_line(char **at)
{
    char *line = strsep(at, "\n");
    size_t length = line ? strlen(line) : 0;
    if (length && line[length - 1] == '\r')
        line[length - 1] = '\0';
    return line;
}

static int run_fail2ban(struct scan *scan, const struct rule_set *set, char *text)
{
    size_t claimed = 0;
    CLEAN(clean_json) json_t *expected = NULL;
    for (char *line; (line = next_line(&text));) {
        const char *note = "# failJSON: ";
        if (text_begins(line, note)) {
            json_decref(expected);
            expected = json_loads(line + strlen(note), 0, NULL);
            check(expected != NULL, line);
        } else if (*line && *line != '#' && expected) {
            claimed += check_line(scan, set, expected, line);
        }
    }
    printf("%zu lines that the rules claim\n", claimed);
    check(claimed >= 40, "lines that the rules claim");
    return failures ? 1 : 0;
}

/* ini: "log N pass = line". Only what is an attempt or a command concerns these rules. */
static int run_wazuh(struct scan *scan, const struct rule_set *set, char *text)
{
    size_t seen = 0;
    for (char *line; (line = next_line(&text));) {
        char *log = text_begins(line, "log ") ? strstr(line, " = ") : NULL;
        if (!log)
            continue;
        struct hits hits = scan_line(scan, set, log + 3);
        bool claimed = strstr(log, "sudo:") || strstr(log, ": Invalid user") ||
                       strstr(log, "Failed keyboard") || strstr(log, "maximum authentication");
        check(hits.failures + hits.others == (claimed || strstr(log, "error: PAM:") ? 1 : 0), log);
        seen += claimed;
        free(hits.user);
        free(hits.source);
    }
    printf("%zu lines that the rules claim\n", seen);
    check(seen > 0, "lines that the rules claim");
    return failures ? 1 : 0;
}

static int run_over(const char *file, int (*run)(struct scan *, const struct rule_set *, char *))
{
    CLEAN(buffer_finish) struct buffer bytes = {0};
    CLEAN(scan_set_finish) struct rule_set set = {0};
    struct scan *scan = NULL;
    if (file_read(file, 16u << 20, &bytes))
        return SKIPPED;
    logs_rules_add(&set, "sshd");
    logs_rules_add(&set, "sudo");
    if (scan_new(&set, &scan))
        return 1;
    int status = run(scan, &set, bytes.data);
    scan_free(scan);
    return status;
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    int status = 1;
    if (strcmp(kind, "openssh") == 0) {
        status = run_openssh();
    } else if (strcmp(kind, "fail2ban") == 0) {
        status = run_over(FIXTURES "fail2ban/sshd", run_fail2ban);
    } else if (strcmp(kind, "wazuh") == 0) {
        status = run_over(FIXTURES "wazuh-ruleset/sshd.ini", run_wazuh);
        if (status == 0)
            status = run_over(FIXTURES "wazuh-ruleset/sudo.ini", run_wazuh);
    }
    if (status == SKIPPED)
        printf("skipped: no fixtures in %s\n", FIXTURES);
    return status;
}
